package ayetest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/store"
)

// Pusher writes down what would be pushed.
type Pusher struct {
	mu     sync.Mutex
	pushes []notify.Push
	refuse func(notify.Push) error
}

// Enqueue takes a push, unless it is to be refused.
func (p *Pusher) Enqueue(push notify.Push) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse != nil {
		if err := p.refuse(push); err != nil {
			return err
		}
	}
	p.pushes = append(p.pushes, push)
	return nil
}

// Refuse makes the pusher take only what the function has no error for.
func (p *Pusher) Refuse(refuse func(notify.Push) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = refuse
}

// Taken gives the pushes of a kind since the last time that it was asked for any, oldest first.
func (p *Pusher) Taken(kind notify.Kind) []notify.Push {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.pushes
	p.pushes = nil
	return slices.DeleteFunc(taken, func(push notify.Push) bool { return push.Message.Kind != kind })
}

// Announcer reads what people would be told, out of the outbox of the world's database.
type Announcer struct {
	tb    testing.TB
	store *store.Store
	now   func() time.Time

	mu      sync.Mutex
	notices []accounts.Notice
	letters []accounts.Letter
}

// read takes what waits.
func (a *Announcer) read() {
	a.tb.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, lane := range []store.Lane{store.Soon, store.Later} {
		for {
			posts, err := a.store.TakePosts(context.WithoutCancel(a.tb.Context()), lane, a.now().Add(time.Hour), 100)
			if err != nil {
				a.tb.Error(err)
			}
			for _, p := range posts {
				switch m := p.Message.(type) {
				case accounts.Notice:
					a.notices = append(a.notices, m)
				case accounts.Letter:
					a.letters = append(a.letters, m)
				}
				if _, err = a.store.PostDone(context.WithoutCancel(a.tb.Context()), p); err != nil {
					a.tb.Error(err)
				}
			}
			if len(posts) == 0 {
				break
			}
		}
	}
}

// Told gives the kinds of what the person was told, oldest first.
func (a *Announcer) Told(personID string) []accounts.NoticeKind {
	var kinds []accounts.NoticeKind
	for _, n := range a.Notices(personID) {
		kinds = append(kinds, n.Kind)
	}
	return kinds
}

// Notices gives what the person was told, oldest first.
func (a *Announcer) Notices(personID string) []accounts.Notice {
	a.tb.Helper()
	a.read()
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.notices), func(n accounts.Notice) bool { return n.PersonID != personID })
}

// Letters gives the letters of a kind to the person, oldest first.
func (a *Announcer) Letters(kind accounts.LetterKind, personID string) []accounts.Letter {
	a.tb.Helper()
	a.read()
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(a.letters), func(l accounts.Letter) bool { return l.Kind != kind || l.PersonID != personID })
}

// LastLetter gives the token of the newest letter of a kind to the person, empty for none.
func (a *Announcer) LastLetter(kind accounts.LetterKind, personID string) secret.Secret {
	all := a.Letters(kind, personID)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1].Token
}
