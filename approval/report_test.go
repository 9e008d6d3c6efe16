package approval_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/notify"
)

// "This was not me" on a page does what a phone's report does.
func TestAReportOnAPage(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	a, err := w.Accounts.UpdateApplication(t.Context(), accounts.Application{
		ID: w.Shop.ID, OrganisationID: w.Shop.OrganisationID, Kind: w.Shop.Kind, Name: w.Shop.Name, Secrets: w.Shop.Secrets, WebhookURL: "https://shop.example.com/hook",
	})
	ayetest.Fails(t, err, nil)
	w.Shop = a
	s := newStand(w)
	before := len(w.Announcer.Told(s.member.Person.ID))
	var reported []string
	w.Approvals.Reported = func(_ context.Context, r approval.Request) error { reported = append(reported, r.ID); return nil }
	released, pending := s.in(approval.Released), w.Ask(s.member)
	stranger := w.AddPerson("Bea")
	ayetest.Fails(t, w.Approvals.Report(t.Context(), stranger.Person.ID, released.ID), approval.ErrNotFound)
	ayetest.Fails(t, w.Approvals.Report(t.Context(), s.member.Person.ID, "apr_none"), approval.ErrNotFound)
	ayetest.Same(t, "state", w.State(released.ID), approval.Released)
	for _, asked := range []approval.Asked{released, pending} {
		for range 2 { // also when the answer was lost
			ayetest.Fails(t, w.Approvals.Report(t.Context(), s.member.Person.ID, asked.ID), nil)
			ayetest.Same(t, "state", w.State(asked.ID), approval.Reported)
		}
	}
	ayetest.Same(t, "what came of it is taken back each time", reported, []string{released.ID, released.ID, pending.ID, pending.ID})
	ayetest.Same(t, "told", w.Announcer.Told(s.member.Person.ID)[before:], []accounts.NoticeKind{
		accounts.RequestReported, accounts.MemberReported, accounts.RequestReported, accounts.MemberReported,
	})
	ayetest.Same(t, "webhooks", webhooks(w), 1) // of the one that was let in
	ayetest.Same(t, "withdrawn", len(w.Pusher.Taken(notify.MessageWithdraw)) > 0, true)
	next := w.Ask(s.member)
	ayetest.Same(t, "no push, and six digits", []any{next.Withheld, next.Digits}, []any{true, 6})
	r, err := w.Approvals.Find(t.Context(), released.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "how it was approved stays", []string{string(r.Method), r.DecidedBy}, []string{"push", s.phone.Device.ID})
}

func TestAReportOnAPageComesWithinADay(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	asked := s.in(approval.Released)
	w.Clock.Pass(approval.ReportLife + time.Second)
	ayetest.Fails(t, w.Approvals.Report(t.Context(), s.member.Person.ID, asked.ID), approval.ErrTooLate)
	ayetest.Same(t, "state", w.State(asked.ID), approval.Released)
}

// What follows from a report fails: it is done when the report is repeated, by phone or page.
func TestWhatFollowsFromAReportIsRepeated(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	down, done := errors.New("the store is down"), 0
	asked := s.in(approval.Released)
	w.Approvals.Reported = func(context.Context, approval.Request) error { return down }
	claims := s.phone.DecisionClaims(asked.Request, approval.Report)
	sent := s.phone.SignDecision(s.phone.Key, claims)
	_, err := w.Send(s.phone, asked.Request, sent)
	ayetest.Fails(t, err, down)
	ayetest.Fails(t, w.Approvals.Report(t.Context(), s.member.Person.ID, asked.ID), down)
	w.Approvals.Reported = func(context.Context, approval.Request) error { done++; return nil }
	_, err = w.Send(s.phone, asked.Request, sent)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, w.Approvals.Report(t.Context(), s.member.Person.ID, asked.ID), nil)
	ayetest.Same(t, "done", done, 2)
}

func TestSignIns(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Approvals.Place = func(string) string { return "Utrecht" }
	s := newStand(w)
	first := w.Ask(s.member, func(q *approval.Question) { q.Message = "Log in to the shop" })
	_, err := w.Approve(s.phone, first)
	ayetest.Fails(t, err, nil)
	_, err = w.Redeem(first, w.ReleaseCode(first), "")
	ayetest.Fails(t, err, nil)
	at := w.Clock.Now()
	for _, state := range []approval.State{approval.Pending, approval.Denied, approval.Expired, approval.Lapsed} {
		s.in(state)
	}
	typed := w.Ask(s.member)
	view, err := w.Approvals.Verify(t.Context(), w.Shop, typed.ID, approval.TOTP, s.phone.CodeNow())
	ayetest.Fails(t, err, nil)
	_, err = w.Redeem(typed, view.ReleaseCode, "")
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, w.Approvals.Report(t.Context(), s.member.Person.ID, typed.ID), nil)
	page := func(person, cursor string, limit int) ([]approval.SignIn, string) {
		t.Helper()
		all, next, failed := w.Approvals.SignIns(t.Context(), person, cursor, limit)
		ayetest.Fails(t, failed, nil)
		return all, next
	}
	want := approval.SignIn{
		RequestID: first.ID, Reportable: true, OrganisationID: w.Organisation.ID, Organisation: "Example", Asker: "The shop", Message: "Log in to the shop", At: at,
		IP: "203.0.113.7", Place: "Utrecht", Browser: "Firefox on Linux", UserAgent: first.Context.UserAgent, Method: approval.Push, Phone: "Pixel 9",
	}
	newest, next := page(s.member.Person.ID, "", 1)
	ayetest.Same(t, "newest", []any{len(newest), newest[0].RequestID, newest[0].Reported, newest[0].Reportable, newest[0].Method, newest[0].Phone},
		[]any{1, typed.ID, true, false, approval.TOTP, ""})
	older, end := page(s.member.Person.ID, next, 1)
	ayetest.Same(t, "older", older, []approval.SignIn{want})
	ayetest.Same(t, "end", end, "")
	one, err := w.Approvals.SignIn(t.Context(), s.member.Person.ID, first.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "one", one, want)
	one, err = w.Approvals.SignIn(t.Context(), s.member.Person.ID, typed.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the other", one, newest[0])
	for person, id := range map[string]string{w.AddPerson("Cy").Person.ID: first.ID, s.member.Person.ID: s.in(approval.Denied).ID, "": "apr_none"} {
		_, err = w.Approvals.SignIn(t.Context(), person, id)
		ayetest.Fails(t, err, approval.ErrNotFound)
	}
	strange, _ := page(w.AddPerson("Bea").Person.ID, next, 10)
	ayetest.Same(t, "a stranger's", len(strange), 0)
	w.Clock.Pass(approval.ReportLife)
	older, _ = page(s.member.Person.ID, next, 0)
	ayetest.Same(t, "a day later", older[0].Reportable, false)
	w.Clock.Pass(approval.HistoryLife)
	old, _ := page(s.member.Person.ID, "", 1000)
	ayetest.Same(t, "a month later", len(old), 0)
	_, err = w.Approvals.SignIn(t.Context(), s.member.Person.ID, first.ID)
	ayetest.Fails(t, err, approval.ErrNotFound)
}
