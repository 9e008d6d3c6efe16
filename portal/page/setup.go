package page

import "time"

// steps is how many the wizard has.
const steps = 6

// The steps of the wizard.
var (
	StepInvitation = Step{1, steps, "setup.steps.invitation"}
	StepPassword   = Step{2, steps, "setup.steps.password"}
	StepNumber     = Step{3, steps, "setup.steps.number"}
	StepMethod     = Step{4, steps, "setup.steps.method"}
	StepPhone      = Step{5, steps, "setup.steps.phone"}
	StepApp        = Step{5, steps, "setup.steps.app"}
	StepDone       = Step{6, steps, "setup.steps.done"}
)

// SetupNumber asks for the phone number, and then for the code that was sent to it.
type SetupNumber struct {
	Number string
	// Sent says that a code is on its way.
	Sent    bool
	Problem Notice
	Faults
}

// Page names the template.
func (SetupNumber) Page() string { return "setup-number" }

// Step is where in the wizard it is.
func (SetupNumber) Step() Step { return StepNumber }

// SetupMethod lets the person choose the second factor.
type SetupMethod struct {
	// Chosen is push, totp or sms.
	Chosen  string
	Choices []Choice
	// Required says that nobody gets in without; else From is when that begins, if it does.
	Required bool
	From     time.Time
	// Number offers to fill in the phone number first.
	Number bool
	Faults
}

// Page names the template.
func (SetupMethod) Page() string { return "setup-method" }

// Step is where in the wizard it is.
func (SetupMethod) Step() Step { return StepMethod }

// SetupDone is the end of the wizard.
type SetupDone struct {
	Organisation string
	// Phone is the phone that was linked; empty for an authenticator app, or where it is not known.
	Phone string
	// Texts is where codes in text messages go, as much of it as is shown, where those were chosen.
	Texts string
	// Pairing lets the person say that it is not theirs.
	Pairing string
	// In says that the person is in already and need not log in.
	In bool
	// Recovered says that it came in the place of what support took away.
	Recovered bool
}

// Page names the template.
func (SetupDone) Page() string { return "setup-done" }

// Step is where in the wizard it is.
func (SetupDone) Step() Step { return StepDone }

// Self is the address at which the page can be looked at again.
func (v SetupDone) Self() string {
	if v.Pairing == "" {
		return "/setup/done"
	}
	return "/setup/done?pairing=" + v.Pairing
}
