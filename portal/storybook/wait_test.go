package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/gorilla/websocket"

	"example.com/aye/portal/page"
)

// waits is a page that waits, as the real ones do, whose state the test turns.
type waits struct {
	t       *testing.T
	address string
	tab     context.Context

	mu      sync.Mutex
	state   string // empty: the page is no waiting page any more
	told    string
	ticket  string
	events  bool
	refuses bool // no socket can be opened
	tries   int  // how often that was tried
	left    int
	next    string // where the page is sent
	ended   string // where it is redirected
	down    bool
	looks   int
	sockets []*websocket.Conn
	tickets []string
}

func newWaits(t *testing.T, change func(*waits)) *waits {
	t.Helper()
	w := &waits{t: t, state: "pending", told: "on its way", ticket: "first", left: 100}
	change(w)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /wait", w.show)
	mux.HandleFunc("GET /events", w.listen)
	mux.HandleFunc("GET /apps", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("<h1>You are in</h1>")) })
	for address, content := range page.Assets() {
		mux.HandleFunc("GET "+address, serve(map[bool]string{true: "text/javascript", false: "text/css"}[strings.HasSuffix(address, ".js")], content))
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	w.address, w.tab = server.URL, open(t)
	w.do(chromedp.Navigate(w.address + "/wait"))
	return w
}

// show draws what the layout draws around a page that waits.
func (w *waits) show(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	part := r.Header.Get("Aye-Part") == "main"
	switch {
	case w.down:
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	case w.next != "" && part:
		rw.Header().Set("Aye-Location", w.next)
		rw.WriteHeader(http.StatusNoContent)
		return
	case w.ended != "" || w.next != "":
		http.Redirect(rw, r, w.ended+w.next, http.StatusSeeOther)
		return
	}
	script, _ := page.Asset("portal.js")
	waiting, events := "", ""
	if w.events {
		events = "ws" + strings.TrimPrefix(w.address, "http") + "/events"
	}
	refresh := ""
	if w.state != "" {
		waiting = fmt.Sprintf(`data-wait=%q data-events=%q data-ticket=%q data-left="%d" data-offline="No connection"`, w.state, events, w.ticket, w.left)
		refresh = `<noscript><meta http-equiv="refresh" content="1"></noscript>`
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(rw, `<!doctype html><html lang="en"><head><title>Waiting – Aye</title>%s<script type="module" src=%q></script></head><body>
		<main id="main" %s><p data-connection hidden role="status"></p><h1 tabindex="-1">State %s</h1>
		<div class="left"><p><strong>?</strong></p></div><div data-live="told" role="status">%s</div><input id="typed"><form action="/held"><input data-texted></form></main></body></html>`,
		refresh, script, waiting, w.state, w.told)
}

func (w *waits) listen(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.tries++
	refuses := w.refuses
	w.mu.Unlock()
	if refuses {
		http.Error(rw, "no sockets here", http.StatusForbidden)
		return
	}
	upgrader := websocket.Upgrader{Subprotocols: []string{"aye.v1"}}
	conn, err := upgrader.Upgrade(rw, r, nil)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sockets = append(w.sockets, conn)
	for _, offered := range websocket.Subprotocols(r) {
		if ticket, ok := strings.CutPrefix(offered, "aye.ticket."); ok {
			w.tickets = append(w.tickets, ticket)
		}
	}
}

// set turns the state.
func (w *waits) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

func (w *waits) do(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.tab, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		w.t.Fatal(err)
	}
}

// until waits for something to become true in the page.
func (w *waits) until(condition string) {
	w.t.Helper()
	w.eventually(condition, func() bool {
		ok, err := chromedp.Run(w.tab, chromedp.Evaluate[bool]("!!("+condition+")"))
		return err == nil && ok
	})
}

func (w *waits) eventually(what string, so func() bool) {
	w.t.Helper()
	end := time.After(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-end:
			w.t.Fatalf("it never came to this: %s", what)
		case <-tick.C:
		}
	}
}

// connected waits for so many connections in all.
func (w *waits) connected(count int) *websocket.Conn {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%d sockets", count), func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.sockets) >= count
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sockets[count-1]
}

