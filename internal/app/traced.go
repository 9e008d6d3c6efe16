package app

import (
	"context"
	"time"

	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/observe"
)

// tracedRequests tells of each step in the life of a request, at the verb of the store that makes
// it: so a step is the same wherever it comes from, an application, a page, a phone or the sweep,
// and the room knows nothing of it.
type tracedRequests struct {
	approval.Store
	tracer *observe.Tracer
	now    func() time.Time
}

// traced stands around the store where there is a collector, and nothing does where there is none.
func (a *App) traced() (approval.Store, approval.Deliveries) {
	if a.Observer.Tracer == nil {
		return a.Store, a.Store
	}
	return tracedRequests{a.Store, a.Observer.Tracer, a.now}, tracedDeliveries{a.Store, a.Observer.Tracer, a.now}
}

// Ask tells of a request that was made, and of those that it ended. One that was there already is not made again.
func (s tracedRequests) Ask(ctx context.Context, key approval.Creation, admit func(approval.Situation) (approval.Admission, error)) (approval.Request, error) {
	began := s.now()
	var made approval.Admission
	r, err := s.Store.Ask(ctx, key, func(now approval.Situation) (approval.Admission, error) {
		var err error
		made, err = admit(now)
		return made, err
	})
	if err != nil {
		return r, err
	}
	if made.Request.ID != r.ID {
		s.tracer.About(ctx, r.ID)
		return r, nil
	}
	ended := s.now()
	s.tracer.Step(ctx, observe.Step{Name: observe.Ask, Request: r.ID, Began: began, Ended: ended, Words: []observe.Word{
		{Key: "purpose", Value: string(r.Purpose)}, {Key: "confirm", Value: string(r.Confirm)}, {Key: "push", Value: pushes(r)},
	}})
	for _, id := range made.Superseded {
		s.tracer.Step(ctx, observe.Step{Name: observe.End, Request: id, Began: began, Ended: ended, Words: []observe.Word{{Key: "state", Value: string(approval.Superseded)}}})
	}
	return r, nil
}

func pushes(r approval.Request) string {
	if r.Withheld {
		return "withheld"
	}
	return "sent"
}

// Request links the call at hand to the request that it looks at.
func (s tracedRequests) Request(ctx context.Context, id string) (approval.Request, error) {
	r, err := s.Store.Request(ctx, id)
	if err == nil {
		s.tracer.About(ctx, r.ID)
	}
	return r, err
}

// View does so too.
func (s tracedRequests) View(ctx context.Context, id string) (approval.Request, []approval.Delivery, error) {
	r, deliveries, err := s.Store.View(ctx, id)
	if err == nil {
		s.tracer.About(ctx, r.ID)
	}
	return r, deliveries, err
}

// Move tells of an edge, and also that it could not be gone along by who decided or redeemed.
func (s tracedRequests) Move(ctx context.Context, m approval.Move, entry audit.Entry) (bool, error) {
	began := s.now()
	moved, err := s.Store.Move(ctx, m, entry)
	step := observe.Step{Name: observe.End, Request: m.RequestID, Began: began, Ended: s.now(), Failed: err != nil, Words: []observe.Word{{Key: "state", Value: string(m.To)}}}
	switch {
	case m.Decision != nil:
		step.Name = observe.Decide
		step.Words = append(step.Words, observe.Word{Key: "method", Value: string(m.Decision.Method)}, observe.Word{Key: "verified", Value: string(m.Decision.Verified)})
	case m.Redeemed != nil:
		step.Name = observe.Redeem
	}
	if !moved && err == nil {
		if step.Name == observe.End { // another server's sweep was quicker
			return moved, nil
		}
		step.Words = append(step.Words, observe.Word{Key: "lost", Value: "true"})
	}
	s.tracer.Step(ctx, step)
	return moved, err
}

// tracedDeliveries tells that a phone fetched a request.
type tracedDeliveries struct {
	deliveries
	tracer *observe.Tracer
	now    func() time.Time
}

// deliveries has another name than its method.
type deliveries = approval.Deliveries

// Deliver tells of it once for each phone.
func (s tracedDeliveries) Deliver(ctx context.Context, d approval.Delivery) (bool, error) {
	began := s.now()
	changed, err := s.deliveries.Deliver(ctx, d)
	if d.State == approval.Fetched && (changed || err != nil) {
		s.tracer.Step(ctx, observe.Step{Name: observe.Fetch, Request: d.RequestID, Began: began, Ended: s.now(), Failed: err != nil})
	}
	return changed, err
}
