package page

import "time"

// TextWay is the way to get in with a code in a text message, on a page that offers others too.
type TextWay struct {
	// Number is where a code can be sent, as much of it as is shown; empty where none can be.
	Number string
	// Sent says that one is on its way already.
	Sent bool
	// Why says why none can be sent, Instead what else there is.
	Why, Instead Text
}

// TextMessage is the text message with the code that a page waits for.
type TextMessage struct {
	// Number is where it goes, as much of it as is shown.
	Number string
	// State is what became of the newest one: sending, accepted, sent, delivered, failed, expired,
	// refused or unknown; empty before one was sent.
	State string
	// Earlier says that there was one before it, whose code counts if this one was refused.
	Earlier bool
	// Pause is how long until another may be asked for.
	Pause time.Duration
	// Why says why no other can be sent; empty where one can.
	Why Text
	// Ends is when logging in by text message stops; zero for never.
	Ends time.Time
}

// Typed tells whether there may be a code to type.
func (m TextMessage) Typed() bool { return m.State != "" && (m.State != "refused" || m.Earlier) }

// Unsure tells whether nobody knows that the message went out.
func (m TextMessage) Unsure() bool { return m.State == "unknown" }

// Seconds are those until another may be asked for.
func (m TextMessage) Seconds() int { return Waiting{Left: m.Pause}.Seconds() }

// Icon is the sign in front of what became of it.
func (m TextMessage) Icon() string {
	switch m.State {
	case "delivered":
		return "check"
	case "accepted", "sent":
		return "arrow"
	case "sending":
		return "clock"
	}
	return "alert"
}

// TextFactor is how a person stands with codes in text messages, among the security settings.
type TextFactor struct {
	// Shown says that the organisation allows them, or the person chose them.
	Shown bool
	// Chosen says that they are a second factor of the person.
	Chosen bool
	// Number is where codes go, as much of it as is shown; empty where none can be sent now, and Why then says why.
	Number string
	Why    Text
}
