package storetest

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/pairing"
)

func testLists(t *testing.T, open Opener) {
	t.Run("pending", func(t *testing.T) {
		h := NewHouse(t, open)
		m, other := h.AddPerson(t, "pending@example.com"), h.AddPerson(t, "other@example.com")
		phone := h.AddPhone(t, m, pairing.Paired)
		first := h.AskOne(t, h.Request(m, "b"))
		h.Clock.Pass(time.Second)
		second := h.AskOne(t, h.Request(m, "b"))
		h.AskOne(t, h.Request(other, "b"))
		same(t, "pending", got(h.PendingOf(t.Context(), m.Person.ID, ""))(t), []approval.PendingRequest{{Request: first}, {Request: second}})
		h.moves(t, h.Approve(first, phone))
		same(t, "pending", got(h.PendingOf(t.Context(), m.Person.ID, ""))(t), []approval.PendingRequest{{Request: second}})
	})
	t.Run("due", func(t *testing.T) { testDue(t, NewHouse(t, open)) })
	t.Run("history", func(t *testing.T) { testHistory(t, NewHouse(t, open)) })
	t.Run("logins", func(t *testing.T) { testLogins(t, NewHouse(t, open)) })
	t.Run("unknown", func(t *testing.T) {
		h := NewHouse(t, open)
		_, err := h.Backend.Request(t.Context(), "apr_none")
		fails(t, err, approval.ErrNotFound)
		_, err = h.Decision(t.Context(), "dev_none", "none")
		fails(t, err, approval.ErrNotFound)
	})
}

func testDue(t *testing.T, h *House) {
	m := h.AddPerson(t, "due@example.com")
	phone := h.AddPhone(t, m, pairing.Paired)
	pending := h.AskOne(t, h.Request(m, "pending"))
	approved := h.AskOne(t, h.Request(m, "approved"))
	released := h.AskOne(t, h.Request(m, "released"))
	h.Clock.Pass(time.Second)
	for _, r := range []approval.Request{approved, released} {
		h.moves(t, h.Approve(r, phone))
	}
	h.moves(t, h.Redeem(released))
	due := func(limit int) map[string]bool {
		ids := map[string]bool{}
		for _, r := range got(h.Due(t.Context(), h.Clock.Now(), limit))(t) {
			ids[r.ID] = true
		}
		return ids
	}
	h.Clock.Pass(approval.DefaultLife - time.Second - time.Millisecond)
	same(t, "before", due(10), map[string]bool{})
	h.Clock.Pass(time.Millisecond)
	same(t, "expired", due(10), map[string]bool{pending.ID: true})
	h.Clock.Pass(time.Second)
	same(t, "lapsed", due(10), map[string]bool{pending.ID: true, approved.ID: true})
	same(t, "limit", len(due(1)), 1)
}

func testHistory(t *testing.T, h *House) {
	m, other := h.AddPerson(t, "history@example.com"), h.AddPerson(t, "other@example.com")
	var newest []string
	since := h.Clock.Now()
	for i := range 5 {
		newest = append([]string{h.AskOne(t, h.Request(m, "b")).ID}, newest...)
		if i != 2 { // two of one moment
			h.Clock.Pass(time.Second)
		}
	}
	theirs := h.AskOne(t, h.Request(other, "b"))
	page := func(since time.Time, cursor string, limit int) []string {
		t.Helper()
		var ids []string
		for _, r := range got(h.History(t.Context(), m.Person.ID, since, cursor, limit))(t) {
			ids = append(ids, r.ID)
		}
		return ids
	}
	all := page(since, "", 10)
	same(t, "how many", len(all), 5)
	same(t, "newest", all[0], newest[0])
	same(t, "oldest", all[4], newest[4])
	var walked []string
	for cursor := ""; len(walked) < 5; cursor = walked[len(walked)-1] {
		walked = append(walked, page(since, cursor, 2)...)
	}
	same(t, "page by page", walked, all)
	same(t, "the end", page(since, all[4], 2), nil)
	same(t, "since", page(since.Add(time.Second), "", 10), all[:4])
	same(t, "another person's cursor", page(since, theirs.ID, 10), nil)
}

func testLogins(t *testing.T, h *House) {
	m, other := h.AddPerson(t, "logins@example.com"), h.AddPerson(t, "other@example.com")
	phone, theirs := h.AddPhone(t, m, pairing.Paired), h.AddPhone(t, other, pairing.Paired)
	since := h.Clock.Now()
	let := func(m accounts.Member, d devices.Device, change func(approval.Request) approval.Request) approval.Request {
		t.Helper()
		h.Clock.Pass(time.Second)
		r := h.AskOne(t, change(h.Request(m, "b")))
		h.moves(t, h.Approve(r, d))
		return h.moves(t, h.Redeem(r))
	}
	as := func(r approval.Request) approval.Request { return r }
	first := let(m, phone, as)
	reported := h.moves(t, h.Report(let(m, phone, as), phone))
	strange := let(other, theirs, as)
	let(m, phone, newPhone)
	h.moves(t, h.Report(h.AskOne(t, h.Request(m, "never let in")), phone))
	h.AskOne(t, h.Request(m, "pending"))
	h.Clock.Pass(time.Second)
	typed := h.AskOne(t, h.Request(m, "typed"))
	edge := h.Approve(typed, devices.Device{})
	edge.Decision.ID, edge.Decision.Evidence, edge.Decision.Method = "", "", approval.TOTP
	h.moves(t, edge)
	typed = h.moves(t, h.Redeem(typed))
	got(h.RemoveDevice(t.Context(), phone.ID, h.entry(h.Organisation.ID, "device.removed")))(t)

	page := func(cursor string, limit int) []approval.LoginRequest {
		t.Helper()
		return got(h.Logins(t.Context(), m.Person.ID, since, cursor, limit))(t)
	}
	all := []approval.LoginRequest{{Request: typed}, {Request: reported, Phone: phone.Name}, {Request: first, Phone: phone.Name}}
	same(t, "all", page("", 10), all)
	same(t, "first page", page("", 2), all[:2])
	same(t, "second page", page(all[1].ID, 2), all[2:])
	same(t, "another person's cursor", len(page(strange.ID, 10)), 0)
	same(t, "since", len(got(h.Logins(t.Context(), m.Person.ID, typed.Created, "", 10))(t)), 1)
}
