package alerts_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
)

const address = "https://hooks.example.com/aye?token=canary"

// set gives the organisation a hook, and its secret.
func set(t *testing.T, w *ayetest.World, organisationID string, kinds ...alerts.Kind) string {
	t.Helper()
	_, key, err := w.Alerts.Set(t.Context(), organisationID, address, kinds, false)
	ayetest.Fails(t, err, nil)
	return key.Reveal()
}

// raise raises an alert of the kind for the world's own organisation.
func raise(t *testing.T, w *ayetest.World, kind alerts.Kind) {
	t.Helper()
	w.Alerts.Raise(t.Context(), alerts.Alert{Kind: kind, OrganisationID: w.Organisation.ID, At: w.Clock.Now(), Data: map[string]string{"user": "usr_1"}})
}

func sweep(t *testing.T, w *ayetest.World) {
	t.Helper()
	ayetest.Fails(t, w.Alerts.Sweep(t.Context()), nil)
}

// TestHook: the secret is shown once, and signs until another one is asked for.
func TestHook(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ctx, id := t.Context(), w.Organisation.ID
	_, err := w.Alerts.Hook(ctx, id)
	ayetest.Fails(t, err, alerts.ErrNoHook)
	ayetest.Fails(t, w.Alerts.Try(ctx, id), alerts.ErrNoHook)
	ayetest.Fails(t, w.Alerts.Remove(ctx, id), alerts.ErrNoHook)
	first := set(t, w, id)
	if !strings.HasPrefix(first, "whsec_") || len(first) != len("whsec_")+32 {
		t.Errorf("the secret is %q", first)
	}
	h, err := w.Alerts.Hook(ctx, id)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "hook", []any{h.URL, len(h.Kinds), h.Secret}, []any{address, 0, h.Secret[:0]})
	// The order and repetitions of what was asked for do not matter.
	h, key, err := w.Alerts.Set(ctx, id, address, []alerts.Kind{alerts.CaseStopped, alerts.NotMe, alerts.CaseStopped}, false)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "kept", []any{key.Reveal(), h.Kinds, h.Secret.Reveal()}, []any{"", []alerts.Kind{alerts.NotMe, alerts.CaseStopped}, ""})
	ayetest.Fails(t, w.Alerts.Try(ctx, id), nil)
	_, key, err = w.Alerts.Set(ctx, id, address, nil, true)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, w.Alerts.Try(ctx, id), nil)
	hooks := w.Alerted.Hooks()
	if hooks[0].Secret.Reveal() != first || hooks[1].Secret != key || key.Reveal() == first {
		t.Error("another secret signs than was shown")
	}
	ayetest.Same(t, "tests", w.Alerted.Kinds(), []alerts.Kind{alerts.Test, alerts.Test})
	ayetest.Fails(t, w.Alerts.Remove(ctx, id), nil)
	_, err = w.Alerts.Hook(ctx, id)
	ayetest.Fails(t, err, alerts.ErrNoHook)
	_, _, err = w.Alerts.Set(ctx, id, address, []alerts.Kind{alerts.Test}, false)
	ayetest.Fails(t, err, alerts.ErrKind)
	rows, err := w.Store.SearchAudit(ctx, audit.Query{OrganisationID: id, Actions: []string{"alert-hook.changed"}, Limit: 10})
	ayetest.Fails(t, err, nil)
	var data []map[string]string // newest first; without the rest of the address, which may have a token in it
	for _, row := range rows {
		data = append(data, row.Data)
	}
	ayetest.Same(t, "rows", data, []map[string]string{
		{"kinds": "none"},
		{"host": "hooks.example.com", "kinds": "all", "secret": "new"},
		{"host": "hooks.example.com", "kinds": "login.reported case.stopped", "secret": "kept"},
		{"host": "hooks.example.com", "kinds": "all", "secret": "new"},
	})
}

