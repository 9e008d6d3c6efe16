package page

import "regexp"

// LookForm is the form of how an organisation looks.
type LookForm struct {
	Name, Colour string
	// Logo says that there is one.
	Logo bool
	// Own says that the organisation has a colour of its own.
	Own bool
	// Preview says that the page wears a colour that is not stored.
	Preview bool
	// Light and Dark are the shades in which the colour is used; empty where it is used as it is.
	Light, Dark string
	Faults
}

// Page names the template.
func (LookForm) Page() string { return "manage-look" }

// Wide uses the whole width.
func (LookForm) Wide() bool { return true }

var accents = regexp.MustCompile(`--accent:(#[0-9a-f]{6})`)

// Shades are the colours for words and buttons that [Look] makes of a colour, on light pages and on dark
// ones; empty for what is no colour.
func Shades(hex string) (light, dark string) {
	found := accents.FindAllStringSubmatch(Look(hex), 2)
	if len(found) != 2 {
		return "", ""
	}
	return found[0][1], found[1][1]
}
