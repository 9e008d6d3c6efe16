package bare

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"os"
	"slices"
	"time"
)

// Rate is how often something could be done, one after the other.
type Rate struct {
	Count    int
	Took     time.Duration // in all
	P50, P99 time.Duration // of one
}

// PerSecond gives how many were done in a second.
func (r Rate) PerSecond() float64 { return float64(r.Count) / r.Took.Seconds() }

// measure repeats op for the time given, or until ctx ends.
func measure(ctx context.Context, d time.Duration, op func() error) (Rate, error) {
	var each []time.Duration
	start := time.Now()
	end := start
	for end.Sub(start) < d && ctx.Err() == nil {
		began := end
		if err := op(); err != nil {
			return Rate{}, err
		}
		end = time.Now()
		each = append(each, end.Sub(began))
	}
	if len(each) == 0 {
		return Rate{}, ctx.Err()
	}
	slices.Sort(each)
	return Rate{Count: len(each), Took: end.Sub(start), P50: each[len(each)/2], P99: each[len(each)*99/100]}, nil
}

// Fsync appends 4 KiB to a file in the folder and makes it durable, again and again.
func Fsync(ctx context.Context, dir string, d time.Duration) (rate Rate, err error) {
	file, err := os.CreateTemp(dir, "fsync-*")
	if err != nil {
		return Rate{}, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	block := make([]byte, 4<<10)
	return measure(ctx, d, func() error {
		if _, err := file.Write(block); err != nil {
			return err
		}
		return file.Sync()
	})
}

// Committer makes one durable commit of SQLite at a time, with the settings of [Store], in
// a file of its own.
type Committer struct {
	db     *sql.DB
	insert *sql.Stmt
	row    []byte
}

// OpenCommitter makes the file.
func OpenCommitter(ctx context.Context, path string) (*Committer, error) {
	db, err := openWriter(path)
	if err != nil {
		return nil, err
	}
	c := &Committer{db: db, row: make([]byte, 1<<10)}
	if _, err = db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, content BLOB NOT NULL)"); err == nil {
		c.insert, err = db.PrepareContext(ctx, "INSERT INTO rows (content) VALUES (?)")
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return c, nil
}

// Commit stores one row of 1 KiB, and returns when it is durable.
func (c *Committer) Commit(ctx context.Context) error {
	_, err := c.insert.ExecContext(context.WithoutCancel(ctx), c.row)
	return err
}

// Close ends the connection; the file stays.
func (c *Committer) Close() error { return c.db.Close() }

// Commits makes durable commits in the file, one after the other.
func Commits(ctx context.Context, path string, d time.Duration) (rate Rate, err error) {
	c, err := OpenCommitter(ctx, path)
	if err != nil {
		return Rate{}, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return measure(ctx, d, func() error { return c.Commit(ctx) })
}

// Sign signs with P-256, on one core.
func Sign(ctx context.Context, d time.Duration) (Rate, error) {
	key, digest, err := probeKey()
	if err != nil {
		return Rate{}, err
	}
	return measure(ctx, d, func() error {
		_, err := ecdsa.SignASN1(rand.Reader, key, digest)
		return err
	})
}

// Verify verifies with P-256, on one core.
func Verify(ctx context.Context, d time.Duration) (Rate, error) {
	key, digest, err := probeKey()
	if err != nil {
		return Rate{}, err
	}
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest)
	if err != nil {
		return Rate{}, err
	}
	return measure(ctx, d, func() error {
		if !ecdsa.VerifyASN1(&key.PublicKey, digest, signature) {
			return errMessage
		}
		return nil
	})
}

func probeKey() (*ecdsa.PrivateKey, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	digest := sha256.Sum256([]byte(title))
	return key, digest[:], err
}