// TestHookIsTold: nobody makes an organisation's own systems deaf without a word to its administrators. What changes nothing is no news.
func TestHookIsTold(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ctx, id := t.Context(), w.Organisation.ID
	grace := w.AddMember(w.Organisation, "Grace", accounts.RoleAdministrator)
	as := w.Alerts.As(w.Accounts.As(ayetest.Actor(grace)))
	set := func(address string, renew bool, kinds ...alerts.Kind) func() error {
		return func() error { _, _, err := as.Set(ctx, id, address, kinds, renew); return err }
	}
	heard := 0
	for _, c := range []struct {
		what string
		do   func() error
		want string
	}{
		{"a first address", set(address, false), "set"},
		{"the same again", set(address, false), ""},
		{"another address", set(address+"2", false), "changed"},
		{"fewer kinds", set(address+"2", false, alerts.NotMe), "changed"},
		{"another secret", set(address+"2", true, alerts.NotMe), "changed"},
		{"gone", func() error { return as.Remove(ctx, id) }, "removed"},
	} {
		ayetest.Fails(t, c.do(), nil)
		all := w.Announcer.Notices("")
		want := []accounts.Notice{}
		if c.want != "" {
			want = append(want, accounts.Notice{OrganisationID: id, Kind: accounts.MemberAlertsChanged, Reason: c.want, By: grace.ID})
		}
		ayetest.Same(t, c.what, all[heard:], want)
		heard = len(all)
	}
	ayetest.Fails(t, as.Remove(ctx, id), alerts.ErrNoHook)
	ayetest.Fails(t, set("http://hooks.example.com", false)(), alerts.ErrURL)
	_, _, err := w.Alerts.Set(ctx, "", address, nil, false) // the operator's own
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "told", len(w.Announcer.Notices("")), heard)
	_, _, err = w.Alerts.Set(ctx, id, address, nil, false)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "by", w.Announcer.Notices("")[heard].By, accounts.Operator)
}

// TestAddresses: what cannot be a public host over TLS is refused before anybody goes there.
func TestAddresses(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	private := *w.Alerts
	private.Private = true
	for url, c := range map[string]struct{ public, private bool }{
		"https://hooks.example.com":           {true, true},
		"https://hooks.example.com:8443/a?b":  {true, true},
		"https://8.8.8.8/":                    {true, true},
		"https://192.168.1.10/aye":            {false, true},
		"https://[fd00::1]/aye":               {false, true},
		"https://[::ffff:127.0.0.1]/":         {false, true},
		"https://siem/aye":                    {false, true},
		"https://localhost/":                  {false, true},
		"https://a.localhost./":               {false, true},
		"http://127.0.0.1:8080/":              {false, true},
		"http://localhost/":                   {false, true},
		"http://hooks.example.com":            {false, false},
		"http://192.168.1.10/":                {false, false},
		"https://user:pass@hooks.example.com": {false, false},
		"https://hooks.example.com/#part":     {false, false},
		"https://":                            {false, false},
		"ftp://hooks.example.com":             {false, false},
		"hooks.example.com":                   {false, false},
		"":                                    {false, false},
		"https://hooks.example.com/" + strings.Repeat("a", 2000): {false, false},
	} {
		for _, one := range []struct {
			service *alerts.Service
			taken   bool
		}{{w.Alerts, c.public}, {&private, c.private}} {
			_, _, err := one.service.Set(t.Context(), w.Organisation.ID, url, nil, false)
			if one.taken != (err == nil) || !one.taken && !errors.Is(err, alerts.ErrURL) {
				t.Errorf("%q (private %v): %v", url, one.service.Private, err)
			}
		}
	}
}

