package api_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// statusHungUp is for a caller that sends no more.
const statusHungUp = 499

// rawRequest is what comes over a connection, well formed or not.
type rawRequest struct {
	text string
	// answers are how many may come: what stands behind a request must not be taken for another one.
	answers int
	// ends says that the server must hang up by itself behind the answers.
	ends bool
}

// TestRawRequests sends what is no HTTP, or HTTP that two servers could read differently: each is answered with 4xx or with a
// status of net/http's own that says what is not spoken here, and then the connection ends; nothing behind it counts as a request.
func TestRawRequests(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	before := v.look()
	var senders sync.WaitGroup
	places := make(chan struct{}, wrongCallers)
	for name, raw := range v.rawRequests() {
		places <- struct{}{}
		senders.Go(func() {
			defer func() { <-places }()
			v.raw(t, name, raw)
		})
	}
	senders.Wait()
	v.unchanged(before, v.look())
	v.log.clean(t)
	v.goesOn()
}

func (v *victim) raw(t *testing.T, name string, raw rawRequest) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", v.server, wrongPatience)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(wrongPatience))
	_, _ = conn.Write([]byte(raw.text)) // who answers early reads no further
	if tcp, ok := conn.(*net.TCPConn); ok && !raw.ends {
		_ = tcp.CloseWrite()
	}
	in, got := bufio.NewReader(conn), 0
	for ; ; got++ {
		response, err := http.ReadResponse(in, nil)
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !strings.Contains(err.Error(), "reset") {
				t.Errorf("%s: after %d answers: %v", name, got, err)
			}
			break
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		switch status := response.StatusCode; {
		case status == http.StatusNotImplemented, status == http.StatusHTTPVersionNotSupported: // net/http's own, before Aye
		case status >= http.StatusInternalServerError, status < http.StatusBadRequest && status >= http.StatusOK:
			t.Errorf("%s: answer %d is %d %.500s", name, got+1, status, body)
		case response.Header.Get("X-Request-Id") == "" || status == statusHungUp: // before Aye, or for nobody
		default: // "*" is an address of the portal's
			if kind := response.Header.Get("Content-Type"); kind != "application/problem+json" && !strings.HasPrefix(kind, "text/html") {
				t.Errorf("%s: answered with %q", name, kind)
			}
		}
	}
	if got > raw.answers {
		t.Errorf("%s: %d answers, want %d at most", name, got, raw.answers)
	}
}

