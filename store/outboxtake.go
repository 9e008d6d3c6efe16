package store

import (
	"context"
	"strings"
	"time"
)

// PostLease is how long a post is with who took it. Each [Store.PostTold] begins it anew. It is more than a mail server takes for
// one reader.
const PostLease = 2 * time.Minute

// Post is a message that waits to be told, and is with who took it.
type Post struct {
	ID string
	At time.Time
	// Message is an accounts.Notice or accounts.Letter; nil for nobody.
	Message any
	// Told are the readers who need not be told again, as [Store.PostTold] was given them.
	Told []string
	// Attempts is how often it was taken, this time included. Whoever took it last has it.
	Attempts int64
}

// TakePosts takes those of a lane that are to be told now, the longest due first. Nobody else is given them for [PostLease]. A post
// that does not open is left out, and the error says why; it is tried again with the others.
func (s *Store) TakePosts(ctx context.Context, lane Lane, now time.Time, limit int) ([]Post, error) {
	return s.takePosts(ctx, "lane = "+text+" AND next <= "+number, []any{string(lane), millis(now), limit}, now)
}

// TakePost takes the post of that id, if it is to be told now.
func (s *Store) TakePost(ctx context.Context, id string, now time.Time) ([]Post, error) {
	return s.takePosts(ctx, "id = "+text+" AND next <= "+number, []any{id, millis(now), 1}, now)
}

func (s *Store) takePosts(ctx context.Context, where string, values []any, now time.Time) ([]Post, error) {
	rows, err := take(ctx, s, "SELECT "+postColumns+" FROM outbox WHERE "+where+" ORDER BY next, id LIMIT "+number, values, func(tx *transaction, rows []postRow) error {
		_, err := tx.exec("UPDATE outbox SET next = ?, attempts = attempts + 1 WHERE id IN "+places(len(rows)),
			behind(millis(now.Add(PostLease)), rows, func(r postRow) string { return r.id })...)
		return err
	})
	if err != nil {
		return nil, err
	}
	posts := make([]Post, 0, len(rows))
	for _, r := range rows {
		r.attempts++
		p, failed := s.post(ctx, r)
		if failed != nil {
			err = failed
			continue
		}
		posts = append(posts, p)
	}
	return posts, err
}

// PostTold writes down who was told, and begins the lease anew. It tells whether the post is still with the caller: else somebody
// else tells it.
func (s *Store) PostTold(ctx context.Context, p Post, told []string, now time.Time) (bool, error) {
	return s.update(ctx, func(tx *transaction) (int64, error) {
		return tx.exec("UPDATE outbox SET told = ?, next = ? WHERE id = ? AND attempts = ?", strings.Join(told, " "), millis(now.Add(PostLease)), p.ID, p.Attempts)
	})
}

// PostLater puts a post off, if it is still with the caller.
func (s *Store) PostLater(ctx context.Context, p Post, next time.Time) (bool, error) {
	return s.update(ctx, func(tx *transaction) (int64, error) {
		return tx.exec("UPDATE outbox SET next = ? WHERE id = ? AND attempts = ?", millis(next), p.ID, p.Attempts)
	})
}

// PostDone ends a post, if it is still with the caller: all were told, or it is given up.
func (s *Store) PostDone(ctx context.Context, p Post) (bool, error) {
	done, err := s.update(ctx, func(tx *transaction) (int64, error) {
		return tx.exec("DELETE FROM outbox WHERE id = ? AND attempts = ?", p.ID, p.Attempts)
	})
	if done {
		s.box.waiting.Add(-1)
	}
	return done, err
}
