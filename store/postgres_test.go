package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/pgtest"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
	"example.com/aye/store"
	"example.com/aye/store/storetest"
)

// few is enough for a test: the server has a hundred for all.
const few = 8

// openURL opens a database of PostgreSQL, beside others that may be open on it.
func openURL(tb testing.TB, url string, now func() time.Time) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.Context(), store.Config{URL: secret.Secret(url), Connections: few, Keys: keys(tb), Now: now, Log: slog.New(slog.DiscardHandler)})
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

// newURL is an empty database with the newest schema.
func newURL(tb testing.TB) string {
	tb.Helper()
	return pgtest.New(tb, func(ctx context.Context, url string) error {
		s, err := store.Open(ctx, store.Config{URL: secret.Secret(url), Keys: keys(tb), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		return s.Close()
	})
}

// TestStorePostgres runs the suite, and then looks how PostgreSQL would go about each statement of it.
func TestStorePostgres(t *testing.T) {
	t.Parallel()
	var seen statements
	t.Run("suite", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T, now func() time.Time) storetest.Backend {
			s := openURL(t, newURL(t), now)
			s.Watch(seen.keep)
			return s
		})
	})
	t.Run("no statement looks at every row", func(t *testing.T) { seen.explainPostgres(t) })
}

// TestNodesRace lets a hundred try at once on three nodes: the database chooses one.
func TestNodesRace(t *testing.T) {
	t.Parallel()
	storetest.RaceNodes(t, func(t *testing.T, now func() time.Time) []storetest.Backend {
		url := newURL(t)
		return []storetest.Backend{openURL(t, url, now), openURL(t, url, now), openURL(t, url, now)}
	})
}

// town is a database with two nodes.
func town(t *testing.T) (h *storetest.House, nodes [2]*store.Store) {
	t.Helper()
	h = storetest.NewHouse(t, func(t *testing.T, now func() time.Time) storetest.Backend {
		url := newURL(t)
		nodes = [2]*store.Store{openURL(t, url, now), openURL(t, url, now)}
		return nodes[0]
	})
	return h, nodes
}

