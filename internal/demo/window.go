package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
)

// window is a browser without scripts, as a program uses it: it opens pages, fills in their
// forms and keeps their cookies. What is not on the page cannot be pressed.
type window struct {
	http *http.Client
	at   *url.URL
	page *html.Node
}

// lookEvery is how often a page that waits is looked at again.
const lookEvery = 100 * time.Millisecond

func newWindow() (*window, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &window{http: &http.Client{Jar: jar, Timeout: 10 * time.Second}}, nil
}

// open goes to an address.
func (w *window) open(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	return w.load(request)
}

// again looks at the same page once more.
func (w *window) again(ctx context.Context) error { return w.open(ctx, w.at.String()) }

func (w *window) load(request *http.Request) error {
	request.Header.Set("Accept", "text/html")
	request.Header.Set("Accept-Language", "en")
	request.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	response, err := w.http.Do(request)
	if err != nil {
		return fmt.Errorf("the browser: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	w.at = response.Request.URL
	if w.page, err = html.Parse(response.Body); err != nil {
		return fmt.Errorf("the browser: %s: %w", w.at.Path, err)
	}
	if response.StatusCode != http.StatusOK {
		return w.lost("it answers " + response.Status)
	}
	return nil
}

// path is where the window is.
func (w *window) path() string { return w.at.Path }

// lost says where the window is when what was looked for is not there.
func (w *window) lost(what string) error {
	return fmt.Errorf("the browser: at %s: %s; the page says: %.300s", w.at.Path, what, w.words())
}

// find gives the first element for which it is so, in the order of the page.
func (w *window) find(so func(*html.Node) bool) *html.Node {
	for node := range w.page.Descendants() {
		if node.Type == html.ElementNode && so(node) {
			return node
		}
	}
	return nil
}

func attribute(node *html.Node, name string) string {
	for _, one := range node.Attr {
		if one.Key == name {
			return one.Val
		}
	}
	return ""
}

func has(node *html.Node, name string) bool {
	return slices.ContainsFunc(node.Attr, func(one html.Attribute) bool { return one.Key == name })
}

// words are what the page says.
func (w *window) words() string {
	main := w.find(func(n *html.Node) bool { return n.Data == "main" })
	if main == nil {
		return ""
	}
	return wordsOf(main)
}

func wordsOf(node *html.Node) string {
	var all []string
	for one := range node.Descendants() {
		if one.Type == html.TextNode {
			all = append(all, strings.Fields(one.Data)...)
		}
	}
	return strings.Join(all, " ")
}

// link is the address of the first link that has the text in it.
func (w *window) link(part string) (string, error) {
	found := w.find(func(n *html.Node) bool { return n.Data == "a" && strings.Contains(attribute(n, "href"), part) })
	if found == nil {
		return "", w.lost("there is no link to " + part)
	}
	return attribute(found, "href"), nil
}

// follow opens the first link that has the text in its address.
func (w *window) follow(ctx context.Context, part string) error {
	found, err := w.link(part)
	if err != nil {
		return err
	}
	to, err := w.at.Parse(found)
	if err != nil {
		return err
	}
	return w.open(ctx, to.String())
}

// submit fills in the form that goes to the path, and presses its button. What is not given
// stays as the page has it.
func (w *window) submit(ctx context.Context, path string, values map[string]string) error {
	form := w.find(func(n *html.Node) bool {
		action, err := w.at.Parse(attribute(n, "action"))
		return n.Data == "form" && err == nil && action.Path == path && strings.EqualFold(attribute(n, "method"), http.MethodPost)
	})
	if form == nil {
		return w.lost("there is no form that goes to " + path)
	}
	filled, names := fields(form)
	for name, value := range values {
		if !names[name] {
			return w.lost("the form has no field " + name)
		}
		filled.Set(name, value)
	}
	action, err := w.at.Parse(attribute(form, "action"))
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, action.String(), strings.NewReader(filled.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", w.at.Scheme+"://"+w.at.Host)
	return w.load(request)
}

// fields are what a form sends as it stands, and the names that it has.
func fields(form *html.Node) (url.Values, map[string]bool) {
	filled, names := url.Values{}, map[string]bool{}
	for node := range form.Descendants() {
		name := attribute(node, "name")
		if node.Type != html.ElementNode || node.Data != "input" || name == "" {
			continue
		}
		names[name] = true
		switch attribute(node, "type") {
		case "checkbox", "radio":
			if has(node, "checked") {
				filled.Set(name, attribute(node, "value"))
			}
		default:
			filled.Set(name, attribute(node, "value"))
		}
	}
	return filled, names
}

// until looks at the page again and again until it is so.
func (w *window) until(ctx context.Context, what string, so func() bool) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(w.lost("it never came to this: "+what), ctx.Err())
		}
		if err := w.again(ctx); err != nil {
			return err
		}
	}
	return nil
}
