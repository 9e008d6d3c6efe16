package page

import (
	"time"

	"example.com/aye/portal/locales"
)

// Frame is what stands around every page.
type Frame struct {
	// Locale is the language of the page.
	Locale string
	// Path is the address that was asked for; it marks the tab, and a change of language leads
	// back to it. See [Placed].
	Path string
	// Person is the name in the corner; empty when nobody is logged in.
	Person string
	// Email tells two people of one name apart.
	Email string
	// In tells that the person is in, with an organisation picked: there is somewhere to go.
	In bool
	// Organisation is whose page it is; without one the product's name stands there.
	Organisation Organisation
	// Several offers to pick another organisation.
	Several bool
	// Manages offers the administration.
	Manages bool
	// Supports offers to help others.
	Supports bool
	// Temporary says that the person is in by a temporary access code.
	Temporary bool
	// Due is when a second factor begins to be asked of a person who has none; zero for never.
	Due time.Time
	// TextsEnd is when logging in by text message stops, for who does so; zero for never.
	TextsEnd time.Time
	// Notice is said once, above the page.
	Notice Notice
}

// Organisation is how an organisation looks.
type Organisation struct {
	Name string
	// Logo is the address of a picture; empty shows the name alone.
	Logo string
	// Look is the address of a style sheet with its colour, see [Look]; empty for ours.
	Look string
}

// Home is where the name at the top leads.
func (f Frame) Home() string {
	if f.In {
		return "/apps"
	}
	return "/"
}

// Tone is how a notice looks and how urgently it is read out.
type Tone string

// The tones. Bad interrupts a screen reader, the others wait for their turn.
const (
	Info Tone = "info"
	Good Tone = "good"
	Warn Tone = "warn"
	Bad  Tone = "bad"
)

// Notice is something to know, apart from the page's own text.
type Notice struct {
	Tone Tone
	Text Text
}

// Text is a text that a view wants said: its id, and what stands in its gaps.
type Text struct {
	ID     string
	Values locales.Values
}

// Say is the text with the id; pairs are names of gaps and their values. A [time.Duration] is
// said in words, a [time.Time] as date and time, a [Day] as date, another Text as itself.
func Say(id string, pairs ...any) Text {
	return Text{ID: id, Values: valuesOf(pairs)}
}

func valuesOf(pairs []any) locales.Values {
	values := locales.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		values[name] = pairs[i+1]
	}
	return values
}

// View is what a page shows.
type View interface {
	// Page names the template.
	Page() string
}

// Faults are what is wrong with the fields of a form, by name. Views with a form embed it.
type Faults map[string]Text

// Failed tells whether anything is wrong; the page's title then says so.
func (f Faults) Failed() bool { return len(f) > 0 }

// Placed is a view whose address is not the one that was asked for: it has a query, or was shown
// again by a form.
type Placed interface{ Self() string }

// Stepped is a view that is one step of the wizard.
type Stepped interface{ Step() Step }

// Step is where in the wizard a page is. Name is the id of the step's name.
type Step struct {
	Now, Of int
	Name    string
}

// Wide is a view that needs the whole width: lists and tables. Others are as wide as a form.
type Wide interface{ Wide() bool }

// Waits is a view that changes by itself.
type Waits interface{ Waiting() Waiting }

// Waiting is how a page learns that something changed. The zero value waits for nothing.
type Waiting struct {
	// State changes when the page becomes another: everything is replaced then, and the heading
	// gets the focus. While it stays, only the parts with data-live are replaced.
	State string
	// Events is the address of the WebSocket, Ticket opens it; without them the page asks every
	// three seconds.
	Events, Ticket string
	// Left is how long there is still something to wait for.
	Left time.Duration
	// Still stops the page from refreshing itself where there is no script: somebody types.
	Still bool
}

// Seconds are those that are left.
func (w Waiting) Seconds() int { return int(max(w.Left, 0).Round(time.Second) / time.Second) }
