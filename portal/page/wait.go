package page

import "net/url"

// WaitPlace is where the second factor is waited for: after the password at login, or again
// before security settings change.
type WaitPlace struct {
	// Base is the address of the waiting page; its forms go below it.
	Base string
	// Next is where the person goes after it; empty at login, where the session knows.
	Next string
	// Purpose chooses the words: enter, prove or reset.
	Purpose string
}

// Self is the address at which the waiting page can be looked at again.
func (p WaitPlace) Self() string { return withNext(p.Base, p.Next) }

// CodeAddress is that of the page to type a code of the method.
func (p WaitPlace) CodeAddress(method string) string {
	address := p.Base + "/code?method=" + method
	if p.Next != "" {
		address += "&next=" + url.QueryEscape(p.Next)
	}
	return address
}

// withNext adds where to go on to an address.
func withNext(path, next string) string {
	if next == "" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}

// Wait is the page that waits for the phone.
type Wait struct {
	WaitPlace
	// Organisation is in whose name the phone asks.
	Organisation string
	// Number is typed on the phone; empty where one tap is enough.
	Number string
	// Phones are those that were asked.
	Phones []Asked
	// Withheld says that no notification goes out at the moment.
	Withheld bool
	// Codes, Recovery and SMS are ways to answer here.
	Codes, Recovery bool
	SMS             TextWay
	// Temporary says that support sent the person a temporary code.
	Temporary bool
	// Help shows the ways out open, for who has no script.
	Help bool
	Wait Waiting
}

// Page names the template.
func (Wait) Page() string { return "wait" }

// Waiting is for the phone.
func (v Wait) Waiting() Waiting { return v.Wait }

// HelpAddress is that of the page with the ways out open, which does not refresh itself.
func (v Wait) HelpAddress() string {
	if v.Next == "" {
		return v.Base + "?help"
	}
	return v.Self() + "&help"
}

// Asked is a phone that was asked, and what became of that.
type Asked struct {
	Name string
	// Channel is who brings the notification: Google or Apple.
	Channel string
	// State is queued, accepted, fetched, withheld, failed or silent.
	State string
	// Reason says why it failed.
	Reason Text
}

// Icon is the sign in front of the line.
func (a Asked) Icon() string {
	switch a.State {
	case "fetched":
		return "check"
	case "failed", "withheld":
		return "alert"
	case "accepted":
		return "arrow"
	case "silent":
		return "phone"
	}
	return "clock"
}

// Code is the page to type a code.
type Code struct {
	WaitPlace
	// Method is totp, sms, recovery or temporary.
	Method string
	// Organisation is in whose name it is asked.
	Organisation string
	// Push says that the phone is asked too; Codes, SMS, Recovery and Temporary are the ways to answer here.
	Push, Codes, SMS, Recovery, Temporary bool
	// Texted says that a code in a text message is on its way; Text is that message, where it is the method.
	Texted  bool
	Text    TextMessage
	Problem Notice
	Faults
	Wait Waiting
}

// Page names the template.
func (Code) Page() string { return "code" }

// Waiting is for the phone, which may answer meanwhile.
func (v Code) Waiting() Waiting { return v.Wait }

// Self is the address at which the page can be looked at again.
func (v Code) Self() string { return v.CodeAddress(v.Method) }

// WaitEnd says how the waiting ended, and how to go on.
type WaitEnd struct {
	WaitPlace
	// State is how it ended: denied, reported, mismatched, expired, cancelled, superseded or
	// lapsed; or why it cannot begin: too-many, nothing, unlinked, not-taken, over, texts or recovering.
	State string
	// Organisation is in whose name the phone was asked.
	Organisation string
	// Contact is how to reach its support, for who is to call.
	Contact string
	// Why says why no code can be sent to somebody who has nothing but text messages; Anew that it
	// helps to log in again.
	Why  Text
	Anew bool
}

// Page names the template.
func (WaitEnd) Page() string { return "wait-end" }

// Again tells whether asking once more helps.
func (v WaitEnd) Again() bool {
	switch v.State {
	case "reported", "nothing", "unlinked", "not-taken", "over", "texts", "recovering":
		return false
	}
	return true
}

// Tone is that of the sign above the heading.
func (v WaitEnd) Tone() Tone {
	switch v.State {
	case "denied", "reported", "mismatched":
		return Bad
	}
	return Warn
}

// Icon is the sign above the heading.
func (v WaitEnd) Icon() string {
	switch v.State {
	case "expired", "lapsed", "over", "too-many":
		return "clock"
	case "denied", "cancelled", "superseded":
		return "cross"
	}
	return "alert"
}

// Prove asks for the password again.
type Prove struct {
	Next    string
	Problem Notice
	Faults
}

// Page names the template.
func (Prove) Page() string { return "prove" }

// Self is the address at which the page can be looked at again.
func (v Prove) Self() string { return withNext("/prove", v.Next) }
