package emulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	// mailsKept is how many mails the mailbox remembers.
	mailsKept = 200
	// mailLimit is the longest mail that it takes, in bytes.
	mailLimit = 1 << 20
	// mailTime bounds each word of a mail server's conversation.
	mailTime = 10 * time.Second
)

// Mail is one that was taken.
type Mail struct {
	Number   int       `json:"number"` // 1, 2, 3… in all
	Received time.Time `json:"received"`
	From     string    `json:"from"`
	To       []string  `json:"to"` // in lower case
	Subject  string    `json:"subject"`
	Text     string    `json:"text"`
	HTML     string    `json:"html,omitempty"`
}

var linkPattern = regexp.MustCompile(`https?://[^\s<>"]+`)

// Link is the first link in the mail's text; empty for none.
func (m Mail) Link() string { return linkPattern.FindString(m.Text) }

// Mailbox plays a mail server, speaks SMTP without TLS, and sends nothing on: whatever it
// takes can be read on its page, whomever it is for.
type Mailbox struct {
	smtp    *smtp.Server
	front   net.Listener
	page    *http.Server
	address *net.TCPAddr
	url     string
	now     func() time.Time
	ended   context.Context
	end     context.CancelFunc
	served  sync.WaitGroup

	mu      sync.Mutex
	mails   []Mail // the last ones, the oldest first
	count   int    // all that ever came
	read    map[string]int
	changed chan struct{}
}

// StartMailbox listens for mail on address, such as "127.0.0.1:0", until ctx ends or
// [Mailbox.Close]. Its page is where [WithControl] says.
func StartMailbox(ctx context.Context, address string, options ...Option) (*Mailbox, error) {
	set := settings{now: time.Now, control: "127.0.0.1:0"}
	for _, option := range options {
		option(&set)
	}
	var listen net.ListenConfig
	front, err := listen.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("emulate: %w", err)
	}
	at, ok := front.Addr().(*net.TCPAddr)
	if !ok {
		return nil, errors.Join(fmt.Errorf("emulate: %s is no TCP address", front.Addr()), front.Close())
	}
	back, err := listen.Listen(ctx, "tcp", set.control)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("emulate: %w", err), front.Close())
	}
	_, port, err := net.SplitHostPort(back.Addr().String())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("emulate: %w", err), front.Close(), back.Close())
	}
	m := &Mailbox{front: front, address: at, url: "http://localhost:" + port, now: set.now, read: make(map[string]int), changed: make(chan struct{})}
	m.ended, m.end = context.WithCancel(context.WithoutCancel(ctx))
	m.page = &http.Server{Handler: m.pages(), ReadHeaderTimeout: 5 * time.Second}
	m.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &envelope{mailbox: m}, nil }))
	m.smtp.Domain, m.smtp.MaxMessageBytes, m.smtp.EnableSMTPUTF8 = "localhost", mailLimit, true
	m.smtp.ReadTimeout, m.smtp.WriteTimeout, m.smtp.ErrorLog = mailTime, mailTime, unheard{}
	m.served.Go(func() { _ = m.smtp.Serve(front) }) // both end with Close
	m.served.Go(func() { _ = m.page.Serve(back) })
	context.AfterFunc(ctx, m.Close)
	return m, nil
}

// Close ends the stand-in and every connection.
func (m *Mailbox) Close() {
	m.end()
	_ = m.smtp.Close()
	_ = m.front.Close() // a server that has not begun to serve does not know it
	_ = m.page.Close()
	m.served.Wait()
}

// Host is where mail servers listen: the address alone.
func (m *Mailbox) Host() string { return m.address.IP.String() }

// Port is the port at [Mailbox.Host].
func (m *Mailbox) Port() int { return m.address.Port }

// URL is the page on which the mails are read: scheme, host and port.
func (m *Mailbox) URL() string { return m.url }

// take keeps a mail, and wakes who waits for it.
func (m *Mailbox) take(mail Mail) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count++
	mail.Number, mail.Received = m.count, m.now().UTC()
	if m.mails = append(m.mails, mail); len(m.mails) > mailsKept {
		m.mails = slices.Delete(m.mails, 0, 1)
	}
	close(m.changed)
	m.changed = make(chan struct{})
}

// after gives what came after the given number, and a channel that closes when more comes.
func (m *Mailbox) after(number int) ([]Mail, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := slices.IndexFunc(m.mails, func(mail Mail) bool { return mail.Number > number })
	if first < 0 {
		return nil, m.changed
	}
	return slices.Clone(m.mails[first:]), m.changed
}

// Mails gives all that are kept, the oldest first.
func (m *Mailbox) Mails() []Mail {
	all, _ := m.after(0)
	return all
}

// Next waits for the first mail to the address that Next has not given yet.
func (m *Mailbox) Next(ctx context.Context, to string) (Mail, error) {
	to = strings.ToLower(to)
	for {
		mail, found, changed := m.unread(to)
		if found {
			return mail, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Mail{}, fmt.Errorf("emulate: no mail to %s: %w", to, context.Cause(ctx))
		case <-m.ended.Done():
			return Mail{}, fmt.Errorf("emulate: no mail to %s: the mailbox was closed", to)
		}
	}
}

func (m *Mailbox) unread(to string) (Mail, bool, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, mail := range m.mails {
		if mail.Number > m.read[to] && slices.Contains(mail.To, to) {
			m.read[to] = mail.Number
			return mail, true, nil
		}
	}
	return Mail{}, false, m.changed
}

// envelope is one conversation with somebody who brings mail.
type envelope struct {
	mailbox *Mailbox
	from    string
	to      []string
}

// Mail implements [smtp.Session].
func (e *envelope) Mail(from string, _ *smtp.MailOptions) error {
	e.from = from
	return nil
}

// Rcpt implements [smtp.Session].
func (e *envelope) Rcpt(to string, _ *smtp.RcptOptions) error {
	e.to = append(e.to, strings.ToLower(to))
	return nil
}

// Data implements [smtp.Session].
func (e *envelope) Data(r io.Reader) error {
	mail, err := readMail(r)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "that is no mail: " + err.Error()}
	}
	mail.To = slices.Clone(e.to)
	if mail.From == "" {
		mail.From = e.from
	}
	e.mailbox.take(mail)
	return nil
}

// Reset implements [smtp.Session].
func (e *envelope) Reset() { e.from, e.to = "", nil }

// Logout implements [smtp.Session].
func (e *envelope) Logout() error { return nil }

// unheard is a log that nobody reads: clients that leave are no news.
type unheard struct{}

// Printf implements [smtp.Logger].
func (unheard) Printf(string, ...any) {}

// Println implements [smtp.Logger].
func (unheard) Println(...any) {}
