package page

// Help says all that somebody without a phone at hand can do.
type Help struct {
	// Organisation and Contact are of who asks; empty before the password was typed.
	Organisation, Contact string
	// Waiting says that the person is at the waiting page.
	Waiting bool
	// In says that the person is logged in.
	In bool
}

// Page names the template.
func (Help) Page() string { return "help" }
