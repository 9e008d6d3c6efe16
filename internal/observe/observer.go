package observe

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// InTime is within how long a waiting page is to be told: what the service promises.
const InTime = 200 * time.Millisecond

// Observer has the numbers of calls and releases, and the traces. A nil Observer takes everything
// and does nothing.
type Observer struct {
	// Tracer is nil where no collector is set up.
	Tracer *Tracer

	waiters  prometheus.Gauge
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
	release  prometheus.Histogram
	inTime   prometheus.Counter
	late     prometheus.Counter
}

// New registers what is counted.
func New(registry prometheus.Registerer, tracer *Tracer) *Observer {
	releases := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "aye_releases_total", Help: "Approvals that a waiting page was told, by whether that was within 200 ms of the decision.",
	}, []string{"in_time"})
	o := &Observer{
		Tracer:   tracer,
		waiters:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "aye_waiters", Help: "Open WebSockets that wait for a phone."}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "aye_http_requests_total", Help: "Requests by part, route, method and status."}, []string{"part", "route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "aye_http_request_seconds", Help: "Time to answer, long polls and WebSockets aside.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}, []string{"part", "route"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "aye_http_in_flight", Help: "Requests that are being answered, long polls among them."}, []string{"part"}),
		release: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "aye_release_seconds", Help: "Time from the decision to the moment at which the waiting page was told that it is approved.",
			Buckets: []float64{.01, .025, .05, .1, .15, .2, .25, .3, .5, 1, 2.5, 5, 10},
		}),
		inTime: releases.WithLabelValues("yes"), late: releases.WithLabelValues("no"),
	}
	registry.MustRegister(o.waiters, o.requests, o.seconds, o.inFlight, o.release, releases)
	return o
}

// WaitersGauge is the number of pages that wait on a WebSocket; one that nobody reads where there is no observer.
func (o *Observer) WaitersGauge() prometheus.Gauge {
	if o == nil {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "aye_waiters"})
	}
	return o.waiters
}

// Released tells that a page that waited was told of an approval.
func (o *Observer) Released(ctx context.Context, request string, decided, told time.Time) {
	if o == nil {
		return
	}
	took := max(0, told.Sub(decided)) // the clocks of two servers differ a little
	if took <= InTime {
		o.inTime.Inc()
	} else {
		o.late.Inc()
	}
	observed(o.release, took, o.Tracer.exemplar(request))
	o.Tracer.Step(ctx, Step{Name: Release, Request: request, Began: decided, Ended: told})
}

// Exemplar adds a time to a histogram, with the trace of the request where that is sent.
func (o *Observer) Exemplar(histogram prometheus.Observer, took time.Duration, request string) {
	id := ""
	if o != nil {
		id = o.Tracer.exemplar(request)
	}
	observed(histogram, took, id)
}

func observed(histogram prometheus.Observer, took time.Duration, traceID string) {
	if with, ok := histogram.(prometheus.ExemplarObserver); ok && traceID != "" {
		with.ObserveWithExemplar(took.Seconds(), prometheus.Labels{"trace_id": traceID})
		return
	}
	histogram.Observe(took.Seconds())
}

// Calls observes the HTTP calls of one part of the server.
type Calls struct {
	observer *Observer
	part     string
	inFlight prometheus.Gauge
}

// Calls gives the calls of the part, such as "api".
func (o *Observer) Calls(part string) *Calls {
	if o == nil {
		return nil
	}
	return &Calls{observer: o, part: part, inFlight: o.inFlight.WithLabelValues(part)}
}

// Begin is told when a call came, at the time of this server's clock. What it does for requests
// under the context that it gives is linked to it. Each one that began must leave, see [Calls.Leave].
func (c *Calls) Begin(ctx context.Context, now time.Time) (context.Context, *Call) {
	if c == nil {
		return ctx, nil
	}
	c.inFlight.Inc()
	if c.observer.Tracer == nil {
		return ctx, nil
	}
	call := &Call{tracer: c.observer.Tracer, own: fresh(), began: now}
	return context.WithValue(ctx, callKey{}, call), call
}

// Leave is told when the call is over, however it ended.
func (c *Calls) Leave() {
	if c != nil {
		c.inFlight.Dec()
	}
}

// Ended is how a call was answered. Nothing of it may be what the caller made up.
type Ended struct {
	// ID is the one in the log.
	ID string
	// Method and Route are of the list of routes; the route has names in the place of values.
	Method, Route string
	Status        int
	Took          time.Duration
	// Waited says that it is a long poll or a WebSocket, whose time says nothing.
	Waited bool
}

// End is told how the call was answered.
func (c *Calls) End(call *Call, e Ended) {
	if c == nil {
		return
	}
	c.observer.requests.WithLabelValues(c.part, e.Route, e.Method, strconv.Itoa(e.Status)).Inc()
	if probe(e.Route) {
		call = nil
	}
	id := call.end(c.part, e)
	if !e.Waited {
		observed(c.observer.seconds.WithLabelValues(c.part, e.Route), e.Took, id)
	}
}

// probe tells whether a route is asked every few seconds by who only wants to know that we live:
// its spans would be most of all.
func probe(route string) bool { return route == "/healthz" || route == "/readyz" }
