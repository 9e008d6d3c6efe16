package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"

	"example.com/aye/internal/secret"
)

// The time limits that each connection to PostgreSQL is given. They end what hangs, so that a caller hears of it:
// nothing of Aye comes near to them. Those that the URL or the role has are not looked at.
const (
	// statementLimit ends a statement, its waiting included.
	statementLimit = 30 * time.Second
	// lockLimit ends the waiting for a lock, that of another change included.
	lockLimit = 5 * time.Second
	// idleLimit ends a transaction in which nothing is said for so long: whoever held it is gone.
	idleLimit = 15 * time.Second
	// changeLimit ends a whole change, on our side: a server that does not answer cannot end anything.
	changeLimit = 45 * time.Second
	// connectLimit ends the making of a connection to one host.
	connectLimit = 5 * time.Second
	// peerLimit is how long the other side of a connection may be silent to the probes of TCP.
	peerLimit = 15 * time.Second
	// connectionLife ends connections now and then, so that they find their way to another host after a change there.
	connectionLife = 30 * time.Minute
)

// DefaultConnections is how many connections to PostgreSQL are kept where nothing else is said.
const DefaultConnections = 16

// oldestPostgres is the first major version that is taken.
const oldestPostgres = 14

// postgresPool opens a pool of connections to PostgreSQL, each with our time limits and types. It connects to no server
// yet. shaken is told, in nanoseconds of Unix time, when a connection was lost; it may be nil.
func postgresPool(address secret.Secret, shaken *atomic.Int64) (*sql.DB, error) {
	config, err := postgresConfig(address)
	if err != nil {
		return nil, err
	}
	return openPool(config, shaken, nil), nil
}

// postgresConfig is how a connection to PostgreSQL is made, with our time limits.
func postgresConfig(address secret.Secret) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(address.Reveal())
	if err != nil {
		// What pgx says has parts of the address in it, and so perhaps of the password.
		return nil, errors.New("the URL of PostgreSQL cannot be read, or a file that it names (sslrootcert, sslcert, sslkey): it must look like postgres://user:password@host:5432/database?sslmode=verify-full")
	}
	maps.Copy(config.RuntimeParams, map[string]string{
		"application_name":                    "aye",
		"statement_timeout":                   inMillis(statementLimit),
		"lock_timeout":                        inMillis(lockLimit),
		"idle_in_transaction_session_timeout": inMillis(idleLimit),
		"default_transaction_isolation":       "read committed",
		// Statements are prepared once and planned once, without their values: to plan one anew each time takes ten times
		// what it takes to run it, where the table is cut by months.
		"plan_cache_mode": "force_generic_plan",
		// A table that was looked at while it was empty, as each coming month is by whoever looks at all of a database at night, would be
		// walked through until PostgreSQL looks again, however many rows it has got. jit goes by the price, and what is off has a high one.
		"enable_seqscan":  "off",
		"jit":             "off",
		"TimeZone":        "UTC",
		"client_encoding": "UTF8",
	})
	config.ConnectTimeout = connectLimit
	// A host whose power is gone sends no last word.
	dialer := net.Dialer{Timeout: connectLimit, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: peerLimit / 3, Interval: peerLimit / 3, Count: 2}, Control: mindful}
	config.DialFunc = dialer.DialContext
	// After a change of hosts one of the URL's is the primary; a standby takes no change.
	if config.ValidateConnect == nil {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	config.StatementCacheCapacity = statements
	return config, nil
}

// openPool is a pool of such connections. Each is made known to the listener, nil for nobody.
func openPool(config *pgx.ConnConfig, shaken *atomic.Int64, l *listener) *sql.DB {
	return stdlib.OpenDB(*config,
		stdlib.OptionAfterConnect(func(_ context.Context, c *pgx.Conn) error {
			if l != nil {
				l.knows(c)
			}
			c.TypeMap().RegisterType(&pgtype.Type{Name: "int8", OID: pgtype.Int8OID, Codec: flags{}})
			return nil
		}),
		stdlib.OptionShouldPing(func(_ context.Context, p stdlib.ShouldPingParams) bool {
			if p.IdleDuration > time.Second {
				return true
			}
			// Where one was lost, mostly all were: none is used again that was not asked since.
			return shaken != nil && time.Now().Add(-p.IdleDuration).UnixNano() <= shaken.Load()
		}))
}

func inMillis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// flags lets a bool go into a column of integers, as it does in SQLite.
type flags struct{ pgtype.Int8Codec }

