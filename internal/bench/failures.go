package bench

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"sync"
)

// Failure is something that was not as it must be, and how often.
type Failure struct {
	Phase  Phase  `json:"phase"`
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// mostReasons bounds how many different reasons are told apart.
const mostReasons = 50

// failures counts what went wrong, by reason.
type failures struct {
	mu    sync.Mutex
	count map[Failure]int // by phase and reason; their Count is 0
}

// add counts one. What the end of the run broke off is no failure.
func (f *failures) add(phase Phase, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == nil {
		f.count = map[Failure]int{}
	}
	key := Failure{Phase: phase, Reason: reason}
	if _, known := f.count[key]; !known && len(f.count) >= mostReasons {
		key.Reason = "other reasons"
	}
	f.count[key]++
}

// list gives them by phase, the most frequent first.
func (f *failures) list() []Failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := []Failure{}
	for failure, count := range f.count {
		failure.Count = count
		all = append(all, failure)
	}
	slices.SortFunc(all, func(a, b Failure) int {
		return cmp.Or(slices.Index(allPhases, a.Phase)-slices.Index(allPhases, b.Phase), b.Count-a.Count, cmp.Compare(a.Reason, b.Reason))
	})
	return all
}

// stepError says at which step of a login something went wrong.
type stepError struct {
	step string
	err  error
}

func (e *stepError) Error() string { return e.step + ": " + plain(e.err) }
func (e *stepError) Unwrap() error { return e.err }

func failed(step string, err error) error {
	if err == nil {
		return nil
	}
	return &stepError{step, err}
}

// reasonOf says what went wrong, with the step where that is known.
func reasonOf(err error) string {
	if step, ok := errors.AsType[*stepError](err); ok {
		return step.Error()
	}
	return plain(err)
}

// plain leaves addresses and ids out, so that the same reason has the same words.
func plain(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	if operation, ok := errors.AsType[*net.OpError](err); ok {
		return operation.Op + ": " + operation.Err.Error()
	}
	if call, ok := errors.AsType[*url.Error](err); ok {
		return call.Err.Error()
	}
	return err.Error()
}
