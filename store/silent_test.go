package store_test

import (
	"context"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/store"
	"example.com/aye/store/storetest"
)

// forgetful is a router between Aye and PostgreSQL, which can forget the connections that it has: they stand, and nothing gets
// through any more.
type forgetful struct {
	net.Listener
	upstream string

	mu        sync.Mutex
	forgotten chan struct{}
}

func newForgetful(t *testing.T, upstream string) *forgetful {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	f := &forgetful{Listener: l, upstream: upstream, forgotten: make(chan struct{})}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", upstream)
			if err != nil {
				_ = near.Close()
				continue
			}
			f.mu.Lock()
			forgotten := f.forgotten
			f.mu.Unlock()
			go carry(near, far, forgotten)
			go carry(far, near, forgotten)
		}
	}()
	return f
}

// carry brings everything from one side to the other until it is forgotten; then it loses all, an end too.
func carry(from, to net.Conn, forgotten <-chan struct{}) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		select {
		case <-forgotten:
			if err != nil {
				return
			}
			continue
		default:
		}
		if _, failure := to.Write(buffer[:n]); err != nil || failure != nil {
			_, _ = from.Close(), to.Close()
			return
		}
	}
}

func (f *forgetful) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.forgotten)
	f.forgotten = make(chan struct{})
}

// TestSilentConnections: where connections to PostgreSQL died without a word, the next who reads or changes something waits for
// seconds, and not until its time is over. What died in the middle of a change holds nobody up.
func TestSilentConnections(t *testing.T) {
	t.Parallel()
	address, err := url.Parse(newURL(t))
	must(t, err)
	f := newForgetful(t, address.Host)
	address.Host = f.Addr().String()
	s := openURL(t, address.String(), time.Now)
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	write := func() error { return s.Write(ctx, audit.Entry{Organisation: "org_one", Actor: "system"}) }
	var all sync.WaitGroup
	for range 2 * few { // all connections are there
		all.Go(func() {
			if err := write(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	f.forget()
	began := time.Now()
	for range 2 {
		all.Go(func() {
			if err := write(); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if _, _, err := s.AuditHead(ctx, "org_one"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took > 25*time.Second { // the first two of them notice it
		t.Errorf("it took %s", took)
	}
}

// TestSilentChange: a change that lost its server in the middle holds its locks for seconds, and not until the server's own
// limits end it: its session is ended by another connection. It was not committed, and is made once more.
func TestSilentChange(t *testing.T) {
	t.Parallel()
	direct := newURL(t)
	address, err := url.Parse(direct)
	must(t, err)
	f := newForgetful(t, address.Host)
	address.Host = f.Addr().String()
	var s *store.Store
	h := storetest.NewHouse(t, func(t *testing.T, now func() time.Time) storetest.Backend {
		s = openURL(t, address.String(), now)
		return s
	})
	beside := openURL(t, direct, time.Now)
	m := h.AddPerson(t, "ada@example.com")
	ask := func(s *store.Store, browser string, meanwhile func()) error {
		r := h.Request(m, browser)
		_, err := s.Ask(t.Context(), approval.Creation{OrganisationID: r.OrganisationID, ApplicationID: r.ApplicationID, PersonID: r.PersonID, Browser: browser}, func(now approval.Situation) (approval.Admission, error) {
			meanwhile()
			return approval.Admission{Request: r, Budget: now.Budget}, nil
		})
		return err
	}
	held, over := make(chan struct{}), make(chan error)
	var once sync.Once
	go func() { over <- ask(s, "a", func() { once.Do(func() { f.forget(); close(held) }) }) }()
	<-held
	if err := ask(beside, "b", func() {}); err != nil {
		t.Errorf("who wanted the same locks: %v", err)
	}
	if err := <-over; err != nil {
		t.Errorf("who lost the server: %v", err)
	}
	if asked, err := beside.PendingOf(t.Context(), m.Person.ID, ""); err != nil || len(asked) != 2 {
		t.Errorf("what stands: %d requests, %v", len(asked), err)
	}
}
