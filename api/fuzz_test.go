package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// FuzzBody wants an answer, never a panic, and no problem that is the server's own fault.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"user":{"email":"ada@example.com"},"context":{"browser":"b"}}`, `{`, `[]`, `{"user":{"id":1}}`, `{"a":1}`, "\xff", `{"expires_in":1e99}`,
		`{"details":[{"label":"a","value":"b"}]}`, `{"user":null}`, strings.Repeat(`{"a":`, 9),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(text))
		request.Header.Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
		c := echo.New().NewContext(request, httptest.NewRecorder())
		var in askJSON
		err := readKnown(c, &in)
		if err == nil {
			_, err = in.question()
		}
		if err == nil {
			return
		}
		code, detail := codeOf(err)
		if p, ok := problemByCode(code); !ok || p.status >= http.StatusInternalServerError || len(detail) > 1000 {
			t.Errorf("%s: %.2000s", code, detail)
		}
	})
}

// FuzzTicket wants a ticket to be nothing but what stands behind the marks.
func FuzzTicket(f *testing.F) {
	for _, seed := range [][2]string{{"Ticket abc", ""}, {"Bearer abc", "aye.v1, aye.ticket.abc"}, {"", "aye.ticket."}, {"", ",, ,aye.ticket.a,aye.ticket.b"}, {"ticket abc", "\x00"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, authorization, protocols string) {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set(echo.HeaderAuthorization, authorization)
		request.Header.Set("Sec-Websocket-Protocol", protocols)
		got := presentedTicket(request).Reveal()
		if got != "" && "Ticket "+got != authorization && !strings.Contains(protocols, ticketProtocol+got) {
			t.Errorf("%q of %q and %q", got, authorization, protocols)
		}
		if strings.Contains(got, ",") && "Ticket "+got != authorization {
			t.Errorf("two tickets are one: %q", got)
		}
	})
}
