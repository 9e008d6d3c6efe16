package bench

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// hubFound is what came of a number of pages at the bare hub.
type hubFound struct {
	connects float64 // a second
	bytes    float64 // of the process, for each page
	told     latencies
}

// hubListeners are how many pages of the hub are told something, in turns.
const hubListeners = 16

// hubPages are pages that wait at the bare hub.
type hubPages struct {
	target  *target
	heard   chan time.Time // by those that listen
	mu      sync.Mutex
	conns   []*websocket.Conn
	readers sync.WaitGroup
}

// hub measures the limit of pages that wait: a hub without anything around it.
func (r *run) hub(ctx context.Context, count int) (found hubFound, err error) {
	t, stop, err := r.startHub(ctx, count)
	if err != nil {
		return found, err
	}
	defer stop()
	pages := &hubPages{target: t, heard: make(chan time.Time, 1)}
	defer pages.close()
	for i := range hubListeners {
		if err = pages.open(ctx, i, pages.listen); err != nil {
			return found, err
		}
	}
	before, err := r.settled(ctx, t, restAfterAsking)
	if err != nil {
		return found, err
	}
	began := time.Now()
	err = parallel(ctx, sitting, count, func(ctx context.Context, i int) error {
		if i%500 == 0 {
			r.Progress.say("connecting pages to the bare hub: %d of %d", i, count)
		}
		return pages.open(ctx, hubListeners+i, func(conn *websocket.Conn) { _ = hear(conn) })
	})
	if err != nil {
		return found, err
	}
	found.connects = float64(count) / time.Since(began).Seconds()
	after, err := r.settled(ctx, t, restAfterConnecting)
	if err != nil {
		return found, err
	}
	found.bytes = grown(before, after, metricMemory) / float64(count)
	r.Progress.say("telling pages of the bare hub, beside %d", count)
	found.told, err = pages.tell(ctx, r.Duration)
	return found, err
}

// startHub starts the bare hub for so many pages, of which as many are carried as at Aye.
func (r *run) startHub(ctx context.Context, count int) (t *target, stop func(), err error) {
	settings, direct := bareSettings{Hub: true}, r.direct(count)
	if direct < count {
		addresses, freeErr := freeAddresses(ctx, 1)
		if freeErr != nil {
			return nil, nil, freeErr
		}
		settings.Carried = addresses[0]
	}
	server, err := r.launcher.limit(ctx, "hub-"+strconv.Itoa(count), settings)
	if err != nil {
		return nil, nil, err
	}
	t = &target{name: "bare hub", page: pageOrigin, metrics: []string{server.metrics}}
	t.at(hubListeners, server.listen)
	stop = func() { t.close(); server.close() }
	if direct < count {
		if err = t.carry(ctx, hubListeners+direct, count-direct, []string{settings.Carried}); err != nil {
			stop()
		}
	}
	return t, stop, err
}

// open opens the page with the number; read reads until the connection ends.
func (p *hubPages) open(ctx context.Context, i int, read func(*websocket.Conn)) error {
	conn, err := p.target.connect(ctx, p.target.node, p.target.way(i), "/wait/"+strconv.Itoa(i), "-")
	if err != nil {
		return failed("wait at the bare hub", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, conn)
	p.readers.Go(func() { read(conn) })
	return nil
}

// listen says when a message came.
func (p *hubPages) listen(conn *websocket.Conn) {
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			_ = conn.Close()
			return
		}
		p.heard <- time.Now()
	}
}

// close hangs up everywhere.
func (p *hubPages) close() {
	p.mu.Lock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.readers.Wait()
}

// tell has those that listen told something at the pace of the logins, one after the other,
// and gives the times until they heard it.
func (p *hubPages) tell(ctx context.Context, duration time.Duration) (times latencies, err error) {
	next := 0
	_, paceErr := pace(ctx, pacePerSecond, duration, func() bool {
		began := time.Now()
		address := p.target.url + "/tell/" + strconv.Itoa(next%hubListeners)
		err = failed("tell at the bare hub", call(ctx, p.target.http, http.MethodPost, address, "", nil, http.StatusNoContent, nil))
		next++
		if err != nil {
			return false
		}
		select {
		case at := <-p.heard:
			times = append(times, at.Sub(began))
		case <-time.After(callTime):
			err = failed("hear at the bare hub", context.DeadlineExceeded)
		case <-ctx.Done():
			err = ctx.Err()
		}
		return err == nil
	})
	if err == nil {
		err = paceErr
	}
	return times, err
}
