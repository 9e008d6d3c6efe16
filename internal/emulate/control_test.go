package emulate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestScriptIsPlayedInOrder(t *testing.T) {
	t.Parallel()
	var s scripts
	s.Script("a", Behaviour{Reason: "one", Times: 2}, Behaviour{Times: 1}, Behaviour{Reason: "two", Times: 1})
	s.Script(Everyone, Behaviour{Reason: "all"})
	var got []string
	for range 5 {
		got = append(got, s.next("a").Reason)
	}
	if want := []string{"one", "one", "", "two", "all"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	s.Script(Everyone)
	if got := s.next("b"); got != (Behaviour{}) {
		t.Errorf("after taking it back: %+v", got)
	}
}

func TestNextGivesEachPushOnce(t *testing.T) {
	t.Parallel()
	var boxes inboxes
	const pushes = 200
	var all sync.WaitGroup
	seen := make(chan int, pushes)
	for range 4 {
		all.Go(func() {
			for range pushes / 4 {
				delivery, err := boxes.Next(t.Context(), "a")
				if err != nil {
					t.Error(err)
					return
				}
				seen <- delivery.Number
			}
		})
	}
	for range pushes {
		boxes.add("a", Delivery{})
	}
	all.Wait()
	close(seen)
	numbers := slices.Sorted(func(yield func(int) bool) {
		for n := range seen {
			if !yield(n) {
				return
			}
		}
	})
	if len(slices.Compact(numbers)) != pushes {
		t.Errorf("%d different pushes, want %d", len(numbers), pushes)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := boxes.Next(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("nothing more: %v", err)
	}
}

func TestInboxForgetsTheOldest(t *testing.T) {
	t.Parallel()
	var boxes inboxes
	for range kept + 10 {
		boxes.add("a", Delivery{})
	}
	if got := boxes.Inbox("a"); len(got) != kept || got[0].Number != 11 {
		t.Errorf("%d kept, the first is %d", len(got), got[0].Number)
	}
	if got, _ := boxes.after("a", kept+9); len(got) != 1 {
		t.Errorf("%d after the last but one", len(got))
	}
}

func TestControlListener(t *testing.T) {
	t.Parallel()
	a, client := startAPNs(t)
	token := providerToken(t, a, nil)
	plain := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(plain.CloseIdleConnections)
	post := func(body string) int {
		t.Helper()
		response, err := plain.Post(a.ControlURL()+"/script", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	if status := post(`{"address":"` + phone + `","behaviours":[{"reason":"Unregistered","since":"2026-11-21T10:00:00Z","delay":"1ms","times":1}]}`); status != http.StatusNoContent {
		t.Fatalf("script: %d", status)
	}
	if status := post(`{"behaviour":[]}`); status != http.StatusBadRequest {
		t.Errorf("a misspelt script: %d", status)
	}
	if status, reason := ask(t, client, a, token, "{}", nil); status != http.StatusGone || reason != "Unregistered" {
		t.Errorf("as scripted: %d %s", status, reason)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.ControlURL()+"/inbox/"+phone, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := plain.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.Header.Get("Access-Control-Allow-Origin") != "*" || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("header: %v", response.Header)
	}
	ask(t, client, a, token, `{"aye":{"ref":"apr_1"}}`, nil)
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "data: ") {
	}
	var delivery Delivery
	if err := json.Unmarshal([]byte(strings.TrimPrefix(lines.Text(), "data: ")), &delivery); err != nil {
		t.Fatal(err)
	}
	if delivery.Number != 1 || delivery.PushType != "alert" || string(delivery.Payload) != `{"aye":{"ref":"apr_1"}}` {
		t.Errorf("event: %+v", delivery)
	}
}

func TestStandEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f, err := StartFCM(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client := f.HTTPClient()
	defer client.CloseIdleConnections()
	cancel()
	<-f.ended.Done()
	f.Close() // and closing twice harms nobody
	if response, err := client.Get(f.URL()); err == nil {
		response.Body.Close()
		t.Error("it still answers")
	}
	if _, err := StartAPNs(t.Context(), "127.0.0.1:notaport"); err == nil {
		t.Error("an impossible address: no error")
	}
}
