package store_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
)

// read is one that each login makes.
type read struct {
	name string
	// most is how often it may allocate: a tenth more than it does.
	most float64
	do   func(context.Context) error
}

// newReads furnishes a database with what is read: a person with a phone, one request that is
// decided and one that is pending.
func newReads(tb testing.TB) (*ayetest.World, []read) {
	tb.Helper()
	w := ayetest.New(tb)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	decided, jti := w.Ask(ada), ""
	_, err := w.Decide(phone, decided.Request, func(c jwt.MapClaims) { c["num"], jti = decided.Number.Reveal(), c["jti"].(string) })
	ayetest.Fails(tb, err, nil)
	pending := w.Ask(ada)
	s, user, address := w.Store, ayetest.Named(ada), accounts.UserReference{Email: ada.Person.Email}
	return w, []read{
		{"Application", 38, func(ctx context.Context) error { _, err := s.Application(ctx, w.Shop.ID); return err }},
		{"MemberOf", 51, func(ctx context.Context) error { _, _, err := s.MemberOf(ctx, w.Organisation.ID, user); return err }},
		{"Member", 35, func(ctx context.Context) error { _, err := s.Member(ctx, w.Organisation.ID, user); return err }},
		{"MemberByEmail", 35, func(ctx context.Context) error { _, err := s.Member(ctx, w.Organisation.ID, address); return err }},
		{"DevicesOf", 89, func(ctx context.Context) error { _, err := s.DevicesOf(ctx, ada.Person.ID); return err }},
		{"Device", 85, func(ctx context.Context) error { _, err := s.Device(ctx, phone.Device.ID); return err }},
		{"Request", 52, func(ctx context.Context) error { _, err := s.Request(ctx, pending.ID); return err }},
		{"View", 70, func(ctx context.Context) error { _, _, err := s.View(ctx, pending.ID); return err }},
		{"PendingOf", 61, func(ctx context.Context) error {
			_, err := s.PendingOf(ctx, ada.Person.ID, phone.Device.ID)
			return err
		}},
		{"Deliveries", 29, func(ctx context.Context) error { _, err := s.Deliveries(ctx, pending.ID); return err }},
		{"Decision", 33, func(ctx context.Context) error { _, err := s.Decision(ctx, phone.Device.ID, jti); return err }},
	}
}

// BenchmarkRead is each read of a login, beside the same statement prepared once and its
// columns left as they come from the driver.
func BenchmarkRead(b *testing.B) {
	w, reads := newReads(b)
	for _, r := range reads {
		b.Run("read="+r.name+"/way=aye", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := r.do(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("read="+r.name+"/way=bare", func(b *testing.B) { bareRead(b, w, r) })
	}
}

func bareRead(b *testing.B, w *ayetest.World, r read) {
	b.Helper()
	var query string
	var args []any
	w.Store.Watch(func(q string, a []any) { query, args = q, slices.Clone(a) })
	defer w.Store.Watch(func(string, []any) {})
	ayetest.Fails(b, r.do(b.Context()), nil)
	_, reader := w.Store.Handles()
	db, err := reader.DB()
	ayetest.Fails(b, err, nil)
	statement, err := db.PrepareContext(b.Context(), query)
	ayetest.Fails(b, err, nil)
	defer func() { _ = statement.Close() }()
	// A context that can end makes the driver start a goroutine for each statement.
	ctx := context.WithoutCancel(b.Context())
	columns := anything(ctx, b, statement, args)
	b.ReportAllocs()
	for b.Loop() {
		if err := first(ctx, statement, args, columns); err != nil {
			b.Fatal(err)
		}
	}
}

// first reads the first row.
func first(ctx context.Context, statement *sql.Stmt, args, columns []any) error {
	rows, err := statement.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return errors.Join(rows.Err(), sql.ErrNoRows)
	}
	return rows.Scan(columns...)
}

// anything has a place for each column.
func anything(ctx context.Context, b *testing.B, statement *sql.Stmt, args []any) []any {
	b.Helper()
	rows, err := statement.QueryContext(ctx, args...)
	ayetest.Fails(b, err, nil)
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	ayetest.Fails(b, errors.Join(err, rows.Err()), nil)
	places := make([]any, len(names))
	for i := range places {
		places[i] = new(any)
	}
	return places
}

// TestHotReadsAreKeptPrepared counts what each read allocates. A statement that SQLite makes
// anew each time, because of a bare ? where it sorts or joins, has the driver read the name and
// the type of each column again, which is three allocations a column.
func TestHotReadsAreKeptPrepared(t *testing.T) {
	_, reads := newReads(t)
	for _, r := range reads {
		got := testing.AllocsPerRun(100, func() {
			if err := r.do(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
		if got > r.most {
			t.Errorf("%s: %v allocations, %v at most", r.name, got, r.most)
		}
	}
}
