package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
	"gorm.io/gorm"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

func openWriter(t testing.TB) *Store {
	t.Helper()
	keys, err := secret.NewKeys(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Config{
		Path: filepath.Join(t.TempDir(), "aye.db"), Keys: keys, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.writer.Exec("CREATE TABLE notes (name TEXT PRIMARY KEY) STRICT").Error; err != nil {
		t.Fatal(err)
	}
	return s
}

// grouped is the writer of SQLite.
func grouped(s *Store) *writer { return s.group.(fitting).maker.(*writer) }

// note is a change that writes one row.
func note(name string) func(*transaction) error {
	return func(tx *transaction) error { return tx.Exec("INSERT INTO notes VALUES (?)", name).Error }
}

func notes(t *testing.T, s *Store) []string {
	t.Helper()
	var names []string
	if err := s.reader.Raw("SELECT name FROM notes ORDER BY name").Scan(&names).Error; err != nil {
		t.Fatal(err)
	}
	return names
}

// blocked keeps the writer busy until the returned function is called.
func blocked(t *testing.T, s *Store) (release func()) {
	t.Helper()
	begun, end, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- s.write(t.Context(), func(*transaction) error { close(begun); <-end; return nil })
	}()
	<-begun
	return func() {
		close(end)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// queued waits until so many changes wait for the writer.
func queued(s *Store, n int) {
	for {
		grouped(s).mu.Lock()
		waiting := len(grouped(s).waiting)
		grouped(s).mu.Unlock()
		if waiting >= n {
			return
		}
		select {
		case <-grouped(s).done:
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// TestAGroupKeepsWhatIsGood: whatever becomes of one change, those beside it in the same
// transaction stand.
func TestAGroupKeepsWhatIsGood(t *testing.T) {
	t.Parallel()
	s := openWriter(t)
	errOwn, ctx := errors.New("its own"), t.Context()
	gone, leave := context.WithCancel(ctx)
	changes := []struct {
		name string
		make func() error
		want error
	}{
		{"first", func() error { return s.write(ctx, note("first")) }, nil},
		{"refused", func() error {
			held, err := s.attempt(ctx, func(tx *transaction) (bool, error) { return false, note("refused")(tx) })
			if held {
				t.Error("a refused change says that it held")
			}
			return err
		}, nil},
		{"failing", func() error {
			return s.write(ctx, func(tx *transaction) error { return errors.Join(note("failing")(tx), errOwn) })
		}, errOwn},
		{"duplicate", func() error {
			return s.write(ctx, func(tx *transaction) error { return errors.Join(note("duplicate")(tx), note("first")(tx)) })
		}, gorm.ErrDuplicatedKey},
		{"panicking", func() (err error) {
			defer func() { err, _ = recover().(error) }()
			return s.write(ctx, func(tx *transaction) error { panic(errors.Join(note("panicking")(tx), errOwn)) })
		}, errOwn},
		{"gone", func() error { return s.write(gone, note("gone")) }, context.Canceled},
		{"last", func() error { return s.write(ctx, note("last")) }, nil},
	}
	release := blocked(t, s)
	before := grouped(s).commits.Load()
	answers := make([]error, len(changes))
	var all sync.WaitGroup
	for i, c := range changes {
		all.Go(func() { answers[i] = c.make() })
		queued(s, i+1) // in this order
	}
	leave()
	release()
	all.Wait()
	for i, c := range changes {
		if !errors.Is(answers[i], c.want) {
			t.Errorf("%s: %v", c.name, answers[i])
		}
	}
	if got := notes(t, s); !slices.Equal(got, []string{"first", "last"}) {
		t.Errorf("what stands is %v", got)
	}
	if commits := grouped(s).commits.Load() - before; commits != 1 {
		t.Errorf("%d commits for one group", commits)
	}
}

// TestAChainSkipsWhatWasRolledBack: of changes that come together, one that fails after its
// audit row leaves the chain as if it had never been.
func TestAChainSkipsWhatWasRolledBack(t *testing.T) {
	t.Parallel()
	s := openWriter(t)
	errOwn := errors.New("its own")
	release := blocked(t, s)
	var all sync.WaitGroup
	for i, fails := range []bool{false, true, false, true, true, false} {
		all.Go(func() {
			err := s.write(t.Context(), func(tx *transaction) error {
				entry := audit.Entry{Organisation: "org_1", Action: fmt.Sprint(i)}
				if err := record(tx, entry, audit.Entry{Organisation: "org_2"}, entry); err != nil || !fails {
					return err
				}
				return errOwn
			})
			if errors.Is(err, errOwn) != fails {
				t.Errorf("%d: %v", i, err)
			}
		})
		queued(s, i+1)
	}
	release()
	all.Wait()
	if err := s.Write(t.Context(), audit.Entry{Organisation: "org_1", Action: "after"}); err != nil {
		t.Error(err)
	}
	if err := s.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
	rows, err := s.AuditRows(t.Context(), "org_1", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, row := range rows {
		actions = append(actions, row.Action)
	}
	if want := []string{"0", "0", "2", "2", "5", "5", "after"}; !slices.Equal(actions, want) {
		t.Errorf("the chain has %v", actions)
	}
}

// TestAGroupHasALimit: more than fit into one group wait for the next one, in their order.
func TestAGroupHasALimit(t *testing.T) {
	t.Parallel()
	s := openWriter(t)
	release := blocked(t, s)
	before := grouped(s).commits.Load()
	var all sync.WaitGroup
	for i := range groupLimit + 1 {
		all.Go(func() {
			if err := s.write(t.Context(), note(fmt.Sprintf("%04d", i))); err != nil {
				t.Error(err)
			}
		})
	}
	queued(s, groupLimit+1)
	release()
	all.Wait()
	if commits := grouped(s).commits.Load() - before; commits != 2 {
		t.Errorf("%d commits", commits)
	}
	if got := len(notes(t, s)); got != groupLimit+1 {
		t.Errorf("%d notes", got)
	}
}

// holdCommits stops each commit at its last moment: all is written, and SQLite asks whether it
// may make it durable. Every value of verdict lets one commit go on (0) or makes it fail (1).
func holdCommits(t *testing.T, s *Store) (held <-chan struct{}, verdict chan<- int) {
	t.Helper()
	pool, err := s.writer.DB()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	begin, end := make(chan struct{}), make(chan int)
	err = conn.Raw(func(driver any) error {
		driver.(*sqlite3.SQLiteConn).RegisterCommitHook(func() int {
			begin <- struct{}{}
			return <-end
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return begin, end
}

// TestAnswersComeAfterTheCommit holds a commit back: while it is not on the disk, nobody hears
// that it is, a caller's deadline is kept all the same, and when it fails, all hear of that.
func TestAnswersComeAfterTheCommit(t *testing.T) {
	t.Parallel()
	for verdict, stands := range map[int]bool{0: true, 1: false} {
		t.Run(fmt.Sprint(stands), func(t *testing.T) {
			t.Parallel()
			s := openWriter(t)
			held, verdicts := holdCommits(t, s)
			answers, together := make(chan error, 4), make(chan struct{})
			for i := range 3 {
				go func() {
					answers <- s.write(t.Context(), func(tx *transaction) error { <-together; return note(fmt.Sprint(i))(tx) })
				}()
			}
			queued(s, 2) // and one has begun
			// Who is refused because of a neighbour must not hear of that before it stands.
			go func() {
				held, err := s.attempt(t.Context(), func(tx *transaction) (bool, error) { return false, note("refused")(tx) })
				if held {
					t.Error("a refused change says that it held")
				}
				answers <- err
			}()
			queued(s, 3)
			close(together)
			<-held
			hurried, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if err := s.write(hurried, note("hurried")); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a caller with a deadline: %v", err)
			}
			if len(answers) > 0 || len(notes(t, s)) > 0 {
				t.Error("somebody heard of a change that is not on the disk")
			}
			verdicts <- verdict
			for range 4 {
				if err := <-answers; (err == nil) != stands {
					t.Errorf("answer is %v", err)
				}
			}
			go func() { <-held; verdicts <- 0 }()
			if err := s.write(t.Context(), note("after")); err != nil {
				t.Error(err)
			}
			want := []string{"after"}
			if stands {
				want = []string{"0", "1", "2", "after"}
			}
			if got := notes(t, s); !slices.Equal(got, want) {
				t.Errorf("what stands is %v", got)
			}
		})
	}
}

// TestACallerThatGoes: its variables are its own again when it hears, although the change was under way,
// and a change that had not begun never does.
func TestACallerThatGoes(t *testing.T) {
	t.Parallel()
	s := openWriter(t)
	ctx, cancel := context.WithCancel(t.Context())
	var seen int
	err := s.write(ctx, func(*transaction) error {
		cancel()
		for range 1000 {
			runtime.Gosched() // the caller hears now, if it ever does
			seen++
		}
		return nil
	})
	if seen != 1000 {
		t.Errorf("the change still wrote for its caller after it had ended with %v", err)
	}

	release := blocked(t, s)
	ctx, cancel = context.WithCancel(t.Context())
	answer := make(chan error, 1)
	go func() { answer <- s.write(ctx, note("withdrawn")) }()
	queued(s, 1)
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("the withdrawn change ended with %v", err)
	}
	release()
	if got := notes(t, s); len(got) != 0 {
		t.Errorf("%v is there", got)
	}
}

// TestTheDiskIsWaitedFor asks the connection that writes, while it runs.
func TestTheDiskIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := openWriter(t)
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"} {
		var got string
		err := s.write(t.Context(), func(tx *transaction) error { return tx.Raw("PRAGMA " + pragma).Scan(&got).Error })
		if err != nil || got != want {
			t.Errorf("%s is %q, %v", pragma, got, err)
		}
	}
	if err := s.writer.Exec("PRAGMA synchronous = NORMAL").Error; err != nil {
		t.Fatal(err)
	}
	if err := durable(t.Context(), s.writer); err == nil {
		t.Error("a database that does not wait for the disk is taken")
	}
}

// TestTheEnd: what waits is done, and what comes later is refused.
func TestTheEnd(t *testing.T) {
	t.Parallel()
	s := openWriter(t)
	release := blocked(t, s)
	answer := make(chan error, 1)
	go func() { answer <- s.Write(t.Context(), audit.Entry{Organisation: "org_1"}) }()
	queued(s, 1)
	closed := make(chan struct{})
	go func() { s.group.close(); close(closed) }()
	release()
	<-closed
	if err := <-answer; err != nil {
		t.Errorf("what waited: %v", err)
	}
	if err := s.write(t.Context(), note("late")); !errors.Is(err, ErrUnavailable) {
		t.Errorf("what came later: %v", err)
	}
}

// BenchmarkCommit is one durable change, by one caller and by many at once, beside a
// transaction for each of them, which is what the group is better than.
func BenchmarkCommit(b *testing.B) {
	ways := map[string]func(*Store, context.Context, func(*transaction) error) error{
		"group": (*Store).write,
		"alone": func(s *Store, ctx context.Context, change func(*transaction) error) error {
			return s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error { return change(&transaction{DB: tx}) })
		},
	}
	for _, callers := range []int{1, 16, 64, 256} {
		for way, write := range ways {
			b.Run(fmt.Sprintf("callers=%d/%s", callers, way), func(b *testing.B) {
				s := openWriter(b)
				b.ReportAllocs()
				b.ResetTimer()
				var all sync.WaitGroup
				for i := range callers {
					all.Go(func() {
						for n := i; n < b.N; n += callers {
							if err := write(s, b.Context(), note(strconv.Itoa(n))); err != nil {
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
