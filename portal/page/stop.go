package page

import "time"

// Stop tells a person what was asked in their name, and lets them stop it.
type Stop struct {
	// Action is where the form goes.
	Action string
	// Kind is forgotten or lost, and State how far it is: the last parts of the texts' ids.
	Kind, State string
	// Agent is the name of who was asked; empty for the operator.
	Agent, Organisation string
	Opened, Due, Closed time.Time
	// Contact is how to reach the organisation's support.
	Contact string
	// Locked says that what was old is gone, so that the person cannot log in either.
	Locked bool
	// In says that the person is logged in.
	In bool
}

// Page names the template.
func (Stop) Page() string { return "stop" }

// Stopped tells whether that was done.
func (s Stop) Stopped() bool { return s.State == "stopped" }

// Ended tells whether it came to nothing by itself.
func (s Stop) Ended() bool {
	return s.State == "refused" || s.State == "cancelled" || s.State == "expired"
}

// Changed tells whether something old was taken away already.
func (s Stop) Changed() bool {
	return s.Kind == "lost" && (s.State == "revoked" || s.State == "done")
}

// Will says what becomes of it.
func (s Stop) Will() Text {
	if s.Ended() {
		return Say("stop.ended")
	}
	return Say("stop.will." + s.Kind + "." + s.State)
}

// LiveCase is where a person sees the case that goes on about them; the zero value for none.
type LiveCase struct {
	To string
	// Kind is forgotten or lost.
	Kind         string
	Organisation string
	// Due is when it is carried out; zero while nobody knows.
	Due time.Time
}
