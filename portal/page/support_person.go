package page

import "time"

// SupportCard is what support sees of a person, and what to say to who calls.
type SupportCard struct {
	Person Helped
	Advice []Advised
	Phones []HelpedPhone
	// Apps and RecoveryCodes are how many there are; Number the end of the number, empty for none. Texts says
	// that the person logs in with text messages.
	Apps, RecoveryCodes int
	Number              string
	Texts               bool
	Recent              []AskedFor
	Live                *CaseLine
	Cases               []CaseLine
	Frozen              []FreezeLine
	// Refused says why the reader can open no case; empty where that is possible.
	Refused Text
}

// Page names the template.
func (SupportCard) Page() string { return "support-person" }

// Wide uses the whole width.
func (SupportCard) Wide() bool { return true }

// Self is where a change of language leads.
func (v SupportCard) Self() string { return v.Person.Support() }

// Advised is one thing to say to who calls, the most important first.
type Advised struct {
	// Fact is what stands here, Say the words that can be read out.
	Fact, Say Text
	// To leads to where it is done; empty for nowhere. Button is what that is called.
	To     string
	Button Text
	// Stop marks what must not be passed by.
	Stop bool
}

// Icon is the sign in front of it.
func (a Advised) Icon() string {
	if a.Stop {
		return "alert"
	}
	return "message"
}

// HelpedPhone is a phone of the person.
type HelpedPhone struct {
	Name, Model, System string
	Linked, Seen        time.Time
	// Silent says that no notification reaches it, Local that it counts here alone.
	Silent, Local bool
}

// AskedFor is a request of the last days, and what became of it.
type AskedFor struct {
	At time.Time
	// Asker is who asked, What was to be allowed where it was not a login.
	Asker, What string
	// State is the last part of the text's id.
	State   string
	Place   string
	Browser Text
	// Deliveries say in words what became of each push.
	Deliveries []Text
}

// Tone is that of the state's word.
func (a AskedFor) Tone() string {
	switch a.State {
	case "released", "approved":
		return "good"
	case "pending":
		return "info"
	case "denied", "reported", "mismatched":
		return "bad"
	}
	return "plain"
}

// SupportOpen asks what is needed to open a case, and says what comes of it.
type SupportOpen struct {
	// Kind is forgotten or lost.
	Kind   string
	Person Helped
	// Identified is how the caller was identified, of Ways.
	Identified   string
	Ways         []Choice
	Ticket, Note string
	// Channel is where the code of a forgotten phone goes, of Channels; Life its minutes, of Lives; Uses how often it works, of Times.
	Channel, Life, Uses    string
	Channels, Lives, Times []Choice
	// Steps are what happens, in its order; Told are the ways in which the person hears of it.
	Steps, Told []Text
	Problem     Notice
	Faults
}

// Page names the template.
func (SupportOpen) Page() string { return "support-open" }

// Wide uses the whole width.
func (SupportOpen) Wide() bool { return true }

// Self is the address of the form.
func (v SupportOpen) Self() string { return v.Person.Support() + "/" + v.Kind }
