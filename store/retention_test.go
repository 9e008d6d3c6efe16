package store_test

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
)

// TestOldRequestsAreErased: after 90 days nobody can tell any more where somebody logged in
// from; that they agreed, and to what, can still be shown.
func TestOldRequestsAreErased(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	old := w.Ask(ada, func(q *approval.Question) { q.Message = "Log in" })
	claims := phone.DecisionClaims(old.Request, approval.Approve)
	claims["num"] = old.Number.Reveal()
	_, err := w.Send(phone, old.Request, phone.SignDecision(phone.ApprovalKey, claims))
	must(t, err)
	w.Clock.Pass(approval.EvidenceLife)
	young := w.Ask(ada)

	_, err = w.Store.Erase(t.Context(), w.Clock.Now().Add(-approval.EvidenceLife))
	must(t, err)
	ayetest.Same(t, "not old enough", mustFind(t, w, old.ID).Context, old.Context)
	w.Clock.Pass(approval.MinimumLife)
	more, err := w.Store.Erase(t.Context(), w.Clock.Now().Add(-approval.EvidenceLife))
	must(t, err)
	ayetest.Same(t, "more", more, false)
	r := mustFind(t, w, old.ID)
	ayetest.Same(t, "context", r.Context, approval.Context{})
	ayetest.Same(t, "challenge and message", r.Challenge+r.Message, "")
	decision, err := w.Store.Decision(t.Context(), phone.Device.ID, claims["jti"].(string))
	must(t, err)
	kept := jwt.MapClaims{}
	_, _, err = jwt.NewParser().ParseUnverified(decision.Evidence, kept)
	must(t, err)
	ayetest.Same(t, "what was shown", kept["ctxh"], any(ayetest.Hash(old.Challenge)))
	ayetest.Same(t, "a young one", mustFind(t, w, young.ID).Context, young.Context)
}

func mustFind(t *testing.T, w *ayetest.World, id string) approval.Request {
	t.Helper()
	r, err := w.Store.Request(t.Context(), id)
	must(t, err)
	return r
}

// TestOldErrandsAreErased: letters, numbers, imports, browsers and wrong passwords are kept for a
// time; what makes a password unusable stays, and so does an import that runs.
func TestOldErrandsAreErased(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	ctx, s := t.Context(), w.Store
	plant := func(name string) {
		t.Helper()
		now := w.Clock.Now()
		_, _, err := s.AddLetter(ctx, accounts.MailedLetter{Hash: name, Kind: accounts.LetterReset, PersonID: ada.Person.ID, Address: name, Created: now}, 9, time.Hour)
		must(t, err)
		_, err = s.AddNumberProof(ctx, accounts.NumberProof{ID: name, PersonID: ada.Person.ID, Number: name, Index: name, Created: now}, func(accounts.Sent) bool { return true })
		must(t, err)
		for _, state := range []accounts.ImportState{accounts.ImportDone, accounts.ImportRunning} {
			must(t, s.AddImport(ctx, accounts.Import{ID: name + string(state), OrganisationID: ada.OrganisationID, State: state, Created: now}, audit.Entry{Organisation: ada.OrganisationID}))
		}
		must(t, s.KnowBrowser(ctx, ada.Person.ID, name, now))
		_, _, err = s.SpendTry(ctx, name, []accounts.Tries{{Scope: "some", Most: 2}, {Scope: "all", Most: 1}}, now)
		must(t, err)
	}
	writer, _ := s.Handles()
	left := func() map[string]int64 {
		t.Helper()
		more, err := s.Erase(ctx, w.Clock.Now().Add(-approval.EvidenceLife))
		must(t, err)
		ayetest.Same(t, "more", more, false)
		counts := map[string]int64{}
		for _, table := range []string{"letters", "number_proofs", "imports", "person_browsers", "password_tries"} {
			var count int64
			must(t, writer.WithContext(ctx).Table(table).Count(&count).Error)
			counts[table] = count
		}
		return counts
	}
	plant("old")
	w.Clock.Pass(accounts.LetterKept)
	plant("young")
	ayetest.Same(t, "at the edge", left(), map[string]int64{"letters": 2, "number_proofs": 2, "imports": 4, "person_browsers": 2, "password_tries": 4})
	w.Clock.Pass(time.Millisecond)
	ayetest.Same(t, "after a week", left(), map[string]int64{"letters": 1, "number_proofs": 1, "imports": 4, "person_browsers": 2, "password_tries": 4})
	w.Clock.Pass(accounts.ImportLife - accounts.LetterKept)
	ayetest.Same(t, "after a month", left(), map[string]int64{"letters": 0, "number_proofs": 0, "imports": 3, "person_browsers": 2, "password_tries": 3})
	w.Clock.Pass(accounts.BrowserLife - accounts.ImportLife)
	ayetest.Same(t, "after a year", left(), map[string]int64{"letters": 0, "number_proofs": 0, "imports": 2, "person_browsers": 1, "password_tries": 2})
}
