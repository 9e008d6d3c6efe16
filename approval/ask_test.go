package approval_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

func TestQuestions(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	long := func(n int) string { return strings.Repeat("é", n) }
	details := func(n int, d approval.Detail) func(*approval.Question) {
		return func(q *approval.Question) {
			for range n {
				q.Details = append(q.Details, d)
			}
		}
	}
	tests := []struct {
		name    string
		change  func(*approval.Question)
		pointer string // empty where it is taken
	}{
		{"plain", func(*approval.Question) {}, ""},
		{"confirm", func(q *approval.Question) { q.Confirm = "voice" }, "/confirm"},
		{"shortest", func(q *approval.Question) { q.Life = approval.MinimumLife }, ""},
		{"too short", func(q *approval.Question) { q.Life = approval.MinimumLife - 1 }, "/expires_in"},
		{"longest", func(q *approval.Question) { q.Life = approval.MaximumLife }, ""},
		{"too long", func(q *approval.Question) { q.Life = approval.MaximumLife + 1 }, "/expires_in"},
		{"negative", func(q *approval.Question) { q.Life = -time.Second }, "/expires_in"},
		{"no address", func(q *approval.Question) { q.Context.IP = "" }, ""},
		{"address of version 6", func(q *approval.Question) { q.Context.IP = "2001:db8::1" }, ""},
		{"address with a zone", func(q *approval.Question) { q.Context.IP = "fe80::1%eth0" }, "/context/ip"},
		{"no such address", func(q *approval.Question) { q.Context.IP = "example.com" }, "/context/ip"},
		{"no browser", func(q *approval.Question) { q.Context.Browser = "" }, "/context/browser"},
		{"blank browser", func(q *approval.Question) { q.Context.Browser = "  " }, "/context/browser"},
		{"longest browser", func(q *approval.Question) { q.Context.Browser = long(128) }, ""},
		{"long browser", func(q *approval.Question) { q.Context.Browser = long(129) }, "/context/browser"},
		{"no agent", func(q *approval.Question) { q.Context.UserAgent = "" }, ""},
		{"long agent", func(q *approval.Question) { q.Context.UserAgent = long(1025) }, "/context/user_agent"},
		{"longest message", func(q *approval.Question) { q.Message = long(200) }, ""},
		{"long message", func(q *approval.Question) { q.Message = long(201) }, "/message"},
		{"two lines", func(q *approval.Question) { q.Message = "a\nb" }, "/message"},
		{"two lines of Unicode", func(q *approval.Question) { q.Message = "a\u2028b" }, "/message"},
		{"C1 control", func(q *approval.Question) { q.Message = "a\u0085b" }, "/message"},
		{"turned around", func(q *approval.Question) { q.Message = "pay \u202e001" }, "/message"},
		{"isolated", func(q *approval.Question) { q.Message = "pay \u2066001" }, "/message"},
		{"not UTF-8", func(q *approval.Question) { q.Message = "a\xffb" }, "/message"},
		{"ten details", details(10, approval.Detail{Label: long(40), Value: long(200)}), ""},
		{"eleven details", details(11, approval.Detail{Label: "a", Value: "b"}), "/details"},
		{"no label", details(1, approval.Detail{Value: "b"}), "/details/0"},
		{"long label", details(1, approval.Detail{Label: long(41), Value: "b"}), "/details/0"},
		{"no value", details(1, approval.Detail{Label: "a"}), "/details/0"},
		{"long value", details(1, approval.Detail{Label: "a", Value: long(201)}), "/details/0"},
		{"value of two lines", details(1, approval.Detail{Label: "a", Value: "b\rc"}), "/details/0"},
	}
	for _, test := range tests {
		w.Run(t, test.name, func(t *testing.T, w *ayetest.World) {
			asked, err := w.TryAsk(s.member, test.change)
			if test.pointer == "" {
				ayetest.Fails(t, err, nil)
				ayetest.Fails(t, w.Approvals.Cancel(t.Context(), w.Shop, asked.ID), nil)
				return
			}
			ayetest.Fails(t, err, approval.ErrInvalid)
			var invalid *approval.InvalidError
			ayetest.Same(t, "is an InvalidError", errors.As(err, &invalid), true)
			ayetest.Same(t, "pointer", invalid.Pointer, test.pointer)
		})
	}
	mapped := w.Ask(s.member, func(q *approval.Question) { q.Context.IP = "::ffff:192.0.2.1" })
	ayetest.Same(t, "address", mapped.Context.IP, "192.0.2.1")
}

