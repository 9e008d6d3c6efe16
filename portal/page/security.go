package page

import "time"

// Security is how a person logs in, what is missing, and the way to everything that can be changed.
type Security struct {
	Phones []Phone
	Apps   []CodeApp
	// RecoveryCodes is how many are left.
	RecoveryCodes int
	// TakesCodes and TakesRecovery tell what the organisation allows beside the phone.
	TakesCodes, TakesRecovery bool
	// Organisation is its name.
	Organisation string
	// From is since when the organisation will ask for a second factor, for who has none; zero for no date.
	From time.Time
	// Display, Email and Number are the person's.
	Display, Email, Number string
	// Texts tells whether there is anybody who sends text messages.
	Texts bool
	// SMS is how the person stands with codes in them; Ending says that the frame tells when
	// logging in with them stops.
	SMS    TextFactor
	Ending bool
	// Case is what support does about the person.
	Case LiveCase
}

// Page names the template.
func (Security) Page() string { return "security" }

// Wide tells that it needs room.
func (Security) Wide() bool { return true }

// factors is how many second factors there are.
func (s Security) factors() int {
	count := len(s.Phones) + len(s.Apps)
	if s.SMS.Chosen {
		count++
	}
	return count
}

// Enrolled tells whether there is a second factor.
func (s Security) Enrolled() bool { return s.factors() > 0 }

// Single tells whether losing one thing locks the person out.
func (s Security) Single() bool {
	ways := len(s.Phones) + len(s.Apps)
	if s.SMS.Number != "" {
		ways++
	}
	return s.Enrolled() && ways <= 1 && s.RecoveryCodes == 0
}

// OnlyTexts tells whether there is nothing but text messages.
func (s Security) OnlyTexts() bool { return s.SMS.Chosen && s.factors() == 1 }

// FewCodes is how many recovery codes are too few to be at ease.
const FewCodes = 3

// Few tells whether the recovery codes run out.
func (s Security) Few() bool { return s.RecoveryCodes > 0 && s.RecoveryCodes < FewCodes }

// Phones are those on which a person approves.
type Phones struct {
	Phones []Phone
	// Apps is how many authenticator apps there are beside them, Texts says that the person chose
	// codes in text messages too. Those alone are not enough: others can switch them off.
	Apps  int
	Texts bool
	// Most is how many phones a person may have.
	Most int
}

// Page names the template.
func (Phones) Page() string { return "security-phones" }

// Wide tells that it needs room.
func (Phones) Wide() bool { return true }

// Last tells whether the only phone must stay, as nothing else is enough.
func (p Phones) Last() bool { return len(p.Phones) == 1 && p.Apps == 0 }

// Full tells whether one must be removed before another can be linked.
func (p Phones) Full() bool { return len(p.Phones) >= p.Most }

// Phone is one that is linked.
type Phone struct {
	ID, Name, Model, System string
	Linked, Used            time.Time
	// Only is the name of the only organisation that it counts for; empty where it counts everywhere.
	Only string
	// Silent tells that no notification reaches it.
	Silent bool
}

// PhoneName gives a phone another name.
type PhoneName struct {
	ID, Name string
	Faults
}

// Page names the template.
func (PhoneName) Page() string { return "security-phone-name" }

// CodeApps are the authenticator apps of a person.
type CodeApps struct {
	Apps []CodeApp
	// Phones is how many phones there are beside them, Texts says that the person chose codes in text
	// messages too. Those alone are not enough: others can switch them off.
	Phones int
	Texts  bool
	// Most is how many apps a person may have.
	Most int
	// NotAt is the organisation that takes no codes; empty where it does.
	NotAt string
}

// Page names the template.
func (CodeApps) Page() string { return "security-apps" }

// Wide tells that it needs room.
func (CodeApps) Wide() bool { return true }

// Last tells whether the only app must stay, as nothing else is enough.
func (c CodeApps) Last() bool { return len(c.Apps) == 1 && c.Phones == 0 }

// Full tells whether one must be removed before another can be added.
func (c CodeApps) Full() bool { return len(c.Apps) >= c.Most }

// CodeApp is an authenticator app.
type CodeApp struct {
	ID, Name    string
	Added, Used time.Time
}

// RecoveryCodes are for when the phone is lost.
type RecoveryCodes struct {
	// Left is how many work, Made when they were made.
	Left int
	Made time.Time
	// Codes are new ones. They are shown this once.
	Codes []string
	// Email is whose they are, for the paper that they are printed on.
	Email string
	// Enrolled tells whether there is a second factor that they can stand in for.
	Enrolled bool
	// NotAt is the organisation that takes none; empty where it does.
	NotAt string
	// Seen says which codes the page knew of.
	Seen string
}

// Page names the template.
func (RecoveryCodes) Page() string { return "security-recovery" }

// Linked is what to do once a phone was linked: what it came in place of may go.
type Linked struct {
	Intent LinkIntent
	// Phone is the newest one.
	Phone string
	// Phones and Apps are what it may have come in place of.
	Phones []Phone
	Apps   []CodeApp
	// Texts is where codes in text messages go on to go; empty where they do not.
	Texts string
	// Recovery tells that there are no recovery codes and the organisation takes them.
	Recovery bool
}

// Page names the template.
func (Linked) Page() string { return "security-linked" }
