package page

// Problem is the page for what is wrong with a call itself.
type Problem struct {
	// Kind is the last part of the texts' ids: not-found, forbidden, foreign, form, too-large,
	// too-many, unavailable, internal, or one of support: support, rank, unsigned, frozen, link,
	// new, same, live, closed, channel or recovering.
	Kind string
	// Text is said instead of the kind's own.
	Text Text
}

// Page names the template.
func (Problem) Page() string { return "problem" }