func TestWhoCannotBeAsked(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	_, err := w.TryAsk(accounts.Member{ID: secret.NewID("usr")})
	ayetest.Fails(t, err, accounts.ErrNotFound)
	_, err = w.TryAsk(w.AddPerson("Bea"))
	ayetest.Fails(t, err, approval.ErrNotEnrolled)
	elsewhere := w.AddMember(w.AddOrganisation(func(*accounts.Organisation) {}), "Cy", accounts.RoleMember)
	_, err = w.TryAsk(elsewhere)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	_, err = w.TryAsk(s.member, ayetest.Tap)
	ayetest.Fails(t, err, approval.ErrTapNotAllowed)
	_, err = w.Approvals.AskNewPhone(t.Context(), approval.NewPhoneQuestion{OrganisationID: w.Organisation.ID, MembershipID: w.AddPerson("Dan").ID, Life: time.Minute})
	ayetest.Fails(t, err, approval.ErrNotEnrolled)
	// An app answers no question about a new phone.
	eve := w.AddPerson("Eve")
	addApp(w, eve)
	_, err = w.Approvals.AskNewPhone(t.Context(), approval.NewPhoneQuestion{OrganisationID: w.Organisation.ID, MembershipID: eve.ID, Life: time.Minute})
	ayetest.Fails(t, err, approval.ErrNotEnrolled)
	_, err = w.TryAsk(accounts.Member{}, func(q *approval.Question) {
		q.User = accounts.UserReference{Email: strings.ToUpper(s.member.Person.Email)}
	})
	ayetest.Fails(t, err, nil)
}

func TestTheChallenge(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Approvals.Place = func(ip string) string { return "near " + ip }
	s := newStand(w)
	asked := w.Ask(s.member, func(q *approval.Question) {
		q.Message, q.Details = "Log in", []approval.Detail{{Label: "Amount", Value: "€ 12.50"}}
	})
	claims := claimsOf(w, approval.ChallengeType, asked.Challenge)
	ayetest.Same(t, "cn", len(claims["cn"].(string)), 43)
	delete(claims, "cn")
	ayetest.Same(t, "claims", claims, jwt.MapClaims{
		"iss": ayetest.Origin, "aid": asked.ID, "sub": s.member.ID, "org": w.Organisation.ID, "acc": s.member.Person.ID, "purpose": "login",
		"confirm": "number", "digits": 3.0, "iat": number(w.Clock.Now()), "exp": number(w.Clock.Now().Add(approval.DefaultLife)),
		"ctx": map[string]any{
			"application": "The shop", "organisation": "Example", "person": "Ada", "new_browser": true, "created_at": "2026-02-03T04:05:06Z",
			"message": "Log in", "ip": "203.0.113.7", "place": "near 203.0.113.7", "browser": "Firefox on Linux",
			"details": []any{map[string]any{"label": "Amount", "value": "€ 12.50"}},
		},
	})
	bare := w.Ask(s.member, func(q *approval.Question) { q.Context.IP, q.Context.UserAgent = "", "curl" })
	shown := claimsOf(w, approval.ChallengeType, bare.Challenge)["ctx"].(map[string]any)
	for _, absent := range []string{"message", "details", "ip", "place"} {
		if _, there := shown[absent]; there {
			t.Errorf("%s is there", absent)
		}
	}
}

