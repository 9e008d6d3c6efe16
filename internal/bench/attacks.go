package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// How the attacks go: what the issue of the day is made of, and at which pace.
const (
	guessesPerSecond = 10_000 / 60
	guessAddresses   = 1_000
	drips            = 500
	dripEvery        = 200 * time.Millisecond
	// sockets are held by as many processes as it takes, a part by each: those have limits of open files too.
	sockets          = 20_000
	socketsEach      = 10_000
	socketsPerSecond = 1_000 // opened, by each process
	dotsPerSecond    = 50
	dotsLong         = 1 << 20
)

// attack is something that somebody does to keep others out, from many addresses of this machine.
type attack struct {
	name, what string
	// processes do it, each its part; before is how long it goes on before anything is measured.
	processes int
	before    time.Duration
	do        func(ctx context.Context, v victim, f *fight)
}

var attacks = []attack{
	{"account", "10,000 logins a minute on one account", 1, 0, guess},
	{"drip", "500 requests that come byte by byte", 1, 2 * time.Second, drip},
	{"sockets", "20,000 sockets that say nothing", sockets / socketsEach, 6 * time.Second, holdSockets},
	{"dots", "50 tokens a second of 1 MiB of dots", 1, 0, dots},
}

// victim is who is attacked, as an attacker is told it in a file.
type victim struct {
	Attack string
	// Host is the address and port, Origin what browsers call it.
	Host, Origin string
	// Turn is how often the attack was made before: each is on somebody else, else only the first would find tries left.
	Turn int
	// Part is which process of the attack this is, of those it has, from 0.
	Part int
}

// fight counts what came of an attack.
type fight struct {
	times, answered, refused, limited, open, most atomic.Int64
}

// fought is what an attacker says of itself in the end.
type fought struct {
	// Times is how often it tried; of these Answered were answered at all, Refused in so many words (4xx), and Limited for the
	// moment (429 or 503). Most is how many connections were open at one time.
	Times, Answered, Refused, Limited, Most int64
}

func (f *fight) result() fought {
	return fought{f.times.Load(), f.answered.Load(), f.refused.Load(), f.limited.Load(), f.most.Load()}
}

// with joins what two processes say that attacked at one time.
func (f fought) with(other fought) fought {
	return fought{f.Times + other.Times, f.Answered + other.Answered, f.Refused + other.Refused, f.Limited + other.Limited, f.Most + other.Most}
}

// then joins what was said one time with what was said the next: those that were open then are others.
func (f fought) then(next fought) fought {
	total := f.with(next)
	total.Most = max(f.Most, next.Most)
	return total
}

// answer counts an answer.
func (f *fight) answer(status int) {
	f.answered.Add(1)
	switch {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		f.limited.Add(1)
	case status >= 400:
		f.refused.Add(1)
	}
}

// opened counts a connection, and gives what counts its end.
func (f *fight) opened() (closed func()) {
	f.times.Add(1)
	now := f.open.Add(1)
	for most := f.most.Load(); now > most && !f.most.CompareAndSwap(most, now); most = f.most.Load() {
	}
	return func() { f.open.Add(-1) }
}

// runAttack is an attacker: it says that it is ready, attacks until ctx ends, and says what came of it.
func runAttack(ctx context.Context, v victim, out io.Writer) error {
	for _, a := range attacks {
		if a.name != v.Attack {
			continue
		}
		fmt.Fprintln(out, "attacking")
		f := &fight{}
		a.do(ctx, v, f)
		return json.NewEncoder(out).Encode(f.result())
	}
	return fmt.Errorf("there is no attack %q", v.Attack)
}

// from is a dialer with the address of this machine that has the number, each in a network of its own.
func from(number int) *net.Dialer {
	return &net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, byte(1+number/250), byte(number%250), 7)}}
}

// guess tries passwords on one account, at a steady pace, each on a connection of its own.
func guess(ctx context.Context, v victim, f *fight) {
	form := url.Values{"email": {fmt.Sprintf("person-%d@example.com", v.Turn)}, "password": {"correct horse battery staple"}}.Encode()
	var all sync.WaitGroup
	defer all.Wait()
	number := 0
	_, _ = pace(ctx, guessesPerSecond, time.Hour, func() bool {
		number++
		transport := &http.Transport{DisableKeepAlives: true, DialContext: from(number % guessAddresses).DialContext}
		client := &http.Client{Timeout: callTime, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		all.Go(func() {
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+v.Host+"/login", strings.NewReader(form))
			if err != nil {
				return
			}
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			request.Header.Set("Origin", v.Origin)
			request.Host = strings.TrimPrefix(v.Origin, "http://")
			f.times.Add(1)
			if response, err := client.Do(request); err == nil {
				_ = response.Body.Close()
				f.answer(response.StatusCode)
			}
		})
		return true
	})
}

