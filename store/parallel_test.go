package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/pgtest"
	"example.com/aye/internal/secret"
)

func openNode(tb testing.TB, address string, connections int) *Store {
	tb.Helper()
	s, err := openAt(tb.Context(), address, connections)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func openAt(ctx context.Context, address string, connections int) (*Store, error) {
	keys, err := secret.NewKeys(make([]byte, 32))
	if err != nil {
		return nil, err
	}
	return Open(ctx, Config{URL: secret.Secret(address), Connections: connections, Keys: keys, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
}

// newAddress is an empty database.
func newAddress(tb testing.TB) string {
	tb.Helper()
	return pgtest.New(tb, func(ctx context.Context, address string) error {
		s, err := openAt(ctx, address, 0)
		if err != nil {
			return err
		}
		return s.Close()
	})
}

// openNotes opens two nodes on a database with a table of notes.
func openNotes(tb testing.TB) (one, two *Store, address string) {
	tb.Helper()
	address = newAddress(tb)
	one, two = openNode(tb, address, 9), openNode(tb, address, 9)
	if err := one.writer.Exec("CREATE TABLE notes (name TEXT PRIMARY KEY, times BIGINT NOT NULL DEFAULT 0)").Error; err != nil {
		tb.Fatal(err)
	}
	return one, two, address
}

// jot is a change that writes one row.
func jot(name string) func(*transaction) error {
	return func(tx *transaction) error { return tx.Exec("INSERT INTO notes (name) VALUES (?)", name).Error }
}

// TestNothingIsKeptOfAChangeThatFails: whatever becomes of a change, nothing of it stays, and its connection serves the next.
func TestNothingIsKeptOfAChangeThatFails(t *testing.T) {
	t.Parallel()
	s, _, _ := openNotes(t)
	ctx, errOwn := t.Context(), errors.New("its own")
	gone, leave := context.WithCancel(ctx)
	leave()
	changes := []struct {
		name string
		make func() error
		want error
	}{
		{"first", func() error { return s.write(ctx, jot("first")) }, nil},
		{"refused", func() error {
			held, err := s.attempt(ctx, func(tx *transaction) (bool, error) { return false, jot("refused")(tx) })
			if held {
				t.Error("a refused change says that it held")
			}
			return err
		}, nil},
		{"failing", func() error {
			return s.write(ctx, func(tx *transaction) error { return errors.Join(jot("failing")(tx), errOwn) })
		}, errOwn},
		{"duplicate", func() error {
			return s.write(ctx, func(tx *transaction) error { return errors.Join(jot("duplicate")(tx), jot("first")(tx)) })
		}, gorm.ErrDuplicatedKey},
		{"panicking", func() (err error) {
			defer func() { err, _ = recover().(error) }()
			return s.write(ctx, func(tx *transaction) error { panic(errors.Join(jot("panicking")(tx), errOwn)) })
		}, errOwn},
		{"gone", func() error { return s.write(gone, jot("gone")) }, context.Canceled},
		{"last", func() error { return s.about("last").write(ctx, jot("last")) }, nil},
	}
	for range 10 { // more than there are connections
		for _, c := range changes {
			if err := c.make(); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if got := notes(t, s); !slices.Equal(got, []string{"first", "last"}) {
			t.Fatalf("what stands is %v", got)
		}
		if err := s.writer.Exec("DELETE FROM notes").Error; err != nil {
			t.Fatal(err)
		}
	}
}

// TestAFailureThatAChangeHides: PostgreSQL answers the commit of a transaction in which something failed by rolling back, and
// calls that no error.
func TestAFailureThatAChangeHides(t *testing.T) {
	t.Parallel()
	s, _, _ := openNotes(t)
	err := s.write(t.Context(), func(tx *transaction) error {
		_ = errors.Join(jot("kept")(tx), jot("kept")(tx))
		return nil
	})
	if err == nil || errors.Is(err, ErrUnavailable) {
		t.Errorf("a change that was undone ended with %v", err)
	}
	if got := notes(t, s); len(got) > 0 {
		t.Errorf("%v stands", got)
	}
}

// TestContestedChangesAreMadeAnew: two changes that would wait for each other for ever are both made, one of them at its
// second try, and what such a try wrote outside of the database is that of the last one.
func TestContestedChangesAreMadeAnew(t *testing.T) {
	t.Parallel()
	one, two, _ := openNotes(t)
	for _, name := range []string{"a", "b"} {
		if err := one.write(t.Context(), jot(name)); err != nil {
			t.Fatal(err)
		}
	}
	var tries atomic.Int64
	both := make(chan struct{})
	var first, second sync.Once
	var arrived sync.WaitGroup
	arrived.Add(2)
	go func() { arrived.Wait(); close(both) }()
	count := func(s *Store, once *sync.Once, names ...string) error {
		return s.about(names[0]).write(t.Context(), func(tx *transaction) error {
			tries.Add(1)
			for _, name := range names {
				if _, err := tx.exec("UPDATE notes SET times = times + 1 WHERE name = ?", name); err != nil {
					return err
				}
				once.Do(arrived.Done)
				<-both
			}
			return nil
		})
	}
	errs := make(chan error, 2)
	go func() { errs <- count(one, &first, "a", "b") }()
	go func() { errs <- count(two, &second, "b", "a") }()
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	var times []int64
	if err := one.reader.Raw("SELECT times FROM notes ORDER BY name").Scan(&times).Error; err != nil || !slices.Equal(times, []int64{2, 2}) {
		t.Errorf("the notes were counted %v times, %v", times, err)
	}
	if tries.Load() != 3 {
		t.Errorf("%d tries", tries.Load())
	}
}

// TestWhoIsAloneIsAlone: a change that says nothing has nobody beside it, on any node; those about different things have each
// other, and those about the same have not.
func TestWhoIsAloneIsAlone(t *testing.T) {
	t.Parallel()
	one, two, _ := openNotes(t)
	ways := map[string][2]way{
		"alone, alone":             {one.alone(), two.alone()},
		"alone, about":             {one.alone(), two.about("x")},
		"about, alone":             {one.about("x"), two.alone()},
		"alone, about nothing":     {one.alone(), two.about()},
		"the same":                 {one.about("x"), two.about("x")},
		"the same among others":    {one.about("w", "x"), two.about("x", "y")},
		"different":                {one.about("x"), two.about("y")},
		"about nothing":            {one.about(), two.about()},
		"about nothing, about":     {one.about(), two.about("x")},
		"of one node, alone":       {one.alone(), one.alone()},
		"of one node, different":   {one.about("x"), one.about("y")},
		"of one node, about, same": {one.about("x"), one.about("x")},
		"alone, with others":       {one.alone(), two.about("x").together()},
		"with others, alone":       {one.about("x").together(), two.alone()},
		"with others, the same":    {one.about("x").together(), two.about("x").together()},
		"with others, and not":     {one.about("x").together(), two.about("x", "y")},
		"and not, with others":     {one.about("w", "x"), two.about("x").together()},
		"with others, different":   {one.about("x").together(), two.about("y").together()},
	}
	// It is inside when its first look is answered: the locks of who is made with others go with that.
	looks := func(then func()) func(*transaction) error {
		return func(tx *transaction) error {
			_, err := all[countRowOf](tx.conn, "SELECT times FROM notes")
			then()
			return err
		}
	}
	beside := []string{"different", "about nothing", "about nothing, about", "of one node, different", "with others, different"}
	for name, pair := range ways {
		begun, end, other := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		done := make(chan error, 1)
		go func() {
			done <- pair[0].write(t.Context(), looks(func() { close(begun); <-end }))
		}()
		<-begun
		inside := make(chan struct{})
		go func() {
			other <- pair[1].write(t.Context(), looks(func() { close(inside) }))
		}()
		if slices.Contains(beside, name) {
			<-inside
		} else {
			waits(t, one, inside)
			select {
			case <-inside:
				t.Errorf("%s: both at one time", name)
			default:
			}
		}
		close(end)
		if err := errors.Join(<-done, <-other); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// waits returns when somebody waits for a lock of the database, or when that does not happen.
func waits(t *testing.T, s *Store, instead <-chan struct{}) {
	t.Helper()
	for {
		var waiting int
		err := s.reader.Raw("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(&waiting).Error
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-instead:
			return
		default:
		}
		if waiting > 0 {
			return
		}
	}
}

// TestACallerThatGoesPostgres: one that waits for its turn leaves nothing, and one whose change has begun hears when that is
// made.
func TestACallerThatGoesPostgres(t *testing.T) {
	t.Parallel()
	one, two, _ := openNotes(t)
	begun, end, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		done <- one.write(ctx, func(tx *transaction) error { close(begun); <-end; return jot("begun")(tx) })
	}()
	<-begun
	cancel()
	waiting, leave := context.WithCancel(t.Context())
	answer := make(chan error, 1)
	never := make(chan struct{})
	go func() { answer <- two.write(waiting, jot("waiting")) }()
	waits(t, one, never)
	leave()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("who waited and went heard %v", err)
	}
	if len(done) > 0 {
		t.Error("who had begun heard before the end")
	}
	close(end)
	if err := <-done; err != nil {
		t.Errorf("what had begun ended with %v", err)
	}
	if err := two.write(t.Context(), jot("after")); err != nil {
		t.Error(err)
	}
	if got := notes(t, one); !slices.Equal(got, []string{"after", "begun"}) {
		t.Errorf("what stands is %v", got)
	}
}

// TestALockIsNotWaitedForForever: who cannot have its turn hears that the database is not available.
func TestALockIsNotWaitedForForever(t *testing.T) {
	t.Parallel()
	one, two, _ := openNotes(t)
	begun, end, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- one.write(t.Context(), func(*transaction) error { close(begun); <-end; return nil })
	}()
	<-begun
	err := two.about("x").write(t.Context(), jot("late"))
	close(end)
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("it ended with %v", err)
	}
	if err = <-done; err != nil {
		t.Error(err)
	}
}

// TestChangesThatReadBeside: a change may read by another connection than its own. As many at one time as there are
// connections do not wait for each other for ever.
func TestChangesThatReadBeside(t *testing.T) {
	t.Parallel()
	s := openNode(t, newAddress(t), 6)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			err := s.about(fmt.Sprint(i)).write(t.Context(), func(*transaction) error {
				_, err := s.AuditChains(t.Context())
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// TestLostConnections: when the server ended all connections, as it does when it is restarted, callers do not notice.
func TestLostConnections(t *testing.T) {
	t.Parallel()
	one, two, _ := openNotes(t)
	for round := range 5 {
		// So that there are several.
		var all sync.WaitGroup
		together := make(chan struct{})
		for range 4 {
			all.Go(func() {
				if err := one.about().write(t.Context(), func(*transaction) error { <-together; return nil }); err != nil {
					t.Error(err)
				}
			})
		}
		close(together)
		all.Wait()
		err := two.writer.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").Error
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprint(round)
		if round%2 == 0 {
			_, err = one.SigningKeys(t.Context())
			err = errors.Join(err, one.about().write(t.Context(), jot(name)))
		} else {
			err = one.write(t.Context(), jot(name))
		}
		if err != nil {
			t.Errorf("round %d: %v", round, err)
		}
	}
	if got := notes(t, one); len(got) != 5 {
		t.Errorf("what stands is %v", got)
	}
}

// TestALostCommit: a commit that was not answered may have been made. It is not made again, and its caller hears that the
// database is not available.
func TestALostCommit(t *testing.T) {
	t.Parallel()
	for name, ways := range map[string]func(s *Store) way{
		"alone": (*Store).alone, "beside others": func(s *Store) way { return s.about("a note") },
		"with others": func(s *Store) way { return s.about("a note").together() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loseCommit(t, ways)
		})
	}
}

func loseCommit(t *testing.T, way func(s *Store) way) {
	t.Helper()
	one, _, address := openNotes(t)
	through := newCutter(t, address)
	s := openNode(t, through.address, 8)
	noted := func(tx *transaction) error {
		if err := jot("once")(tx); err != nil {
			return err
		}
		return record(tx, audit.Entry{Organisation: "org_1", Action: "note.made"})
	}
	through.arm()
	if err := way(s).write(t.Context(), noted); !errors.Is(err, ErrUnavailable) {
		t.Errorf("it ended with %v", err)
	}
	through.made(t) // the server has heard it, and will have made it
	for len(notes(t, one)) == 0 {
		if t.Context().Err() != nil {
			t.Fatal("the commit did not arrive")
		}
	}
	rows, err := one.AuditRows(t.Context(), "org_1", 0, 10)
	if err != nil || len(rows) != 1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if err = s.write(t.Context(), jot("after")); err != nil {
		t.Errorf("the change after it: %v", err)
	}
}

// cutter stands between a store and PostgreSQL. Once armed, it cuts the connection behind the first commit, before its answer.
type cutter struct {
	address string
	armed   atomic.Bool
	cut     chan struct{}
	// prepared is what the connections call the commit.
	prepared atomic.Pointer[[]byte]
}

func newCutter(t *testing.T, address string) *cutter {
	t.Helper()
	to, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	c := &cutter{cut: make(chan struct{})}
	server := to.Host
	to.Host = listener.Addr().String()
	c.address = to.String()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go c.serve(client, server)
		}
	}()
	return c
}

func (c *cutter) arm() { c.armed.Store(true) }

// commits tells whether a message commits: by itself, or as a statement that was prepared before.
func (c *cutter) commits(message []byte) bool {
	if head, _, prepares := bytes.Cut(message, []byte("\x00COMMIT\x00")); prepares {
		name := bytes.Clone(head[bytes.LastIndex(head, []byte("stmtcache_")):])
		c.prepared.Store(&name)
		return false
	}
	name := c.prepared.Load()
	return bytes.Contains(message, []byte("COMMIT\x00")) || name != nil && bytes.Contains(message, *name)
}

func (c *cutter) made(t *testing.T) {
	t.Helper()
	select {
	case <-c.cut:
	case <-time.After(time.Minute):
		t.Fatal("no commit came by")
	}
}

func (c *cutter) serve(client net.Conn, address string) {
	server, err := net.Dial("tcp", address)
	if err != nil {
		_ = client.Close()
		return
	}
	var silent atomic.Bool
	go func() {
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			if n > 0 && !silent.Load() {
				_, _ = client.Write(buffer[:n])
			}
			if err != nil || silent.Load() {
				_ = client.Close()
				return
			}
		}
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if n > 0 {
			last := c.commits(buffer[:n]) && c.armed.Swap(false)
			if last {
				silent.Store(true)
			}
			_, _ = server.Write(buffer[:n])
			if last {
				close(c.cut)
				continue // the server answers, and nobody hears it
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) && strings.Contains(err.Error(), "closed") {
				_ = server.Close()
			}
			_ = server.Close()
			return
		}
	}
}

// BenchmarkCommitPostgres is one durable change, by one caller and by many at once: about one thing each, alone, and as the bare
// statement, which is a transaction by itself.
func BenchmarkCommitPostgres(b *testing.B) {
	ways := map[string]func(*Store, context.Context, string) error{
		"about": func(s *Store, ctx context.Context, name string) error { return s.about(name).write(ctx, jot(name)) },
		"alone": func(s *Store, ctx context.Context, name string) error { return s.write(ctx, jot(name)) },
		"bare": func(s *Store, ctx context.Context, name string) error {
			_, err := s.writer.ConnPool.ExecContext(ctx, "INSERT INTO notes (name) VALUES ($1)", name)
			return err
		},
	}
	for _, callers := range []int{1, 16, 64} {
		for way, write := range ways {
			b.Run(fmt.Sprintf("callers=%d/way=%s", callers, way), func(b *testing.B) {
				s, _, _ := openNotes(b)
				b.ReportAllocs()
				b.ResetTimer()
				var all sync.WaitGroup
				for i := range callers {
					all.Go(func() {
						for n := i; n < b.N; n += callers {
							if err := write(s, b.Context(), fmt.Sprint(n)); err != nil {
								b.Error(err)
							}
						}
					})
				}
				all.Wait()
			})
		}
	}
}

// TestWhatAServerMustBe: it is asked of it at the start.
func TestWhatAServerMustBe(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ setting, want string }{
		"synchronous_commit": {"SET synchronous_commit = off", "synchronous_commit"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := newAddress(t)
			database := address[strings.LastIndex(address, "/")+1:]
			database, _, _ = strings.Cut(database, "?")
			s := openNode(t, address, 6)
			if err := s.writer.Exec("ALTER DATABASE " + database + " " + test.setting).Error; err != nil {
				t.Fatal(err)
			}
			if _, err := openAt(t.Context(), address, 6); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("it is opened with %v", err)
			}
		})
	}
	t.Run("settings of a database do not matter", func(t *testing.T) {
		t.Parallel()
		address := newAddress(t)
		database := address[strings.LastIndex(address, "/")+1:]
		database, _, _ = strings.Cut(database, "?")
		s := openNode(t, address, 6)
		for _, setting := range []string{"statement_timeout = 0", "lock_timeout = 0", "idle_in_transaction_session_timeout = 0", "default_transaction_isolation = serializable"} {
			if err := s.writer.Exec("ALTER DATABASE " + database + " SET " + setting).Error; err != nil {
				t.Fatal(err)
			}
		}
		s = openNode(t, address, 6)
		for setting, want := range map[string]string{
			"statement_timeout": "30s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "15s", "transaction_isolation": "read committed", "transaction_read_only": "off",
		} {
			var got string
			err := s.write(t.Context(), func(tx *transaction) error { return tx.Raw("SELECT current_setting(?)", setting).Scan(&got).Error })
			if err != nil || got != want {
				t.Errorf("%s is %s, %v", setting, got, err)
			}
		}
	})
	t.Run("no server", func(t *testing.T) {
		t.Parallel()
		_, err := openAt(t.Context(), "postgres://aye:CANARY@127.0.0.1:1/aye?sslmode=disable", 6)
		if !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("it ended with %v", err)
		}
		if _, err = openAt(t.Context(), "postgres://aye:CANARY@[/aye", 6); err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("it ended with %v", err)
		}
	})
}