// What a phone gets must not be enough to approve with.
func TestTheNumberReachesNoPhone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Change(func(o *accounts.Organisation) { o.Profile = accounts.Strict })
	s := newStand(w)
	asked := w.Ask(s.member)
	open, err := w.Approvals.PendingFor(t.Context(), s.phone.Device)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "open", len(open), 1)
	claims, err := jwt.NewParser().DecodeSegment(strings.Split(open[0].Challenge, ".")[1])
	ayetest.Fails(t, err, nil)
	pushes := w.Pusher.Taken(notify.MessageApproval)
	ayetest.Same(t, "pushes", len(pushes), 1)
	m := pushes[0].Message
	ayetest.Same(t, "message", m, notify.Message{
		Kind: notify.MessageApproval, Reference: asked.ID, Device: s.phone.Device.ID, Title: "Accept login request?", Expires: asked.Expires,
	})
	for what, secretText := range map[string]secret.Secret{
		"the number": asked.Number, "the ticket": asked.Ticket, "the release code": w.Keys.Code("release code", asked.ID), "the person": "Ada",
	} {
		if what != "the person" && strings.Contains(string(claims), `"`+secretText.Reveal()+`"`) {
			t.Errorf("%s is in the challenge", what)
		}
		if strings.Contains(m.Title, secretText.Reveal()) {
			t.Errorf("%s is in the push", what)
		}
	}
}

func TestTitlesAreInThePhonesLanguage(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for locale, want := range map[string]string{"nl": "Inlogverzoek accepteren?", "nl-BE": "Inlogverzoek accepteren?", "NL": "Inlogverzoek accepteren?", "de": "Accept login request?"} {
		ada, phone := w.AddPerson("Ada"), w.NewPhone()
		phone.Claims["locale"] = locale
		w.PairWith(ada, phone)
		w.Pusher.Taken("")
		w.Ask(ada)
		ayetest.Same(t, locale, w.Pusher.Taken(notify.MessageApproval)[0].Message.Title, want)
	}
}

func TestBrowserName(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"":             "",
		"nonsense\x00": "",
		"curl/8.5.0":   "curl",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1": "Safari on iOS",
		strings.Repeat("x", 41) + "/1.0": "",
	} {
		if got := approval.BrowserName(header); got != want && header != "nonsense\x00" {
			t.Errorf("%q is called %q", header, got)
		}
	}
}

// A question that was asked before is answered as it was then, whatever became of it.
func TestARepeatedQuestion(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Change(func(o *accounts.Organisation) { o.AllowTap = true })
	s := newStand(w)
	q := ayetest.Question(s.member)
	q.Confirm, q.CreationKey, q.BodyHash = approval.Tap, "key", "body"
	ask := func(change func(*approval.Question)) (approval.Asked, error) {
		again := q
		change(&again)
		return w.Approvals.Ask(t.Context(), w.Shop, again)
	}
	first, err := ask(func(*approval.Question) {})
	ayetest.Fails(t, err, nil)
	w.Pusher.Taken("")
	after := []struct {
		name string
		then func()
	}{
		{"nothing", func() {}},
		{"fetched", func() { _, err := w.Approvals.PendingFor(t.Context(), s.phone.Device); ayetest.Fails(t, err, nil) }},
		{"approved", func() { _, err := w.Approve(s.phone, first); ayetest.Fails(t, err, nil) }},
		{"released", func() { _, err := w.Redeem(first, w.ReleaseCode(first), ""); ayetest.Fails(t, err, nil) }},
		{"tap forbidden", func() { w.Change(func(o *accounts.Organisation) { o.AllowTap = false }) }},
		{"another phone", func() { w.Pair(s.member) }},
		{"no phone", func() {
			phones, err := w.Devices.Of(t.Context(), s.member.Person.ID)
			ayetest.Fails(t, err, nil)
			for _, phone := range phones {
				_, err := w.Devices.Remove(t.Context(), phone, "operator")
				ayetest.Fails(t, err, nil)
			}
		}},
		{"nearly a day", func() { w.Clock.Pass(23 * time.Hour) }},
	}
	for _, test := range after {
		test.then()
		w.Pusher.Taken("")
		again, err := ask(func(*approval.Question) {})
		ayetest.Fails(t, err, nil)
		want := first
		again.Request, want.Request = asAsked(again.Request), asAsked(first.Request)
		ayetest.Same(t, test.name, again, want)
		ayetest.Same(t, "pushes", len(w.Pusher.Taken(notify.MessageApproval)), 0)
		_, err = ask(func(q *approval.Question) { q.BodyHash = "another body" })
		ayetest.Fails(t, err, approval.ErrMismatch)
	}
}