// drip begins requests and never ends them.
func drip(ctx context.Context, v victim, f *fight) {
	var all sync.WaitGroup
	defer all.Wait()
	for i := range drips {
		all.Go(func() {
			for ctx.Err() == nil {
				if dripOnce(ctx, v, i, f) != nil {
					_ = pause(ctx, dripEvery, nil)
				}
			}
		})
	}
}

func dripOnce(ctx context.Context, v victim, number int, f *fight) error {
	conn, err := from(number).DialContext(ctx, "tcp", v.Host)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer f.opened()()
	for _, b := range []byte("POST /v1/approvals HTTP/1.1\r\nHost: " + v.Host + "\r\nX-Padding: " + strings.Repeat(".", 4096)) {
		if _, err := conn.Write([]byte{b}); err != nil || pause(ctx, dripEvery, nil) != nil {
			return err
		}
	}
	return nil
}

// holdSockets opens connections that say nothing, at a steady pace, until it has its part of them, and opens those anew at that pace
// that are closed.
func holdSockets(ctx context.Context, v victim, f *fight) {
	var all sync.WaitGroup
	defer all.Wait()
	number := v.Part * socketsEach
	_, _ = pace(ctx, socketsPerSecond, time.Hour, func() bool {
		if f.open.Load() >= socketsEach {
			return true
		}
		number++
		dialer := from(number % guessAddresses)
		all.Go(func() {
			conn, err := dialer.DialContext(ctx, "tcp", v.Host)
			if err != nil {
				return
			}
			defer f.opened()()
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			_, _ = conn.Read(make([]byte, 1)) // until one of both sides closes it
			_ = conn.Close()
		})
		return true
	})
}

// dots sends tokens that are long and nothing else, at a steady pace: whole as the header, cut to what a header may have, and as
// what a phone decided.
func dots(ctx context.Context, v victim, f *fight) {
	long := bytes.Repeat([]byte{'.'}, dotsLong)
	decision := func(size int) []byte { return append(append([]byte(`{"decision":"`), long[:size]...), `"}`...) }
	kinds := []struct {
		authorization string
		body          []byte
	}{
		{"Bearer " + string(long), nil},
		{"Bearer " + string(long[:12<<10]), decision(len(long))},
		{"Bearer " + string(long[:12<<10]), decision(60 << 10)},
		{"Ticket " + string(long[:12<<10]), nil},
	}
	var all sync.WaitGroup
	defer all.Wait()
	number := 0
	_, _ = pace(ctx, dotsPerSecond, time.Hour, func() bool {
		number++
		kind := kinds[number%len(kinds)]
		client := &http.Client{Timeout: callTime, Transport: &http.Transport{DisableKeepAlives: true, DialContext: from(number % guessAddresses).DialContext}}
		all.Go(func() {
			f.times.Add(1)
			// The server hangs up on who goes on talking.
			status, _, err := fetch(ctx, client, http.MethodPost, "http://"+v.Host+"/v1/approvals/apr_0/decision", kind.authorization, kind.body)
			if err == nil {
				f.answer(status)
			}
		})
		return true
	})
}

// attackers are the processes of an attack.
type attackers []*process

// attack starts an attack.
func (l *launcher) attack(ctx context.Context, a attack, v victim) (all attackers, err error) {
	for v.Attack, v.Part = a.name, 0; v.Part < a.processes; v.Part++ {
		p, startErr := l.bare(ctx, "attack-"+a.name, bareSettings{Victim: &v})
		if startErr != nil {
			_, _ = all.stop()
			return nil, startErr
		}
		all = append(all, p)
	}
	return all, nil
}

// stop ends the attack, and gives what came of it.
func (all attackers) stop() (total fought, err error) {
	for _, p := range all {
		p.stop() // all at one time
	}
	for _, p := range all {
		p.close()
		_, text, _ := strings.Cut(p.said.String(), "\n")
		var one fought
		err = errors.Join(err, json.Unmarshal([]byte(text), &one))
		total = total.with(one)
	}
	return total, err
}
