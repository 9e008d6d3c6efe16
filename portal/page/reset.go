package page

// Forgot asks for the address of who forgot the password.
type Forgot struct {
	Email string
	Faults
}

// Page names the template.
func (Forgot) Page() string { return "forgot" }

// Reset is behind the mailed link. Looking at it uses nothing up: programs that read mail look at
// links too.
type Reset struct {
	// Action is where the button goes.
	Action string
	Email  string
}

// Page names the template.
func (Reset) Page() string { return "reset" }

// NewPassword asks for a new password.
type NewPassword struct {
	// Action is where the form goes.
	Action string
	// Email is for programs that keep passwords, which want to know whose it is.
	Email string
	// Least is how many characters it must have.
	Least int
	// First is said of who has none yet.
	First bool
	At    Step
	Faults
}

// Page names the template.
func (NewPassword) Page() string { return "new-password" }

// Step is where in the wizard it is.
func (v NewPassword) Step() Step { return v.At }

// Self is the address at which the page can be looked at again.
func (v NewPassword) Self() string { return v.Action }
