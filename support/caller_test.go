package support_test

import (
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/support"
)

// checks asks the caller by mail or text, and gives the check with the link's token and the code.
func (d *desk) checks(by support.Channel, caseID string) (support.Checking, secret.Secret, secret.Secret) {
	d.Helper()
	checking, err := d.as(d.bo).Verify(d.Context(), caseID, by)
	ayetest.Fails(d, err, nil)
	if by == support.ByText {
		text, _ := d.texts.last(support.TextCheck)
		token, _ := cutPrefix(secret.Secret(text.Link), ayetest.Origin+"/caller/")
		return checking, token, text.Code
	}
	letters := d.Announcer.Letters(accounts.LetterCheck, d.ada.Person.ID)
	last := letters[len(letters)-1]
	return checking, last.Token, last.Code
}

// The caller shows what they have: by mail what remains, by text or phone that it is them.
func TestCaller(t *testing.T) {
	t.Parallel()
	for by, want := range map[support.Channel]support.Shown{support.ByMail: support.Remaining, support.ByText: support.Verified} {
		t.Run(string(by), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.ada = d.WithNumber(d.ada, adasNumber)
			c := d.lost(support.Open)
			checking, token, code := d.checks(by, c.ID)
			ayetest.Same(t, "number", checking.Number, "")
			check, told, err := d.Support.Caller(t.Context(), token)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "state", check.State, support.Asked)
			ayetest.Same(t, "agent", told.Agent, d.bo.Person.Display)
			ayetest.Fails(t, d.Support.AnswerCaller(t.Context(), token, "000000"), support.ErrCode)
			ayetest.Fails(t, d.Support.AnswerCaller(t.Context(), token, code), nil)
			ayetest.Fails(t, d.Support.AnswerCaller(t.Context(), token, code), nil)
			ayetest.Same(t, "shown", d.Case(c.ID).Shown, want)
			checking, err = d.as(d.bo).Checking(t.Context(), c.ID, checking.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "state", checking.State, support.Right)
			if row := d.row(d.Organisation.ID, "case.caller-answered"); row.Data["shown"] != string(want) {
				t.Errorf("%+v", row)
			}
			// What was shown stays, whatever comes after it.
			if by == support.ByText {
				_, token, code = d.checks(support.ByMail, c.ID)
				ayetest.Fails(t, d.Support.AnswerCaller(t.Context(), token, code), nil)
				ayetest.Same(t, "shown", d.Case(c.ID).Shown, want)
			}
		})
	}
}

