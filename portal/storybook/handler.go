package main

import (
	"bytes"
	"html/template"
	"mime"
	"net/http"
	"path"

	"example.com/aye/portal/locales"
	"example.com/aye/portal/page"
)

// handler serves the index, and each story under /<language>/<name>, with the policy of the real
// portal: what does not work under it is seen here.
func handler() (http.Handler, error) {
	renderer, err := page.New(clock)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for address, content := range page.Assets() {
		mux.HandleFunc("GET "+address, lasting(serve(mime.TypeByExtension(path.Ext(address)), content)))
	}
	mux.HandleFunc("GET /logo.svg", serve("image/svg+xml", []byte(logo)))
	mux.HandleFunc("GET /look.css", serve("text/css; charset=utf-8", []byte(page.Look("#b0235f"))))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_ = index.Execute(w, map[string]any{"Stories": stories(), "Locales": locales.All}) // the browser hung up
	})
	for _, one := range stories() {
		for _, locale := range locales.All {
			frame := one.frame
			frame.Locale = locale
			mux.HandleFunc("GET /"+locale+"/"+one.name, func(w http.ResponseWriter, r *http.Request) {
				draw := renderer.Render
				if r.Header.Get("Aye-Part") == "main" {
					draw = renderer.RenderMain
				}
				var out bytes.Buffer
				if err := draw(&out, frame, one.view); err != nil {
					http.Error(w, err.Error(), http.StatusInternalServerError)
					return
				}
				serve("text/html; charset=utf-8", out.Bytes())(w, r)
			})
		}
	}
	return mux, nil
}

// policy is the portal's, and lets whoever tests put a checker into the page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// lasting is what a browser keeps, as it does with the portal's.
func lasting(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		next(w, r)
	}
}

func serve(kind string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(content) // the browser hung up
	}
}

var index = template.Must(template.New("").Funcs(template.FuncMap{"asset": page.Asset}).Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>Storybook</title><link rel="stylesheet" href="{{asset "pico.css"}}"><link rel="stylesheet" href="{{asset "portal.css"}}">
<main class="wide"><h1>Every page of the portal</h1><section><dl>{{range $s := .Stories}}<div><dt>{{$s.Name}}</dt><dd>{{range $.Locales}}<a href="/{{.}}/{{$s.Name}}">{{.}}</a> {{end}}</dd></div>{{end}}</dl></section></main>`))

const logo = `<svg xmlns="http://www.w3.org/2000/svg" width="34" height="34" viewBox="0 0 34 34"><path fill="#c8346f" d="M17 22C9 22 8 14 9 6l4 4 4-6 4 6 4-4c1 8 0 16-8 16z"/><path d="M17 22v10m0-2c-4 0-7-2-8-6m8 6c4 0 7-2 8-6" stroke="#2f8f57" stroke-width="2.4" fill="none" stroke-linecap="round"/></svg>`
