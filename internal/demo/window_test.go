package demo

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// notebook is a site that writes down what forms bring.
func notebook(t *testing.T, pages map[string]string, brought *[]string) *window {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_ = r.ParseForm()
			*brought = append(*brought, r.URL.Path+" "+r.PostForm.Encode()+" "+r.Header.Get("Cookie")+" "+r.Header.Get("Origin"))
			http.Redirect(w, r, "/next", http.StatusSeeOther)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "kept", Value: "1", Path: "/", HttpOnly: true})
		page, ok := pages[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte("<!doctype html><main>" + page + "</main>"))
	}))
	t.Cleanup(server.Close)
	w, err := newWindow()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.open(t.Context(), server.URL+"/"); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWindowSendsWhatThePageHas(t *testing.T) {
	t.Parallel()
	var brought []string
	w := notebook(t, map[string]string{
		"/": `<form method="get" action="/do"><input name="x"></form>
			<form method="post" action="do"><input type="hidden" name="id" value="7"><input name="name"><input type="radio" name="way" value="a"><input type="radio" name="way" value="b" checked>
			<input type="checkbox" name="off"><button>Go</button></form><a href="/next?a=b">on</a>`,
		"/next": `<h1>There</h1>  it <b>is</b>`,
	}, &brought)
	origin := w.at.Scheme + "://" + w.at.Host
	for path, values := range map[string]map[string]string{"/none": nil, "/do": {"other": "x"}} {
		if err := w.submit(t.Context(), path, values); err == nil {
			t.Errorf("a form that is not there was sent: %s %v", path, values)
		}
	}
	if err := w.submit(t.Context(), "/do", map[string]string{"name": "Bo"}); err != nil {
		t.Fatal(err)
	}
	if want := "/do id=7&name=Bo&way=b kept=1 " + origin; len(brought) != 1 || brought[0] != want {
		t.Errorf("it brought %q, want %q", brought, want)
	}
	if w.path() != "/next" || w.words() != "There it is" {
		t.Errorf("it is at %s: %q", w.path(), w.words())
	}
	if err := w.open(t.Context(), origin+"/"); err != nil {
		t.Fatal(err)
	}
	if err := w.follow(t.Context(), "a=b"); err != nil || w.at.RequestURI() != "/next?a=b" {
		t.Errorf("%v, at %s", err, w.at)
	}
	if err := w.follow(t.Context(), "a=b"); err == nil {
		t.Error("a link that is not there was followed")
	}
	if err := w.open(t.Context(), origin+"/nowhere"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a page that is not there: %v", err)
	}
}

func TestWindowWaits(t *testing.T) {
	t.Parallel()
	w := notebook(t, map[string]string{"/": `<p class="number"><span>0</span> <span>4</span><span>7</span></p>`}, new([]string))
	if w.number() != "047" {
		t.Errorf("the number is %q", w.number())
	}
	looks := 0
	if err := w.until(t.Context(), "three looks", func() bool { looks++; return looks == 3 }); err != nil || looks != 3 {
		t.Errorf("%d looks: %v", looks, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*lookEvery)
	defer cancel()
	if err := w.until(ctx, "never", func() bool { return false }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it waits for ever: %v", err)
	}
}
