package page

import "time"

// Rules is the form of an organisation's rules.
type Rules struct {
	// Required is "never" or "from"; From is the date, "2006-01-02".
	Required, From string
	TOTP, Recovery bool
	SMS            bool
	// TextsHint is what stands beside text messages; NoTexts says that they cannot be chosen.
	TextsHint Text
	NoTexts   bool
	// Confirm is "number" or "tap".
	Confirm    string
	Profile    string
	MinimumApp string
	// Idle and Life are minutes, "0" for the usual.
	Idle, Life   string
	Idles, Lifes []Choice
	// CaseWait is in hours, Contact how people reach support.
	CaseWait, Contact string
	Language          string
	Languages         []Choice
	Faults
}

// Page names the template.
func (Rules) Page() string { return "manage-rules" }

// Wide uses the whole width.
func (Rules) Wide() bool { return true }

// RequiredChoices are who must use a second factor.
func (Rules) RequiredChoices() []Choice {
	return []Choice{
		{Value: "from", Label: Say("manage.rules.required-from"), Hint: Say("manage.rules.required-from-hint")},
		{Value: "never", Label: Say("manage.rules.required-never"), Hint: Say("manage.rules.required-never-hint")},
	}
}

// ConfirmChoices are the ways to approve.
func (Rules) ConfirmChoices() []Choice {
	return []Choice{
		{Value: "number", Label: Say("manage.rules.number"), Hint: Say("manage.rules.number-hint")},
		{Value: "tap", Label: Say("manage.rules.tap"), Hint: Say("manage.rules.tap-hint")},
	}
}

// ProfileChoices are the profiles.
func (Rules) ProfileChoices() []Choice {
	return []Choice{
		{Value: "standard", Label: Say("manage.rules.standard"), Hint: Say("manage.rules.standard-hint")},
		{Value: "strict", Label: Say("manage.rules.strict"), Hint: Say("manage.rules.strict-hint")},
	}
}

// RulesConfirm says what new rules take from people, before they are stored.
type RulesConfirm struct {
	// Losses are what changes, each in a sentence.
	Losses []Loss
	// Self says that whoever changes the rules is logged off by them.
	Self bool
	// Hidden is the form again.
	Hidden map[string]string
}

// Loss is one thing that is taken from people.
type Loss struct {
	// What is the last part of the text's id; People are how many it is about, and From when it begins.
	What   string
	People int
	From   time.Time
}

// Page names the template.
func (RulesConfirm) Page() string { return "manage-rules-confirm" }
