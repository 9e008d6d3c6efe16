package approval_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
)

// rawClaims are claims as they stand, however they are spelt.
type rawClaims struct {
	jwt.MapClaims
	text []byte
}

// MarshalJSON gives the text.
func (r rawClaims) MarshalJSON() ([]byte, error) { return r.text, nil }

// FuzzDecision: whatever a phone signs with its approval key, a request is approved only if a reader who knows nothing of Aye
// finds in it an approval of this request, of what was shown, with the number.
func FuzzDecision(f *testing.F) {
	s := newStand(ayetest.New(f))
	phone, asked := s.phone, s.Ask(s.member)
	f.Fuzz(func(t *testing.T, template string) {
		w := s.For(t)
		if w.State(asked.ID) != approval.Pending {
			w.Clock.Pass(25 * time.Hour) // nobody is asked too often
			asked = w.Ask(s.member)
		}
		r := asked.Request
		text := strings.NewReplacer("DEVICE", phone.Device.ID, "MEMBER", r.MembershipID, "ORGANISATION", r.OrganisationID, "ORIGIN", ayetest.Origin, "REQUEST", r.ID,
			"NONCE", r.ChallengeNonce, "HASH", ayetest.Hash(r.Challenge), "NUMBER", asked.Number.Reveal(), "JTI", r.ID[4:]).Replace(template)
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			return // such a one cannot be signed by the library of the tests
		}
		_, err := w.Send(phone, r, ayetest.Sign(phone.ApprovalKey, approval.DecisionType, ayetest.Thumbprint(phone.ApprovalKey), rawClaims{text: []byte(text)}))
		if w.State(r.ID) != approval.Approved {
			return
		}
		var read map[string]any
		if failure := json.Unmarshal([]byte(text), &read); err != nil || failure != nil {
			t.Fatal(err, failure)
		}
		for name, want := range map[string]string{
			"iss": phone.Device.ID, "sub": r.MembershipID, "org": r.OrganisationID, "aud": ayetest.Origin, "aid": r.ID, "cn": r.ChallengeNonce, "dec": "approve",
			"num": asked.Number.Reveal(), "ctxh": ayetest.Hash(r.Challenge),
		} {
			if read[name] != want {
				t.Errorf("%s is %v: %s", name, read[name], text)
			}
		}
	})
}

// FuzzBrowser: what a User-Agent says is shown in a few words on one line, or not at all.
func FuzzBrowser(f *testing.F) {
	f.Fuzz(func(t *testing.T, header string) {
		name := approval.BrowserName(header)
		if browser, system := approval.BrowserOf(header); (browser == "") != (name == "") || !strings.HasPrefix(name, browser) || !strings.HasSuffix(name, system) {
			t.Errorf("%q is %q, and %q on %q", header, name, browser, system)
		}
		if utf8.RuneCountInString(name) > 200 || strings.ContainsAny(name, "\r\n\x00\u202e\u2028") {
			t.Errorf("%q is shown as %q", header, name)
		}
	})
}

// FuzzQuestion: what a person is shown is on lines of bounded length, and the address is one in its usual form.
func FuzzQuestion(f *testing.F) {
	f.Fuzz(func(t *testing.T, ip, browser, agent, message, label, value string) {
		q, err := approval.Normalised(approval.Question{
			Context: approval.Context{IP: ip, Browser: browser, UserAgent: agent}, Message: message, Details: []approval.Detail{{Label: label, Value: value}},
		})
		if err != nil {
			if invalid := new(approval.InvalidError); !errors.As(err, &invalid) || !strings.HasPrefix(invalid.Pointer, "/") || len(invalid.Detail) > 200 {
				t.Fatal(err)
			}
			return
		}
		for _, text := range []string{q.Message, q.Details[0].Label, q.Details[0].Value, q.Context.Browser} {
			if !utf8.ValidString(text) || utf8.RuneCountInString(text) > 200 || strings.ContainsAny(text, "\x00\t\r\n\x7f\u202a\u202e\u2066\u2028") {
				t.Errorf("%q is shown", text)
			}
		}
		if q.Context.IP == "" {
			return
		}
		if address, err := netip.ParseAddr(q.Context.IP); err != nil || address.String() != q.Context.IP || address.Zone() != "" || address.Is4In6() {
			t.Errorf("%q becomes %q", ip, q.Context.IP)
		}
	})
}
