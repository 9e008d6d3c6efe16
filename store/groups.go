package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
)

const (
	// groupPatience is how long a group waits for a lock, in milliseconds. Then its changes are made one by one, so that only those
	// wait on that others stand in the way of.
	groupPatience = "500"
	// endPatience is how long a group that holds ends of chains may ask nothing, as where its node stands still: others wait for the
	// ends meanwhile, and for no longer than lockLimit.
	endPatience = 3 * time.Second

	// lockGroup is lockBeside for a group.
	lockGroup = "SELECT set_config('lock_timeout', '" + groupPatience + "', TRUE), pg_advisory_xact_lock_shared(" + wholeLock + ")"
)

// errByItself says that a change is to be made in a transaction of its own: nothing of it stands.
var errByItself = errors.New("a change cannot be made with others")

// groups makes changes of PostgreSQL that wait at one time in one transaction, side by side. Each runs as it would by itself, in the
// goroutine of its caller; what they ask the database goes in one message as soon as all of them wait for an answer.
//
// They share a transaction, so nothing of PostgreSQL keeps them apart. Their keys do: two with a common key are never in one
// group, and what a change looks at is written by its own keys only (see [about]). So each finds what it would find alone.
//
// A change that finds its condition not held before it has written leaves the group as it is. In all other cases of failure nothing of
// the group stays, and each change is made by itself: one of them is the reason. Nobody hears of anything before the commit.
type groups struct {
	changes *parallel
	// waits has the next one begin when the members of one have done their work and only its commit is left.
	waits line[*member]
}

func newGroups(p *parallel) *groups {
	g := &groups{changes: p}
	g.waits.do = g.group
	return g
}

// member is a change in a group.
type member struct {
	turn

	change *change
	// begins says whether it is made in the group, and where; nil: by itself.
	begins chan *transaction
	// wrote says that it changed a row.
	wrote bool
	err   error
	// done has what came of the group: nothing, [errByItself], or that nobody knows.
	done chan error
}

// do makes the change.
func (g *groups) do(c *change) error {
	m := &member{change: c, begins: make(chan *transaction, 1), done: make(chan error, 1)}
	g.waits.add(m) //nolint:contextcheck,nolintlint // each change has its own
	var tx *transaction
	select {
	case tx = <-m.begins:
	case <-c.ctx.Done():
		if m.take() {
			return c.ctx.Err()
		}
		tx = <-m.begins // its turn is near, and it is made to its end
	}
	if tx != nil {
		m.apply(tx)
	}
	switch err := <-m.done; {
	case errors.Is(err, errByItself):
		return g.changes.again(c)
	case err != nil:
		return err
	}
	return m.err
}

// apply makes the change as far as the group's commit.
func (m *member) apply(tx *transaction) {
	room, _ := tx.pool.(*seat)
	m.err = errByItself // where its goroutine ends
	defer func() {
		if value := recover(); value != nil { // made by itself, it panics where its caller expects it
			m.err = errByItself
		}
		room.ended()
	}()
	err := m.change.apply(tx)
	if err == nil {
		err = room.settle()
	}
	if room.left {
		err = errByItself
	}
	m.err = err
}

// later lets members wait once more, before all others.
func (g *groups) later(some []*member) {
	some = slices.DeleteFunc(some, func(m *member) bool {
		err := m.change.ctx.Err()
		if err != nil { // its caller may have seen that it was taken, and waits
			m.done <- err
			close(m.begins)
		}
		return err != nil
	})
	for _, m := range some {
		m.taken.Store(false)
	}
	g.waits.again(some)
}

// group makes the changes in one transaction, and lets the next one begin before it is committed.
func (g *groups) group(all []*member, next func()) {
	if len(all) == 0 {
		return
	}
	p := g.changes
	ctx, cancel := context.WithTimeout(context.WithoutCancel(all[0].change.ctx), changeLimit)
	defer cancel()
	alone, err := p.pool.Conn(ctx)
	if err != nil {
		alike(all, errByItself)
		return
	}
	tx := &transaction{
		conn: conn{ctx: ctx, pool: &only{Conn: alone, pool: p.pool}, rows: p.pool.counts, dialect: &dialectPostgres},
		only: &only{Conn: alone, pool: p.pool}, heads: map[string]chainEnd{}, late: true, outbox: p.box,
	}
	t := &table{tx: tx, asked: make(chan *seat, len(all))}
	inside := t.hold(all)
	g.later(slices.DeleteFunc(slices.Clone(all), func(m *member) bool { return slices.Contains(inside, m) }))
	if err = t.sit(p, inside); err == nil {
		next()
		if err = t.keepEntries(); err == nil {
			err = p.commit(tx)
		}
	}
	p.pool.lost(err)
	tx.end() // before anybody goes on: what was locked is free
	switch {
	case err == nil:
		p.committed.Add(1)
		p.joined.Add(-1)
		for _, m := range inside {
			if m.err == nil {
				p.joined.Add(1)
			}
		}
		p.box.kept(tx.posts)
	case !errors.Is(err, errInDoubt):
		err = errByItself
	}
	alike(inside, err)
}

