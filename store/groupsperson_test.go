package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"example.com/aye/approval"
	"example.com/aye/store"
	"example.com/aye/store/storetest"
)

// TestChangesAboutOnePerson: a change about the person of a request, and one about the person, are not in one group, and come in
// the order in which they were asked for.
func TestChangesAboutOnePerson(t *testing.T) {
	t.Parallel()
	var s *store.Store
	h := storetest.NewHouse(t, func(t *testing.T, now func() time.Time) storetest.Backend {
		s = openURL(t, newURL(t), now)
		return s
	})
	m := h.AddPerson(t, "ada@example.com")
	r := h.Request(m, "a")
	_, err := s.Ask(t.Context(), approval.Creation{OrganisationID: r.OrganisationID, ApplicationID: r.ApplicationID, PersonID: r.PersonID, Browser: "a"}, func(now approval.Situation) (approval.Admission, error) {
		return approval.Admission{Request: r, Budget: now.Budget}, nil
	})
	must(t, err)
	must(t, s.Notes())
	const count = 40
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() {
			id := ""
			if i%2 == 0 {
				id = r.ID
			}
			if err := s.CountTogether(t.Context(), id, r.PersonID); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got, err := s.Counted(t.Context()); err != nil || got != count {
		t.Errorf("counted %d times, %v", got, err)
	}
	// Nobody passes by who waits: some ask without end, and a decision has its turn.
	asking, enough := context.WithCancel(t.Context())
	for range 4 {
		all.Go(func() {
			for asking.Err() == nil {
				if err := s.CountTogether(asking, "", r.PersonID); err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
		})
	}
	within, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for range 10 {
		if err := s.CountTogether(within, r.ID, r.PersonID); err != nil {
			t.Errorf("a decision beside questions: %v", err)
			break
		}
	}
	enough()
	all.Wait()
}
