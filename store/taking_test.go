package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/signing"
	"example.com/aye/pairing"
	"example.com/aye/sms"
	"example.com/aye/store"
	"example.com/aye/store/storetest"
)

// TestEachJobIsTakenOnce: two servers that do the same jobs at one time do none of them twice and leave none, on either
// database.
func TestEachJobIsTakenOnce(t *testing.T) {
	t.Parallel()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		s := newServed(t)
		eachJobOnce(t, s.House, s.Store, s.beside(t))
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := newPath(t)
		var s *store.Store
		h := storetest.NewHouse(t, func(t *testing.T, now func() time.Time) storetest.Backend { s = open(t, path, now); return s })
		eachJobOnce(t, h, s, open(t, path, h.Clock.Now))
	})
}

func eachJobOnce(t *testing.T, h *storetest.House, one, other *store.Store) {
	t.Helper()
	const jobs = 200
	ctx := t.Context()
	signer, err := signing.Load(ctx, one, "https://aye.example.com", h.Clock.Now)
	must(t, err)
	m := h.AddPerson(t, "ada@example.com")
	h.AddPhone(t, m, pairing.Paired)
	r := h.AskOne(t, h.Request(m, "browser"))
	writer, _ := one.Handles()
	must(t, one.SetAlertHook(ctx, alerts.Hook{OrganisationID: m.OrganisationID, URL: "https://alerts.example.com", Secret: "whsec_x"}, audit.Entry{Organisation: m.OrganisationID}))
	now := h.Clock.Now().UnixMilli()
	for i := range jobs {
		must(t, writer.WithContext(ctx).Exec("INSERT INTO webhooks (id, application_id, request_id, membership_id, previous, at, next, attempts) VALUES (?, ?, ?, ?, 'released', ?, ?, 0)",
			fmt.Sprintf("msg_%03d", i), h.Application.ID, r.ID, m.ID, now, now).Error)
		must(t, one.Tell(ctx, alerts.Alert{Kind: alerts.NotMe, OrganisationID: m.OrganisationID, At: h.Clock.Now()}, accounts.Notice{Kind: accounts.PhoneRemoved, PersonID: m.Person.ID}))
		must(t, writer.WithContext(ctx).Exec("INSERT INTO sms_messages (id, provider_id, purpose, payer, about, number, number_index, masked, country, encoding, parts, estimate, price, currency, state, vendor_id, reason, detail, used, look, at, updated) "+
			"VALUES (?, 'smp_1', 'login', 'operator', ?, '', '', '', 'NL', '', 1, 0, 0, '', 'sent', 'v', '', '', 0, ?, ?, ?)", fmt.Sprintf("sms_%03d", i), r.ID, now, now, now).Error)
		must(t, one.Write(ctx, audit.Entry{Organisation: fmt.Sprintf("org_%03d", i), At: h.Clock.Now()}))
		must(t, one.AddCheckpoint(ctx, fmt.Sprintf("org_%03d", i), []string{"file"}, signer.Checkpoint))
	}
	for name, take := range map[string]func(s *store.Store) ([]string, error){
		"webhooks": func(s *store.Store) ([]string, error) {
			taken, err := s.DueWebhooks(ctx, h.Clock.Now(), 7)
			return names(taken, func(d store.WebhookDelivery) string { return d.ID }), err
		},
		"alerts": func(s *store.Store) ([]string, error) {
			taken, err := s.DueAlerts(ctx, h.Clock.Now(), 7)
			return names(taken, func(p alerts.Pending) string { return p.ID }), err
		},
		"checkpoints": func(s *store.Store) ([]string, error) {
			taken, err := s.PendingCheckpoints(ctx, "file", h.Clock.Now(), 7)
			return names(taken, func(p store.PendingCheckpoint) string { return p.Organisation }), err
		},
		"mails": func(s *store.Store) ([]string, error) {
			taken, err := s.TakePosts(ctx, store.Soon, h.Clock.Now(), 7)
			return names(taken, func(p store.Post) string { return p.ID }), err
		},
		"text messages": func(s *store.Store) ([]string, error) {
			taken, err := s.Unsettled(ctx, h.Clock.Now().Add(-time.Hour), h.Clock.Now(), 7)
			return names(taken, func(m sms.Message) string { return m.ID }), err
		},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			times, total := map[string]int{}, 0
			var taking sync.WaitGroup
			for _, s := range []*store.Store{one, other, one, other} {
				taking.Go(func() {
					for idle := 0; idle < 3; { // one that passes by what another takes may find nothing, and there is more
						ids, err := take(s)
						if err != nil {
							t.Error(err)
							return
						}
						if len(ids) == 0 {
							idle++
						}
						mu.Lock()
						for _, id := range ids {
							times[id]++
							total++
						}
						enough := total > 2*jobs
						mu.Unlock()
						if enough {
							return
						}
					}
				})
			}
			taking.Wait()
			for id, n := range times {
				if n != 1 {
					t.Errorf("%s was taken %d times", id, n)
				}
			}
			if len(times) != jobs {
				t.Errorf("%d of %d were taken", len(times), jobs)
			}
			// Nothing was heard of them: they are taken anew.
			h.Clock.Pass(store.PostLease)
			again, err := take(other)
			must(t, err)
			if len(again) != 7 {
				t.Errorf("after the lease %d are taken", len(again))
			}
			h.Clock.Pass(-store.PostLease)
		})
	}
}

func names[T any](all []T, name func(T) string) []string {
	var ids []string
	for _, one := range all {
		ids = append(ids, name(one))
	}
	return ids
}
