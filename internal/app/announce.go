package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/notify/mail"
)

const (
	// mailsWaiting is how many announcements may wait for the mail server.
	mailsWaiting = 1000
	// mailsReady is how many may wait when there is room for mail that nobody waits for.
	mailsReady = mailsWaiting / 2
	// mailsInviting is how many may wait when an invitation, or a notice about a provider, is still taken: the rest is kept for
	// warnings and for links that people asked for.
	mailsInviting = mailsWaiting * 4 / 5
	// mailsRoles is how many may wait when a notice about a role is still taken: whoever gives roles without end keeps out no warning of
	// a support case, and nothing else that somebody does without end keeps out one of a role.
	mailsRoles   = mailsWaiting * 9 / 10
	mailAttempts = 3
	mailPause    = 5 * time.Second
	mailTime     = 30 * time.Second
	// nowhere ends the addresses of people who were erased (RFC 2606, section 2).
	nowhere = ".invalid"
)

// errNoMail says that there is no announcer any more.
var errNoMail = errors.New("no more mail is taken: the server stops")

// announcer tells people by mail what happened to their account, and mails them the links that
// they ask for. It never holds up what it tells of.
type announcer struct {
	accounts *accounts.Service
	origin   string
	sender   mail.Sender
	log      *slog.Logger
	now      func() time.Time
	// alerts hears of what somebody should look at; nil for nobody.
	alerts alerter

	queue chan func(context.Context)
	// room tells that a mail was done.
	room chan struct{}
	// closing ends the work when the queue is empty. The queue itself stays open: a call that
	// outlived its server may still announce something.
	closing chan struct{}
	life    context.Context
	stop    context.CancelFunc
	done    sync.WaitGroup
	once    sync.Once
}

func newAnnouncer(accounts *accounts.Service, origin string, sender mail.Sender, log *slog.Logger, now func() time.Time) *announcer {
	a := &announcer{
		accounts: accounts, origin: origin, sender: sender, log: log, now: now,
		queue: make(chan func(context.Context), mailsWaiting), room: make(chan struct{}, 1), closing: make(chan struct{}),
	}
	a.life, a.stop = context.WithCancel(context.Background())
	a.done.Go(a.work)
	return a
}

func (a *announcer) work() {
	for {
		select {
		case work := <-a.queue:
			work(a.life)
			select {
			case a.room <- struct{}{}:
			default: // nobody has looked since the last time
			}
		case <-a.closing:
			if len(a.queue) == 0 {
				return
			}
		}
	}
}

// Announce takes a notice; the mail follows.
func (a *announcer) Announce(ctx context.Context, n accounts.Notice) {
	a.alert(ctx, n)
	if len(a.queue) >= room(n.Kind) {
		a.log.ErrorContext(ctx, "a notice was dropped: too many wait for the mail server", slog.String("kind", string(n.Kind)), slog.String("organisation", n.OrganisationID))
		return
	}
	at := a.now()
	a.take(ctx, func(ctx context.Context) { a.tell(ctx, n, at) })
}

// room is how many may wait when a notice is still taken. What somebody can do without end, as switching a provider on and off,
// keeps no warning of others out.
func room(kind accounts.NoticeKind) int {
	switch kind { //nolint:exhaustive // all others are warnings
	case accounts.TextsProvider, accounts.MemberAlertsChanged:
		return mailsInviting
	case accounts.RoleGiven, accounts.MemberRoleChanged:
		return mailsRoles
	default:
		return mailsWaiting
	}
}

// Letter takes a letter; the mail follows.
func (a *announcer) Letter(ctx context.Context, l accounts.Letter) {
	if l.Kind == accounts.LetterInvitation && len(a.queue) >= mailsInviting {
		a.log.ErrorContext(ctx, "an invitation was dropped: too many wait for the mail server")
		return
	}
	a.take(ctx, func(ctx context.Context) { a.write(ctx, l) })
}

// Ready waits until there is room beside what people wait for. Every mail that is done wakes
// one who waits, and as many are still to be done as mailsReady says: so all are woken.
func (a *announcer) Ready(ctx context.Context) error {
	for len(a.queue) >= mailsReady {
		select {
		case <-a.room:
		case <-a.closing:
			return errNoMail
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

func (a *announcer) take(ctx context.Context, work func(context.Context)) {
	select {
	case a.queue <- work:
	default:
		a.log.ErrorContext(ctx, "an announcement was dropped: too many wait for the mail server")
	}
}

func (a *announcer) close(ctx context.Context) error {
	a.once.Do(func() { close(a.closing) })
	done := make(chan struct{})
	go func() { a.done.Wait(); close(done) }()
	defer a.stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		a.stop()
		<-done
		return ctx.Err()
	}
}

func (a *announcer) mail(ctx context.Context, kind, locale, to string, c mail.Content) {
	if strings.HasSuffix(to, nowhere) {
		return
	}
	message, err := mail.Compose(kind, locale, to, c)
	for attempt := 1; err == nil; attempt++ {
		if err = a.attempt(ctx, message); err == nil || attempt == mailAttempts {
			break
		}
		a.log.WarnContext(ctx, "a mail was not taken; it is tried again", slog.String("kind", kind), slog.String("error", err.Error()))
		select {
		case <-time.After(mailPause):
			err = nil
		case <-ctx.Done():
		}
	}
	if err != nil {
		a.log.ErrorContext(ctx, "a mail was not sent", slog.String("kind", kind), slog.String("error", err.Error()))
	}
}

func (a *announcer) attempt(ctx context.Context, m mail.Message) error {
	ctx, cancel := context.WithTimeout(ctx, mailTime)
	defer cancel()
	return a.sender.Send(ctx, m)
}
