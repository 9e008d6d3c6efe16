package api_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTwoTabs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada, polls)
	request := s.ask(ada)
	first := w.page(request.opened)
	first.until("pending")
	second := w.page(request.opened)
	second.until("pending")
	first.closed(4001)
	approve(t, p, request.ID, request.Number)
	second.until("approved")
}

func TestBrowserIsOfflineAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada, polls)
	request := s.ask(ada)
	page := w.page(request.opened)
	page.until("pending")
	_ = page.conn.CloseNow()
	approve(t, p, request.ID, request.Number)
	back := w.page(request.opened)
	approved := back.next()
	if approved.Status != "approved" {
		t.Fatalf("who comes back is told %+v", approved)
	}
	s.redeem(request.ID, approved.ReleaseCode).want(http.StatusOK)
	back.until("released")
	back.closed(1000)
	late := w.page(request.opened)
	late.until("released")
	late.closed(1000)
}

// TestDrainFinishesWhatIsUnderWay stops the server in the middle of a redeem.
func TestDrainFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada, polls)
	request := s.ask(ada)
	page := w.page(request.opened)
	approve(t, p, request.ID, request.Number)
	release := page.until("approved").ReleaseCode

	body, write := io.Pipe()
	redeem, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.Origin+"/v1/approvals/"+request.ID+"/redeem", body)
	if err != nil {
		t.Fatal(err)
	}
	redeem.Header.Set("Content-Type", "application/json")
	redeem.SetBasicAuth(s.id, s.secret)
	var under sync.WaitGroup
	under.Go(func() {
		response, err := w.plain.Do(redeem)
		if err != nil {
			t.Error(err)
			return
		}
		defer response.Body.Close()
		if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
			t.Errorf("%d %s", response.StatusCode, text)
		}
	})
	if _, err := write.Write([]byte(`{"release_code":`)); err != nil { // returns when the server has begun to read
		t.Fatal(err)
	}
	under.Go(w.restart)
	page.closed(1012)
	if _, err := write.Write([]byte(`"` + release + `"}`)); err != nil {
		t.Fatal(err)
	}
	_ = write.Close()
	under.Wait()
	if got := s.state(request.ID); got.Status != "released" {
		t.Errorf("%+v", got)
	}
}

func TestEachTicketIsForOnePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	linking := s.pairing(ada)
	page := w.page(linking)
	page.until("open")
	w.pass(3 * time.Minute)
	page.until("expired") // by the sweep
	s.post(t, "/v1/pairings/"+linking.ID+"/renew", nil).want(http.StatusOK)
	page.until("open")
	w.pass(8 * time.Minute)
	page.until("expired")
	if strings.Contains(linking.EventsURL, linking.Ticket) {
		t.Error("a ticket stands in an address")
	}
}
