package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"example.com/aye/internal/browser"
)

const patience = browser.Patience

func TestMain(m *testing.M) { browser.Main(m) }

// open starts a tab in the browser.
func open(t *testing.T) context.Context {
	t.Helper()
	return browser.New(t).Context()
}

// serving is the storybook at an address.
func serving(t *testing.T) string {
	t.Helper()
	pages, err := handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(pages)
	t.Cleanup(server.Close)
	return server.URL
}

// get is the page at an address, without a browser.
func get(t *testing.T, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := new(http.Client).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v\n%s", address, answer.StatusCode, err, text)
	}
	return string(text)
}

// looks sets the size of the window and the colours.
func looks(t *testing.T, ctx context.Context, width int64, dark bool) {
	t.Helper()
	scheme := map[bool]string{true: "dark", false: "light"}[dark]
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 800)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
}
