package store

import (
	"context"
	"crypto/tls"
	"log/slog"
	"math"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// silentAfter is how long an answer may take until the server is asked whether it owes one. Asking disturbs nobody, so
	// that a statement that takes long is only asked about.
	silentAfter = 2 * time.Second
	// silentEvery is how often it is looked for such.
	silentEvery = 500 * time.Millisecond
	// silentTime is how long the server may take to say so.
	silentTime = 5 * time.Second
)

// listener finds connections to PostgreSQL that died without a word: a router in between forgot them, or a proxy or a host went
// away. Nothing ends the waiting on such a one soon, and what its transaction has locked stays locked. Whoever waits for an
// answer that the server does not owe waits in vain: then the connection is closed here, and its session ended there.
type listener struct {
	config *pgx.ConnConfig
	log    *slog.Logger
	shaken *atomic.Int64

	mu    sync.Mutex
	lines map[*watched]struct{}
	stop  context.CancelFunc
	done  sync.WaitGroup
}

// watched is a connection that knows since when somebody waits for its answer.
type watched struct {
	net.Conn
	of *listener
	// since and heard are in nanoseconds of Unix time: since when somebody waits, 0 for nobody, and when something came last.
	since, heard atomic.Int64
	// session is the server's number of it, 0 until it is known.
	session atomic.Int32
}

// Read implements [net.Conn].
func (w *watched) Read(p []byte) (int, error) {
	w.since.Store(time.Now().UnixNano())
	n, err := w.Conn.Read(p)
	w.heard.Store(time.Now().UnixNano())
	w.since.Store(0)
	return n, err
}

// Close implements [net.Conn].
func (w *watched) Close() error {
	w.of.mu.Lock()
	delete(w.of.lines, w)
	w.of.mu.Unlock()
	return w.Conn.Close()
}

// listen begins, and watches what the configuration dials from now on. close ends it.
func listen(ctx context.Context, config *pgx.ConnConfig, shaken *atomic.Int64, log *slog.Logger) *listener {
	l := &listener{config: config.Copy(), log: log, shaken: shaken, lines: map[*watched]struct{}{}}
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		w := &watched{Conn: conn, of: l}
		l.mu.Lock()
		l.lines[w] = struct{}{}
		l.mu.Unlock()
		return w, nil
	}
	ctx, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	l.done.Go(func() {
		tick := time.NewTicker(silentEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-tick.C:
				l.look(ctx, now)
			}
		}
	})
	return l
}

// close ends the looking.
func (l *listener) close() {
	if l != nil {
		l.stop()
		l.done.Wait()
	}
}

// knows is told of each session that began.
func (l *listener) knows(c *pgx.Conn) {
	conn := c.PgConn().Conn()
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if w, ok := conn.(*watched); ok {
		w.session.Store(int32(c.PgConn().PID())) //nolint:gosec // the number of a process
	}
}

// look closes the connections on which nothing will come.
func (l *listener) look(ctx context.Context, now time.Time) {
	late := l.waiting(now.Add(-silentAfter).UnixNano())
	if len(late) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, silentTime)
	defer cancel()
	asking, err := pgx.ConnectConfig(ctx, l.config)
	if err != nil {
		return // then nobody gets an answer, and all hear of it
	}
	defer func() { _ = asking.Close(ctx) }()
	idle, err := idleOf(ctx, asking, late)
	if err != nil {
		return
	}
	dead := l.giveUp(late, idle)
	for _, session := range dead {
		// Who is gone holds no locks. A role that may not do so waits for the server's own limits.
		_, _ = asking.Exec(ctx, "SELECT pg_terminate_backend($1)", session)
	}
	if len(dead) > 0 {
		l.log.WarnContext(ctx, "connections to PostgreSQL died without a word, and were given up", slog.Int("connections", len(dead)))
	}
}

// giveUp closes those of the late whose session is idle, and with them those of which nothing was heard since: where one died,
// mostly all did. It gives the sessions that somebody waited for.
func (l *listener) giveUp(late map[*watched]int64, idle []int32) (dead []int32) {
	first := int64(math.MaxInt64)
	for w, since := range late {
		// Where an answer came meanwhile it is another waiting.
		if session := w.session.Load(); slices.Contains(idle, session) && w.since.Load() == since {
			dead, first = append(dead, session), min(first, since)
			_ = w.Conn.Close() // its user closes it once more, and then it is forgotten
		}
	}
	if dead == nil {
		return nil
	}
	l.shaken.Store(time.Now().UnixNano())
	l.mu.Lock()
	defer l.mu.Unlock()
	for w := range l.lines {
		if w.since.Load() == 0 && w.heard.Load() < first {
			_ = w.Conn.Close()
		}
	}
	return dead
}

// waiting gives those who wait since then or longer, and since when.
func (l *listener) waiting(then int64) map[*watched]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	late := map[*watched]int64{}
	for w := range l.lines {
		if since := w.since.Load(); since != 0 && since <= then && w.session.Load() != 0 {
			late[w] = since
		}
	}
	return late
}

// idleOf gives those sessions of which the server says that it waits for us, and was not for half of that time.
func idleOf(ctx context.Context, c *pgx.Conn, late map[*watched]int64) ([]int32, error) {
	var sessions []int32
	for w := range late {
		sessions = append(sessions, w.session.Load())
	}
	rows, err := c.Query(ctx, "SELECT pid FROM pg_stat_activity WHERE pid = ANY($1) AND state LIKE 'idle%' AND clock_timestamp() - state_change > make_interval(secs => $2)",
		sessions, (silentAfter / 2).Seconds())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int32])
}