// TestThreatSomebodyElsesHook: only who manages the organisation sees, sets, tries or removes its hook; the operator's own is
// nobody else's. Whoever could set it would hear of everything, or keep it from being heard.
func TestThreatSomebodyElsesHook(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	other := w.AddOrganisation(func(*accounts.Organisation) {})
	set(t, w, w.Organisation.ID)
	set(t, w, "")
	for name, c := range map[string]struct {
		m            accounts.Member
		organisation string
		want         error
	}{
		"administrator":       {w.AddMember(w.Organisation, "Grace", accounts.RoleAdministrator), w.Organisation.ID, nil},
		"support":             {w.AddMember(w.Organisation, "Hal", accounts.RoleSupport), w.Organisation.ID, alerts.ErrForbidden},
		"member":              {w.AddMember(w.Organisation, "Ada", accounts.RoleMember), w.Organisation.ID, alerts.ErrForbidden},
		"another's owner":     {w.AddMember(other, "Eve", accounts.RoleOwner), w.Organisation.ID, alerts.ErrForbidden},
		"of the operator's":   {w.AddMember(w.Organisation, "Owen", accounts.RoleOwner), "", alerts.ErrForbidden},
		"nobody's membership": {accounts.Member{OrganisationID: w.Organisation.ID, Role: accounts.RoleOwner}, w.Organisation.ID, alerts.ErrForbidden},
	} {
		s := w.Alerts.As(w.Accounts.As(accounts.Actor{ID: c.m.ID, OrganisationID: c.m.OrganisationID, Role: c.m.Role}))
		_, err := s.Hook(t.Context(), c.organisation)
		_, _, setting := s.Set(t.Context(), c.organisation, address, nil, true)
		for what, got := range map[string]error{"hook": err, "set": setting, "try": s.Try(t.Context(), c.organisation)} {
			if !errors.Is(got, c.want) {
				t.Errorf("%s, %s: %v", name, what, got)
			}
		}
		if c.want != nil {
			ayetest.Fails(t, s.Remove(t.Context(), c.organisation), c.want)
		}
	}
}

// TestRaise: the organisation's hook gets what it chose, and the operator's everything with the id of the organisation.
func TestRaise(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	raise(t, w, alerts.NotMe) // nobody listens
	sweep(t, w)
	set(t, w, w.Organisation.ID, alerts.CaseOpened, alerts.CaseStopped)
	set(t, w, "")
	other := w.AddOrganisation(func(*accounts.Organisation) {})
	set(t, w, other.ID)
	for _, kind := range alerts.All {
		raise(t, w, kind)
	}
	w.Alerts.Raise(t.Context(), alerts.Alert{Kind: alerts.BreakGlass}) // the operator's own
	for range len(alerts.All) {
		sweep(t, w)
	}
	got := map[string][]alerts.Kind{}
	ids := map[string]bool{}
	for i, a := range w.Alerted.All() {
		got[w.Alerted.Hooks()[i].OrganisationID] = append(got[w.Alerted.Hooks()[i].OrganisationID], a.Kind)
		own := a.Kind == alerts.BreakGlass && len(a.Data) == 0
		if ids[a.ID] || a.At.IsZero() || !own && (a.Data["organisation"] != w.Organisation.ID || a.Data["user"] != "usr_1") {
			t.Errorf("%+v", a)
		}
		ids[a.ID] = true
	}
	for _, kinds := range got {
		slices.Sort(kinds)
	}
	all := append(slices.Clone(alerts.All), alerts.BreakGlass)
	slices.Sort(all)
	ayetest.Same(t, "alerts", got, map[string][]alerts.Kind{w.Organisation.ID: {alerts.CaseOpened, alerts.CaseStopped}, "": all})
}

// TestThreatWordsThatAlertsNeverSay: an address or a link stays here, whoever put it into an alert.
func TestThreatWordsThatAlertsNeverSay(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	set(t, w, w.Organisation.ID)
	data := map[string]string{
		"user": "usr_1", "email": "ada@example.com", "link": "https://aye.example.com/stop/token", "name": "Eve\r\nX-Header: 1", "long": strings.Repeat("x", 201), "empty": "",
	}
	w.Alerts.Raise(t.Context(), alerts.Alert{Kind: alerts.CaseOpened, OrganisationID: w.Organisation.ID, Data: data})
	sweep(t, w)
	ayetest.Same(t, "said", w.Alerted.All()[0].Data, map[string]string{"user": "usr_1", "organisation": w.Organisation.ID})
	ayetest.Same(t, "the caller's own", len(data), 6)
}

