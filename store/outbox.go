package store

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/internal/secret"
)

// OutboxRoom is how many posts may wait. Beyond that a change is made, and what it should tell is not kept: a mail server
// that is away must not keep people from removing a stolen phone.
const OutboxRoom = 10_000

// What somebody can do without end fills a part of it, so that it keeps out no warning.
const (
	roomReady    = OutboxRoom / 2
	roomInviting = OutboxRoom * 4 / 5
	roomRoles    = OutboxRoom * 9 / 10
)

// readyPause is how long [Store.Ready] waits between two looks.
const readyPause = time.Second

// Lane is a line in which posts wait.
type Lane string

// The lanes.
const (
	// Soon has what somebody waits for, and warnings.
	Soon Lane = "soon"
	// Later has invitations and reminders, of which there may be many at once.
	Later Lane = "later"
)

// outbox is what a process knows of the posts that wait, without looking at the database.
type outbox struct {
	log  *slog.Logger
	keys *secret.Keys
	// vault has the data key of the installation in memory; nil until a post was written.
	vault   atomic.Pointer[secret.Vault]
	waiting atomic.Int64

	mu sync.Mutex
	// woken closes when there is something to do.
	woken chan struct{}
	// own are the posts that this process wrote; a server, which tells all, does not collect them.
	own    []string
	server bool
}

func newOutbox(c Config) *outbox {
	return &outbox{log: c.Log, keys: c.Keys, woken: make(chan struct{})}
}

// kept is told of the posts of a commit.
func (o *outbox) kept(ids []string) {
	if len(ids) == 0 {
		return
	}
	o.waiting.Add(int64(len(ids)))
	o.mu.Lock()
	if !o.server {
		o.own = append(o.own, ids...)
	}
	o.mu.Unlock()
	o.wake()
}

func (o *outbox) wake() {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.woken)
	o.woken = make(chan struct{})
}

// TellAll says that this process is a server, which tells what others wrote too.
func (s *Store) TellAll() {
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.server, s.box.own = true, nil
}

// OwnPosts gives the ids of what this process wrote, unless it tells all.
func (s *Store) OwnPosts() []string {
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	return slices.Clone(s.box.own)
}

// PostsWoken closes when there may be something to tell. Ask for it before looking.
func (s *Store) PostsWoken() <-chan struct{} {
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	return s.box.woken
}

// WakePosts wakes all who wait for something to tell.
func (s *Store) WakePosts() { s.box.wake() }

// PostsWaiting is how many wait, as this process knows it: counted now and then, and what it wrote since.
func (s *Store) PostsWaiting() int64 { return max(0, s.box.waiting.Load()) }

// CountPosts counts those that wait.
func (s *Store) CountPosts(ctx context.Context) error {
	c, err := s.reading(ctx)
	if err != nil {
		return err
	}
	row, err := one[countRow](c, errRefused, "SELECT COUNT(*) FROM outbox WHERE lane IN (?, ?)", Soon, Later)
	if err == nil {
		s.box.waiting.Store(row.count)
	}
	return err
}

// Ready waits until there is room beside what people wait for.
func (s *Store) Ready(ctx context.Context) error {
	for s.PostsWaiting() >= roomReady {
		select {
		case <-time.After(readyPause):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := s.CountPosts(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Tell keeps what people are told of something that changes no row.
func (s *Store) Tell(ctx context.Context, messages ...any) error {
	return s.about().write(ctx, func(tx *transaction) error { return tx.post(s.now(), messages...) })
}

// post keeps messages, with the change that they tell of: both, or neither.
func (tx *transaction) post(at time.Time, messages ...any) error {
	for _, message := range messages {
		var err error
		switch m := message.(type) {
		case accounts.Notice:
			if err = tx.keepAlertOf(m, at); err == nil {
				row, room := noticePost(m)
				err = tx.keepPost(at, row, room, noticeBody{m, m.Link.Reveal()})
			}
		case accounts.Letter:
			row, room := letterPost(m)
			err = tx.keepPost(at, row, room, letterBody{m, m.Token.Reveal(), m.Code.Reveal()})
		case alerts.Alert:
			if m.At.IsZero() {
				m.At = at
			}
			err = tx.keepAlert(m)
		default:
			err = fmt.Errorf("the outbox does not know a %T", message)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// updateTelling is update with what is told where it held.
func (s *Store) updateTelling(ctx context.Context, tell []any, only func(tx *transaction) (int64, error)) (bool, error) {
	return s.about().attempt(ctx, func(tx *transaction) (bool, error) {
		rows, err := only(tx)
		if err != nil || rows == 0 {
			return false, err
		}
		return true, tx.post(s.now(), tell...)
	})
}
