package emulate

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// mostUnread is how many deliveries may wait for one reader of the stream. Who is further
// behind is let go: a reader that hangs must not fill the memory.
const mostUnread = 100_000

// Heard is one push as the stream of all of them tells it: short, because there are many.
type Heard struct {
	Address string `json:"address"`
	Type    string `json:"type"` // approval, withdraw or test
	Ref     string `json:"ref"`
	Device  string `json:"device"`
}

// unread is one push before its payload was looked at, which is left to the reader's own
// goroutine.
type unread struct {
	address string
	payload json.RawMessage
}

// listener hears of every push to whatever address.
type listener struct {
	queue  []unread // guarded by the inboxes' lock
	behind bool     // so is this
	news   chan struct{}
}

func (i *inboxes) listen() *listener {
	l := &listener{news: make(chan struct{}, 1)}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.listeners == nil {
		i.listeners = make(map[*listener]struct{})
	}
	i.listeners[l] = struct{}{}
	return l
}

func (i *inboxes) leave(l *listener) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.listeners, l)
}

// tell passes a push on to the listeners; the lock is held.
func (i *inboxes) tell(address string, payload json.RawMessage) {
	for l := range i.listeners {
		if len(l.queue) >= mostUnread {
			l.behind = true
		} else {
			l.queue = append(l.queue, unread{address, payload})
		}
		select {
		case l.news <- struct{}{}:
		default: // it has not looked since the last time
		}
	}
}

// take gives what a listener has not read yet, and whether it has kept up.
func (i *inboxes) take(l *listener) ([]unread, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	queue := l.queue
	l.queue = nil
	return queue, !l.behind
}

// streamDeliveries answers with a line for every push from now on, whatever its address.
func (s *pushStand) streamDeliveries(w http.ResponseWriter, r *http.Request) {
	l := s.listen()
	defer s.leave(l)
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	stream := http.NewResponseController(w)
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for {
		queue, kept := s.take(l)
		lines.Reset()
		for _, one := range queue {
			_ = encoder.Encode(heard(one)) // texts alone: cannot fail
		}
		if _, err := w.Write(lines.Bytes()); err != nil || stream.Flush() != nil || !kept {
			return
		}
		select {
		case <-l.news:
		case <-r.Context().Done():
			return
		case <-s.ended.Done():
			return
		}
	}
}

// heard reads the part of a payload that names what it is about. Google's has it beside the
// rest, as texts, with a version called "aye"; Apple's has it in an object of that name.
func heard(one unread) Heard {
	var payload struct {
		Heard

		Aye json.RawMessage `json:"aye"`
	}
	_ = json.Unmarshal(one.payload, &payload) // what is not ours has no reference
	if bytes.HasPrefix(payload.Aye, []byte("{")) {
		_ = json.Unmarshal(payload.Aye, &payload.Heard)
	}
	payload.Address = one.address
	return payload.Heard
}
