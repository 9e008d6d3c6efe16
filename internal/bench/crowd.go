package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// waitersEach is how many requests of one person wait: as many as the policy allows.
	waitersEach = 3
	// waiterLife is how long such a request waits, in seconds: as long as the policy allows.
	waiterLife = 300
	// sitting is how many are asked, connected or taken back at one time.
	sitting = 64
	// askTime is how long the asking may take: a part of the life of the first that were asked.
	askTime = 200 * time.Second
)

// crowd is a number of pages that wait and hear nothing. Each costs the generator one
// goroutine, which reads. A page whose request has ended asks anew.
type crowd struct {
	target *target
	people []*person
	failed func(error)

	mu      sync.Mutex
	seats   []seat
	readers sync.WaitGroup
	renewed atomic.Int64
}

type seat struct {
	id, ticket string
	conn       *websocket.Conn
}

// ask makes the requests of count pages, as many as there is time for.
func (c *crowd) ask(ctx context.Context, count int, progress *Progress) error {
	within, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	seats := make([]seat, count)
	err := parallel(within, sitting, count, func(ctx context.Context, i int) error {
		if i%500 == 0 {
			progress.say("asking for pages that wait: %d of %d", i, count)
		}
		return c.seat(ctx, seats, i)
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = nil // those who were asked in time are enough
	}
	for _, s := range seats {
		if s.id != "" {
			c.seats = append(c.seats, s)
		}
	}
	return err
}

// at is the node of the page with the number.
func (c *crowd) at(i int) node { return c.target.nodes[i%len(c.target.nodes)] }

// seat asks for the page with the number.
func (c *crowd) seat(ctx context.Context, seats []seat, i int) error {
	question, err := c.target.ask(ctx, c.at(i), c.people[i/waitersEach], fmt.Sprintf("b-%d", i%waitersEach), waiterLife)
	if err != nil {
		if ctx.Err() == nil {
			c.failed(failed("ask", err))
		}
		return nil // it was counted, or the time was over; the others go on
	}
	seats[i].id, seats[i].ticket = question.ID, question.Ticket
	return nil
}

// connect lets all pages wait, and gives how many did a second. They wait until close.
func (c *crowd) connect(ctx context.Context, progress *Progress) (float64, error) {
	began := time.Now()
	err := parallel(ctx, sitting, len(c.seats), func(_ context.Context, i int) error {
		if i%500 == 0 {
			progress.say("connecting pages: %d of %d", i, len(c.seats))
		}
		if err := c.sit(ctx, i); err != nil {
			c.failed(failed("wait", err))
			return nil
		}
		c.readers.Go(func() { c.stay(ctx, i) })
		return nil
	})
	return float64(len(c.seats)) / time.Since(began).Seconds(), err
}

// sit connects the page with the number.
func (c *crowd) sit(ctx context.Context, i int) error {
	c.mu.Lock()
	s := c.seats[i]
	c.mu.Unlock()
	conn, err := c.target.connect(ctx, c.at(i), c.target.way(i), eventsPath(s.id), s.ticket)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seats[i].conn = conn
	if ctx.Err() != nil { // those that are there were closed already
		_ = conn.Close()
	}
	return nil
}

// stay keeps a page waiting until ctx ends.
func (c *crowd) stay(ctx context.Context, i int) {
	for {
		c.mu.Lock()
		conn := c.seats[i].conn
		c.mu.Unlock()
		err := hear(conn)
		if ctx.Err() != nil {
			return
		}
		if !websocket.IsCloseError(err, websocket.CloseNormalClosure) { // else its request has ended
			c.failed(failed("wait", err))
		}
		c.renewed.Add(1)
		c.mu.Lock()
		c.seats[i] = seat{}
		c.mu.Unlock()
		if err := c.renew(ctx, i); err != nil {
			if ctx.Err() == nil {
				c.failed(failed("wait", err))
			}
			return
		}
	}
}

// hear reads until the connection ends, and closes it. What is said is not looked at.
func hear(conn *websocket.Conn) error {
	for {
		if _, _, err := conn.NextReader(); err != nil {
			_ = conn.Close()
			return err
		}
	}
}

// renew asks and connects a page anew.
func (c *crowd) renew(ctx context.Context, i int) error {
	question, err := c.target.ask(ctx, c.at(i), c.people[i/waitersEach], fmt.Sprintf("b-%d", i%waitersEach), waiterLife)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.seats[i] = seat{id: question.ID, ticket: question.Ticket}
	c.mu.Unlock()
	return c.sit(ctx, i)
}

// close hangs up everywhere. The context of connect must have ended before.
func (c *crowd) close() {
	c.mu.Lock()
	for _, s := range c.seats {
		if s.conn != nil {
			_ = s.conn.Close()
		}
	}
	c.mu.Unlock()
	c.readers.Wait()
}

// takeBack cancels all requests, so that none of them ends while something else is measured.
func (c *crowd) takeBack(ctx context.Context, progress *Progress) error {
	return parallel(ctx, sitting, len(c.seats), func(ctx context.Context, i int) error {
		if i%500 == 0 {
			progress.say("taking requests back: %d of %d", i, len(c.seats))
		}
		if c.seats[i].id == "" {
			return nil
		}
		err := call(ctx, c.target.http, http.MethodDelete, c.target.url+"/v1/approvals/"+c.seats[i].id, c.target.authorization(c.people[i/waitersEach]), nil, http.StatusNoContent, nil)
		if refused, ok := errors.AsType[*statusError](err); ok && refused.status == http.StatusConflict {
			return nil // it has ended by itself
		}
		return err
	})
}