// asAsked leaves out of a request what no answer to a question tells.
func asAsked(r approval.Request) approval.Request {
	return approval.Request{ID: r.ID, State: r.State, Confirm: r.Confirm, Created: r.Created, Expires: r.Expires}
}

// The answer again has the number again, and what was withheld or could not be reached.
func TestARepeatedQuestionWithANumber(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	unreachable, silent := w.NewPhone(), w.NewPhone()
	silent.Claims["push"] = map[string]string{"provider": "none"}
	w.PairWith(s.member, unreachable)
	w.PairWith(s.member, silent)
	ayetest.Fails(t, w.Devices.Told(t.Context(), unreachable.Device.Target(), notify.Outcome{Class: notify.Dead}), nil)
	for round := range 7 { // the last ones are withheld
		q := ayetest.Question(s.member)
		q.CreationKey = secret.NewID("key")
		first, err := w.Approvals.Ask(t.Context(), w.Shop, q)
		ayetest.Fails(t, err, nil)
		_, err = w.Deny(s.phone, first)
		ayetest.Fails(t, err, nil)
		w.Clock.Pass(time.Second)
		again, err := w.Approvals.Ask(t.Context(), w.Shop, q)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "number", again.Number.Reveal(), first.Number.Reveal())
		ayetest.Same(t, "ticket", again.Ticket.Reveal(), first.Ticket.Reveal())
		ayetest.Same(t, "deliveries", again.Deliveries, first.Deliveries)
		if first.Deliveries[0].State == approval.Withheld != (round >= 3) { // three denials mute
			t.Errorf("round %d: %s", round, first.Deliveries[0].State)
		}
	}
}

func TestSuperseding(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	other := w.AddApplication(w.Organisation, "Other")
	tests := []struct {
		name   string
		second func(s stand, browser string) error
		want   approval.State
	}{
		{"the same browser", func(s stand, b string) error { _, err := s.TryAsk(s.member, ayetest.From(b)); return err }, approval.Superseded},
		{"another browser", func(s stand, b string) error { _, err := s.TryAsk(s.member, ayetest.From(b+"x")); return err }, approval.Pending},
		{"another application", func(s stand, b string) error {
			q := ayetest.Question(s.member)
			q.Context.Browser = b
			_, err := s.Approvals.Ask(s.Context(), other, q)
			return err
		}, approval.Pending},
		{"a new phone", func(s stand, _ string) error {
			q := approval.NewPhoneQuestion{OrganisationID: s.Organisation.ID, MembershipID: s.member.ID, Subject: "b", Phone: "New", Life: time.Minute}
			_, err := s.Approvals.AskNewPhone(s.Context(), q)
			return err
		}, approval.Pending},
		{"another person in the same browser", func(s stand, b string) error {
			bea := newStand(s.World)
			_, err := s.TryAsk(bea.member, ayetest.From(b))
			return err
		}, approval.Pending},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(w.For(t))
			asked := s.Ask(s.member, ayetest.From("b"))
			hints := 0
			defer w.Broker.Subscribe(approval.Topic(asked.ID), func() { hints++ })()
			ayetest.Fails(t, test.second(s, "b"), nil)
			ayetest.Same(t, "state", s.State(asked.ID), test.want)
			if test.want == approval.Superseded {
				ayetest.Same(t, "hints", hints, 1)
				_, err := s.Approve(s.phone, asked)
				refusesWith(t, err, &approval.DecidedError{State: approval.Superseded})
			}
		})
	}
}

