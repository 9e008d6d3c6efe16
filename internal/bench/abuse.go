package bench

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// abuseByQuiet is how many times as long as in quiet the others' logins may take, of a hundred the slowest.
const abuseByQuiet = 2

// attack is something that somebody does to keep others out, from many addresses of this machine, until its context ends. It tells
// how often it came to something.
type attack struct {
	name, what, times string
	do                func(ctx context.Context, t *target, times *atomic.Int64, room int)
}

var attacks = []attack{
	{"account", "10,000 logins a minute on one account", "passwords were tried", guess},
	{"drip", "500 requests that come byte by byte", "connections dripped", drip},
	{"sockets", "20,000 sockets that say nothing", "sockets were opened", crowdOfSockets},
	{"dots", "1 MiB of dots as a token", "tokens were sent", dots},
}

const (
	guessesPerSecond = 10_000 / 60
	guessAddresses   = 1_000
	drips            = 500
	dripEvery        = 200 * time.Millisecond
	sockets          = 20_000
	dotsPerSecond    = 50
)

// abuse lets people log in at a steady pace, first in quiet and then beside each attack.
func (r *run) abuse(ctx context.Context) error {
	t, err := r.startAye(ctx, sitting)
	if err != nil {
		return err
	}
	defer r.aye.stop()
	defer t.close()
	g := r.group(Abuse, fmt.Sprintf("%d logins a second, and somebody who tries to keep them out", pacePerSecond))
	quiet, err := r.besideAttack(ctx, t, attack{what: "in quiet"}, nil)
	if err != nil {
		return err
	}
	before := quiet.wholes.at(p99)
	g.add(Row{Name: "abuse.quiet.p99", What: "whole login p99, in quiet", Unit: Seconds, Aye: seconds(before[0])})
	for _, a := range attacks {
		var times atomic.Int64
		m, err := r.besideAttack(ctx, t, a, &times)
		if err != nil {
			return err
		}
		name := "abuse." + a.name + "."
		g.add(Row{Name: name + "p99", What: "p99 beside " + a.what, Unit: Seconds, Aye: seconds(m.wholes.at(p99)[0]), Limit: seconds(before[0]), Goal: atMost(abuseByQuiet)})
		g.add(Row{Name: name + "logins", What: "logins beside it", Unit: Count, Aye: new(float64(m.logins)), Limit: new(float64(quiet.logins))})
		g.note(fmt.Sprintf("Beside %s, %d %s.", a.what, times.Load(), a.times))
	}
	g.note("The limit is the same in quiet. Who attacks has the same processors as the server and those who log in; attacks come from up to " +
		"1,000 addresses (127.0.0.0/8).")
	return nil
}

// besideAttack measures logins while the attack goes on.
func (r *run) besideAttack(ctx context.Context, t *target, a attack, times *atomic.Int64) (measured, error) {
	r.Progress.say("logins %s", strings.TrimPrefix("beside "+a.what, "beside in quiet"))
	attacking, stop := context.WithCancel(ctx)
	var attacker sync.WaitGroup
	if a.do != nil {
		attacker.Go(func() { a.do(attacking, t, times, r.held(sockets)) })
		if err := pause(ctx, min(r.Duration/5, 2*time.Second), nil); err != nil {
			stop()
			return measured{}, err
		}
	}
	m, err := r.load(Abuse, t).paced(ctx, pacePerSecond, r.Duration)
	stop()
	attacker.Wait()
	return m, err
}

// from is a dialer with another address of this machine each time.
func from(number int) *net.Dialer {
	return &net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(number>>8), byte(number))}}
}

// guess tries passwords on one account, at a steady pace, from many addresses.
func guess(ctx context.Context, t *target, times *atomic.Int64, _ int) {
	form := url.Values{"email": {"person-0@example.com"}, "password": {"correct horse battery staple"}}.Encode()
	var all sync.WaitGroup
	defer all.Wait()
	number := 0
	_, _ = pace(ctx, guessesPerSecond, time.Hour, func() bool {
		number++
		client := &http.Client{Timeout: callTime, Transport: &http.Transport{DisableKeepAlives: true, DialContext: from(number % guessAddresses).DialContext}}
		all.Go(func() {
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url+"/login", strings.NewReader(form))
			if err != nil {
				return
			}
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			request.Header.Set("Origin", t.origin)
			request.Host = strings.TrimPrefix(t.origin, "http://")
			if response, err := client.Do(request); err == nil {
				_ = response.Body.Close()
				times.Add(1)
			}
		})
		return true
	})
}

// drip begins requests and never ends them.
func drip(ctx context.Context, t *target, times *atomic.Int64, _ int) {
	var all sync.WaitGroup
	defer all.Wait()
	for i := range drips {
		all.Go(func() {
			for ctx.Err() == nil {
				dripOnce(ctx, t, i, times)
			}
		})
	}
}

func dripOnce(ctx context.Context, t *target, number int, times *atomic.Int64) {
	conn, err := from(number).DialContext(ctx, "tcp", t.host)
	if err != nil {
		_ = pause(ctx, dripEvery, nil)
		return
	}
	defer conn.Close()
	times.Add(1)
	for _, b := range []byte("POST /v1/approvals HTTP/1.1\r\nHost: " + t.host + "\r\nX-Padding: " + strings.Repeat(".", 4096)) {
		if _, err := conn.Write([]byte{b}); err != nil || pause(ctx, dripEvery, nil) != nil {
			return
		}
	}
}

// crowdOfSockets opens connections that say nothing, and opens those anew that the server closes.
func crowdOfSockets(ctx context.Context, t *target, times *atomic.Int64, room int) {
	var all sync.WaitGroup
	defer all.Wait()
	for i := range min(sockets, room) {
		all.Go(func() {
			for ctx.Err() == nil {
				conn, err := from(i%guessAddresses).DialContext(ctx, "tcp", t.host)
				if err != nil {
					_ = pause(ctx, time.Second, nil)
					continue
				}
				times.Add(1)
				ended := context.AfterFunc(ctx, func() { _ = conn.Close() })
				_, _ = conn.Read(make([]byte, 1)) // until one of both sides closes it
				ended()
				_ = conn.Close()
			}
		})
	}
}

// dots sends tokens that are long and nothing else, at a steady pace.
func dots(ctx context.Context, t *target, times *atomic.Int64, _ int) {
	long := bytes.Repeat([]byte{'.'}, 1<<20)
	body := append(append([]byte(`{"decision":"`), long...), `"}`...)
	client := newClient(dotsPerSecond)
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	defer all.Wait()
	_, _ = pace(ctx, dotsPerSecond, time.Hour, func() bool {
		authorization, content := "Aye "+string(long), []byte(nil)
		if times.Add(1)%2 == 0 {
			authorization, content = "Aye "+string(long[:8192]), body
		}
		// The server hangs up on who goes on talking.
		all.Go(func() {
			_, _, _ = fetch(ctx, client, http.MethodPost, t.url+"/v1/approvals/apr_0/decision", authorization, content)
		})
		return true
	})
}
