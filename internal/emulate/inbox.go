package emulate

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// kept is how many pushes an inbox remembers.
const kept = 1000

// Delivery is one push as the phone gets it.
type Delivery struct {
	Number     int             `json:"number"` // 1, 2, 3… per address
	ID         string          `json:"id"`     // the vendor's name for it
	Received   time.Time       `json:"received"`
	Expires    time.Time       `json:"expires,omitzero"`
	Priority   string          `json:"priority,omitempty"`
	PushType   string          `json:"push_type,omitempty"` // APNs
	CollapseID string          `json:"collapse_id,omitempty"`
	Payload    json.RawMessage `json:"payload"` // APNs: the body; FCM: the data
}

// inbox is what one address received.
type inbox struct {
	deliveries []Delivery // the last ones
	count      int        // all that ever came
	read       int        // how far Next has come
	changed    chan struct{}
}

// inboxes keeps what every address received.
type inboxes struct {
	mu        sync.Mutex
	byID      map[string]*inbox
	listeners map[*listener]struct{} // those who hear of every address
}

// of gives the inbox of an address; mu is held.
func (i *inboxes) of(address string) *inbox {
	if i.byID == nil {
		i.byID = make(map[string]*inbox)
	}
	box, ok := i.byID[address]
	if !ok {
		box = &inbox{changed: make(chan struct{})}
		i.byID[address] = box
	}
	return box
}

func (i *inboxes) add(address string, delivery Delivery) {
	i.mu.Lock()
	defer i.mu.Unlock()
	box := i.of(address)
	box.count++
	delivery.Number = box.count
	box.deliveries = append(box.deliveries, delivery)
	if len(box.deliveries) > kept {
		box.deliveries = box.deliveries[1:]
	}
	close(box.changed)
	box.changed = make(chan struct{})
	i.tell(address, delivery.Payload)
}

// after gives what came after the given number, and a channel that closes when more comes.
func (i *inboxes) after(address string, number int) ([]Delivery, <-chan struct{}) {
	i.mu.Lock()
	defer i.mu.Unlock()
	box := i.of(address)
	from := max(0, number-(box.count-len(box.deliveries)))
	if from >= len(box.deliveries) {
		return nil, box.changed
	}
	return append([]Delivery(nil), box.deliveries[from:]...), box.changed
}

// Inbox gives all that an address received, the oldest first.
func (i *inboxes) Inbox(address string) []Delivery {
	all, _ := i.after(address, 0)
	return all
}

// Next waits for the first push that Next has not given yet.
func (i *inboxes) Next(ctx context.Context, address string) (Delivery, error) {
	for {
		i.mu.Lock()
		read := i.of(address).read
		i.mu.Unlock()
		news, changed := i.after(address, read)
		if len(news) == 0 {
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return Delivery{}, context.Cause(ctx)
			}
		}
		i.mu.Lock()
		box := i.of(address)
		if box.read == read { // nobody else took it meanwhile
			box.read = news[0].Number
			i.mu.Unlock()
			return news[0], nil
		}
		i.mu.Unlock()
	}
}
