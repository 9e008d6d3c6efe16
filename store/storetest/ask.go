package storetest

import (
	"errors"
	"testing"
	"time"

	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
)

// situation looks how the person stands, and asks nothing.
func (h *House) situation(t *testing.T, key approval.Creation) approval.Situation {
	t.Helper()
	var seen approval.Situation
	enough := errors.New("enough seen")
	_, err := h.Ask(t.Context(), key, func(now approval.Situation) (approval.Admission, error) {
		seen = now
		return approval.Admission{}, enough
	})
	fails(t, err, enough)
	return seen
}

func testAsk(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("keeps everything", func(t *testing.T) { testAskKeeps(t, h) })
	t.Run("admit may refuse", func(t *testing.T) {
		r, refused := h.Request(h.AddPerson(t, "refused@example.com"), "b"), errors.New("refused")
		h.written(t, 0, func() {
			_, err := h.Ask(t.Context(), creation(r), func(approval.Situation) (approval.Admission, error) {
				return approval.Admission{Request: r, Entries: []audit.Entry{h.entry(r.OrganisationID, "x")}}, refused
			})
			if err != refused { //nolint:errorlint // as it is, not wrapped
				t.Fatal(err)
			}
		})
		_, err := h.Backend.Request(t.Context(), r.ID)
		fails(t, err, approval.ErrNotFound)
	})
	t.Run("pending ones of the person are seen", func(t *testing.T) {
		m, other := h.AddPerson(t, "seen@example.com"), h.AddPerson(t, "unseen@example.com")
		phone := h.AddPhone(t, m, pairing.Paired)
		h.AskOne(t, h.Request(other, "b"))
		short := h.Request(m, "short")
		short.Expires = h.Clock.Now().Add(time.Second)
		h.AskOne(t, short)
		decided := h.AskOne(t, h.Request(m, "decided"))
		h.moves(t, h.Approve(decided, phone))
		first := h.AskOne(t, h.Request(m, "first"))
		h.Clock.Pass(time.Second) // short has expired, though nobody has said so yet
		second := h.AskOne(t, newPhone(h.Request(m, "second")))
		same(t, "pending", h.situation(t, creation(first)).Pending, []approval.Request{first, second})
	})
	t.Run("supersedes", func(t *testing.T) {
		m := h.AddPerson(t, "superseded@example.com")
		old := h.AskOne(t, h.Request(m, "b"))
		h.AskOne(t, h.Request(m, "b"), old.ID)
		same(t, "state", got(h.Backend.Request(t.Context(), old.ID))(t).State, approval.Superseded)
	})
	t.Run("supersedes what is pending and the person's", func(t *testing.T) {
		m, other := h.AddPerson(t, "mine@example.com"), h.AddPerson(t, "theirs@example.com")
		theirs, mine := h.AskOne(t, h.Request(other, "b")), h.AskOne(t, h.Request(m, "b"))
		h.moves(t, approval.Move{RequestID: mine.ID, PersonID: mine.PersonID, From: []approval.State{approval.Pending}, To: approval.Cancelled, Now: h.Clock.Now()})
		for _, id := range []string{theirs.ID, mine.ID} {
			r := h.Request(m, "b")
			_, err := h.Ask(t.Context(), creation(r), func(approval.Situation) (approval.Admission, error) {
				return approval.Admission{Request: r, Superseded: []string{id}}, nil
			})
			if err == nil {
				t.Fatal("superseded")
			}
			_, err = h.Backend.Request(t.Context(), r.ID)
			fails(t, err, approval.ErrNotFound)
		}
		same(t, "theirs", got(h.Backend.Request(t.Context(), theirs.ID))(t).State, approval.Pending)
	})
	t.Run("known browser", func(t *testing.T) { testKnownBrowser(t, h) })
	t.Run("creation key", func(t *testing.T) { testCreationKey(t, h) })
}

