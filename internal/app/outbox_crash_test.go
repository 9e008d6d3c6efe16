package app_test

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/internal/app"
	"example.com/aye/store"
)

// mood is how a mail server answers.
type mood int

const (
	takes mood = iota
	// away closes each connection at once.
	away
	// mute takes a mail and never says so.
	mute
	// refuses has no such reader.
	refuses
)

// postOffice is a mail server that can be out of sorts.
type postOffice struct {
	port int

	mu   sync.Mutex
	mood mood
	// came counts the mails by their Message-ID, refused the readers that it did not have.
	came    map[string]int
	refused int
}

func openPostOffice(t *testing.T) *postOffice {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	address, _ := listener.Addr().(*net.TCPAddr)
	o := &postOffice{port: address.Port, came: map[string]int{}}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go o.serve(c)
		}
	}()
	return o
}

func (o *postOffice) be(m mood) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mood = m
}

func (o *postOffice) is() mood {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mood
}

// serve speaks as much of RFC 5321 as it takes.
func (o *postOffice) serve(c net.Conn) {
	defer c.Close()
	if o.is() == away {
		return
	}
	lines := bufio.NewScanner(c)
	say := func(text string) { _, _ = fmt.Fprintf(c, "%s\r\n", text) }
	say("220 here")
	for lines.Scan() {
		switch verb, _, _ := strings.Cut(strings.ToUpper(lines.Text()), " "); {
		case verb == "RCPT" && o.is() == refuses:
			o.mu.Lock()
			o.refused++
			o.mu.Unlock()
			say("550 5.1.1 no such user")
		case verb == "DATA":
			say("354 go on")
			if !o.take(lines) {
				return
			}
			if o.is() == mute {
				lines.Scan() // until the other side goes
				return
			}
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}

// take reads a mail to its end.
func (o *postOffice) take(lines *bufio.Scanner) bool {
	name := ""
	for lines.Scan() && lines.Text() != "." {
		if id, found := strings.CutPrefix(lines.Text(), "Message-ID: "); found {
			name = id
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.came[name]++
	return lines.Err() == nil
}

// mails gives how often each came.
func (o *postOffice) mails() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return maps.Clone(o.came)
}

func (o *postOffice) total() (n int) {
	for _, times := range o.mails() {
		n += times
	}
	return n
}

// forgets asks at the portal for a link to a new password.
func (w *town) forgets() {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.config.Origin+"/forgot", strings.NewReader(url.Values{"email": {"ada@example.com"}}.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", w.config.Origin)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	client := &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("the page answers %d", response.StatusCode)
	}
}

// waiting is how many mails wait in the database.
func (w *town) waiting() (n int64) {
	w.with(time.Now, func(_ context.Context, a *app.App) error {
		n = a.Store.PostsWaiting()
		return nil
	})
	return n
}

// TestNoMailIsLost: a mail that was promised comes although the server is killed before the mail server takes it; where it is
// killed between the mail server's taking and the note of it, it comes again under the same name; and what the mail server
// refuses for good is not tried again.
func TestNoMailIsLost(t *testing.T) {
	t.Parallel()
	w, office := newTown(t), openPostOffice(t)
	settings, err := os.ReadFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	settings = fmt.Appendf(settings, "mail: {host: 127.0.0.1, port: %d, plain: true, from: 'Aye <aye@example.com>'}\n", office.port)
	if err = os.WriteFile(w.file, settings, 0o600); err != nil {
		t.Fatal(err)
	}
	if w.config, err = app.LoadConfig(w.file, nil, nil); err != nil {
		t.Fatal(err)
	}
	kill := func(p *os.Process) {
		t.Helper()
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		_, _ = p.Wait()
	}
	office.be(away)
	server := w.serve()
	w.forgets()
	kill(server)
	if n := w.waiting(); n != 1 {
		t.Fatalf("%d mails wait", n)
	}
	office.be(takes)
	server = w.serve()
	// Where the first server was killed with the mail in hand, another one takes it when the lease is over.
	taken := func() bool { return office.total() == 1 }
	if !w.soon(taken) {
		kill(server)
		w.later(taken)
		server = w.serve()
	}
	w.until("the mail is told", func() bool { return w.waiting() == 0 })

	office.be(mute)
	w.forgets()
	w.until("another mail came", func() bool { return office.total() == 2 })
	kill(server)
	office.be(takes)
	w.later(func() bool { return office.total() == 3 })
	w.until("the mail is told", func() bool { return w.waiting() == 0 })
	twice := 0
	for id, n := range office.mails() {
		if n == 2 && id != "" {
			twice++
		}
	}
	if mails := office.mails(); len(mails) != 2 || twice != 1 {
		t.Errorf("the mails came so often: %v", mails)
	}

	office.be(refuses)
	_ = w.serve()
	w.forgets()
	w.until("the mail is given up", func() bool { return w.waiting() == 0 })
	if office.refused != 1 || office.total() != 3 {
		t.Errorf("%d were refused, %d came", office.refused, office.total())
	}
}

// soon looks for a few seconds whether it is so.
func (w *town) soon(done func() bool) bool {
	w.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-tick.C {
		if done() {
			return true
		}
	}
	return false
}

// later runs a server whose clock is ahead by more than the lease, until it is done.
func (w *town) later(done func() bool) {
	w.t.Helper()
	w.with(func() time.Time { return time.Now().Add(store.PostLease + time.Minute) }, func(ctx context.Context, a *app.App) error {
		server, err := a.Start(ctx)
		if err != nil {
			return err
		}
		w.until("the mail came", done)
		return server.Stop(ctx)
	})
}
