package ayetest

import (
	"strconv"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
	"example.com/aye/support"
)

// SendAccess sends the member a temporary code that works so long and so often, as a forgotten phone's case does after its
// beginning, and gives it.
func (w *World) SendAccess(m accounts.Member, life time.Duration, uses int) (support.Case, secret.Secret) {
	w.Helper()
	c := w.operatorsCase(m, support.Forgotten, support.Open)
	c.Life, c.Uses, c.Channel = life, uses, support.ByMail
	w.must(w.Store.OpenCase(w.Context(), c, w.caseEntry(c, "case.opened")))
	sent, err := w.Store.MoveCase(w.Context(), support.Move{
		CaseID: c.ID, From: []support.State{support.Open}, To: support.Sent, Now: w.Clock.Now(), Link: 1, LinkUntil: w.Clock.Now().Add(life), Left: uses,
	}, w.caseEntry(c, "case.sent"))
	w.did(sent, err)
	return w.Case(c.ID), otp.AccessCode(w.Keys, c.ID, 1)
}

// Revoke takes everything from the member by which they could log in beside the password, as a lost phone's case does after
// its beginning, and gives it with the token of the link that would be mailed.
func (w *World) Revoke(m accounts.Member) (support.Case, secret.Secret) {
	w.Helper()
	c := w.operatorsCase(m, support.Lost, support.Waiting)
	c.OperatorID, c.Due = accounts.Operator, c.Opened
	w.must(w.Store.OpenCase(w.Context(), c, w.caseEntry(c, "case.opened")))
	revoked, err := w.Store.RevokeCase(w.Context(), support.Revocation{
		CaseID: c.ID, Now: w.Clock.Now(), Link: 1, LinkUntil: w.Clock.Now().Add(support.LinkLife),
	}, w.caseEntry(c, "case.revoked"))
	w.did(revoked, err)
	return w.Case(c.ID), w.Link(c.ID, 1)
}

// Link is the token of one of the links of a case.
func (w *World) Link(caseID string, number int) secret.Secret {
	return secret.Secret(caseID + "." + w.Keys.Code("case link", caseID, strconv.Itoa(number)).Reveal())
}

// Stop is what comes of "stop, this was not me".
func (w *World) Stop(c support.Case) {
	w.Helper()
	now := w.Clock.Now()
	stopped, err := w.Store.StopCase(w.Context(), support.Stopping{CaseID: c.ID, By: "mail", Now: now, Freeze: support.Freeze{
		ID: secret.NewID("frz"), What: support.FrozenPerson, OrganisationID: c.OrganisationID, SubjectID: c.PersonID, CaseID: c.ID, At: now,
	}}, w.caseEntry(c, "case.stopped"))
	w.did(stopped, err)
}

// Case gives a case as it is now.
func (w *World) Case(id string) support.Case {
	w.Helper()
	c, err := w.Store.Case(w.Context(), id)
	w.must(err)
	return c
}

// operatorsCase is one that the operator began on the command line.
func (w *World) operatorsCase(m accounts.Member, kind support.Kind, state support.State) support.Case {
	now := w.Clock.Now()
	return support.Case{
		ID: secret.NewID("case"), Kind: kind, State: state, OrganisationID: m.OrganisationID, MembershipID: m.ID, PersonID: m.Person.ID,
		Identified: support.InPerson, Opened: now, Expires: now.Add(support.ApprovalLife),
	}
}

func (w *World) caseEntry(c support.Case, action string) audit.Entry {
	return audit.Entry{Organisation: c.OrganisationID, Actor: accounts.Operator, Action: action, Subject: c.ID, At: w.Clock.Now(), Data: map[string]string{"user": c.MembershipID}}
}

func (w *World) did(held bool, err error) {
	w.Helper()
	if w.must(err); !held {
		w.Fatal("it was not done")
	}
}
