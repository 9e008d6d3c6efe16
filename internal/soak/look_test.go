package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// lookTime is how long a state is asked for in the end: by then every node is back.
const lookTime = 60 * time.Second

// look asks for the state of every request, when nothing is wrong any more.
func (l *load) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime+time.Duration(len(l.histories))*50*time.Millisecond)
	defer cancel()
	jobs, failed := make(chan *history), make(chan error, lookers+8)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for h := range jobs {
				if err := l.lookAt(ctx, h); err != nil {
					failed <- err
					return
				}
			}
		})
	}
feed:
	for _, h := range l.histories {
		select {
		case jobs <- h:
		case <-ctx.Done():
			break feed
		}
	}
	close(jobs)
	all.Wait()
	close(failed)
	return errors.Join(append(slices.Collect(drained(failed)), ctx.Err())...)
}

func drained[T any](from <-chan T) func(func(T) bool) {
	return func(yield func(T) bool) {
		for one := range from {
			if !yield(one) {
				return
			}
		}
	}
}

func (l *load) lookAt(ctx context.Context, h *history) error {
	for {
		began := time.Now()
		status, text, err := l.town.application(ctx, h.shop, http.MethodGet, "/v1/approvals/"+h.id, "", "")
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && status == http.StatusOK {
			var now struct {
				Status state `json:"status"`
			}
			if err = json.Unmarshal(text, &now); err == nil {
				h.note(lookers, done{act: actLook}, began, now.Status)
			}
			return err
		}
		if err == nil && status < 500 {
			return fmt.Errorf("request %s is gone: %d %s", h.id, status, text)
		}
		wait(ctx, 100*time.Millisecond)
	}
}
