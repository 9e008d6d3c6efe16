package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"

	"example.com/aye/alerts"
)

// SendAlert makes one attempt to bring an alert to an organisation's own system. What goes wrong is an [alerts.FailedError], which names
// no address and no server of the house, with the cause for the log behind it.
func (s *Sender) SendAlert(ctx context.Context, h alerts.Hook, a alerts.Alert) error {
	data := make(map[string]any, len(a.Data))
	for name, value := range a.Data {
		data[name] = value
	}
	err := s.Send(ctx, Message{ID: a.ID, URL: h.URL, Secret: h.Secret, Type: string(a.Kind), At: a.At, Data: data})
	if err == nil {
		return nil
	}
	return &unsent{failed: judge(err), cause: err}
}

// unsent is why an alert was not taken, with all that is known of it.
type unsent struct {
	failed *alerts.FailedError
	cause  error
}

func (e *unsent) Error() string   { return e.cause.Error() }
func (e *unsent) Unwrap() []error { return []error{e.failed, e.cause} }

// judge says of a failure what the receiver's owner can mend.
func judge(err error) *alerts.FailedError {
	var (
		status    *StatusError
		name      *net.DNSError
		network   *net.OpError
		timeout   net.Error
		handshake *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &status) && status.Status >= http.StatusMultipleChoices && status.Status < http.StatusBadRequest:
		return &alerts.FailedError{Why: alerts.WhyRedirect, Status: status.Status}
	case errors.As(err, &status):
		return &alerts.FailedError{Why: alerts.WhyStatus, Status: status.Status}
	case errors.Is(err, ErrPrivate):
		return &alerts.FailedError{Why: alerts.WhyPrivate}
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return &alerts.FailedError{Why: alerts.WhyTimeout}
	case errors.As(err, &handshake), errors.Is(err, http.ErrSchemeMismatch):
		return &alerts.FailedError{Why: alerts.WhyCertificate}
	case errors.As(err, &name):
		return &alerts.FailedError{Why: alerts.WhyName}
	case errors.As(err, &network), errors.Is(err, ErrRefused):
		return &alerts.FailedError{Why: alerts.WhyUnreachable}
	}
	return &alerts.FailedError{Why: alerts.WhyOther}
}