// TestNodesAppend: two nodes that append to the same chains at once, from the first row on and in whatever order, leave them
// whole, and none waits for the other for ever.
func TestNodesAppend(t *testing.T) {
	t.Parallel()
	h, nodes := town(t)
	people := make([]accounts.Member, 20)
	for i := range people {
		people[i] = h.AddPerson(t, fmt.Sprintf("person%d@example.com", i))
	}
	const each = 60
	var done sync.WaitGroup
	for i := range each {
		done.Go(func() {
			if err := nodes[i%2].Write(t.Context(), audit.Entry{Organisation: "org_new", Actor: fmt.Sprint(i)}); err != nil {
				t.Error(err)
			}
		})
		done.Go(func() {
			// Each appends to three chains, some in one order and some in the other.
			chains := []string{"org_first", "org_second", "org_new"}
			if i%2 == 1 {
				chains[0], chains[1] = chains[1], chains[0]
			}
			var entries []audit.Entry
			for _, chain := range chains {
				entries = append(entries, audit.Entry{Organisation: chain, Actor: "system", Action: "approval.asked"})
			}
			r := h.Request(people[i%len(people)], fmt.Sprint("browser", i))
			_, err := nodes[i/2%2].Ask(t.Context(), approval.Creation{OrganisationID: r.OrganisationID, ApplicationID: r.ApplicationID, PersonID: r.PersonID, Browser: r.Context.Browser}, func(now approval.Situation) (approval.Admission, error) {
				return approval.Admission{Request: r, Budget: now.Budget, Entries: entries}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	must(t, nodes[1].VerifyAudit(t.Context()))
	for chain, want := range map[string]int64{"org_new": 2 * each, "org_first": each, "org_second": each} {
		if sequence, _, err := nodes[0].AuditHead(t.Context(), chain); err != nil || sequence != want {
			t.Errorf("%s has %d rows, %v", chain, sequence, err)
		}
	}
}

// TestNodesCount: what is counted of a person is counted by all nodes together, and none of it is lost.
func TestNodesCount(t *testing.T) {
	t.Parallel()
	h, nodes := town(t)
	m := h.AddPerson(t, "ada@example.com")
	r := h.AskOne(t, h.Request(m, "browser"))
	const times = 60
	var done sync.WaitGroup
	for i := range times {
		done.Go(func() {
			taken, err := nodes[i%2].TakeAsk(t.Context(), r, func(b approval.Budget) (approval.Budget, bool) { b.Mutes++; return b, true })
			if err != nil || !taken {
				t.Error(taken, err)
			}
		})
		done.Go(func() {
			if _, _, err := nodes[i%2].SpendTry(t.Context(), "account", []accounts.Tries{{Scope: "all"}}, time.Now()); err != nil {
				t.Error(err)
			}
		})
	}
	var requests []approval.Request
	for i := range 12 {
		requests = append(requests, h.AskOne(t, h.Request(m, fmt.Sprint("browser", i))))
	}
	for i, r := range requests {
		done.Go(func() {
			move := approval.Move{
				RequestID: r.ID, PersonID: r.PersonID, From: []approval.State{approval.Pending}, To: approval.Denied, Now: h.Clock.Now(),
				Budget: func(b approval.Budget) approval.Budget { b.Streak++; return b },
			}
			if held, err := nodes[i%2].Move(t.Context(), move, audit.Entry{Organisation: m.OrganisationID}); err != nil || !held {
				t.Error(held, err)
			}
		})
	}
	done.Wait()
	var mutes, streak, failures int
	_, reader := nodes[1].Handles()
	must(t, reader.Raw("SELECT mutes FROM budgets").Scan(&mutes).Error)
	must(t, reader.Raw("SELECT streak FROM budgets").Scan(&streak).Error)
	must(t, reader.Raw("SELECT failures FROM password_tries").Scan(&failures).Error)
	if mutes != times || streak != len(requests) || failures != times {
		t.Errorf("%d mutes, a streak of %d, %d failures", mutes, streak, failures)
	}
}

// TestNodesShareCreationKeys: a creation key makes one request, whoever is asked with it at the same moment.
func TestNodesShareCreationKeys(t *testing.T) {
	t.Parallel()
	h, nodes := town(t)
	const people = 20
	var mu sync.Mutex
	ids := map[string]bool{}
	var done sync.WaitGroup
	start := make(chan struct{})
	for i := range people {
		r := h.Request(h.AddPerson(t, fmt.Sprintf("person%d@example.com", i)), "browser")
		r.CreationKey = "shared"
		done.Go(func() {
			<-start
			key := approval.Creation{OrganisationID: r.OrganisationID, ApplicationID: r.ApplicationID, PersonID: r.PersonID, Key: r.CreationKey, Browser: r.Context.Browser}
			asked, err := nodes[i%2].Ask(t.Context(), key, func(now approval.Situation) (approval.Admission, error) {
				return approval.Admission{Request: r, Budget: now.Budget}, nil
			})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			ids[asked.ID] = true
		})
	}
	close(start)
	done.Wait()
	if len(ids) != 1 {
		t.Errorf("%d requests were made", len(ids))
	}
}

// TestNodesAloneAndBeside: changes that are alone, and those that are not, go on beside one another without a deadlock, and
// leave every chain whole.
func TestNodesAloneAndBeside(t *testing.T) {
	t.Parallel()
	h, nodes := town(t)
	const people = 6
	var done sync.WaitGroup
	for i := range people {
		m := h.AddPerson(t, fmt.Sprintf("person%d@example.com", i))
		phone := h.AddPhone(t, m, pairing.Paired)
		done.Go(func() { // logins
			for n := range 6 {
				s := nodes[(i+n)%2]
				r := h.Request(m, fmt.Sprint("browser", n))
				_, err := s.Ask(t.Context(), approval.Creation{OrganisationID: r.OrganisationID, ApplicationID: r.ApplicationID, PersonID: r.PersonID, Browser: r.Context.Browser}, func(now approval.Situation) (approval.Admission, error) {
					return approval.Admission{Request: r, Budget: now.Budget, Entries: []audit.Entry{{Organisation: r.OrganisationID}, {}}}, nil
				})
				must(t, err)
				for _, move := range []approval.Move{h.Approve(r, phone), h.Redeem(r)} {
					if held, err := nodes[n%2].Move(t.Context(), move, audit.Entry{Organisation: r.OrganisationID}); err != nil || !held {
						t.Error(held, err)
					}
				}
			}
		})
		done.Go(func() { // what is alone
			for n := range 6 {
				must(t, nodes[n%2].SetDisplay(t.Context(), m.Person.ID, fmt.Sprint("Ada ", n), audit.Entry{Organisation: m.OrganisationID}))
				must(t, nodes[n%2].SetLocale(t.Context(), m.Person.ID, "nl", audit.Entry{}))
			}
		})
	}
	done.Wait()
	must(t, nodes[0].VerifyAudit(t.Context()))
}

// TestNodesStartTogether opens an empty database from several nodes at the same moment.
func TestNodesStartTogether(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			s, err := store.Open(t.Context(), store.Config{URL: secret.Secret(url), Connections: few, Keys: keys(t), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Error(err)
				return
			}
			must(t, s.Write(t.Context(), audit.Entry{Actor: "system"}))
			must(t, s.Close())
		})
	}
	done.Wait()
	must(t, openURL(t, url, time.Now).VerifyAudit(t.Context()))
}

// TestTextsThatPostgreSQLDoesNotKeep: nobody gets an error for bytes that are no text, and the log stays whole.
func TestTextsThatPostgreSQLDoesNotKeep(t *testing.T) {
	t.Parallel()
	h, nodes := town(t)
	m := h.AddPerson(t, "ada@example.com")
	const strange = "a\x00b\xff"
	if _, err := nodes[0].Request(t.Context(), strange); !errors.Is(err, approval.ErrNotFound) {
		t.Errorf("a request with a strange id: %v", err)
	}
	if _, err := nodes[0].Device(t.Context(), strange); err == nil || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a phone with a strange id: %v", err)
	}
	r := h.Request(m, strange)
	r.Context.UserAgent, r.Message = strange, strange
	got := h.AskOne(t, r)
	kept, err := nodes[1].Request(t.Context(), got.ID)
	must(t, err)
	if want := "a\ufffdb\ufffd"; kept.Context.UserAgent != want || kept.Context.Browser != want || kept.Message != want {
		t.Errorf("kept is %+v", kept)
	}
	must(t, nodes[0].Write(t.Context(), audit.Entry{
		Organisation: "org_strange", Actor: strange, Subject: strange, Data: map[string]string{"user": strange, "x": strange}, Personal: map[string]string{"browser": strange},
	}))
	must(t, nodes[1].VerifyAudit(t.Context()))
}

// TestPostgresSaysWhatToDo: whoever cannot begin is told why, once, and what to do.
func TestPostgresSaysWhatToDo(t *testing.T) {
	t.Parallel()
	good, err := url.Parse(newURL(t))
	must(t, err)
	with := func(change func(*url.URL)) string {
		bad := *good
		change(&bad)
		return bad.String()
	}
	query := func(name, value string) string {
		return with(func(u *url.URL) { q := u.Query(); q.Set(name, value); u.RawQuery = q.Encode() })
	}
	for name, test := range map[string]struct{ url, want string }{
		"no such database": {with(func(u *url.URL) { u.Path = "/aye_test_none" }), "CREATE DATABASE"},
		"no such role":     {with(func(u *url.URL) { u.User = url.UserPassword("aye_test_nobody", "CANARY") }), "the role in the URL"},
		"no such schema":   {query("search_path", "elsewhere"), "search_path"},
		"no such roots":    {query("sslrootcert", "/none.pem"), "sslrootcert"},
	} {
		var log strings.Builder
		s, err := store.Open(t.Context(), store.Config{URL: secret.Secret(test.url), Keys: keys(t), Now: time.Now, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err == nil {
			must(t, s.Close())
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v, want something about %s", name, err, test.want)
		}
		if log.Len() > 0 {
			t.Errorf("%s: also told in the log: %s", name, log.String())
		}
	}
}
