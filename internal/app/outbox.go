package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/store"
)

const (
	// outboxLife is how long something is told.
	outboxLife = 48 * time.Hour
	// outboxOld is from when it is looked at whether a letter still says something that holds.
	outboxOld = time.Minute
	// outboxPause is the pause behind the first attempt; each next one is twice as long, up to outboxPauseMost.
	outboxPause     = 5 * time.Second
	outboxPauseMost = 15 * time.Minute
	// outboxGrace is how long a mail that is under way is waited for when the server stops.
	outboxGrace = 5 * time.Second
	outboxEvery = time.Second
)

// outboxWorkers are how many mails of each lane are sent at one time. Each lane has its own: a long list of people who are invited
// holds up no link that somebody asked for.
var outboxWorkers = map[store.Lane]int{store.Soon: 4, store.Later: 2}

// tellAll tells what waits in the outbox, whoever wrote it.
func (a *App) tellAll(ctx context.Context) {
	a.Store.TellAll()
	var working sync.WaitGroup
	for lane, workers := range outboxWorkers {
		for i := range workers {
			working.Go(func() { a.tellLane(ctx, lane, i == 0) })
		}
	}
	every(ctx, outboxEvery, func() {
		if err := a.Store.CountPosts(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "the outbox was not counted", slog.String("error", err.Error()))
		}
	})
	working.Wait()
}

// tellLane tells one after the other. The first worker of a lane looks each second, for what another process wrote and what is due
// again; whoever finds something calls the others.
func (a *App) tellLane(ctx context.Context, lane store.Lane, first bool) {
	for ctx.Err() == nil {
		woken := a.Store.PostsWoken()
		posts, err := a.Store.TakePosts(ctx, lane, a.now(), 1)
		if err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "the outbox was not read", slog.String("error", err.Error()))
		}
		if len(posts) > 0 && first {
			a.Store.WakePosts()
		}
		for _, p := range posts {
			a.deliver(ctx, p)
		}
		if len(posts) == 0 && !idle(ctx, woken, first) {
			return
		}
	}
}

// idle waits until there may be something to do, and tells whether to go on.
func idle(ctx context.Context, woken <-chan struct{}, looks bool) bool {
	var look <-chan time.Time
	if looks {
		look = time.After(outboxEvery)
	}
	select {
	case <-ctx.Done():
		return false
	case <-woken:
	case <-look:
	}
	return true
}

// tellOwn tells what this process wrote, where it is a command: a server tells the rest. What is not taken now waits for it.
func (a *App) tellOwn(ctx context.Context) {
	for _, id := range a.Store.OwnPosts() {
		posts, err := a.Store.TakePost(ctx, id, a.now())
		if err != nil {
			a.log.ErrorContext(ctx, "the outbox was not read", slog.String("error", err.Error()))
		}
		for _, p := range posts {
			a.deliver(ctx, p)
		}
	}
}

// deliver tells a post to all who were not told yet, and ends it or puts it off.
func (a *App) deliver(ctx context.Context, p store.Post) {
	attempt, cancel := patiently(ctx)
	defer cancel()
	d := &delivery{announcer: a.announcer, store: a.Store, post: p, told: p.Told, ours: true}
	d.tell(attempt)
	settling := context.WithoutCancel(ctx) // what was tried is written down, also when the server stops
	var err error
	switch next := a.now().Add(pauseAfter(p.Attempts)); {
	case !d.ours:
		return
	case !d.again:
		_, err = a.Store.PostDone(settling, p)
	case next.After(p.At.Add(outboxLife)):
		a.log.ErrorContext(ctx, "a mail was given up: nobody took it for two days", slog.String("post", p.ID), slog.String("kind", kindOf(p.Message)))
		_, err = a.Store.PostDone(settling, p)
	default:
		_, err = a.Store.PostLater(settling, p, next)
	}
	if err != nil {
		a.log.ErrorContext(ctx, "the state of a mail was not stored; it may come twice", slog.String("post", p.ID), slog.String("error", err.Error()))
	}
}

// pauseAfter is how long a post waits after so many attempts.
func pauseAfter(attempts int64) time.Duration {
	return min(outboxPause<<min(max(attempts-1, 0), 10), outboxPauseMost)
}

// patiently gives what is under way a moment more than ctx.
func patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(outboxGrace, cancel) })
	return patient, func() { stop(); cancel() }
}

// kindOf says for the log what it is about.
func kindOf(message any) string {
	switch m := message.(type) {
	case accounts.Notice:
		return string(m.Kind)
	case accounts.Letter:
		return string(m.Kind)
	}
	return "nothing"
}