func TestThreePendingAreEnough(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	var asked []approval.Asked
	for range approval.MaxPending {
		asked = append(asked, w.Ask(s.member))
	}
	_, err := w.TryAsk(s.member)
	ayetest.Fails(t, err, approval.ErrTooManyPending)
	_, err = w.Approvals.Ask(t.Context(), w.AddApplication(w.Organisation, "Other"), ayetest.Question(s.member))
	ayetest.Fails(t, err, approval.ErrTooManyPending)
	third := w.Ask(s.member, ayetest.From(asked[2].Context.Browser)) // takes the place of one
	_, err = w.Approvals.AskNewPhone(t.Context(), approval.NewPhoneQuestion{OrganisationID: w.Organisation.ID, MembershipID: s.member.ID, Subject: "p", Phone: "New", Life: time.Minute})
	ayetest.Fails(t, err, nil) // Aye's own question is not crowded out by others'
	w.Clock.Pass(time.Minute)  // and has expired now
	_, err = w.TryAsk(s.member)
	ayetest.Fails(t, err, approval.ErrTooManyPending)
	_, err = w.Deny(s.phone, third)
	ayetest.Fails(t, err, nil)
	w.Ask(s.member)
	w.Clock.Pass(approval.DefaultLife)
	for range approval.MaxPending { // what has expired does not count, also before a sweep
		w.Ask(s.member)
	}
}

// crowd is a store where many requests stand beside the one that is asked.
type crowd struct {
	approval.Store
	beside []approval.Request
}

func (c *crowd) Ask(_ context.Context, _ approval.Creation, admit func(approval.Situation) (approval.Admission, error)) (approval.Request, error) {
	admission, err := admit(approval.Situation{Pending: c.beside})
	c.beside = append(c.beside, admission.Request)
	return admission.Request, err
}

// Requests that stand side by side have different numbers, however many there are: who picks
// the wrong one from the list must not approve it by chance.
func TestNumbersDiffer(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	crowded := *w.Approvals
	crowded.Store, crowded.Deliveries = &crowd{Store: w.Store}, w.Store
	seen := map[string]bool{}
	for i := range 400 { // of 1000 numbers: without care some of them would be equal
		asked, err := crowded.AskNewPhone(t.Context(), approval.NewPhoneQuestion{
			OrganisationID: w.Organisation.ID, MembershipID: s.member.ID, Subject: "p", Phone: "New", Life: time.Minute,
		})
		ayetest.Fails(t, err, nil)
		if seen[asked.Number.Reveal()] || len(asked.Number) != 3 {
			t.Fatalf("request %d has the number of another one", i)
		}
		seen[asked.Number.Reveal()] = true
	}
}

func TestTap(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Change(func(o *accounts.Organisation) { o.AllowTap = true })
	tests := []struct {
		name    string
		role    accounts.Role
		prepare func(stand)
		want    error
	}{
		{"plain", accounts.RoleMember, func(stand) {}, nil},
		{"support", accounts.RoleSupport, func(stand) {}, approval.ErrNumberRequired},
		{"administrator", accounts.RoleAdministrator, func(stand) {}, approval.ErrNumberRequired},
		{"owner", accounts.RoleOwner, func(stand) {}, approval.ErrNumberRequired},
		{"after a mismatch", accounts.RoleMember, func(s stand) { s.in(approval.Mismatched) }, approval.ErrNumberRequired},
		{"nearly a day after", accounts.RoleMember, func(s stand) {
			s.in(approval.Reported)
			s.Clock.Pass(approval.Caution - time.Millisecond)
		}, approval.ErrNumberRequired},
		{"a day after", accounts.RoleMember, func(s stand) { s.in(approval.Reported); s.Clock.Pass(approval.Caution) }, nil},
		{"beside another browser", accounts.RoleMember, func(s stand) { s.Ask(s.member) }, approval.ErrNumberRequired},
		{"beside an expired one", accounts.RoleMember, func(s stand) { s.Ask(s.member); s.Clock.Pass(approval.DefaultLife) }, nil},
		{"in the same browser", accounts.RoleMember, func(s stand) { s.Ask(s.member, ayetest.From("b")) }, nil},
		{"after a denial", accounts.RoleMember, func(s stand) { s.in(approval.Denied) }, nil},
	}
	for _, test := range tests {
		w.Run(t, test.name, func(t *testing.T, w *ayetest.World) {
			s := stand{w, w.AddMember(w.Organisation, "Ada", test.role), nil}
			s.phone = w.Pair(s.member)
			test.prepare(s)
			asked, err := w.TryAsk(s.member, ayetest.Tap, ayetest.From("b"))
			ayetest.Fails(t, err, test.want)
			if test.want != nil {
				return
			}
			ayetest.Same(t, "number", asked.Number, "")
			ayetest.Same(t, "digits", asked.Digits, 0)
			decided, err := w.Approve(s.phone, asked)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "state", decided.State, approval.Approved)
		})
	}
}

