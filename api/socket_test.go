package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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
	first := w.page(request.handle)
	first.until("pending")
	second := w.page(request.handle)
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
	page := w.page(request.handle)
	page.until("pending")
	_ = page.conn.CloseNow()
	approve(t, p, request.ID, request.Number)
	back := w.page(request.handle)
	approved := back.next()
	if approved.Status != "approved" {
		t.Fatalf("who comes back is told %+v", approved)
	}
	s.redeem(request.ID, approved.ReleaseCode).want(http.StatusOK)
	back.until("released")
	back.closed(1000)
	late := w.page(request.handle)
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
	page := w.page(request.handle)
	approve(t, p, request.ID, request.Number)
	release := page.until("approved").ReleaseCode

	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(w.Origin, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"release_code":"` + release + `"}`
	redeem := httptest.NewRequest(http.MethodPost, "/v1/approvals/"+request.ID+"/redeem", nil)
	redeem.SetBasicAuth(s.id, s.secret)
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: aye\r\nAuthorization: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		redeem.URL.Path, redeem.Header.Get("Authorization"), len(body))
	answers := bufio.NewReader(conn)
	line, err := answers.ReadString('\n')
	if err != nil || !strings.Contains(line, "100 Continue") { // the server has begun
		t.Fatalf("%s %v", line, err)
	}
	if _, err = answers.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	var stopping sync.WaitGroup
	stopping.Go(w.restart)
	page.closed(1012)
	fmt.Fprint(conn, body)
	response, err := http.ReadResponse(answers, redeem)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
		t.Errorf("%d %s", response.StatusCode, text)
	}
	stopping.Wait()
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