// alike tells all the same. Who has not begun, does not.
func alike(all []*member, err error) {
	for _, m := range all {
		result := err
		if err == nil && errors.Is(m.err, errByItself) {
			result = errByItself // it left before it wrote
		}
		m.done <- result
		close(m.begins)
	}
}

// hold has the transaction begin and take the locks of those that have no key in common with one before them, with what these ask
// first. It gives these.
func (t *table) hold(all []*member) (inside []*member) {
	held := map[string]bool{}
	var keys []string
	for _, m := range all {
		own := m.change.about.keys
		if slices.ContainsFunc(own, func(key string) bool { return held[key] }) {
			continue
		}
		for _, key := range own {
			held[key] = true
		}
		keys = append(keys, own...)
		t.chains = append(t.chains, m.change.chains...)
		inside = append(inside, m)
	}
	t.queue(&ask{statement: statement{text: begin}})
	t.queue(&ask{statement: statement{text: lockGroup}})
	t.queue(&ask{statement: statement{lockKeys, []any{keys}}})
	// Rows of requests are changed in one order, in whatever group. Who is inside is said by who came first.
	slices.SortStableFunc(inside, func(a, b *member) int { return cmp.Compare(a.change.about.request, b.change.about.request) })
	return inside
}

// sit lets the members make their changes.
func (t *table) sit(p *parallel, inside []*member) error {
	seats := make([]*seat, 0, len(inside))
	for place, m := range inside {
		s := &seat{pool: p.pool, table: t, member: m, place: place, answered: make(chan struct{}, 1)}
		ctx := context.WithoutCancel(m.change.ctx)
		s.tx = &transaction{
			DB:   p.db.Session(&gorm.Session{NewDB: true, Context: ctx}),
			conn: conn{ctx: ctx, pool: s, rows: p.pool.counts, dialect: &dialectPostgres, together: s}, late: true, outbox: p.box,
		}
		s.tx.Statement.ConnPool = s
		seats = append(seats, s)
		m.begins <- s.tx
	}
	t.serve(len(seats))
	if t.broken != nil {
		return t.broken
	}
	for _, s := range seats {
		switch {
		case s.member.err == nil:
			t.tx.posts = append(t.tx.posts, s.tx.posts...)
			t.tx.entries = append(t.tx.entries, s.tx.entries...)
			t.tx.last = append(t.tx.last, s.tx.last...)
		case s.member.wrote:
			return fmt.Errorf("%w: %w", errByItself, s.member.err)
		}
	}
	return nil
}

// holdEnds holds the ends of chains, in one order, with the message that is sent next. They are held until the commit, by one group at
// a time, whatever the node.
func (t *table) holdEnds(chains []string) {
	if len(chains) == 0 {
		return
	}
	slices.Sort(chains)
	// The end of a chain is nobody's key: to be made by oneself would not help who waits for it.
	t.queue(&ask{statement: statement{text: "SELECT set_config('lock_timeout', '" + inMillis(lockLimit) + "', TRUE), " +
		"set_config('idle_in_transaction_session_timeout', '" + inMillis(endPatience) + "', TRUE)"}})
	t.queue(&ask{
		statement: statement{"SELECT organisation, sequence, hash FROM audit_heads WHERE organisation = ANY(?::text[]) ORDER BY organisation" + dialectPostgres.locked, []any{slices.Compact(chains)}},
		read: func(from pgx.Rows) error {
			for from.Next() {
				var head auditHeadRow
				if err := from.Scan(&head.Organisation, &head.Sequence, &head.Hash); err != nil {
					return err
				}
				t.tx.heads[head.Organisation] = chainEnd{auditHeadRow: head}
			}
			return nil
		},
	})
}

// keepEntries appends the entries of all.
func (t *table) keepEntries() error {
	var chains []string
	for _, entry := range t.tx.entries {
		if _, held := t.tx.heads[entry.Organisation]; held {
			continue
		}
		for held := range t.tx.heads {
			if entry.Organisation < held {
				// All take ends in ascending order: who has a later one does not wait for this one.
				return errByItself
			}
		}
		chains = append(chains, entry.Organisation)
	}
	t.holdEnds(chains)
	if err := t.send(); err != nil {
		return err
	}
	if err := t.tx.appendLate(); err != nil {
		return err
	}
	return t.tx.keepHeads()
}