func (w *waits) online(online bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.tab, patience)
	defer cancel()
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	if err == nil {
		_, err = chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Offline: !online, DownloadThroughput: -1, UploadThroughput: -1}},
		})
	}
	if err == nil {
		_, err = chromedp.Call(ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: !online, DownloadThroughput: -1, UploadThroughput: -1})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

const (
	says    = `document.querySelector('[data-live="told"]').textContent === `
	heading = `document.querySelector("h1").textContent === `
)

// While the state stays, only what changed is put in its place: what somebody types stays.
func TestWaitingReplacesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWaits(t, func(*waits) {})
	w.until(`(document.querySelector("#typed").value = "12", document.querySelector("#typed").focus(), document.querySelector('[data-live="told"]').firstChild.mark = 1)`)
	w.set(func() { w.told = "seen by the phone" })
	w.until(says + `"seen by the phone"`)
	w.until(`document.querySelector("#typed").value === "12" && document.activeElement.id === "typed"`)
}

// What did not change is not put in its place again: a screen reader would say it again.
func TestWaitingSaysNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWaits(t, func(*waits) {})
	w.until(`document.querySelector('[data-live="told"]').firstChild.mark = 1`)
	w.set(func() { w.looks = 0 })
	w.eventually("two more looks", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.looks >= 3 // so that the second has been shown
	})
	w.until(`document.querySelector('[data-live="told"]').firstChild.mark === 1`)
}

// When the page becomes another, its heading is read out, and nothing is asked any more.
func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	w := newWaits(t, func(*waits) {})
	w.set(func() { w.state, w.told = "", "denied" })
	w.until(heading + `"State " && document.activeElement.tagName === "H1" && document.title === "State – Aye" && !document.querySelector("main").dataset.wait`)
	w.set(func() { w.looks = 0 })
	<-time.After(4 * time.Second)
	w.set(func() {
		if w.looks > 0 {
			t.Error("a page that is done looked again")
		}
	})
}

// Who was let in goes on, by our header or by a redirect.
func TestWaitingGoesOn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*waits){
		"by header": func(w *waits) { w.next = "/apps" }, "by redirect": func(w *waits) { w.ended = "/apps" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWaits(t, func(*waits) {})
			w.set(func() { change(w) })
			w.until(`location.pathname === "/apps"`)
		})
	}
}

// With a socket the page looks when it is told to, at once.
func TestWaitingListens(t *testing.T) {
	t.Parallel()
	w := newWaits(t, func(w *waits) { w.events = true })
	socket := w.connected(1)
	w.until(says + `"on its way"`)
	w.set(func() { w.told, w.looks = "told by socket", 0 })
	<-time.After(4 * time.Second)
	w.set(func() {
		if w.looks > 0 {
			t.Error("a page with a socket asked all the same")
		}
	})
	if err := socket.WriteMessage(websocket.TextMessage, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	w.until(says + `"told by socket"`)
}

// Another request has another ticket: the page listens to that one, and not to the old.
func TestWaitingFollowsTheTicket(t *testing.T) {
	t.Parallel()
	w := newWaits(t, func(w *waits) { w.events = true })
	socket := w.connected(1)
	w.set(func() { w.state, w.ticket = "again", "second" })
	if err := socket.WriteMessage(websocket.TextMessage, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	w.connected(2)
	w.set(func() {
		if got := strings.Join(w.tickets, " "); got != "first second" {
			t.Errorf("the tickets were %s", got)
		}
	})
}

// A socket that ends is opened again; one that another tab took over is not, and the page asks.
func TestWaitingConnectsAgain(t *testing.T) {
	t.Parallel()
	w := newWaits(t, func(w *waits) { w.events = true })
	_ = w.connected(1).Close()
	taken := w.connected(2)
	if err := taken.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4001, "")); err != nil {
		t.Fatal(err)
	}
	w.set(func() { w.told = "asked" })
	w.until(says + `"asked"`)
	w.set(func() {
		if len(w.sockets) != 2 {
			t.Errorf("it was opened %d times, and takes over from the other tab in turn", len(w.sockets))
		}
	})
}

