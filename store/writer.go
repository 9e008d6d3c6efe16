package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"gorm.io/gorm"
)

// groupLimit is how many changes share one transaction at most, so that the first of them
// does not wait for all that ever come.
const groupLimit = 256

// errClosed is what a change gets that comes after the end.
var errClosed = fmt.Errorf("%w: it is closed", ErrUnavailable)

// writer makes the changes of many callers in few transactions of SQLite. A commit waits for the disk,
// and what comes meanwhile waits for the next one, so a group is as large as the load makes
// it: there is no timer, and a change that comes alone is committed alone.
type writer struct {
	db   *gorm.DB
	pool *pool
	box  *outbox

	mu      sync.Mutex
	waiting []*change
	closed  bool
	// wake has a value when there may be something to do.
	wake chan struct{}
	done chan struct{}

	// changes counts those that were committed, commits the transactions they came in.
	changes, commits atomic.Int64
}

// maker makes changes: [writer] those of SQLite, together and one after the other, and [parallel] those of PostgreSQL,
// each by itself and many at one time.
type maker interface {
	// do makes the change and returns when it is committed, or refused, or when its context ends. After that nothing
	// looks at what the caller owns.
	do(c *change) error
	// made tells how many changes were committed, in how many transactions.
	made() (changes, commits int64)
	// close ends it when all that was asked for is done.
	close()
}

// change is what one caller asks for.
type change struct {
	ctx   context.Context
	apply func(tx *transaction) error
	// single says that it is one statement, which leaves nothing when it fails.
	single bool
	// row is the one that a single statement changes, for those that PostgreSQL makes together; empty for others.
	row string
	// note says that the row may be changed twice, and that the change may be lost; see [Store.noteRow].
	note bool
	// joins says that PostgreSQL makes it with others; see [groups].
	joins bool
	// chains are those of the audit log that it says it appends to.
	chains []string
	// about says what else may be changed beside it; on SQLite nothing is.
	about about
	// taken is set by whoever comes first: the writer that begins it, or the caller that withdraws it.
	taken atomic.Bool
	// applied closes when apply has returned, after which the caller's variables are its own again.
	applied chan struct{}
	// failure is why it left nothing.
	failure error
	// answer has room for the one answer: the caller may have gone.
	answer chan error
}

func newWriter(db *gorm.DB, box *outbox) *writer {
	below, _ := db.ConnPool.(*pool)
	w := &writer{db: db, pool: below, box: box, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go w.run()
	return w
}

// do makes the change and returns when it is committed, or refused, or when its context ends. Then a
// change that has not begun never will; one that has is no longer looking at what the caller
// owns, and may still be made, as with any answer that is lost.
func (w *writer) do(c *change) error {
	c.answer, c.applied = make(chan error, 1), make(chan struct{})
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errClosed
	}
	w.waiting = append(w.waiting, c)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default: // it knows already
	}
	select {
	case err := <-c.answer:
		if p := (*panicError)(nil); errors.As(err, &p) {
			panic(p) // where it would have come without a group
		}
		return err
	case <-c.ctx.Done():
		if c.taken.Swap(true) {
			select {
			case <-c.applied:
			case <-c.answer: // it was never applied
			}
		}
		return c.ctx.Err()
	}
}

func (w *writer) made() (changes, commits int64) { return w.changes.Load(), w.commits.Load() }

// close ends the writer after all that waits is done.
func (w *writer) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
	<-w.done
}

// take gives up to n of those that wait, in the order in which they came.
func (w *writer) take(n int) (taken []*change, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n = min(n, len(w.waiting))
	taken, w.waiting = w.waiting[:n:n], w.waiting[n:]
	if len(w.waiting) == 0 {
		w.waiting = nil
	}
	return taken, w.closed
}

func (w *writer) run() {
	defer close(w.done)
	for {
		// Whoever is about to ask does so first, which makes groups larger and commits fewer.
		runtime.Gosched()
		first, closed := w.take(1)
		switch {
		case len(first) > 0:
			w.group(first[0])
		case closed:
			return
		default:
			<-w.wake
		}
	}
}

// group makes one transaction of the first change and all that wait until it is made.
func (w *writer) group(first *change) {
	if !first.begin() {
		return
	}
	tx, err := w.begin()
	if err != nil {
		first.answer <- err
		return
	}
	// The first needs no savepoint: when it fails, there is nothing beside it to keep.
	if err = first.try(tx); err != nil {
		tx.end()
		first.answer <- err
		return
	}
	together, err := w.join(tx, []*change{first})
	if err == nil {
		err = tx.commit()
	}
	tx.end()
	if err == nil {
		w.changes.Add(int64(len(together)))
		w.commits.Add(1)
		w.box.kept(tx.posts)
	}
	// Nobody hears of a change before it is on the disk, nor that it was refused: what stood in
	// its way may be a neighbour.
	for _, c := range together {
		if err == nil {
			c.answer <- c.failure
		} else {
			c.answer <- err
		}
	}
}

// join makes the changes that wait in the transaction that is open, each behind a savepoint,
// so that one that fails leaves its neighbours. An error says that the transaction is lost,
// and with it all changes that are given back.
func (w *writer) join(tx *transaction, together []*change) ([]*change, error) {
	for len(together) < groupLimit {
		next, _ := w.take(1)
		if len(next) == 0 {
			return together, nil
		}
		c := next[0]
		if !c.begin() {
			continue
		}
		together = append(together, c)
		var err error
		if c.failure, err = tx.beside(c); err != nil {
			return together, err
		}
	}
	return together, nil
}

// begin says whether the change is still wanted. The caller of one that was withdrawn has gone.
func (c *change) begin() bool {
	if c.taken.Swap(true) {
		return false
	}
	err := c.ctx.Err()
	if err != nil {
		c.answer <- err
	}
	return err == nil
}

// try makes the change. A caller that goes meanwhile must not interrupt it: SQLite would roll
// its neighbours back too.
func (c *change) try(tx *transaction) (err error) {
	defer close(c.applied)
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value: value, stack: debug.Stack()}
		}
	}()
	tx.ctx = context.WithoutCancel(c.ctx)
	return c.apply(tx)
}

// panicError carries a panic from the writer to the caller whose change it was.
type panicError struct {
	value any
	stack []byte
}

// Error says where it came from.
func (p *panicError) Error() string { return fmt.Sprintf("%v\n%s", p.value, p.stack) }

// Unwrap gives the error that was thrown, if it was one.
func (p *panicError) Unwrap() error { err, _ := p.value.(error); return err }
