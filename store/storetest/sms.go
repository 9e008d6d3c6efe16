package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// anyone stands for an organisation that does not matter.
const anyone = "*"

// draft gives what an administrator filled in, that is not stored.
func (h *House) draft(m accounts.Member) sms.Draft {
	now := h.Clock.Now()
	return sms.Draft{
		ID: secret.NewID("smp"), Kind: sms.MessageBird, KeyEnd: "WXYZ", MessageID: secret.NewID("sms"), To: "+31612345678", Created: now, Sent: now, Until: now.Add(sms.CodeLife),
		Setup: sms.Setup{
			OrganisationID: m.OrganisationID, Description: "Main", Sender: "Tulp", Key: "live_" + secret.NewToken(), Signing: secret.NewToken(),
			By: sms.Administrator{ID: m.ID, PersonID: m.Person.ID, Number: "+31612345678", Locale: "nl"},
		},
	}
}

// fill stores a draft, and the message with its code.
func (h *House) fill(t *testing.T, d sms.Draft) sms.Draft {
	t.Helper()
	must(t, h.AddDraft(t.Context(), d))
	payer := sms.PaidByOrganisation
	if d.OrganisationID == "" {
		payer = sms.PaidByOperator
	}
	h.send(t, sms.Message{
		ID: d.MessageID, OrganisationID: d.OrganisationID, ProviderID: becomes(d).ID, Purpose: accounts.TextCheck, Payer: payer, About: d.ID, PersonID: d.By.PersonID,
		Number: d.To, Index: "index of " + d.To, State: sms.Sending, At: d.Sent, Updated: d.Sent,
	})
	return d
}

// becomes is the provider that the draft makes or changes.
func becomes(d sms.Draft) sms.Provider {
	return sms.Provider{
		ID: cmp.Or(d.ProviderID, d.ID), OrganisationID: d.OrganisationID, Kind: d.Kind, Description: d.Description, Sender: d.Sender, Key: d.Key, KeyEnd: d.KeyEnd, Signing: d.Signing,
	}
}

// save makes the draft a provider, and gives it as it must be kept.
func (h *House) save(t *testing.T, d sms.Draft) sms.Provider {
	t.Helper()
	p := becomes(d)
	now := h.Clock.Now()
	saved := got(h.SaveDraft(t.Context(), d, p, 100, now, h.entry(h.Organisation.ID, "sms-provider.saved")))(t)
	p.Signed, p.Active, p.Created, p.Proven = p.Signing != "", true, now, now
	same(t, "saved", saved, bare(p))
	return p
}

// AddProvider sets an active provider up.
func (h *House) AddProvider(t *testing.T, m accounts.Member) sms.Provider {
	t.Helper()
	return h.save(t, h.fill(t, h.draft(m)))
}

// bare is the provider without its keys.
func bare(p sms.Provider) sms.Provider {
	p.Key, p.Signing = "", ""
	return p
}

