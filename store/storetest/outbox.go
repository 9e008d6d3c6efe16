package storetest

import (
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/privacy"
	"example.com/aye/store"
)

// take takes what waits in a lane.
func (h *House) take(t *testing.T, lane store.Lane) []store.Post {
	t.Helper()
	return got(h.TakePosts(t.Context(), lane, h.Clock.Now(), 99))(t)
}

// tells records an entry with messages.
func (h *House) tells(t *testing.T, messages ...any) {
	t.Helper()
	e := h.entry(h.Organisation.ID, "test.told")
	e.Tell = messages
	must(t, h.Write(t.Context(), e))
}

func testOutbox(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	m := h.AddPerson(t, "ada@example.com")
	notice := accounts.Notice{Kind: accounts.PhoneRemoved, PersonID: m.Person.ID, OrganisationID: m.OrganisationID, Device: "Pixel", Link: "https://aye.example.com/stop/canary"}
	letter := accounts.Letter{Kind: accounts.LetterReset, PersonID: m.Person.ID, Display: "Ada", Token: "canary", Code: "123456", Life: time.Hour}
	t.Run("with its cause, or not at all", func(t *testing.T) { keepsWithCause(t, h, notice, letter) })
	t.Run("one has it at a time", func(t *testing.T) { leasesPosts(t, h, notice) })
	t.Run("lanes", func(t *testing.T) {
		h.tells(t, accounts.Notice{Kind: accounts.SecondFactorSoon}, accounts.Letter{Kind: accounts.LetterInvitation}, letter)
		soon, later := h.take(t, store.Soon), h.take(t, store.Later)
		same(t, "lanes", []any{len(soon), soon[0].Message, len(later)}, []any{1, any(letter), 2})
		h.done(t, append(soon, later...)...)
	})
	t.Run("nobody", func(t *testing.T) {
		nobody := letter
		nobody.Nobody = true
		h.tells(t, nobody)
		all := h.take(t, store.Soon)
		same(t, "one", len(all), 1)
		same(t, "says nothing", all[0].Message, nil)
		h.done(t, all...)
	})
	t.Run("erased", func(t *testing.T) {
		other := h.AddPerson(t, "eve@example.com")
		nobody := letter // it says nothing of the person, so it is no part of what is known of them
		nobody.Nobody = true
		h.tells(t, notice, nobody, accounts.Letter{Kind: accounts.LetterInvitation, PersonID: m.Person.ID}, accounts.Notice{Kind: accounts.PhoneRemoved, PersonID: other.Person.ID})
		sections := got(h.ExportPerson(t.Context(), m.Person.ID, h.entry("", "person.exported")))(t)
		for _, s := range sections {
			if s.Name == "mails" {
				same(t, "mails", len(s.Rows), 2)
			}
		}
		e := h.entry("", "person.erased")
		e.Tell = []any{accounts.Notice{Kind: accounts.Erased, PersonID: m.Person.ID, Email: "ada@example.com"}}
		must(t, h.ErasePerson(t.Context(), privacy.Erasure{PersonID: m.Person.ID, Now: h.Clock.Now()}, e))
		all := h.take(t, store.Soon)
		var kinds []accounts.NoticeKind
		for _, p := range all {
			n, _ := p.Message.(accounts.Notice)
			kinds = append(kinds, n.Kind)
		}
		same(t, "what is left", kinds, []accounts.NoticeKind{accounts.PhoneRemoved, accounts.Erased})
		same(t, "later", len(h.take(t, store.Later)), 0)
		h.done(t, all...)
	})
	must(t, h.VerifyAudit(t.Context()))
}

