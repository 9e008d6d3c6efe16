package store_test

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/store"
)

// outboxStore is an empty store that writes its log to the buffer.
func outboxStore(t *testing.T, log *bytes.Buffer) *store.Store {
	t.Helper()
	keys, err := secret.NewKeys(bytes.Repeat([]byte{7}, secret.KeySize))
	must(t, err)
	s, err := store.Open(t.Context(), store.Config{Path: filepath.Join(t.TempDir(), "aye.db"), Keys: keys, Now: time.Now, Log: slog.New(slog.NewTextHandler(log, nil))})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// TestWarningsHaveRoom: what somebody can do without end keeps no warning out, and beyond what may wait the change is made still.
func TestWarningsHaveRoom(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := outboxStore(t, &log)
	invitation, role, warning := any(accounts.Letter{Kind: accounts.LetterInvitation, Token: "canary"}), any(accounts.Notice{Kind: accounts.RoleGiven}), any(accounts.Notice{Kind: accounts.PhoneLinked})
	reset := any(accounts.Letter{Kind: accounts.LetterReset, Token: "canary"})
	provider, reminder := any(accounts.Notice{Kind: accounts.TextsProvider}), any(accounts.Notice{Kind: accounts.SecondFactorSoon})
	for waiting, kept := range map[int64][]any{
		0:                          {invitation, role, warning, reset, provider, reminder},
		store.OutboxRoom * 4 / 5:   {role, warning, reset},
		store.OutboxRoom * 9 / 10:  {warning, reset},
		store.OutboxRoom - 1:       {warning, reset},
		store.OutboxRoom:           {},
		store.OutboxRoom + 1_000:   {},
		store.OutboxRoom*4/5 - 1:   {invitation, role, warning, reset, provider, reminder},
		store.OutboxRoom*9/10 - 1:  {role, warning, reset},
		store.OutboxRoom*4/5 + 100: {role, warning, reset},
	} {
		for _, message := range []any{invitation, role, warning, reset, provider, reminder} {
			s.Pretend(waiting)
			must(t, s.Write(t.Context(), audit.Entry{At: time.Now(), Tell: []any{message}}))
			var found []any
			for _, lane := range []store.Lane{store.Soon, store.Later} {
				posts, err := s.TakePosts(t.Context(), lane, time.Now(), 9)
				must(t, err)
				for _, p := range posts {
					found = append(found, p.Message)
					_, err = s.PostDone(t.Context(), p)
					must(t, err)
				}
			}
			want := false
			for _, k := range kept {
				want = want || reflect.DeepEqual(k, message)
			}
			if want != (len(found) == 1) {
				t.Errorf("where %d wait: %+v is kept %v", waiting, message, len(found) == 1)
			}
		}
	}
	if strings.Contains(log.String(), "canary") || !strings.Contains(log.String(), "nobody is told of something") {
		t.Errorf("%.300s", log.String())
	}
}

// TestPostsAreWhole: every field of a message comes back, secrets too, which hide themselves from what writes JSON.
func TestPostsAreWhole(t *testing.T) {
	t.Parallel()
	s := outboxStore(t, &bytes.Buffer{})
	notice, letter := accounts.Notice{}, accounts.Letter{}
	fill(t, reflect.ValueOf(&notice).Elem())
	fill(t, reflect.ValueOf(&letter).Elem())
	letter.Nobody = false
	must(t, s.Tell(t.Context(), notice, letter))
	posts, err := s.TakePosts(t.Context(), store.Soon, time.Now(), 9)
	must(t, err)
	for i, want := range []any{notice, letter} {
		if i >= len(posts) || !reflect.DeepEqual(posts[i].Message, want) {
			t.Errorf("%+v is not %+v", posts, want)
		}
	}
}

// fill gives each field a value of its own.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch f.Interface().(type) {
		case time.Time:
			f.Set(reflect.ValueOf(time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)))
		case time.Duration:
			f.SetInt(int64(time.Minute))
		default:
			switch f.Kind() { //nolint:exhaustive // others have none
			case reflect.String:
				f.SetString("the " + name)
			case reflect.Bool:
				f.SetBool(true)
			default:
				t.Fatalf("how is %s filled?", name)
			}
		}
	}
}

// TestANeighbourThatFails: what a change tells goes with it, and leaves what its neighbours in one commit tell.
func TestANeighbourThatFails(t *testing.T) {
	t.Parallel()
	s := outboxStore(t, &bytes.Buffer{})
	done := make(chan error, 200)
	for i := range 200 {
		tell := []any{accounts.Notice{Kind: accounts.PhoneRemoved}}
		if i%2 == 0 {
			tell = append(tell, i)
		}
		go func() { done <- s.Write(t.Context(), audit.Entry{At: time.Now(), Tell: tell}) }()
	}
	failed := 0
	for range 200 {
		if <-done != nil {
			failed++
		}
	}
	before := s.PostsWaiting()
	must(t, s.CountPosts(t.Context()))
	if failed != 100 || before != 100 || s.PostsWaiting() != 100 || len(s.OwnPosts()) != 100 {
		t.Errorf("%d failed, %d wait, %d counted, %d are known", failed, before, s.PostsWaiting(), len(s.OwnPosts()))
	}
}

// TestAKeyThatWasNeverKept: the first post makes the data key of the installation. Where that change fails, the key is not there, and
// nothing may be sealed with it.
func TestAKeyThatWasNeverKept(t *testing.T) {
	t.Parallel()
	s := outboxStore(t, &bytes.Buffer{})
	notice := accounts.Notice{Kind: accounts.PhoneRemoved}
	if err := s.Tell(t.Context(), notice, "nothing that is known"); err == nil {
		t.Error("what cannot be told was told")
	}
	must(t, s.Tell(t.Context(), notice))
	posts, err := s.TakePosts(t.Context(), store.Soon, time.Now(), 9)
	if err != nil || len(posts) != 1 {
		t.Errorf("%d posts, %v", len(posts), err)
	}
}