// rawRequests are those that are known to have confused servers. What stands behind the first request is one that would be
// answered with 200, and that would end what waits.
func (v *victim) rawRequests() map[string]rawRequest {
	credentials := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(v.shop.id+":"+v.shop.secret)) + "\r\n"
	behind := "DELETE /v1/approvals/" + v.shop.pending.ID + " HTTP/1.1\r\nHost: x\r\n" + credentials + "\r\n"
	head := "POST /v1/approvals HTTP/1.1\r\nHost: x\r\n" + credentials + "Content-Type: application/json\r\n"
	chunked := "Transfer-Encoding: chunked\r\n"
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d\r\n", n) }
	all := map[string]rawRequest{
		"two lengths":                      {head + length(2) + length(5) + "\r\n{}" + behind, 1, true},
		"two lengths in one line":          {head + "Content-Length: 2, 5\r\n\r\n{}" + behind, 1, true},
		"a length with a sign":             {head + "Content-Length: +2\r\n\r\n{}" + behind, 1, true},
		"a negative length":                {head + "Content-Length: -1\r\n\r\n{}" + behind, 1, true},
		"a length in hexadecimal":          {head + "Content-Length: 0x2\r\n\r\n{}" + behind, 1, true},
		"a length beyond all":              {head + "Content-Length: 99999999999999999999\r\n\r\n{}" + behind, 1, true},
		"a length that is none":            {head + "Content-Length: \r\n\r\n{}" + behind, 1, true},
		"a length larger than what comes":  {head + length(500) + "\r\n{}", 1, false},
		"a length larger than all bodies":  {head + length(1<<40) + "\r\n{}", 1, false},
		"a blank before the colon":         {head + "Transfer-Encoding : chunked\r\n" + length(2) + "\r\n0\r\n\r\n" + behind, 1, true},
		"a line that goes on":              {head + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 1, false},
		"a length and chunks":              {head + length(4) + chunked + "\r\n0\r\n\r\n" + behind, 1, true},
		"another coding":                   {head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + behind, 1, true},
		"a coding twice":                   {head + chunked + chunked + "\r\n0\r\n\r\n" + behind, 1, true},
		"a coding with a tab":              {head + "Transfer-Encoding: xchunked\r\n" + length(2) + "\r\n{}" + behind, 1, true},
		"identity":                         {head + "Transfer-Encoding: identity\r\n" + length(2) + "\r\n{}" + behind, 1, true},
		"a coding of HTTP/1.0":             {strings.Replace(head, "1.1", "1.0", 1) + chunked + "\r\n0\r\n\r\n" + behind, 1, true},
		"a chunk that is no number":        {head + chunked + "\r\nzz\r\n{}\r\n0\r\n\r\n" + behind, 1, true},
		"a chunk with a sign":              {head + chunked + "\r\n-2\r\n{}\r\n0\r\n\r\n" + behind, 1, true},
		"a chunk beyond all":               {head + chunked + "\r\nffffffffffffffffff\r\n{}", 1, true},
		"a chunk that is longer":           {head + chunked + "\r\n2\r\n{}xx\r\n0\r\n\r\n" + behind, 1, true},
		"a chunk with a long extension":    {head + chunked + "\r\n2;" + strings.Repeat("a", 20_000) + "\r\n{}\r\n0\r\n\r\n" + behind, 1, true},
		"many small chunks":                {head + chunked + "\r\n" + strings.Repeat("1;"+strings.Repeat("x", 100)+"\r\n \r\n", 5000) + "0\r\n\r\n" + behind, 1, true},
		"a trailer with a length":          {head + chunked + "Trailer: Content-Length\r\n\r\n2\r\n{}\r\n0\r\nContent-Length: 500\r\n\r\n", 1, false},
		"no end of chunks":                 {head + chunked + "\r\n2\r\n{}\r\n", 1, false},
		"no host":                          {"GET /v1/device HTTP/1.1\r\n\r\n" + behind, 1, true},
		"two hosts":                        {"GET /v1/device HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + behind, 1, true},
		"a host that is none":              {"GET /v1/device HTTP/1.1\r\nHost: a b\r\n\r\n" + behind, 1, true},
		"a name with a blank":              {"GET /v1/device HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n" + behind, 1, true},
		"a line without a colon":           {"GET /v1/device HTTP/1.1\r\nHost: x\r\nabc\r\n\r\n" + behind, 1, true},
		"a nul in a value":                 {"GET /v1/device HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n" + behind, 1, true},
		"a return in a value":              {"GET /v1/device HTTP/1.1\r\nHost: x\r\nA: b\rX: c\r\n\r\n" + behind, 1, true},
		"no version":                       {"GET /v1/device\r\nHost: x\r\n\r\n" + behind, 1, true},
		"another version":                  {"GET /v1/device HTTP/3.0\r\nHost: x\r\n\r\n" + behind, 1, true},
		"a version that is none":           {"GET /v1/device HTTP/x\r\nHost: x\r\n\r\n" + behind, 1, true},
		"HTTP/2 at once":                   {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + behind, 1, true},
		"a method that is none":            {"G\x00T /v1/device HTTP/1.1\r\nHost: x\r\n\r\n" + behind, 1, true},
		"an address with a blank":          {"GET /v1/ device HTTP/1.1\r\nHost: x\r\n\r\n" + behind, 1, true},
		"an address with a control":        {"GET /v1/\x01 HTTP/1.1\r\nHost: x\r\n\r\n" + behind, 1, true},
		"a header that is too long":        {"GET /v1/device HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", 30_000) + "\r\n\r\n" + behind, 1, true},
		"too many headers":                 {"GET /v1/device HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: b\r\n", 6000) + "\r\n" + behind, 1, true},
		"an address that is too long":      {"GET /v1/" + strings.Repeat("a", 30_000) + " HTTP/1.1\r\nHost: x\r\n\r\n" + behind, 1, true},
		"TLS":                              {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x00", 200), 1, true},
		"nothing":                          {"", 0, false},
		"lines alone":                      {strings.Repeat("\r\n", 100) + behind, 1, true},
		"half a request":                   {"GET /v1/dev", 1, false},
		"half a header":                    {"GET /v1/device HTTP/1.1\r\nHost: x\r\nA", 1, false},
		"a body where none is read":        {"GET /v1/device HTTP/1.1\r\nHost: x\r\n" + length(len(behind)) + "\r\n" + behind, 1, false},
		"a request in a WebSocket's place": {"GET /v1/approvals/" + v.shop.pending.ID + "/events HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n" + behind, 1, true},
		"h2c":                              {"GET /v1/device HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n" + length(0) + "\r\n", 1, false},
	}
	if os.Getenv("AYE_SOAK") != "" { // cut off anywhere, nothing of them counts either
		for name, raw := range all {
			whole, _, _ := bytes.Cut([]byte(raw.text), []byte(behind))
			for at := 1; at < min(len(whole), 400); at += 7 {
				all[fmt.Sprintf("%s, cut off at %d", name, at)] = rawRequest{string(whole[:at]), 1, false}
			}
			if len(all) > 2000 {
				break
			}
		}
	}
	return all
}
