package phone

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const pollEvery = 5 * time.Second

// Watch calls seen for each request that comes, once, until ctx ends or the server says
// that this phone is linked no more. It is woken by the push stand-in, and polls every
// five seconds where there is none or where it does not answer.
func (p *Phone) Watch(ctx context.Context, seen func(Request)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	wake := p.wakes(ctx)
	shown := map[string]bool{}
	for {
		requests, err := p.List(ctx)
		for _, r := range requests {
			if !shown[r.ID] {
				shown[r.ID] = true
				seen(r)
			}
		}
		p.seeCases(ctx, shown)
		if ctx.Err() != nil {
			return nil // the caller ended it: whatever failed, failed because of that
		}
		if len(p.answered()) < 2 && unlinked(err) { // one account that is gone does not silence the others
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		}
	}
}

// seeCases shows cases that were not shown yet. What fails here failed for the requests too, or is tried again.
func (p *Phone) seeCases(ctx context.Context, shown map[string]bool) {
	if p.SeenCase == nil {
		return
	}
	cases, _ := p.Cases(ctx)
	for _, c := range cases {
		if !shown[c.ID] {
			shown[c.ID] = true
			p.SeenCase(c)
		}
	}
}

// unlinked tells an answer that no repetition will change from a passing trouble.
func unlinked(err error) bool {
	var problem *Problem
	switch {
	case errors.Is(err, ErrNoPairing):
		return true
	case errors.As(err, &problem):
		return problem.Status == http.StatusUnauthorized || problem.Status == http.StatusForbidden || problem.Status == http.StatusNotFound
	}
	return false
}

// wakes gives a channel that says when to look. It holds one hint, which is enough: a
// look sees everything.
func (p *Phone) wakes(ctx context.Context) <-chan struct{} {
	wake := make(chan struct{}, 1)
	hint := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	for _, r := range p.answered() {
		go func() {
			for {
				if p.Inbox != "" && !r.PushAddress.IsZero() {
					_ = p.listen(ctx, r, hint) // it ended, so the phone polls until it is back
				}
				if !rest(ctx, pollEvery) {
					return
				}
				hint()
			}
		}()
	}
	return wake
}

// listen reads the server-sent events of this phone's push address.
func (p *Phone) listen(ctx context.Context, r row, hint func()) error {
	address := strings.TrimSuffix(p.Inbox, "/") + "/inbox/" + url.PathEscape(r.PushAddress.Reveal())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("phone: %w", err)
	}
	request.Header.Set("Accept", "text/event-stream")
	// The stream lives as long as the watch; the client's time limit is for calls.
	stream := *p.HTTP
	stream.Timeout = 0
	response, err := stream.Do(request)
	if err != nil {
		return fmt.Errorf("phone: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("phone: the inbox answered %s", response.Status)
	}
	hint() // what came before the stream was open
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data:") {
			hint()
		}
	}
	return lines.Err()
}
