package page

import "time"

// HelpCase is a case, and what the reader can do with it.
type HelpCase struct {
	ID     string
	Person Helped
	// Kind and State are the last parts of the texts' ids.
	Kind, State string
	// Identified is the last part of the text's id.
	Identified   string
	Ticket, Note string
	// Shown is what the caller has shown: nothing, remaining or verified.
	Shown            string
	Opener, Approver string
	// Now says how it stands.
	Now Stance
	// Past and Coming are what happened, and what comes.
	Past, Coming []CaseMoment
	// Ways are the channels by which the caller can be asked now.
	Ways []CallerWay
	// Asked is the question that waits for the caller's answer; empty for none.
	Asked *CallerAsked
	// MayApprove, MayCancel and MaySend tell what the reader can do. SignsFor is "second" for the second approver,
	// "operator" for the operator's support.
	MayApprove, MayCancel, MaySend bool
	SignsFor                       string
	// Waits says that the reader has been asked on the phone already.
	Waits bool
}

// Page names the template.
func (HelpCase) Page() string { return "support-case" }

// Wide uses the whole width.
func (HelpCase) Wide() bool { return true }

// Self is the address of the case.
func (v HelpCase) Self() string { return "/support/cases/" + v.ID }

// Case is the same, for a page below it.
func (v HelpCase) Case() string { return "/support/cases/" + v.ID }

// Tone is that of the state's word.
func (v HelpCase) Tone() string { return caseTone(v.State) }

// Live tells whether it goes on: there is something to tell who calls.
func (v HelpCase) Live() bool {
	switch v.State {
	case "open", "waiting", "sent", "revoked":
		return true
	}
	return false
}

// Bad tells whether the case was stopped as a fraud.
func (v HelpCase) Bad() bool { return v.State == "stopped" }

// Verifies tells whether the caller can be asked, or is.
func (v HelpCase) Verifies() bool { return len(v.Ways) > 0 || v.Asked != nil }

// CaseMoment is a line of a case's story.
type CaseMoment struct {
	At   time.Time
	Text Text
	Icon string
}

// CallerWay is a way to ask the caller: push, text or mail.
type CallerWay struct {
	Channel string
	// Where is the end of the number, or the masked address; empty for a push.
	Where string
}

// CallerAsked is a question to the caller that waits for its answer.
type CallerAsked struct{ ID, Channel string }

// CaseCheck is the question to the caller: is it you who talks to me now?
type CaseCheck struct {
	CaseID, ID string
	// Kind is that of the case, Name the person's.
	Kind, Name string
	Channel    string
	// State is asked, right, wrong, expired, not-me or failed.
	State string
	// Agent is the reader's name, as the caller's phone shows it.
	Agent string
	// Number is what the agent reads out; empty for a code that the caller types alone.
	Number string
	// Where is where the message went, masked; empty for a push.
	Where string
	// Shortens is how long the case now waits after its approval; negative where nothing waits for one.
	Shortens time.Duration
	Wait     Waiting
}

// Page names the template.
func (CaseCheck) Page() string { return "support-check" }

// Waiting is for the caller's answer.
func (v CaseCheck) Waiting() Waiting { return v.Wait }

// Self is the address at which the page can be looked at again.
func (v CaseCheck) Self() string { return v.Case() + "/checks/" + v.ID }

// Case is the address of the case.
func (v CaseCheck) Case() string { return "/support/cases/" + v.CaseID }

// Tone is that of the sign above the heading.
func (v CaseCheck) Tone() Tone {
	switch v.State {
	case "right":
		return Good
	case "expired", "failed":
		return Warn
	}
	return Bad
}

// Icon is the sign above the heading.
func (v CaseCheck) Icon() string {
	switch v.State {
	case "right":
		return "check"
	case "expired":
		return "clock"
	}
	return "alert"
}

// CaseApprove is what the second approver signs, in full.
type CaseApprove struct {
	HelpCase
	// Wait is how long is waited after the signature.
	Wait time.Duration
	// Steps are what happens then.
	Steps   []Text
	Problem Notice
}

// Page names the template.
func (CaseApprove) Page() string { return "support-approve" }

// Wide uses the whole width.
func (CaseApprove) Wide() bool { return true }

// Self is the address of the page.
func (v CaseApprove) Self() string { return v.HelpCase.Self() + "/approve" }

// CaseSigning waits for the approver's own phone.
type CaseSigning struct {
	CaseID, Kind, Name string
	// State is pending, or how it ended: denied, reported, mismatched, expired, cancelled, superseded, lapsed or unsigned.
	State string
	// Number is typed on the phone.
	Number string
	// Phones are those that were asked.
	Phones []Asked
	Wait   Waiting
}

// Page names the template.
func (CaseSigning) Page() string { return "support-signing" }

// Waiting is for the phone.
func (v CaseSigning) Waiting() Waiting { return v.Wait }

// Case is the address of the case.
func (v CaseSigning) Case() string { return "/support/cases/" + v.CaseID }

// Self is the address at which the page can be looked at again.
func (v CaseSigning) Self() string { return v.Case() + "/approve/wait" }

// Icon is the sign above the heading.
func (v CaseSigning) Icon() string { return WaitEnd{State: v.State}.Icon() }

// Tone is that of the sign above the heading.
func (v CaseSigning) Tone() Tone { return WaitEnd{State: v.State}.Tone() }
