package app

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/notify/mail"
)

const (
	// mailsWaiting is how many announcements may wait for the mail server.
	mailsWaiting = 1000
	// mailsReady is how many may wait when there is room for mail that nobody waits for.
	mailsReady = mailsWaiting / 2
	// mailsInviting is how many may wait when an invitation is still taken: the rest is kept for
	// warnings and for links that people asked for.
	mailsInviting = mailsWaiting * 4 / 5
	mailAttempts  = 3
	mailPause     = 5 * time.Second
	mailTime      = 30 * time.Second
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
	at := a.now()
	a.take(ctx, func(ctx context.Context) { a.tell(ctx, n, at) })
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

func (a *announcer) tell(ctx context.Context, n accounts.Notice, at time.Time) {
	person, err := a.accounts.People.Person(ctx, n.PersonID)
	if err != nil {
		a.log.ErrorContext(ctx, "an announcement has no reader", slog.String("kind", string(n.Kind)), slog.String("error", err.Error()))
		return
	}
	organisation, err := a.organisation(ctx, n.OrganisationID, person.ID)
	if err != nil {
		a.log.ErrorContext(ctx, "an announcement has no organisation", slog.String("kind", string(n.Kind)), slog.String("error", err.Error()))
		return
	}
	content := mail.Content{
		Site: a.site(), Device: n.Device, Application: n.Application, IP: n.IP, At: at, Day: n.Date,
		Number: mail.MaskNumber(person.Number), Left: person.RecoveryCodes,
	}
	if n.OrganisationID != "" {
		content.Organisation = organisation.Name
	}
	readers := []accounts.Person{person}
	if n.Kind == accounts.MemberReported {
		content.Member = person.Display
		readers = a.administrators(ctx, organisation.ID, person.ID)
	}
	for _, reader := range readers {
		content.Person = reader.Display
		// Whoever has the old address need not be the person any more.
		content.Address = mail.MaskAddress(reader.Email)
		a.mail(ctx, string(n.Kind), cmp.Or(reader.Locale, organisation.Locale), cmp.Or(n.Email, reader.Email), content)
	}
}

// organisation is the one that is named, or else one of the person's, which lends its language.
func (a *announcer) organisation(ctx context.Context, id, personID string) (accounts.Organisation, error) {
	if id != "" {
		return a.accounts.Organisation(ctx, id)
	}
	all, err := a.accounts.Organisations.OrganisationsOf(ctx, personID)
	if err != nil || len(all) == 0 {
		return accounts.Organisation{}, err
	}
	return all[0], nil
}

// write mails a letter. Its reader is looked up here and not where somebody waits for an answer.
func (a *announcer) write(ctx context.Context, l accounts.Letter) {
	failed := func(err error) {
		a.log.ErrorContext(ctx, "a letter was not sent", slog.String("kind", string(l.Kind)), slog.String("error", err.Error()))
	}
	organisation, err := a.organisation(ctx, l.OrganisationID, l.PersonID)
	if err != nil {
		failed(err)
		return
	}
	to := l.Email
	if to == "" {
		person, err := a.accounts.People.Person(ctx, l.PersonID)
		if err != nil {
			failed(err)
			return
		}
		to = person.Email
	}
	kind, path := "", ""
	switch l.Kind {
	case accounts.LetterInvitation:
		kind, path = mail.Invitation, invitationPath
	case accounts.LetterReset:
		kind, path = mail.Reset, "/reset/"
	case accounts.LetterEmail:
		kind, path = mail.EmailChange, "/email/"
	}
	content := mail.Content{Person: l.Display, Inviter: l.Inviter, Site: a.site(), Link: a.origin + path + l.Token.Reveal()}
	if l.OrganisationID != "" {
		content.Organisation = organisation.Name
	}
	a.mail(ctx, kind, cmp.Or(l.Locale, organisation.Locale), to, content)
}

// site is how people name this server.
func (a *announcer) site() string {
	_, host, _ := strings.Cut(a.origin, "://")
	return host
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
	a.announcer.Letter(ctx, accounts.Letter{
		Kind: accounts.LetterInvitation, PersonID: m.Person.ID, Display: m.Person.Display, Locale: m.Person.Locale,
		OrganisationID: m.OrganisationID, Token: token,
	})
}

const invitationPath = "/invitations/"

// InvitationLink is where the person accepts; whoever has it can.
func (a *App) InvitationLink(token secret.Secret) string {
	return a.Config.Origin + invitationPath + token.Reveal()
}
