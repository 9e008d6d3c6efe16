package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/notify/mail"
	"example.com/aye/store"
)

// moody is a mail server that answers each reader as it is told to.
type moody struct {
	answers map[string]error
	// tried are the readers in the order in which they were tried, taken the mails that were.
	tried []string
	taken []mail.Message
	// before is done before each answer; nil for nothing.
	before func()
}

func (m *moody) Send(_ context.Context, message mail.Message) error {
	m.tried = append(m.tried, message.To)
	if m.before != nil {
		m.before()
	}
	err := m.answers[message.To]
	if err == nil {
		m.taken = append(m.taken, message)
	}
	return err
}

func (m *moody) to() []string {
	var all []string
	for _, message := range m.taken {
		all = append(all, message.To)
	}
	slices.Sort(all)
	return all
}

// outboxApp is an app whose time is turned by hand, with an organisation that three people look after.
func outboxApp(t *testing.T) (a *App, server *moody, pass func(time.Duration), o accounts.Organisation, log *lines) {
	t.Helper()
	a, p, o, _ := quietApp(t)
	server, now := &moody{answers: map[string]error{}}, time.Now().Add(20*time.Second) // behind all that the store writes
	a.now = func() time.Time { return now }
	a.announcer.sender, a.announcer.now = server, a.now
	a.log = a.announcer.log
	for _, email := range []string{"ann@example.com", "ben@example.com", "cor@example.com"} {
		if _, _, err := a.Accounts.AddMember(t.Context(), o.ID, accounts.Person{Email: email, Display: email, Locale: "en"}, accounts.RoleAdministrator); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := a.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return a, server, func(d time.Duration) { now = now.Add(d) }, o, &p.log
}

// attempt tells what is due, as a server does.
func attempt(t *testing.T, a *App) {
	t.Helper()
	for {
		posts, err := a.Store.TakePosts(t.Context(), store.Soon, a.now(), 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range posts {
			a.deliver(t.Context(), p)
		}
		if len(posts) == 0 {
			return
		}
	}
}

func (m *moody) forget() { m.tried, m.taken = nil, nil }

func waiting(t *testing.T, a *App) int64 {
	t.Helper()
	if err := a.Store.CountPosts(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a.Store.PostsWaiting()
}

// TestEachReaderIsToldOnce: who was told is not told again while others are tried again, and a repetition has the name of before.
func TestEachReaderIsToldOnce(t *testing.T) {
	t.Parallel()
	a, server, pass, o, log := outboxApp(t)
	server.answers["ben@example.com"] = fmt.Errorf("%w: mailbox busy", mail.ErrPutOff)
	server.answers["cor@example.com"] = fmt.Errorf("%w: no such user", mail.ErrRefused)
	tells(t, a, accounts.Notice{Kind: accounts.TextsStopped, OrganisationID: o.ID})
	attempt(t, a)
	if !slices.Equal(server.to(), []string{"ann@example.com"}) || len(server.tried) != 3 || waiting(t, a) != 1 {
		t.Fatalf("%q of %q", server.to(), server.tried)
	}
	if strings.Count(log.String(), "refused for good") != 1 {
		t.Error(log.String())
	}
	server.forget()
	attempt(t, a)
	if len(server.tried) > 0 {
		t.Errorf("%q are tried before the pause is over", server.tried)
	}
	pass(outboxPause)
	attempt(t, a)
	if !slices.Equal(server.tried, []string{"ben@example.com"}) {
		t.Errorf("%q are tried again", server.tried)
	}
	delete(server.answers, "ben@example.com")
	pass(2 * outboxPause)
	attempt(t, a)
	if !slices.Equal(server.to(), []string{"ben@example.com"}) || waiting(t, a) != 0 {
		t.Errorf("%q, and %d wait", server.to(), waiting(t, a))
	}
}

// TestAMailServerThatIsAway: the next readers are not tried, because it is no nearer for them; nothing is lost, and after two days it
// is given up.
func TestAMailServerThatIsAway(t *testing.T) {
	t.Parallel()
	a, server, pass, o, log := outboxApp(t)
	for _, email := range []string{"ann@example.com", "ben@example.com", "cor@example.com"} {
		server.answers[email] = errAway
	}
	tells(t, a, accounts.Notice{Kind: accounts.TextsStopped, OrganisationID: o.ID})
	attempts := 0
	for end := a.now().Add(outboxLife + time.Hour); a.now().Before(end); pass(time.Minute) {
		attempt(t, a)
		if len(server.tried) > 1 {
			t.Fatalf("%q are tried at once", server.tried)
		}
		attempts += len(server.tried)
		server.forget()
	}
	if attempts < 150 || attempts > 300 || waiting(t, a) != 0 || strings.Count(log.String(), "a mail was given up") != 1 {
		t.Errorf("%d attempts, %d wait: %.400s", attempts, waiting(t, a), log.String())
	}
}

// TestTheNameOfAMail: it follows from the post and the reader, and says nothing of who that is.
func TestTheNameOfAMail(t *testing.T) {
	t.Parallel()
	a, server, _, o, _ := outboxApp(t)
	for range 2 {
		tells(t, a, accounts.Notice{Kind: accounts.TextsStopped, OrganisationID: o.ID})
	}
	posts, err := a.Store.TakePosts(t.Context(), store.Soon, a.now(), 2)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for range 2 { // as after a crash between the server's answer and the note of it
		for _, p := range posts {
			d := &delivery{announcer: a.announcer, store: a.Store, post: p, ours: true}
			d.tell(t.Context())
		}
	}
	for _, m := range server.taken {
		names[m.ID]++
		if !strings.HasSuffix(m.ID, "@localhost") || strings.Contains(m.ID, posts[0].ID) {
			t.Errorf("the name is %q", m.ID)
		}
	}
	if len(names) != 6 || len(server.taken) != 12 {
		t.Errorf("%d mails have the names %v", len(server.taken), names)
	}
}

// TestAPostThatSomebodyElseHas: whose lease ran out tells nobody more.
func TestAPostThatSomebodyElseHas(t *testing.T) {
	t.Parallel()
	a, server, pass, o, _ := outboxApp(t)
	tells(t, a, accounts.Notice{Kind: accounts.TextsStopped, OrganisationID: o.ID})
	server.before = func() {
		server.before = nil
		pass(store.PostLease)
		if posts, err := a.Store.TakePosts(t.Context(), store.Soon, a.now(), 1); err != nil || len(posts) != 1 {
			t.Errorf("%d posts, %v", len(posts), err)
		}
	}
	attempt(t, a)
	if len(server.tried) != 1 || waiting(t, a) != 1 {
		t.Errorf("%q were told, and %d wait", server.tried, waiting(t, a))
	}
}

// TestLettersThatAreOver: a letter that waited while its link was made anew, or its code ran out, is not mailed any more.
func TestLettersThatAreOver(t *testing.T) {
	t.Parallel()
	a, server, pass, o, log := outboxApp(t)
	ada, err := a.Accounts.People.Member(t.Context(), o.ID, accounts.UserReference{Email: "ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	server.answers["ada@example.com"] = errAway
	if err = a.Accounts.AskReset(t.Context(), "ada@example.com"); err != nil {
		t.Fatal(err)
	}
	tells(t, a, accounts.Letter{Kind: accounts.LetterCheck, PersonID: ada.Person.ID, OrganisationID: o.ID, Token: "canary", Code: "123456", Life: 10 * time.Minute})
	tells(t, a, accounts.Letter{Kind: accounts.LetterReset, PersonID: ada.Person.ID, Token: "canary"}) // no such link any more
	attempt(t, a)
	if len(server.tried) != 3 { // what is new is believed
		t.Errorf("%d were tried", len(server.tried))
	}
	server.answers["ada@example.com"] = nil
	pass(11 * time.Minute)
	attempt(t, a)
	if len(server.taken) != 1 || !strings.Contains(server.taken[0].Text, "/reset/") || waiting(t, a) != 0 {
		t.Errorf("%d were taken, %d wait", len(server.taken), waiting(t, a))
	}
	if strings.Contains(log.String(), "canary") || strings.Count(log.String(), "not sent any more") != 2 {
		t.Error(log.String())
	}
}

// TestACommandTellsItsOwn: what others wrote is theirs, or a server's, to tell.
func TestACommandTellsItsOwn(t *testing.T) {
	t.Parallel()
	a, server, _, _, _ := outboxApp(t)
	ada, err := a.Store.PasswordOf(t.Context(), "ada@example.com", "")
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(t.Context(), a.Config, a.log, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	theirs := &moody{}
	other.announcer.sender = theirs
	tells(t, a, accounts.Notice{Kind: accounts.PasswordChanged, PersonID: ada.Person.ID})
	if err = other.Close(t.Context()); err != nil || len(theirs.tried) > 0 {
		t.Errorf("%v, %q", err, theirs.tried)
	}
	a.tellOwn(t.Context())
	if len(server.taken) != 1 {
		t.Errorf("%d were told", len(server.taken))
	}
}

// TestAServerTellsAll: also what another process wrote, within seconds, while invitations hang.
func TestAServerTellsAll(t *testing.T) {
	t.Parallel()
	a, p, o, ada := quietApp(t)
	hold := make(chan struct{})
	a.announcer.sender = hanging{p, hold}
	other, err := Open(t.Context(), a.Config, a.log, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { a.tellAll(ctx); close(done) }()
	for range 5 {
		tells(t, a, accounts.Letter{Kind: accounts.LetterInvitation, PersonID: ada.ID, OrganisationID: o.ID, Token: "token"})
	}
	entry := audit.Entry{At: time.Now(), Tell: []any{accounts.Notice{Kind: accounts.PasswordChanged, PersonID: ada.ID}}}
	if err = other.Store.Write(t.Context(), entry); err != nil { // it ends without telling
		t.Fatal(err)
	}
	if err = other.Store.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case m := <-p.taken:
		if !strings.Contains(m.Text, "wachtwoord") {
			t.Error(m.Subject)
		}
	case <-time.After(20 * time.Second):
		t.Error("invitations that hang hold up a warning")
	}
	close(hold)
	for range 5 {
		select {
		case <-p.taken:
		case <-time.After(20 * time.Second):
			t.Error("an invitation is lost")
		}
	}
	stop()
	<-done
	if err = a.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// hanging answers invitations only when it is let go.
type hanging struct {
	*tray

	hold chan struct{}
}

func (h hanging) Send(ctx context.Context, m mail.Message) error {
	if strings.Contains(m.Subject, "nodigt") {
		select {
		case <-h.hold:
		case <-ctx.Done():
			return errors.Join(errAway, ctx.Err())
		}
	}
	return h.tray.Send(ctx, m)
}