// Five guesses, side by side or not, and ten minutes.
func TestThreatSupportGuessesCaller(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.lost(support.Open)
	_, token, code := d.checks(support.ByMail, c.ID)
	looked := make(chan bool, 100)
	ayetest.AtOnce(100, func(int) {
		err := d.Support.AnswerCaller(t.Context(), token, "wrong")
		looked <- err != nil && err.Error() == support.ErrCode.Error()
	})
	close(looked)
	n := 0
	for l := range looked {
		if l {
			n++
		}
	}
	ayetest.Same(t, "looked at", n, support.CheckTries)
	ayetest.Fails(t, d.Support.AnswerCaller(t.Context(), token, code), support.ErrLink)
	ayetest.Same(t, "shown", d.Case(c.ID).Shown, support.Nothing)

	checking, token, code := d.checks(support.ByMail, c.ID)
	d.Clock.Pass(support.CheckLife)
	ayetest.Fails(t, d.Support.AnswerCaller(t.Context(), token, code), support.ErrLink)
	checking, err := d.as(d.bo).Checking(t.Context(), c.ID, checking.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", checking.State, support.Unheard)
	for _, foreign := range []secret.Secret{"", "x.y", secret.Secret(checking.ID + "."), secret.Secret(checking.ID + "." + d.Keys.Code("case stop", checking.ID).Reveal())} {
		_, _, err = d.Support.Caller(t.Context(), foreign)
		ayetest.Fails(t, err, support.ErrLink)
	}
	// That it is nobody can still be said.
	ayetest.Fails(t, d.Support.DenyCaller(t.Context(), token), nil)
	d.state(c.ID, support.Stopped)
	ayetest.Same(t, "by", d.Case(c.ID).StoppedBy, "mail")
}

// A push shows the agent's name, and the number stands on the agent's page alone. A code, a refusal, another number: nothing is shown.
func TestThreatSupportCallerByPush(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.lost(support.Open)
	answers := map[support.CheckState]func(approval.Asked){
		support.Wrong: func(asked approval.Asked) {
			portal, err := d.Accounts.PortalOf(t.Context(), d.Organisation.ID)
			ayetest.Fails(t, err, nil)
			_, err = d.Approvals.Verify(t.Context(), portal, asked.ID, approval.TOTP, d.phone.CodeNow())
			ayetest.Fails(t, err, nil)
		},
		support.Unheard: func(approval.Asked) { d.Clock.Pass(approval.MaximumLife) },
	}
	for want, answer := range answers {
		checking, err := d.as(d.bo).Verify(t.Context(), c.ID, support.ByPush)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "digits", len(checking.Number), 6)
		request, err := d.Approvals.Find(t.Context(), checking.ApprovalID)
		ayetest.Fails(t, err, nil)
		if request.Details[0].Value != d.bo.Person.Display || request.Context.Browser == "" {
			t.Errorf("the phone shows %+v", request.Details)
		}
		again, err := d.as(d.bo).Verify(t.Context(), c.ID, support.ByPush)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "check", again.ID, checking.ID)
		ayetest.Same(t, "number", again.Number.Reveal(), checking.Number.Reveal())
		other, err := d.as(d.cy).Checking(t.Context(), c.ID, checking.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "the number for another agent", other.Number, "")
		answer(approval.Asked{Request: request, Number: checking.Number})
		checking, err = d.as(d.bo).Checking(t.Context(), c.ID, checking.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "state", checking.State, want)
		ayetest.Same(t, "shown", d.Case(c.ID).Shown, support.Nothing)
	}
	d.Shows(d.bo, c.ID, support.ByPush, d.phone)
	ayetest.Same(t, "shown", d.Case(c.ID).Shown, support.Verified)
	// The agent's browser is none that the person was let in from.
	desk := d.Support.As(support.Agent{OrganisationID: d.Organisation.ID, MembershipID: d.bo.ID, Method: approval.Push, IP: "203.0.113.7", Browser: "agent"})
	checking, err := desk.Verify(t.Context(), c.ID, support.ByPush)
	ayetest.Fails(t, err, nil)
	request, err := d.Approvals.Find(t.Context(), checking.ApprovalID)
	ayetest.Fails(t, err, nil)
	if request.Context.Browser == "agent" {
		t.Error("the agent's browser would be known as the person's")
	}
}

// Only what the person has, and only while it helps.
func TestChannels(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	bea := d.helped("Bea")
	c, err := d.opens(d.bo, bea, support.Lost)
	ayetest.Fails(t, err, nil)
	view, err := d.as(d.bo).Case(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "channels", view.Channels, []support.Channel{support.ByMail})
	for _, by := range []support.Channel{support.ByPush, support.ByText, "pigeon"} {
		_, err = d.as(d.bo).Verify(t.Context(), c.ID, by)
		ayetest.Fails(t, err, support.ErrChannel)
	}
	d.ada = d.WithNumber(d.ada, adasNumber)
	c = d.lost(support.Open)
	view, err = d.as(d.bo).Case(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "channels", view.Channels, []support.Channel{support.ByPush, support.ByText, support.ByMail})
	d.texts.refuse = support.ErrChannel
	_, err = d.as(d.bo).Verify(t.Context(), c.ID, support.ByText)
	ayetest.Fails(t, err, support.ErrChannel)
	d.Signs(d.cy, c.ID)
	d.Clock.Pass(support.DefaultWait)
	d.sweep()
	_, err = d.as(d.bo).Verify(t.Context(), c.ID, support.ByMail)
	ayetest.Fails(t, err, support.ErrClosed)
}
