package soak

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// client calls any of the nodes, another one each time, as through a proxy in front of them.
func (w *town) client() *http.Client {
	var dialer net.Dialer
	return &http.Client{
		Timeout: 15 * time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, w.nodes[below(len(w.nodes))].listen)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// application is a call of the relying party, under a key where one is given.
func (w *town) application(ctx context.Context, s *shop, method, path, key, body string) (int, []byte, error) {
	authorization := "Basic " + base64.StdEncoding.EncodeToString([]byte(s.id+":"+s.secret.Reveal()))
	return call(ctx, w.client(), method, w.origin+path, http.Header{"Authorization": {authorization}, "Idempotency-Key": {key}}, body)
}

// page is a call of the page that waits.
func (w *town) page(ctx context.Context, path, ticket string) (int, []byte, error) {
	return call(ctx, w.client(), http.MethodGet, w.origin+path, http.Header{"Authorization": {"Ticket " + ticket}, "Origin": {pageOrigin}}, "")
}

// call makes one call and reads the answer. Headers without a value are left out.
func call(ctx context.Context, client *http.Client, method, url string, header http.Header, body string) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewBufferString(body))
	if err != nil {
		return 0, nil, err
	}
	for name, values := range header {
		if strings.Join(values, "") != "" {
			request.Header[name] = values
		}
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, text, err
}
