package page

// Problem is the page for what is wrong with a call itself.
type Problem struct {
	// Kind is the last part of the texts' ids: not-found, forbidden, foreign, form, too-large,
	// too-many, unavailable or internal.
	Kind string
	// Text is said instead of the kind's own.
	Text Text
}

// Page names the template.
func (Problem) Page() string { return "problem" }