func testProviders(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("a draft is kept", func(t *testing.T) { testDraft(t, h) })
	t.Run("a newer draft takes its place", func(t *testing.T) { testNewerDraft(t, h) })
	t.Run("tries are counted for a message", func(t *testing.T) { testDraftTries(t, h) })
	t.Run("a draft becomes a provider", func(t *testing.T) { testDraftSaved(t, h) })
	t.Run("a draft changes a provider", func(t *testing.T) { testDraftChanges(t, h) })
	t.Run("one saves a draft", func(t *testing.T) {
		d := h.fill(t, h.draft(h.AddPerson(t, "saves@example.com")))
		h.written(t, 1, func() {
			same(t, "winners", race(t, func(int) (bool, error) {
				_, err := h.SaveDraft(t.Context(), d, becomes(d), 100, h.Clock.Now(), h.entry(h.Organisation.ID, "sms-provider.saved"))
				return err == nil, unless(err, sms.ErrNotFound)
			}), 1)
		})
	})
	t.Run("old drafts go", func(t *testing.T) {
		d := h.fill(t, h.draft(h.AddPerson(t, "old-draft@example.com")))
		must(t, h.DropDrafts(t.Context(), d.Created))
		same(t, "not yet", got(h.Draft(t.Context(), d.OrganisationID, d.ID, time.Time{}))(t), d)
		must(t, h.DropDrafts(t.Context(), d.Created.Add(time.Millisecond)))
		_, err := h.Draft(t.Context(), d.OrganisationID, d.ID, time.Time{})
		fails(t, err, sms.ErrNotFound)
	})
	t.Run("one is active", func(t *testing.T) { testActive(t, h) })
	t.Run("all at once, one is active", func(t *testing.T) {
		o, all := h.AddOrganisation(t, "Racing"), []string{}
		for i := range 4 {
			m := got(h.AddMember(t.Context(), h.member(o, fmt.Sprintf("racing%d@example.com", i)), "", h.entry(o.ID, "member.added")))(t)
			all = append(all, h.AddProvider(t, m).ID)
		}
		same(t, "done", race(t, func(i int) (bool, error) { return h.SetActive(t.Context(), o.ID, all[i%4], true, h.entry(o.ID, "x")) }), racers)
		same(t, "active", active(got(h.ProviderList(t.Context(), o.ID))(t)), 1)
	})
	t.Run("removed", func(t *testing.T) { testProviderRemoved(t, h) })
	t.Run("trouble is news once", func(t *testing.T) { testTrouble(t, h) })
	t.Run("the operator's own", func(t *testing.T) { testOperatorsProvider(t, h) })
	t.Run("settings", func(t *testing.T) { testSMSSettings(t, h) })
	must(t, h.VerifyAudit(t.Context()))
}

func active(all []sms.Provider) int {
	count := 0
	for _, p := range all {
		if p.Active {
			count++
		}
	}
	return count
}

// unless is the error, but for one that may come.
func unless(err, may error) error {
	if errors.Is(err, may) {
		return nil
	}
	return err
}

