package alerts_test

import (
	"context"
	"sync"
	"time"

	"example.com/aye/alerts"
)

// counter counts the attempts.
type counter struct {
	alerts.Sender

	now func() time.Duration
	at  []time.Duration
	ids []string
}

func (c *counter) SendAlert(ctx context.Context, h alerts.Hook, a alerts.Alert) error {
	c.at, c.ids = append(c.at, c.now()), append(c.ids, a.ID)
	return c.Sender.SendAlert(ctx, h, a)
}

// pair lets the slow receiver answer only after another one did.
type pair struct {
	alerts.Sender

	slow  string
	other chan struct{}
	once  sync.Once
}

func (p *pair) SendAlert(ctx context.Context, h alerts.Hook, a alerts.Alert) error {
	if h.OrganisationID == p.slow {
		select {
		case <-p.other:
		case <-ctx.Done():
			return ctx.Err()
		}
	} else {
		defer p.once.Do(func() { close(p.other) })
	}
	return p.Sender.SendAlert(ctx, h, a)
}
