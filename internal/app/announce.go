package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/notify/mail"
)

const (
	// mailsWaiting is how many announcements may wait for the mail server.
	mailsWaiting = 1000
	mailAttempts = 3
	mailPause    = 5 * time.Second
	mailTime     = 30 * time.Second
)

// announcer tells people by mail what happened to their account. It never holds up what it
// tells of.
type announcer struct {
	accounts *accounts.Service
	sender   mail.Sender
	log      *slog.Logger
	now      func() time.Time

	queue chan func(context.Context)
	// closing ends the work when the queue is empty. The queue itself stays open: a call that
	// outlived its server may still announce something.
	closing chan struct{}
	life    context.Context
	stop    context.CancelFunc
	done    sync.WaitGroup
	once    sync.Once
}

func newAnnouncer(accounts *accounts.Service, sender mail.Sender, log *slog.Logger, now func() time.Time) *announcer {
	a := &announcer{accounts: accounts, sender: sender, log: log, now: now, queue: make(chan func(context.Context), mailsWaiting), closing: make(chan struct{})}
	a.life, a.stop = context.WithCancel(context.Background())
	a.done.Go(a.work)
	return a
}

func (a *announcer) work() {
	for {
		select {
		case work := <-a.queue:
			work(a.life)
		case <-a.closing:
			if len(a.queue) == 0 {
				return
			}
		}
	}
}

// Announce takes a notice; the mail follows.
func (a *announcer) Announce(ctx context.Context, n accounts.Notice) {
	at := a.now()
	a.take(ctx, func(ctx context.Context) { a.tell(ctx, n, at) })
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

func (a *announcer) tell(ctx context.Context, n accounts.Notice, at time.Time) {
	person, err := a.accounts.People.Person(ctx, n.PersonID)
	if err != nil {
		a.log.ErrorContext(ctx, "an announcement has no reader", slog.String("kind", string(n.Kind)), slog.String("error", err.Error()))
		return
	}
	organisation, err := a.accounts.Organisation(ctx, n.OrganisationID)
	if err != nil {
		a.log.ErrorContext(ctx, "an announcement has no organisation", slog.String("kind", string(n.Kind)), slog.String("error", err.Error()))
		return
	}
	content := mail.Content{
		Organisation: organisation.Name, Device: n.Device, Application: n.Application, IP: n.IP,
		Time: at.UTC().Format("2006-01-02 15:04 UTC"),
	}
	readers := []accounts.Person{person}
	if n.Kind == accounts.MemberReported {
		content.Member = person.Display
		readers = a.administrators(ctx, organisation.ID, person.ID)
	}
	for _, reader := range readers {
		content.Person = reader.Display
		a.mail(ctx, string(n.Kind), language(reader, organisation), reader.Email, content)
	}
}

// administrators are those who are told of what a member reports.
func (a *announcer) administrators(ctx context.Context, organisationID, except string) []accounts.Person {
	members, err := a.accounts.People.MemberList(ctx, organisationID)
	if err != nil {
		a.log.ErrorContext(ctx, "administrators were not told", slog.String("error", err.Error()))
	}
	var people []accounts.Person
	for _, m := range members {
		if m.Status == accounts.Active && m.Person.ID != except && (m.Role == accounts.RoleAdministrator || m.Role == accounts.RoleOwner) {
			people = append(people, m.Person)
		}
	}
	return people
}

func language(p accounts.Person, o accounts.Organisation) string {
	if p.Locale != "" {
		return p.Locale
	}
	return o.Locale
}

func (a *announcer) mail(ctx context.Context, kind, locale, to string, c mail.Content) {
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

// Invite mails an invitation. The link works once, for its reader alone.
func (a *App) Invite(ctx context.Context, m accounts.Member, token secret.Secret) {
	a.announcer.take(ctx, func(ctx context.Context) {
		organisation, err := a.Accounts.Organisation(ctx, m.OrganisationID)
		if err != nil {
			a.log.ErrorContext(ctx, "an invitation was not sent", slog.String("error", err.Error()))
			return
		}
		a.announcer.mail(ctx, string(accounts.Invitation), language(m.Person, organisation), m.Person.Email, mail.Content{
			Person: m.Person.Display, Organisation: organisation.Name, Link: a.InvitationLink(token),
		})
	})
}

// InvitationLink is where the person accepts; whoever has it can.
func (a *App) InvitationLink(token secret.Secret) string {
	return a.Config.Origin + "/invitations/" + token.Reveal()
}