// Where sockets are blocked, the page asks, and tries a socket more and more seldom.
func TestWaitingWhereSocketsAreBlocked(t *testing.T) {
	t.Parallel()
	start := time.Now()
	w := newWaits(t, func(w *waits) { w.events, w.refuses = true, true })
	w.set(func() { w.told = "asked" })
	w.until(says + `"asked"`)
	<-time.After(14 * time.Second)
	w.set(func() {
		// Each pause is twice the one before, a quarter more or less: five tries in the time that is usual, and few more where
		// the machine is busy. One at each look would be six, and one more each three seconds.
		most, passed := 1, time.Since(start)
		for pause := 750 * time.Millisecond; pause <= passed; pause *= 2 {
			most, passed = most+1, passed-pause
		}
		if w.tries > most || w.tries < 2 {
			t.Errorf("it tried %d times, and %d are the most", w.tries, most)
		}
	})
}

// The browser tells at once when the network goes and comes; a socket from before is not trusted.
func TestWaitingHearsOfTheNetwork(t *testing.T) {
	t.Parallel()
	w := newWaits(t, func(w *waits) { w.events = true })
	w.connected(1)
	w.until(says + `"on its way"`)
	start := time.Now()
	w.online(false)
	w.until(`!document.querySelector("[data-connection]").hidden`)
	if took := time.Since(start); took > 15*time.Second { // a page with a socket looks each 21 s
		t.Errorf("it took %v", took)
	}
	w.online(true)
	w.connected(2)
}

// A network or a server that is gone is said in words, and the page heals by itself.
func TestWaitingHeals(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]func(w *waits, gone bool){
		"network": func(w *waits, gone bool) { w.online(!gone) },
		"server":  func(w *waits, gone bool) { w.set(func() { w.down = gone }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWaits(t, func(*waits) {})
			const notice = `document.querySelector("[data-connection]")`
			w.until(notice + `.hidden`)
			gone(w, true)
			w.until(`!` + notice + `.hidden && ` + notice + `.textContent === "No connection"`)
			w.set(func() { w.told = "healed" })
			gone(w, false)
			w.until(notice + `.hidden && ` + says + `"healed"`)
		})
	}
}

// The time runs down in front of the person, and at its end the page looks.
// A form may end the waiting itself. A look beside it would take its answer, the new token, from
// a page that is being left.
func TestAFormEndsTheWaiting(t *testing.T) {
	t.Parallel()
	w := newWaits(t, func(w *waits) { w.events = true })
	conn := w.connected(1)
	w.until(says + `"on its way"`)
	w.until(`(document.addEventListener("submit", (e) => e.preventDefault()), document.querySelector("form").requestSubmit(), true)`)
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNoStatusReceived, websocket.CloseNormalClosure, websocket.CloseGoingAway) {
		t.Fatalf("the socket is still open: %v", err)
	}
	before := 0
	w.set(func() { before, w.next = w.looks, "/apps" })
	w.until(`(dispatchEvent(new Event("online")), location.pathname === "/wait")`)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.looks != before {
		t.Error("it looked again")
	}
}

func TestWaitingCountsDown(t *testing.T) {
	t.Parallel()
	w := newWaits(t, func(w *waits) { w.events, w.left = true, 2 })
	w.connected(1)
	w.until(`/^0:0[01]$/.test(document.querySelector(".left strong").textContent)`)
	w.set(func() { w.state = "" })
	w.until(heading + `"State "`)
}

// Without JavaScript the page refreshes itself.
func TestWaitingWithoutScript(t *testing.T) {
	t.Parallel()
	w := newWaits(t, func(*waits) {})
	if _, err := chromedp.Call(w.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	w.do(chromedp.Navigate(w.address + "/wait"))
	w.set(func() { w.next = "/apps" })
	w.eventually("the apps", func() bool {
		address, err := chromedp.Run(w.tab, chromedp.Location())
		return err == nil && strings.HasSuffix(address, "/apps")
	})
}
