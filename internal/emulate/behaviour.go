package emulate

import (
	"sync"
	"time"
)

// Behaviour is what a stand-in does instead of taking a push, or a text message. The zero value takes it.
// Delay goes before all else; of the others the first that is set is done.
type Behaviour struct {
	Delay     Duration `json:"delay,omitempty"`     // waits before anything else
	Blackhole bool     `json:"blackhole,omitempty"` // the whole connection falls silent, as with a lost route
	Silent    bool     `json:"silent,omitempty"`    // this push is never answered; the connection lives
	Cut       bool     `json:"cut,omitempty"`       // the connection breaks before the push is taken
	Lost      bool     `json:"lost,omitempty"`      // the push is taken, then the connection breaks: the answer is lost
	GoAway    bool     `json:"go_away,omitempty"`   // the push is taken, and the client is told to connect anew
	Late      Duration `json:"late,omitempty"`      // texts: it is taken, and only the answer waits

	Reason     string    `json:"reason,omitempty"`      // the vendor's error code
	Status     int       `json:"status,omitempty"`      // instead of the one that belongs to Reason
	RetryAfter Duration  `json:"retry_after,omitempty"` // the header, in whole seconds
	Since      time.Time `json:"since,omitzero"`        // APNs 410: when the address ended; now by default
	Body       string    `json:"body,omitempty"`        // instead of the vendor's JSON, such as a proxy's page; needs Status
	Outcome    string    `json:"outcome,omitempty"`     // texts: the status that it comes to, in the vendor's word; [NoReport] for none

	Times int `json:"times,omitempty"` // for how many pushes; 0 is for ever
}

// refuses tells whether the push is answered with an error.
func (b Behaviour) refuses() bool { return b.Reason != "" || b.Status != 0 }

// Duration is a time.Duration that JSON writes as "1.5s".
type Duration time.Duration

// MarshalText implements [encoding.TextMarshaler].
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// Everyone is the address of a script for all addresses that have none of their own.
const Everyone = ""

// scripts holds what is to happen, per address.
type scripts struct {
	mu     sync.Mutex
	scenes map[string][]Behaviour
}

// Script sets what happens to the next pushes for address: each behaviour as often as its
// Times says, one after the other, and then pushes are taken again. None at all takes
// back what was set.
func (s *scripts) Script(address string, behaviours ...Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.scenes == nil {
		s.scenes = make(map[string][]Behaviour)
	}
	s.scenes[address] = append([]Behaviour(nil), behaviours...)
}

// next uses up one push of the script.
func (s *scripts) next(address string) Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.scenes[address]) == 0 {
		address = Everyone
	}
	return s.use(address)
}

// only is next for what Everyone's script does not touch.
func (s *scripts) only(address string) Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.use(address)
}

// use uses up one push of the script of this very address; mu is held.
func (s *scripts) use(address string) Behaviour {
	scenes := s.scenes[address]
	if len(scenes) == 0 {
		return Behaviour{}
	}
	behaviour := scenes[0]
	switch behaviour.Times {
	case 0:
	case 1:
		s.scenes[address] = scenes[1:]
	default:
		scenes[0].Times--
	}
	return behaviour
}
