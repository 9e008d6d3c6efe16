package approval

import (
	"context"
	"time"

	"example.com/aye/devices"
	"example.com/aye/notify"
)

// storeTime bounds the write of a delivery that nobody waits for.
const storeTime = 5 * time.Second

// Pushed takes note of what became of a push.
func (s *Service) Pushed(ctx context.Context, report notify.Report) error {
	if report.Push.Message.Kind != notify.MessageApproval {
		return nil
	}
	d := Delivery{
		RequestID: report.Push.Message.Reference, DeviceID: report.Push.Target.Device,
		State: Failed, Reason: report.Outcome.Detail, Updated: s.Now().UTC(),
	}
	if report.Outcome.Class == notify.Accepted {
		d.State, d.Reason = Accepted, ""
	}
	changed, err := s.Deliveries.Deliver(ctx, d)
	if changed && err == nil {
		s.Broker.Publish(Topic(d.RequestID))
	}
	return err
}

// undelivered answers a push that could not even be taken.
func (s *Service) undelivered(ctx context.Context, r Request, phone devices.Device, cause error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	d := Delivery{RequestID: r.ID, DeviceID: phone.ID, State: Failed, Reason: "no push could be sent: " + cause.Error() + "; open the app on the phone", Updated: s.Now().UTC()}
	if changed, err := s.Deliveries.Deliver(ctx, d); err == nil && changed {
		s.Broker.Publish(Topic(r.ID))
	}
}