// TestSweep: what is not taken is sent again, with the same id, after pauses that grow, for a day.
func TestSweep(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	set(t, w, w.Organisation.ID)
	raise(t, w, alerts.CaseOpened)
	began := w.Clock.Now()
	w.Alerted.Refuse(&alerts.FailedError{Why: alerts.WhyStatus, Status: 503})
	want := []time.Duration{0, time.Second, 6 * time.Second, 36 * time.Second, 336 * time.Second, 2136 * time.Second}
	for last := want[len(want)-1] + time.Hour; last <= alerts.Life; last += time.Hour {
		want = append(want, last)
	}
	tried := &counter{Sender: w.Alerted, now: func() time.Duration { return w.Clock.Now().Sub(began) }}
	w.Alerts.Sender = tried
	for range 2 * 24 * 60 {
		for range 60 { // by the second while it is soon, by the minute later
			sweep(t, w)
			if w.Clock.Now().Sub(began) > 10*time.Minute {
				break
			}
			w.Clock.Pass(time.Second)
		}
		if w.Clock.Now().Sub(began) > 10*time.Minute {
			w.Clock.Pass(4 * time.Second)
		}
		if w.Clock.Now().Sub(began) > time.Hour {
			w.Clock.Pass(56 * time.Second)
		}
	}
	if len(tried.at) != len(want) {
		t.Fatalf("it was tried %d times at %v, want %d times", len(tried.at), tried.at, len(want))
	}
	for i, at := range want {
		if late := tried.at[i] - at; late < 0 || late > time.Minute || i < 5 && late > 0 {
			t.Errorf("attempt %d was at %v, want %v", i, tried.at[i], at)
		}
		if tried.ids[i] != tried.ids[0] {
			t.Error("another id")
		}
	}
	h, err := w.Alerts.Hook(t.Context(), w.Organisation.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "why", h.LastError, "status 503")
	w.Alerted.Refuse(nil)
	raise(t, w, alerts.CaseStopped)
	sweep(t, w)
	h, err = w.Alerts.Hook(t.Context(), w.Organisation.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "taken", []any{h.LastError, h.LastAt}, []any{"", w.Clock.Now()})
	ayetest.Same(t, "the one that was given up", w.Alerted.Kinds(), []alerts.Kind{alerts.CaseStopped})
}

// TestOneSlowReceiver: a receiver that does not answer holds up no other one.
func TestOneSlowReceiver(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	slow := w.AddOrganisation(func(*accounts.Organisation) {})
	set(t, w, slow.ID)
	set(t, w, w.Organisation.ID)
	w.Alerts.Raise(t.Context(), alerts.Alert{Kind: alerts.CaseOpened, OrganisationID: slow.ID})
	raise(t, w, alerts.CaseOpened)
	w.Alerts.Sender = &pair{Sender: w.Alerted, slow: slow.ID, other: make(chan struct{})}
	sweep(t, w) // which would never end if one waited for the other
	ayetest.Same(t, "taken", len(w.Alerted.All()), 2)
}

// TestTry says in a word why a test was not taken, and never more.
func TestTry(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	set(t, w, w.Organisation.ID)
	for _, c := range []struct {
		err  error
		want string
	}{
		{&alerts.FailedError{Why: alerts.WhyRedirect, Status: 301}, "redirect 301"},
		{&alerts.FailedError{Why: alerts.WhyTimeout}, "timeout"},
		{errors.New("lookup hooks.example.com on 10.0.0.53:53"), "other"},
	} {
		w.Alerted.Refuse(c.err)
		err := w.Alerts.Try(t.Context(), w.Organisation.ID)
		var failed *alerts.FailedError
		if !errors.As(err, &failed) || !errors.Is(err, alerts.ErrFailed) || failed.Error() != c.want {
			t.Errorf("%v becomes %v, want %s", c.err, err, c.want)
		}
		raise(t, w, alerts.CaseOpened)
		sweep(t, w)
		h, err := w.Alerts.Hook(t.Context(), w.Organisation.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "kept", h.LastError, c.want)
	}
}