func testDraft(t *testing.T, h *House) {
	since := h.Clock.Now()
	h.Clock.Pass(time.Second)
	d := h.draft(h.AddPerson(t, "draft@example.com"))
	d.NoSigning = true
	must(t, h.AddDraft(t.Context(), d))
	for _, organisationID := range []string{d.OrganisationID, anyone} {
		same(t, "draft", got(h.Draft(t.Context(), organisationID, d.ID, since))(t), d)
	}
	for name, find := range map[string]func() (sms.Draft, error){
		"another organisation's": func() (sms.Draft, error) { return h.Draft(t.Context(), h.AddOrganisation(t, "Other").ID, d.ID, since) },
		"the operator's":         func() (sms.Draft, error) { return h.Draft(t.Context(), "", d.ID, since) },
		"too old":                func() (sms.Draft, error) { return h.Draft(t.Context(), d.OrganisationID, d.ID, d.Created) },
		"never was":              func() (sms.Draft, error) { return h.Draft(t.Context(), anyone, "smp_none", since) },
	} {
		_, err := find()
		if !errors.Is(err, sms.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A change may leave the keys as they are.
	change := h.draft(h.AddPerson(t, "draft-change@example.com"))
	change.ProviderID, change.Key, change.Signing, change.KeyEnd = h.AddProvider(t, h.AddPerson(t, "draft-whose@example.com")).ID, "", "", ""
	change.MessageID, change.Sent, change.Until = "", time.Time{}, time.Time{}
	must(t, h.AddDraft(t.Context(), change))
	same(t, "change", got(h.Draft(t.Context(), change.OrganisationID, change.ID, since))(t), change)
	foreign := change
	foreign.ID, foreign.OrganisationID = secret.NewID("smp"), ""
	fails(t, h.AddDraft(t.Context(), foreign), sms.ErrNotFound) // the provider is another's
}

func testNewerDraft(t *testing.T, h *House) {
	m := h.AddPerson(t, "newer@example.com")
	other := h.AddPerson(t, "newer-too@example.com")
	p := h.AddProvider(t, m)
	about := func(m accounts.Member, providerID string) sms.Draft {
		d := h.draft(m)
		d.ProviderID = providerID
		must(t, h.AddDraft(t.Context(), d))
		return d
	}
	before, change, theirs := about(m, ""), about(m, p.ID), about(other, "")
	after := about(m, "")
	_, err := h.Draft(t.Context(), before.OrganisationID, before.ID, time.Time{})
	fails(t, err, sms.ErrNotFound)
	for _, d := range []sms.Draft{change, theirs, after} {
		same(t, "draft", got(h.Draft(t.Context(), d.OrganisationID, d.ID, time.Time{}))(t), d)
	}
}

func testDraftTries(t *testing.T, h *House) {
	since := h.Clock.Now()
	h.Clock.Pass(time.Second)
	d := h.fill(t, h.draft(h.AddPerson(t, "draft-tries@example.com")))
	try := func(want sms.Draft) {
		t.Helper()
		same(t, "tried", got(h.TryDraft(t.Context(), d.OrganisationID, d.ID, since))(t), want)
	}
	for range 2 {
		d.Tries++
		try(d)
	}
	h.Clock.Pass(time.Minute)
	d.MessageID, d.Sent, d.Until, d.Tries = secret.NewID("sms"), h.Clock.Now(), h.Clock.Now().Add(sms.CodeLife), 1
	must(t, h.SentDraft(t.Context(), d.ID, d.MessageID, d.Sent))
	try(d)
	same(t, "counted", race(t, func(int) (bool, error) {
		_, err := h.TryDraft(t.Context(), d.OrganisationID, d.ID, since)
		return true, err
	}), racers)
	d.Tries += racers + 1
	try(d)
	fails(t, h.SentDraft(t.Context(), "smp_none", "sms_none", d.Sent), sms.ErrNotFound)
	for _, wrong := range []struct {
		organisationID, id string
		since              time.Time
	}{{h.AddOrganisation(t, "Guessing").ID, d.ID, since}, {d.OrganisationID, "smp_none", since}, {d.OrganisationID, d.ID, d.Created}} {
		_, err := h.TryDraft(t.Context(), wrong.organisationID, wrong.id, wrong.since)
		fails(t, err, sms.ErrNotFound)
	}
	d.Tries++
	try(d)
}

func testDraftSaved(t *testing.T, h *House) {
	o := h.AddOrganisation(t, "Saving")
	entry := h.entry(h.Organisation.ID, "sms-provider.saved")
	m := got(h.AddMember(t.Context(), h.member(o, "saving@example.com"), "", h.entry(o.ID, "member.added")))(t)
	d := h.fill(t, h.draft(m))
	h.Clock.Pass(time.Second)
	for name, wrong := range map[string]sms.Draft{
		"a message before":       {ID: d.ID, MessageID: "sms_before", Setup: d.Setup},
		"no message":             {ID: d.ID, Setup: d.Setup},
		"never was":              {ID: "smp_none", MessageID: d.MessageID, Setup: d.Setup},
		"another organisation's": {ID: d.ID, MessageID: d.MessageID, Setup: sms.Setup{OrganisationID: h.Organisation.ID, Key: d.Key}},
	} {
		h.written(t, 0, func() {
			if _, err := h.SaveDraft(t.Context(), wrong, becomes(d), 100, h.Clock.Now(), entry); !errors.Is(err, sms.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	// One without a message is not saved with none.
	unsent := h.draft(m)
	unsent.ProviderID, unsent.MessageID = h.AddProvider(t, h.AddPerson(t, "unsent@example.com")).ID, ""
	unsent.OrganisationID = h.Organisation.ID
	must(t, h.AddDraft(t.Context(), unsent))
	_, err := h.SaveDraft(t.Context(), unsent, becomes(unsent), 100, h.Clock.Now(), entry)
	fails(t, err, sms.ErrNotFound)

	h.written(t, 0, func() {
		_, err = h.SaveDraft(t.Context(), d, becomes(d), 0, h.Clock.Now(), entry)
		fails(t, err, sms.ErrTooMany)
	})
	same(t, "the draft stays", got(h.Draft(t.Context(), o.ID, d.ID, time.Time{}))(t), d)
	var first sms.Provider
	h.written(t, 1, func() { first = h.save(t, d) })
	same(t, "used", h.last(t, d.ID).Used, h.Clock.Now())
	same(t, "with its keys", got(h.ProviderWithKeys(t.Context(), o.ID, first.ID))(t), first)
	same(t, "active", got(h.ActiveProvider(t.Context(), o.ID))(t), first)
	_, err = h.SaveDraft(t.Context(), d, becomes(d), 100, h.Clock.Now(), entry)
	fails(t, err, sms.ErrNotFound)
	_, err = h.Draft(t.Context(), o.ID, d.ID, time.Time{})
	fails(t, err, sms.ErrNotFound)

	h.Clock.Pass(time.Second)
	second := h.draft(m)
	second.Description, second.Signing = "A spare", ""
	h.fill(t, second)
	_, err = h.SaveDraft(t.Context(), second, becomes(second), 1, h.Clock.Now(), entry)
	fails(t, err, sms.ErrTooMany)
	spare := h.save(t, second)
	first.Active = false
	same(t, "only the newest is active", got(h.ProviderList(t.Context(), o.ID))(t), []sms.Provider{bare(spare), bare(first)})
}

func testDraftChanges(t *testing.T, h *House) {
	m := h.AddPerson(t, "changes@example.com")
	other := h.AddProvider(t, m) // active before the next
	p := h.AddProvider(t, m)
	same(t, "other", got(h.SetActive(t.Context(), m.OrganisationID, other.ID, true, h.entry(m.OrganisationID, "x")))(t), true)
	p.Active = false
	got(h.SetTrouble(t.Context(), p.ID, sms.NoBalance, h.Clock.Now()))(t)
	change := func(fill func(*sms.Draft)) {
		t.Helper()
		h.Clock.Pass(time.Second)
		d := h.draft(m)
		d.ProviderID, d.Key, d.Signing = p.ID, "", ""
		fill(&d)
		h.fill(t, d)
		p.Description, p.Sender, p.Kind, p.Proven = d.Description, d.Sender, d.Kind, h.Clock.Now()
		h.written(t, 1, func() {
			saved := got(h.SaveDraft(t.Context(), d, becomes(d), 0, h.Clock.Now(), h.entry(h.Organisation.ID, "sms-provider.changed")))(t)
			same(t, "saved", saved, bare(p))
		})
		same(t, "provider", got(h.ProviderWithKeys(t.Context(), m.OrganisationID, p.ID))(t), p)
		same(t, "used", h.last(t, d.ID).Used, h.Clock.Now())
	}
	change(func(d *sms.Draft) { d.Description, d.Sender = "Renamed", "Zoon" })
	change(func(d *sms.Draft) {
		d.Key, d.KeyEnd, d.Kind = "bk_eu1_key", "_key", sms.Bird
		p.Key, p.KeyEnd = d.Key, d.KeyEnd
	})
	change(func(d *sms.Draft) { d.NoSigning = true; p.Signing, p.Signed = "", false })
	change(func(d *sms.Draft) { d.Signing = "whsec_signing"; p.Signing, p.Signed = d.Signing, true })
	same(t, "the other stays active", got(h.ActiveProvider(t.Context(), m.OrganisationID))(t), other)

	d := h.draft(m)
	d.ProviderID = p.ID
	h.fill(t, d)
	got(h.RemoveProvider(t.Context(), m.OrganisationID, p.ID, h.Clock.Now(), h.entry(m.OrganisationID, "x")))(t)
	_, err := h.Draft(t.Context(), m.OrganisationID, d.ID, time.Time{})
	fails(t, err, sms.ErrNotFound) // its keys went with it
	_, err = h.SaveDraft(t.Context(), d, becomes(d), 100, h.Clock.Now(), h.entry(m.OrganisationID, "x"))
	fails(t, err, sms.ErrNotFound)
}

func testActive(t *testing.T, h *House) {
	m := h.AddPerson(t, "active@example.com")
	theirs := h.AddProvider(t, got(h.AddMember(t.Context(), h.member(h.AddOrganisation(t, "Bystander"), "bystander-active@example.com"), "", h.entry("", "x")))(t))
	first, second := h.AddProvider(t, m), h.AddProvider(t, m)
	set := func(p sms.Provider, active bool, rows int64) {
		t.Helper()
		h.written(t, rows, func() {
			same(t, "found", got(h.SetActive(t.Context(), m.OrganisationID, p.ID, active, h.entry(m.OrganisationID, "sms-provider.activated")))(t), true)
		})
	}
	is := func(want string) {
		t.Helper()
		p, err := h.ActiveProvider(t.Context(), m.OrganisationID)
		if want == "" {
			fails(t, err, sms.ErrNotFound)
		}
		same(t, "active", p.ID, want)
	}
	is(second.ID)
	set(second, true, 0) // that it is says no row again
	set(first, true, 1)
	is(first.ID)
	set(second, false, 0)
	is(first.ID)
	set(first, false, 1)
	is("")
	h.written(t, 0, func() {
		for _, wrong := range [][2]string{{m.OrganisationID, "smp_none"}, {m.OrganisationID, theirs.ID}, {"", first.ID}, {anyone, first.ID}} {
			same(t, "found", got(h.SetActive(t.Context(), wrong[0], wrong[1], true, h.entry(h.Organisation.ID, "x")))(t), false)
		}
	})
	is("")
	same(t, "another organisation's", got(h.ActiveProvider(t.Context(), theirs.OrganisationID))(t), theirs)
}

func testProviderRemoved(t *testing.T, h *House) {
	m := h.AddPerson(t, "removed-provider@example.com")
	p := h.AddProvider(t, m)
	entry := h.entry(m.OrganisationID, "sms-provider.removed")
	remove := func(organisationID, id string) bool {
		t.Helper()
		return got(h.RemoveProvider(t.Context(), organisationID, id, h.Clock.Now(), entry))(t)
	}
	h.written(t, 0, func() {
		same(t, "another's", []bool{remove("", p.ID), remove(anyone, p.ID), remove(m.OrganisationID, "smp_none")}, []bool{false, false, false})
	})
	before := len(got(h.ProviderList(t.Context(), m.OrganisationID))(t))
	h.written(t, 1, func() { same(t, "removed", remove(m.OrganisationID, p.ID), true) })
	same(t, "listed", len(got(h.ProviderList(t.Context(), m.OrganisationID))(t)), before-1)
	h.written(t, 0, func() {
		same(t, "again", remove(m.OrganisationID, p.ID), false)
		same(t, "active again", got(h.SetActive(t.Context(), m.OrganisationID, p.ID, true, entry))(t), false)
	})
	same(t, "trouble", got(h.SetTrouble(t.Context(), p.ID, sms.BadKey, h.Clock.Now()))(t), false)
	for _, organisationID := range []string{m.OrganisationID, anyone} {
		_, err := h.ProviderWithKeys(t.Context(), organisationID, p.ID)
		fails(t, err, sms.ErrNotFound)
	}
	_, err := h.ActiveProvider(t.Context(), m.OrganisationID)
	fails(t, err, sms.ErrNotFound)
}

func testTrouble(t *testing.T, h *House) {
	p := h.AddProvider(t, h.AddPerson(t, "trouble@example.com"))
	tell := func(class sms.Class, news bool) {
		t.Helper()
		h.Clock.Pass(time.Minute)
		same(t, "news", got(h.SetTrouble(t.Context(), p.ID, class, h.Clock.Now()))(t), news)
		if news {
			p.Trouble, p.TroubleAt = class, h.Clock.Now()
			if class == "" {
				p.TroubleAt = time.Time{}
			}
		}
		same(t, "provider", got(h.ProviderWithKeys(t.Context(), anyone, p.ID))(t), p)
	}
	tell("", false)
	tell(sms.NoBalance, true)
	tell(sms.NoBalance, false)
	tell(sms.BadKey, true)
	tell("", true)
}

func testOperatorsProvider(t *testing.T, h *House) {
	m := h.AddPerson(t, "operator@example.com")
	theirs := h.AddProvider(t, m)
	d := h.draft(m)
	d.OrganisationID, d.By = "", sms.Administrator{ID: "operator", Number: d.To, Locale: "en"}
	p := h.save(t, h.fill(t, d))
	same(t, "active", got(h.ActiveProvider(t.Context(), ""))(t), p)
	same(t, "list", got(h.ProviderList(t.Context(), ""))(t), []sms.Provider{bare(p)})
	same(t, "the organisation's", got(h.ActiveProvider(t.Context(), m.OrganisationID))(t), theirs)
	_, err := h.ProviderWithKeys(t.Context(), m.OrganisationID, p.ID)
	fails(t, err, sms.ErrNotFound)
	same(t, "by the id alone", got(h.ProviderWithKeys(t.Context(), anyone, p.ID))(t), p)
}
