package page

// Message is a page that says how something ended, with one way on.
type Message struct {
	// Tone and Icon are of the sign above the heading; Icon is a name of icon.go.
	Tone Tone
	Icon string
	// Title is the heading, Text what it means.
	Title, Text Text
	// Button says what the way on is called, To where it leads; without To there is none.
	Button Text
	To     string
	// Post makes the way on a form, for what changes something.
	Post bool
	// Other is a second, quieter way.
	Other   Text
	OtherTo string
	// At is the step of the wizard, if it is one.
	At Step
}

// Page names the template.
func (Message) Page() string { return "message" }

// Step is where in the wizard it is said.
func (m Message) Step() Step { return m.At }

// Confirm asks before something happens that cannot be taken back.
type Confirm struct {
	Title, Text Text
	// Facts are what it is about: a phone, a session.
	Facts []Fact
	// Action is where the form goes, with Hidden in it.
	Action string
	Hidden map[string]string
	Button Text
	// Danger makes the button red.
	Danger bool
	// Back is where one goes who does not want it.
	Back string
}

// Fact is a name and what it is.
type Fact struct {
	Name  Text
	Value string
}

// Page names the template.
func (Confirm) Page() string { return "confirm" }
