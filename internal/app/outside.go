package app

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/alerts"
	"example.com/aye/notify/mail"
	"example.com/aye/notify/webhook"
	"example.com/aye/sms"
	"example.com/aye/store"
)

// outside counts and times the calls to servers of others. Pushes have metrics of their own.
type outside struct {
	seconds *prometheus.HistogramVec
	now     func() time.Time
}

// Who is called.
const (
	toMail       = "mail"
	toWebhook    = "webhook"
	toAlert      = "alert"
	toCheckpoint = "checkpoint"
)

func newOutside(registry prometheus.Registerer, now func() time.Time) outside {
	o := outside{prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "aye_outside_seconds", Help: "Time of one call to a server of others, by whom it went to and whether it was taken (ok), refused in so many words, or failed without an answer.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"to", "outcome"}), now}
	registry.MustRegister(o.seconds)
	return o
}

// call makes a call.
func (o outside) call(to string, make func() error) error {
	began := o.now()
	err := make()
	o.seconds.WithLabelValues(to, answer(err)).Observe(max(0, o.now().Sub(began).Seconds()))
	return err
}

// answer is what became of a call.
func answer(err error) string {
	var (
		vendor  *sms.VendorError
		webhook *webhook.StatusError
	)
	switch {
	case err == nil, errors.Is(err, sms.ErrNoMessage):
		return "ok"
	case errors.As(err, &vendor) && vendor.Class != sms.Down, errors.As(err, &webhook) && webhook.Status < 500:
		return "refused"
	}
	return "failed"
}

// watchedMail is a mail server that is watched.
type watchedMail struct {
	mail.Sender
	outside outside
}

// Send is one attempt.
func (w watchedMail) Send(ctx context.Context, m mail.Message) error {
	return w.outside.call(toMail, func() error { return w.Sender.Send(ctx, m) })
}

// watchedVendor is a vendor of text messages that is watched.
type watchedVendor struct {
	sms.Vendor
	to      string
	outside outside
}

// Check is one call.
func (w watchedVendor) Check(ctx context.Context, a sms.Account) (balance sms.Balance, known bool, err error) {
	err = w.outside.call(w.to, func() (err error) { balance, known, err = w.Vendor.Check(ctx, a); return err })
	return balance, known, err
}

// Send is one call.
func (w watchedVendor) Send(ctx context.Context, a sms.Account, m sms.Outgoing) (outcome sms.Outcome, err error) {
	err = w.outside.call(w.to, func() (err error) { outcome, err = w.Vendor.Send(ctx, a, m); return err })
	return outcome, err
}

// Look is one call.
func (w watchedVendor) Look(ctx context.Context, a sms.Account, vendorID, reference string, since time.Time) (outcome sms.Outcome, err error) {
	err = w.outside.call(w.to, func() (err error) { outcome, err = w.Vendor.Look(ctx, a, vendorID, reference, since); return err })
	return outcome, err
}

// watchedAlerts are the systems of organisations, watched.
type watchedAlerts struct {
	alerts.Sender
	outside outside
}

// SendAlert is one attempt.
func (w watchedAlerts) SendAlert(ctx context.Context, h alerts.Hook, a alerts.Alert) error {
	return w.outside.call(toAlert, func() error { return w.Sender.SendAlert(ctx, h, a) })
}

// watchedWitness is a witness that is watched.
type watchedWitness struct {
	witness
	outside outside
}

func (w watchedWitness) tell(ctx context.Context, c store.PendingCheckpoint) error {
	return w.outside.call(toCheckpoint, func() error { return w.witness.tell(ctx, c) })
}