// One tap cannot tell two requests apart, also when the second came later.
func TestATapBesideALaterRequest(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Change(func(o *accounts.Organisation) { o.AllowTap = true })
	for _, end := range []string{"answered", "expired"} {
		w.Run(t, end, func(t *testing.T, w *ayetest.World) {
			s := newStand(w)
			tap := w.Ask(s.member, ayetest.Tap, func(q *approval.Question) { q.Life = approval.MaximumLife })
			second := w.Ask(s.member)
			_, err := w.Approve(s.phone, tap)
			ayetest.Fails(t, err, approval.ErrNumberRequired)
			ayetest.Same(t, "state", w.State(tap.ID), approval.Pending)
			if end == "answered" {
				_, err = w.Approve(s.phone, second) // its number tells it apart
				ayetest.Fails(t, err, nil)
			}
			w.Clock.Pass(approval.DefaultLife)
			_, err = w.Approve(s.phone, tap)
			ayetest.Fails(t, err, nil)
		})
	}
	s := newStand(w)
	tap := w.Ask(s.member, ayetest.Tap)
	w.Ask(s.member)
	_, err := w.Deny(s.phone, tap) // a refusal needs no care
	ayetest.Fails(t, err, nil)
}

func TestDigits(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	strict := w.AddOrganisation(func(o *accounts.Organisation) { o.Profile = accounts.Strict })
	tests := []struct {
		name    string
		strict  bool
		role    accounts.Role
		prepare func(stand)
		want    int
	}{
		{"plain", false, accounts.RoleMember, func(stand) {}, 3},
		{"strict", true, accounts.RoleMember, func(stand) {}, 6},
		{"support", false, accounts.RoleSupport, func(stand) {}, 6},
		{"owner", false, accounts.RoleOwner, func(stand) {}, 6},
		{"after a mismatch", false, accounts.RoleMember, func(s stand) { s.in(approval.Mismatched) }, 6},
		{"after a report", false, accounts.RoleMember, func(s stand) { s.in(approval.Reported) }, 6},
		{"a day later", false, accounts.RoleMember, func(s stand) { s.in(approval.Mismatched); s.Clock.Pass(approval.Caution) }, 3},
		{"after a denial", false, accounts.RoleMember, func(s stand) { s.in(approval.Denied) }, 3},
		{"an approval does not end the care", false, accounts.RoleMember, func(s stand) { s.in(approval.Mismatched); s.in(approval.Approved) }, 6},
	}
	for _, test := range tests {
		w.Run(t, test.name, func(t *testing.T, w *ayetest.World) {
			if test.strict {
				w.Organisation, w.Shop = strict, w.AddApplication(strict, "Strict")
			}
			s := stand{w, w.AddMember(w.Organisation, "Ada", test.role), nil}
			s.phone = w.Pair(s.member)
			test.prepare(s)
			asked := w.Ask(s.member)
			ayetest.Same(t, "digits", asked.Digits, test.want)
			ayetest.Same(t, "number", len(asked.Number), test.want)
			ayetest.Same(t, "claim", claimsOf(w, approval.ChallengeType, asked.Challenge)["digits"], any(float64(test.want)))
		})
	}
}

func TestNewBrowser(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	ask := func() approval.Asked { return w.Ask(s.member, ayetest.From("b")) }
	first := ask()
	ayetest.Same(t, "first", first.NewBrowser, true)
	_, err := w.Approve(s.phone, first)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "approved only", ask().NewBrowser, true)
	_, err = w.Redeem(first, w.ReleaseCode(first), "")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "let in", ask().NewBrowser, false)
	_, err = w.Report(s.phone, first)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "reported", ask().NewBrowser, true)
}