func testAskKeeps(t *testing.T, h *House) {
	ctx, m := t.Context(), h.AddPerson(t, "keeps@example.com")
	first, second := h.AddPhone(t, m, pairing.Paired), h.AddPhone(t, m, pairing.Paired)
	r := h.Request(m, "b")
	r.Confirm, r.Digits, r.Salt, r.NewBrowser, r.Withheld, r.CreationKey, r.BodyHash = approval.Number, 6, 2, true, true, "keeps", "body"
	r.Everywhere, r.Methods = true, []approval.Method{approval.Push, approval.TOTP, approval.Recovery}
	now := h.Clock.Now()
	budget := approval.Budget{
		Asked: []time.Time{now.Add(-time.Minute), now}, Streak: 1, Mutes: 2, MutedUntil: now.Add(time.Hour), CautiousUntil: now.Add(time.Minute),
	}
	deliveries := []approval.Delivery{
		{RequestID: r.ID, DeviceID: second.ID, Device: "b", Channel: "fcm", State: approval.Withheld, Updated: now},
		{RequestID: r.ID, DeviceID: first.ID, Device: "a", Channel: "fcm", State: approval.Failed, Reason: "why", Updated: now},
	}
	h.written(t, 2, func() {
		asked := got(h.Ask(ctx, creation(r), func(approval.Situation) (approval.Admission, error) {
			return approval.Admission{Request: r, Budget: budget, Deliveries: deliveries, Entries: []audit.Entry{
				h.entry(r.OrganisationID, "approval.asked"), h.entry(r.OrganisationID, "approval.superseded"),
			}}, nil
		}))(t)
		same(t, "asked", asked, r)
	})
	same(t, "request", got(h.Backend.Request(ctx, r.ID))(t), r)
	same(t, "deliveries", got(h.Deliveries(ctx, r.ID))(t), deliveries)
	same(t, "situation", h.situation(t, approval.Creation{PersonID: m.Person.ID, ApplicationID: r.ApplicationID, Browser: "b"}),
		approval.Situation{Pending: []approval.Request{r}, Budget: budget})
	own := newPhone(h.Request(m, "pair_1"))
	h.AskOne(t, own)
	same(t, "Aye's own request", got(h.Backend.Request(ctx, own.ID))(t), own)
}

func testKnownBrowser(t *testing.T, h *House) {
	m, other := h.AddPerson(t, "browser@example.com"), h.AddPerson(t, "other-browser@example.com")
	phone := h.AddPhone(t, m, pairing.Paired)
	known := func() bool { return h.situation(t, creation(h.Request(m, "b"))).KnownBrowser }
	r := h.AskOne(t, h.Request(m, "b"))
	h.moves(t, h.Approve(r, phone))
	same(t, "approved", known(), false)
	h.moves(t, h.Redeem(r))
	same(t, "released", known(), true)
	elsewhere := creation(h.Request(m, "b"))
	elsewhere.ApplicationID = h.AddApplication(t, h.Organisation, "Elsewhere").ID
	same(t, "another application", h.situation(t, elsewhere).KnownBrowser, false)
	same(t, "another browser", h.situation(t, creation(h.Request(m, "c"))).KnownBrowser, false)
	same(t, "another person", h.situation(t, creation(h.Request(other, "b"))).KnownBrowser, false)
	h.moves(t, h.Report(r, phone))
	same(t, "reported", known(), false)
}

func testCreationKey(t *testing.T, h *House) {
	m := h.AddPerson(t, "key@example.com")
	ask := func(application, key string) (approval.Request, bool) {
		r := h.Request(m, secret.NewID("b"))
		r.ApplicationID, r.CreationKey = application, key
		fresh := false
		stored := got(h.Ask(t.Context(), creation(r), func(approval.Situation) (approval.Admission, error) {
			fresh = true
			return approval.Admission{Request: r, Entries: []audit.Entry{h.entry(r.OrganisationID, "approval.asked")}}, nil
		}))(t)
		same(t, "fresh", stored.ID == r.ID, fresh)
		return stored, fresh
	}
	first, _ := ask(h.Application.ID, "key")
	h.written(t, 0, func() {
		again, fresh := ask(h.Application.ID, "key")
		same(t, "again", again, first)
		same(t, "admitted again", fresh, false)
	})
	if _, fresh := ask(h.AddApplication(t, h.Organisation, "Other").ID, "key"); !fresh {
		t.Fatal("a key is another application's too")
	}
	for range 2 {
		if _, fresh := ask(h.Application.ID, ""); !fresh {
			t.Fatal("no key is a key")
		}
	}
	h.Clock.Pass(24*time.Hour - time.Millisecond)
	if _, fresh := ask(h.Application.ID, "key"); fresh {
		t.Fatal("forgotten too soon")
	}
	h.Clock.Pass(time.Millisecond)
	late, fresh := ask(h.Application.ID, "key")
	same(t, "a day later", fresh, true)
	again, _ := ask(h.Application.ID, "key")
	same(t, "a day later again", again, late)
	same(t, "the old one", got(h.Backend.Request(t.Context(), first.ID))(t).State, approval.Pending)
}
