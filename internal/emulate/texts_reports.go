package emulate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// pace is how fast reports come.
type pace struct {
	after time.Duration // the next status of a text
	again time.Duration // the second try of a report; each further one takes twice as long
}

var usualPace = pace{after: 100 * time.Millisecond, again: 500 * time.Millisecond}

// reportTries is how often a report is sent by itself.
const reportTries = 4

// callsKept is how many calls are remembered.
const callsKept = 1000

// WithReports sets how long after a text its reports come, and how long a report that was not
// taken waits for its second try. By default that is 100 and 500 milliseconds.
func WithReports(after, again time.Duration) Option {
	return func(s *settings) { s.pace = pace{after, again} }
}

// Report is what a vendor tells of a text. What is empty is as usual for the status.
type Report struct {
	Status    string
	Reason    string
	ErrorCode string
	// At is when it happened; now by default.
	At time.Time
	// To is where it goes, in place of where the text's reports go.
	To string
	// Change changes the call before it goes out: for calls that nobody should believe.
	Change func(*Call)

	id string // the same at each try
}

// Call is a vendor's call with a report, and the status that came back: 0 for none.
type Call struct {
	Method, URL string
	Header      http.Header
	Body        []byte
	Status      int
}

// words are how a vendor tells of texts.
type words interface {
	// usual fills in what is usual for the status.
	usual(r Report) Report
	// target is where reports of a text go; empty for nowhere.
	target(text Text) string
	// compose writes the call, and signs it.
	compose(text Text, r Report) Call
}

// reporter tells clients what becomes of their texts.
type reporter struct {
	client *http.Client
	words  words

	work    sync.WaitGroup
	mu      sync.Mutex
	closed  bool
	busy    int // texts whose end did not come yet
	settled chan struct{}
	holding bool
	held    []heldReport
	calls   []Call
}

type heldReport struct {
	text   Text
	report Report
}

func newReporter() reporter {
	return reporter{client: &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}, settled: make(chan struct{})}
}

func (p *reporter) stop() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.work.Wait()
	p.client.CloseIdleConnections()
}

// later lets a text come to each report in turn, and tells of it.
func (s *textStand) later(text Text, reports []Report) {
	s.reporter.mu.Lock()
	defer s.reporter.mu.Unlock()
	if s.closed || len(reports) == 0 {
		return
	}
	s.busy++
	s.work.Go(func() {
		defer s.done()
		for _, report := range reports {
			if !pauseFor(s.ended, s.pace.after) {
				return
			}
			s.tell(s.moveOn(text, s.words.usual(report)))
		}
	})
}

// moveOn moves a text along, and gives it with what is told of it.
func (s *textStand) moveOn(text Text, report Report) (Text, Report) {
	if report.At.IsZero() {
		report.At = s.now()
	}
	if report.id == "" {
		report.id = letters(26)
	}
	moved, ok := s.move(text.Number, report, report.At)
	if !ok {
		moved = text
	}
	return moved, report
}

func (p *reporter) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy--
	close(p.settled)
	p.settled = make(chan struct{})
}

// tell sends a report, a few times where it is not taken, or keeps it back.
func (s *textStand) tell(text Text, report Report) {
	if s.words.target(text) == "" || s.keepBack(text, report) {
		return
	}
	wait := s.pace.again
	for try := range reportTries {
		if try > 0 {
			if !pauseFor(s.ended, wait) {
				return
			}
			wait *= 2
		}
		if s.send(s.ended, text, report) == nil {
			return
		}
	}
}

func (p *reporter) keepBack(text Text, report Report) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.holding {
		p.held = append(p.held, heldReport{text, report})
	}
	return p.holding
}

// errNoTarget says that a text has no address for reports.
var errNoTarget = errors.New("emulate: no report is sent of this text: it has no address for one")

// send makes one call.
func (p *reporter) send(ctx context.Context, text Text, report Report) error {
	if report.To == "" {
		report.To = p.words.target(text)
	}
	if report.To == "" {
		return errNoTarget
	}
	call := p.words.compose(text, report)
	if report.Change != nil {
		report.Change(&call)
	}
	_, err := p.Repeat(ctx, call)
	return err
}

// Repeat makes a call, such as one of [Call]s before, as it is: nothing is signed anew. It fails where
// the status that it gives is not one of success.
func (p *reporter) Repeat(ctx context.Context, call Call) (int, error) {
	request, err := http.NewRequestWithContext(ctx, call.Method, call.URL, bytes.NewReader(call.Body))
	if err != nil {
		return 0, fmt.Errorf("emulate: report: %w", err)
	}
	request.Header = call.Header.Clone()
	response, err := p.client.Do(request)
	call.Status = 0
	if err == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // what it says is of no interest
		_ = response.Body.Close()
		call.Status = response.StatusCode
	}
	p.mu.Lock()
	if p.calls = append(p.calls, call); len(p.calls) > callsKept {
		p.calls = slices.Delete(p.calls, 0, 1)
	}
	p.mu.Unlock()
	if err != nil {
		return 0, fmt.Errorf("emulate: report: %w", err)
	}
	if call.Status/100 != 2 {
		return call.Status, fmt.Errorf("emulate: the report was answered with %d", call.Status)
	}
	return call.Status, nil
}

// Calls gives the calls with reports that were made, the oldest first.
func (p *reporter) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// Report lets a text come to a status and tells of it, once and at once. It fails where the report
// was not taken.
func (s *textStand) Report(ctx context.Context, text Text, report Report) error {
	moved, report := s.moveOn(text, s.words.usual(report))
	return s.send(ctx, moved, report)
}

// Settle lets a text come to a status of which no report is sent.
func (s *textStand) Settle(text Text, report Report) { s.moveOn(text, s.words.usual(report)) }

// HoldReports keeps reports back from now on. What becomes of texts goes on: only nobody hears of it.
func (p *reporter) HoldReports() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holding = true
}

// Held is how many reports are kept back.
func (p *reporter) Held() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.held)
}

// ReleaseReports sends what was kept back, each once and in turn, and then reports come by themselves
// again.
func (p *reporter) ReleaseReports(ctx context.Context) error {
	p.mu.Lock()
	held := p.held
	p.held, p.holding = nil, false
	p.mu.Unlock()
	var errs []error
	for _, one := range held {
		if err := p.send(ctx, one.text, one.report); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// ReportsDone waits until every text so far came to its end, and every report was taken, given up or
// kept back.
func (p *reporter) ReportsDone(ctx context.Context) error {
	for {
		p.mu.Lock()
		busy, settled := p.busy, p.settled
		p.mu.Unlock()
		if busy == 0 {
			return nil
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return fmt.Errorf("emulate: reports are still under way: %w", context.Cause(ctx))
		}
	}
}

// pauseFor lets time pass, and tells whether ctx lives on.
func pauseFor(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// outcome reads a [Behaviour.Outcome]: a status, and after a space an error code.
func outcome(text string) Report {
	status, code, _ := strings.Cut(text, " ")
	return Report{Status: status, ErrorCode: code}
}