// PlanScan is the codec's own, for a bool too.
func (f flags) PlanScan(m *pgtype.Map, oid uint32, format int16, to any) pgtype.ScanPlan {
	if _, ok := to.(*bool); !ok {
		return f.Int8Codec.PlanScan(m, oid, format, to)
	}
	return flagScan{f.Int8Codec.PlanScan(m, oid, format, new(int64))}
}

type flagScan struct{ ofNumber pgtype.ScanPlan }

// Scan reads 0 as false and all else as true.
func (p flagScan) Scan(from []byte, to any) error {
	var number int64
	err := p.ofNumber.Scan(from, &number)
	if flag, ok := to.(*bool); ok {
		*flag = number != 0
	}
	return err
}

// PlanEncode is the codec's own, for a bool too.
func (f flags) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(bool); !ok {
		return f.Int8Codec.PlanEncode(m, oid, format, value)
	}
	if plan := f.Int8Codec.PlanEncode(m, oid, format, int64(0)); plan != nil {
		return flagPlan{plan}
	}
	return nil
}

type flagPlan struct{ ofNumber pgtype.EncodePlan }

// Encode writes 1 for true and 0 for false.
func (p flagPlan) Encode(value any, to []byte) ([]byte, error) {
	number := int64(0)
	if set, _ := value.(bool); set {
		number = 1
	}
	return p.ofNumber.Encode(number, to)
}

func (s *Store) openPostgres(ctx context.Context, config Config) error {
	connections := config.Connections
	if connections == 0 {
		connections = DefaultConnections
	}
	parsed, err := postgresConfig(config.URL)
	if err != nil {
		return err
	}
	s.silent = listen(ctx, parsed, &s.shaken, config.Log)
	below := openPool(parsed, &s.shaken, s.silent)
	below.SetMaxOpenConns(connections)
	below.SetMaxIdleConns(connections)
	below.SetConnMaxLifetime(connectionLife)
	writes := &pool{DB: below, counts: &s.counts, count: &s.counts.writes, shaken: &s.shaken}
	reads := &pool{DB: below, counts: &s.counts, count: &s.counts.reads, shaken: &s.shaken, again: true}
	if s.writer, err = s.connect(postgresDialector{&postgres.Dialector{Config: &postgres.Config{Conn: writes}}}, config.Log); err != nil {
		return errors.Join(err, below.Close())
	}
	if s.reader, err = s.connect(postgresDialector{&postgres.Dialector{Config: &postgres.Config{Conn: reads}}}, config.Log); err != nil {
		return err
	}
	if err = reliable(ctx, below, config.Log); err != nil {
		return translate(err)
	}
	if err = s.migrate(ctx, config, below); err != nil {
		return err
	}
	s.group, s.together = newParallel(s.writer, connections, s.box), newTogether(reads) //nolint:contextcheck,nolintlint // each change and each read has its own
	return s.openPartitions(ctx, config.Log)
}

// reliable makes sure that the server is one that keeps what it acknowledged.
func reliable(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, changeLimit)
	defer cancel()
	var version int
	var name, schema, encoding, isolation, synchronous, full, fsync string
	err := db.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_version'), COALESCE(current_schema(), ''), current_setting('server_encoding'),
		current_setting('default_transaction_isolation'), current_setting('synchronous_commit'), current_setting('full_page_writes'), current_setting('fsync')`).
		Scan(&version, &name, &schema, &encoding, &isolation, &synchronous, &full, &fsync)
	switch {
	case err != nil:
		return err
	case version < oldestPostgres*10_000:
		return fmt.Errorf("PostgreSQL is of version %s: %d or newer is needed", name, oldestPostgres)
	case schema == "":
		return errors.New("there is no schema to make tables in: the search_path of the role, or of the URL, must name one that is there, mostly public")
	case encoding != "UTF8":
		return fmt.Errorf("the database has the encoding %s: it must be made with ENCODING 'UTF8'", encoding)
	case isolation != "read committed":
		return fmt.Errorf("the connection begins its transactions with %s: it must be read committed; a pooler in between must not change settings", isolation)
	case synchronous == "off":
		return errors.New("synchronous_commit is off: what was acknowledged would be lost in a crash; set it to on, or to remote_apply or remote_write where there is a standby")
	case fsync != "on":
		return errors.New("fsync is off: a crash would destroy the database; set it to on")
	case full != "on":
		log.WarnContext(ctx, "full_page_writes of PostgreSQL is off: a crash can destroy the database unless its disk writes pages whole")
	}
	return nil
}
