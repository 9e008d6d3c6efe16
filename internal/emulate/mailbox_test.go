package emulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"strconv"
	"strings"
	"testing"
	"time"
)

func startMailbox(t *testing.T, options ...Option) *Mailbox {
	t.Helper()
	m, err := StartMailbox(t.Context(), "127.0.0.1:0", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// alternatives is a mail as programs write it: text and HTML, each encoded in a way of its own.
const alternatives = "From: \"Aye\" <aye@example.com>\r\nSubject: =?UTF-8?q?Voor_jou_=E2=82=AC?=\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nOpen https://aye.example.com/reset/AbC=\r\n_-1 now =E2=82=AC\r\n" +
	"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPGh0bWw+PGhlYWQ+PHRpdGxlPng8L3RpdGxlPjwvaGVhZD48Ym9keT48\r\nYSBocmVmPSJodHRwczovL2F5ZS5leGFtcGxlLmNvbSI+b3BlbjwvYT48L2JvZHk+PC9odG1sPg==\r\n--b--\r\n"

func (m *Mailbox) send(mail string, to ...string) error {
	return smtp.SendMail(net.JoinHostPort(m.Host(), strconv.Itoa(m.Port())), nil, "aye@example.com", to, []byte(mail))
}

func simple(subject string) string {
	return "From: aye@example.com\r\nSubject: " + subject + "\r\n\r\n" + subject + " and a link: http://localhost:1/x/" + subject + "\r\n"
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestMailIsReadAsItWasMeant(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	m := startMailbox(t, WithClock(func() time.Time { return noon }))
	if err := m.send(alternatives, "Ada@Example.com"); err != nil {
		t.Fatal(err)
	}
	mail, err := m.Next(within(t), "ADA@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if mail.Subject != "Voor jou €" || mail.From != `"Aye" <aye@example.com>` || len(mail.To) != 1 || mail.To[0] != "ada@example.com" || !mail.Received.Equal(noon) || mail.Number != 1 {
		t.Errorf("%+v", mail)
	}
	if mail.Text != "Open https://aye.example.com/reset/AbC_-1 now €" || mail.Link() != "https://aye.example.com/reset/AbC_-1" {
		t.Errorf("the text is %q, the link %q", mail.Text, mail.Link())
	}
	if !strings.Contains(mail.HTML, `<a href="https://aye.example.com">open</a>`) {
		t.Errorf("the HTML is %q", mail.HTML)
	}
	if (Mail{Text: "no link"}).Link() != "" {
		t.Error("a mail without a link has one")
	}
}

func TestWhatIsNoMailIsRefused(t *testing.T) {
	t.Parallel()
	m := startMailbox(t)
	nested := "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	for name, mail := range map[string]string{
		"no headers": "\x00", "a kind that is none": "Content-Type: ;;\r\n\r\nx", "bad base64": "Content-Transfer-Encoding: base64\r\n\r\n!!\r\n",
		"no end":   "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx",
		"too deep": "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat(nested, 10),
		"too long": simple(strings.Repeat("x", mailLimit)),
	} {
		if err := m.send(mail, "ada@example.com"); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
	if got := m.Mails(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestEachReaderGetsEachMailOnce(t *testing.T) {
	t.Parallel()
	m := startMailbox(t)
	next := make(chan string, 1)
	go func() {
		mail, err := m.Next(t.Context(), "bo@example.com")
		next <- fmt.Sprint(mail.Subject, err)
	}()
	for _, to := range [][]string{{"ada@example.com"}, {"ada@example.com", "bo@example.com"}} {
		if err := m.send(simple(fmt.Sprint("to", len(to))), to...); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-next; got != "to2<nil>" {
		t.Errorf("who waited got %s", got)
	}
	for _, want := range []string{"to1", "to2"} {
		if mail, err := m.Next(within(t), "ada@example.com"); err != nil || mail.Subject != want {
			t.Errorf("%q %v, want %q", mail.Subject, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Next(ctx, "ada@example.com"); !errors.Is(err, context.Canceled) {
		t.Errorf("nothing more: %v", err)
	}
	m.Close()
	if _, err := m.Next(t.Context(), "ada@example.com"); err == nil {
		t.Error("a closed mailbox has mail")
	}
}

func TestMailboxForgetsTheOldest(t *testing.T) {
	t.Parallel()
	m := startMailbox(t)
	for range mailsKept + 10 {
		m.take(Mail{To: []string{"ada@example.com"}})
	}
	if got := m.Mails(); len(got) != mailsKept || got[0].Number != 11 {
		t.Errorf("%d kept, the first is %d", len(got), got[0].Number)
	}
	if mail, err := m.Next(within(t), "ada@example.com"); err != nil || mail.Number != 11 {
		t.Errorf("the next is %d %v", mail.Number, err)
	}
}

// look gets a page of the mailbox.
func (m *Mailbox) look(t *testing.T, path, language string) (int, http.Header, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(within(t), http.MethodGet, m.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Language", language)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

func TestMailboxPages(t *testing.T) {
	t.Parallel()
	m := startMailbox(t)
	if _, _, page := m.look(t, "/", "nl-NL,nl;q=0.9"); !strings.Contains(page, "Nog geen mail") || !strings.Contains(page, `lang="nl"`) {
		t.Errorf("an empty box: %s", page)
	}
	m.take(Mail{Subject: "<b>first</b>", Text: "see https://a.example/?b=1&c=<x", To: []string{"ada@example.com"}})
	m.take(Mail{Subject: "second", Text: "text", HTML: "<html><head></head><body><script>evil()</script></body></html>", To: []string{"bo@example.com"}})

	_, header, page := m.look(t, "/", "de")
	if first, second := strings.Index(page, "&lt;b&gt;first"), strings.Index(page, "second"); second < 0 || first < second || !strings.Contains(page, "ada@example.com") || !strings.Contains(page, "All mail that Aye") {
		t.Errorf("the list: %s", page)
	}
	if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self'") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
	if _, _, page = m.look(t, "/mails/1", "en"); !strings.Contains(page, `<a href="https://a.example/?b=1&amp;c=">`) || strings.Contains(page, "<iframe") {
		t.Errorf("the first: %s", page)
	}
	if _, _, page = m.look(t, "/mails/2", "en"); !strings.Contains(page, `<iframe src="/mails/2/html"`) || strings.Contains(page, "evil()") {
		t.Errorf("the second: %s", page)
	}
	// What a mail brings along runs nowhere, not even in a window of its own.
	_, header, page = m.look(t, "/mails/2/html", "en")
	if policy := header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';") || strings.Contains(policy, "script") {
		t.Errorf("the policy of a mail is %q", policy)
	}
	if !strings.Contains(page, `<head><base target="_blank"></head>`) {
		t.Errorf("its links: %s", page)
	}
	for _, path := range []string{"/mails/0", "/mails/3", "/mails/-1", "/mails/x", "/mails/3/html", "/other"} {
		if status, _, _ := m.look(t, path, "en"); status != http.StatusNotFound {
			t.Errorf("%s answers %d", path, status)
		}
	}
	for _, path := range []string{"/static/mailbox.css", "/static/mailbox.js", "/static/letter.svg"} {
		if status, _, _ := m.look(t, path, "en"); status != http.StatusOK {
			t.Errorf("%s answers %d", path, status)
		}
	}
}

func TestMailboxWaits(t *testing.T) {
	t.Parallel()
	m := startMailbox(t)
	poll := func(query string) []Mail {
		t.Helper()
		status, _, text := m.look(t, "/mails"+query, "en")
		var answer struct{ Mails []Mail }
		if err := json.Unmarshal([]byte(text), &answer); err != nil || status != http.StatusOK || answer.Mails == nil {
			t.Errorf("%s: %d %s", query, status, text)
		}
		return answer.Mails
	}
	if got := poll(""); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	m.take(Mail{Subject: "first"})
	if got := poll("?after=0&wait=25"); len(got) != 1 || got[0].Subject != "first" {
		t.Errorf("%+v", got)
	}
	waited := make(chan []Mail)
	go func() { waited <- poll("?after=1&wait=25") }()
	m.take(Mail{Subject: "second"})
	if got := <-waited; len(got) != 1 || got[0].Subject != "second" {
		t.Errorf("%+v", got)
	}
}

func TestMailboxEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	m, err := StartMailbox(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-m.ended.Done()
	m.Close() // and closing twice harms nobody
	if err := m.send(simple("late"), "ada@example.com"); err == nil {
		t.Error("it still takes mail")
	}
	for _, options := range [][]Option{nil, {WithControl("127.0.0.1:notaport")}} {
		address := map[bool]string{true: "127.0.0.1:notaport", false: "127.0.0.1:0"}[options == nil]
		if _, err := StartMailbox(t.Context(), address, options...); err == nil {
			t.Error("an impossible address: no error")
		}
	}
}