func keepsWithCause(t *testing.T, h *House, notice accounts.Notice, letter accounts.Letter) {
	ctx, woken := t.Context(), h.PostsWoken()
	h.written(t, 1, func() { h.tells(t, notice, letter) })
	select {
	case <-woken:
	default:
		t.Error("nobody was woken")
	}
	same(t, "waiting", []int64{h.PostsWaiting(), int64(len(h.OwnPosts()))}, []int64{2, 2})
	all := h.take(t, store.Soon)
	same(t, "whole", []any{all[0].Message, all[1].Message, all[0].At, all[0].Attempts}, []any{notice, letter, h.Clock.Now(), int64(1)})
	h.done(t, all...)
	same(t, "waiting", h.PostsWaiting(), 0)
	must(t, h.CountPosts(ctx))
	same(t, "waiting, counted", h.PostsWaiting(), 0)
	// A change that does not hold tells nothing.
	e := h.entry(h.Organisation.ID, "member.ended")
	e.Tell = []any{notice}
	same(t, "ended", got(h.EndMembership(ctx, "usr_none", false, e))(t), false)
	must(t, h.CountPosts(ctx))
	same(t, "waiting", h.PostsWaiting(), 0)
	// What cannot be told fails the change.
	h.written(t, 0, func() {
		e := h.entry(h.Organisation.ID, "test.told")
		e.Tell = []any{notice, "nothing that is known"}
		if err := h.Write(ctx, e); err == nil || !strings.Contains(err.Error(), "does not know") {
			t.Error(err)
		}
	})
	same(t, "nothing", len(h.take(t, store.Soon)), 0)
	// What is an alert too is kept beside it.
	must(t, h.SetAlertHook(ctx, alerts.Hook{OrganisationID: h.Organisation.ID, URL: "https://alerts.example.com", Secret: "whsec_x"}, h.entry(h.Organisation.ID, "alert-hook.changed")))
	h.tells(t, accounts.Notice{Kind: accounts.MemberReported, PersonID: notice.PersonID, OrganisationID: h.Organisation.ID, Application: "Shop"})
	due := got(h.DueAlerts(ctx, h.Clock.Now(), 9))(t)
	member := got(h.Member(ctx, h.Organisation.ID, accounts.UserReference{Email: "ada@example.com"}))(t)
	same(t, "alert", []any{len(due), due[0].Kind, due[0].Data}, []any{1, alerts.NotMe, map[string]string{"user": member.ID, "application": "Shop", "organisation": h.Organisation.ID}})
	h.done(t, h.take(t, store.Soon)...)
}

// leasesPosts: only who took a post last has a say in it.
func leasesPosts(t *testing.T, h *House, notice accounts.Notice) {
	ctx := t.Context()
	h.tells(t, notice)
	first := h.take(t, store.Soon)[0]
	same(t, "again", len(h.take(t, store.Soon)), 0)
	same(t, "told", got(h.PostTold(ctx, first, []string{"per_1"}, h.Clock.Now().Add(time.Minute)))(t), true)
	h.Clock.Pass(store.PostLease)
	same(t, "begun anew", len(h.take(t, store.Soon)), 0)
	h.Clock.Pass(time.Minute)
	second := got(h.TakePost(ctx, first.ID, h.Clock.Now()))(t)[0]
	same(t, "second", []any{second.Told, second.Attempts}, []any{[]string{"per_1"}, int64(2)})
	for what, do := range map[string]func() (bool, error){
		"told":  func() (bool, error) { return h.PostTold(ctx, first, []string{"per_2"}, h.Clock.Now()) },
		"later": func() (bool, error) { return h.PostLater(ctx, first, h.Clock.Now()) },
		"done":  func() (bool, error) { return h.PostDone(ctx, first) },
	} {
		same(t, what+" by who had it before", got(do())(t), false)
	}
	same(t, "later", got(h.PostLater(ctx, second, h.Clock.Now().Add(time.Hour)))(t), true)
	h.Clock.Pass(time.Hour)
	third := h.take(t, store.Soon)[0]
	same(t, "third", []any{third.Told, third.Attempts, third.ID}, []any{[]string{"per_1"}, int64(3), first.ID})
	h.done(t, third)
}

// done ends posts.
func (h *House) done(t *testing.T, posts ...store.Post) {
	t.Helper()
	for _, p := range posts {
		same(t, "done", got(h.PostDone(t.Context(), p))(t), true)
	}
}
