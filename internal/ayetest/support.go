package ayetest

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/approval"
	"example.com/aye/privacy"
	"example.com/aye/sms"
	"example.com/aye/support"
)

// Alerted is every system that hears of alerts. It takes all, unless it is told what to answer.
type Alerted struct {
	mu     sync.Mutex
	alerts []alerts.Alert
	hooks  []alerts.Hook
	refuse error
}

// SendAlert takes an alert.
func (a *Alerted) SendAlert(ctx context.Context, h alerts.Hook, alert alerts.Alert) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := errors.Join(a.refuse, ctx.Err()); err != nil {
		return err
	}
	a.alerts, a.hooks = append(a.alerts, alert), append(a.hooks, h)
	return nil
}

// Refuse makes it take nothing; nil makes it work again.
func (a *Alerted) Refuse(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refuse = err
}

// All gives what it took, oldest first; Hooks those that it was sent to, in the same order.
func (a *Alerted) All() []alerts.Alert {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.alerts)
}

// Hooks gives where each of [Alerted.All] was sent to.
func (a *Alerted) Hooks() []alerts.Hook {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.hooks)
}

// Kinds gives the kinds of what it took.
func (a *Alerted) Kinds() []alerts.Kind {
	var kinds []alerts.Kind
	for _, alert := range a.All() {
		kinds = append(kinds, alert.Kind)
	}
	return kinds
}

// wireSupport joins the rooms of support, alerts and privacy to the others.
func (w *World) wireSupport() {
	now := w.Clock.Now
	w.Alerts = &alerts.Service{Store: w.Store, Sender: w.Alerted, Log: slog.New(slog.DiscardHandler), Now: now}
	w.Privacy = &privacy.Service{Store: w.Store, Directory: w.Accounts, Ended: w.left, Now: now}
	w.Support = &support.Service{
		Store: w.Store, Directory: w.Accounts, Asker: w.Approvals, Phones: w.Devices, Codes: w.Codes, Texts: caseTexts{w.SMS}, Pusher: w.Pusher, Broker: w.Broker,
		Keys: w.Keys, Origin: Origin, Now: now,
	}
	w.SignIn.Recoveries, w.Accounts.Ended = w.Support, w.left
	w.Approvals.Reported = func(ctx context.Context, r approval.Request) error {
		return errors.Join(w.SignIn.Reported(ctx, r), w.Support.Reported(ctx, r))
	}
}

// caseTexts sends the text messages of support.
type caseTexts struct{ texts *sms.Service }

func (c caseTexts) Inform(ctx context.Context, t support.Text) error {
	kinds := map[support.TextKind]sms.HelpKind{support.TextAccess: sms.HelpAccess, support.TextCheck: sms.HelpCheck, support.TextStop: sms.HelpStop}
	return c.texts.SendHelp(ctx, sms.Help{
		Kind: kinds[t.Kind], Person: t.Person, Organisation: t.Organisation, Agent: t.Agent, Link: t.Link, Code: t.Code, Hours: t.Hours, About: t.About,
	})
}

func (c caseTexts) Reaches(ctx context.Context, p accounts.Person) bool { return c.texts.Helps(ctx, p) }

// left is told of each membership that ended.
func (w *World) left(ctx context.Context, m accounts.Member) error {
	return errors.Join(w.SignIn.Left(ctx, m), w.Support.Left(ctx, m))
}

// Agent is somebody who gives support, with a phone and a password.
type Agent struct {
	accounts.Member
	Phone *Phone
}

// Agent makes an agent of the world's own organisation.
func (w *World) Agent(role accounts.Role) Agent {
	w.Helper()
	return w.AgentOf(w.Organisation, role)
}

// AgentOf makes an agent of an organisation.
func (w *World) AgentOf(o accounts.Organisation, role accounts.Role) Agent {
	w.Helper()
	m := w.AddMember(o, "The "+string(role), role)
	w.SetPassword(m)
	return Agent{m, w.Pair(m)}
}

// OperatorSupport makes an organisation whose agents are the operator's support from now on.
func (w *World) OperatorSupport() accounts.Organisation {
	w.Helper()
	o := w.AddOrganisation(func(o *accounts.Organisation) { o.Name = "The operator" })
	w.Support.OperatorOrganisation = o.ID
	return o
}

// Desk is where the agent gives support.
func (w *World) Desk(a Agent) *support.Desk {
	v := Visit()
	return w.Support.As(support.Agent{OrganisationID: a.OrganisationID, MembershipID: a.ID, Method: approval.Push, IP: v.IP, UserAgent: v.UserAgent, Browser: v.Browser})
}

// Opens lets the agent open a case for the member. The functions change what is filled in before.
func (w *World) Opens(a Agent, m accounts.Member, kind support.Kind, change ...func(*support.Opening)) support.Case {
	w.Helper()
	o := support.Opening{MembershipID: m.ID, Kind: kind, Identified: support.CalledBack, Ticket: "T-1"}
	if kind == support.Forgotten {
		o.Channel = support.ByMail
	}
	for _, c := range change {
		c(&o)
	}
	opened, err := w.Desk(a).Open(w.Context(), o)
	w.must(err)
	return opened
}

// Signs lets the agent approve the case on the agent's own phone, and gives it as it is then.
func (w *World) Signs(a Agent, caseID string) support.View {
	w.Helper()
	desk := w.Desk(a)
	signing, err := desk.Approve(w.Context(), caseID)
	w.must(err)
	_, err = w.Approve(a.Phone, signing.Asked)
	w.must(err)
	signing, err = desk.Signing(w.Context(), caseID)
	w.must(err)
	if signing.State != approval.Released {
		w.Fatalf("the request is %s", signing.State)
	}
	return signing.View
}

// Shows lets the caller answer the agent's question, on the phone or with the code of the letter.
func (w *World) Shows(a Agent, caseID string, by support.Channel, p *Phone) {
	w.Helper()
	desk := w.Desk(a)
	checking, err := desk.Verify(w.Context(), caseID, by)
	w.must(err)
	if by != support.ByPush {
		letters := w.Announcer.Letters(accounts.LetterCheck, w.Case(caseID).PersonID)
		if len(letters) == 0 {
			w.Fatal("nobody was asked by mail")
		}
		last := letters[len(letters)-1]
		w.must(w.Support.AnswerCaller(w.Context(), last.Token, last.Code))
		return
	}
	request, err := w.Approvals.Find(w.Context(), checking.ApprovalID)
	w.must(err)
	_, err = w.Approve(p, approval.Asked{Request: request, Number: checking.Number})
	w.must(err)
	_, err = desk.Checking(w.Context(), caseID, checking.ID)
	w.must(err)
}

// Lost takes a lost phone's case to its end: opened, signed, waited for and carried out; its link was mailed.
func (w *World) Lost(opener, approver Agent, m accounts.Member) support.Case {
	w.Helper()
	opened := w.Opens(opener, m, support.Lost)
	w.Signs(approver, opened.ID)
	w.Clock.Pass(support.DefaultWait)
	w.must(w.Support.Sweep(w.Context()))
	c, err := w.Support.Store.Case(w.Context(), opened.ID)
	w.must(err)
	if c.State != support.Revoked {
		w.Fatalf("the case is %s", c.State)
	}
	return c
}
