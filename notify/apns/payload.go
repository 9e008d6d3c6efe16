package apns

import (
	"encoding/json"

	"github.com/sideshow/apns2"
	"github.com/sideshow/apns2/payload"

	"example.com/aye/notify"
)

// Categories name the notification's buttons in the app.
const (
	category     = "AYE_APPROVAL"
	caseCategory = "AYE_CASE"
)

// reference is our own part of the payload.
type reference struct {
	Type    string `json:"type"`
	Ref     string `json:"ref"`
	Device  string `json:"device"`
	Expires int64  `json:"expires"`
}

// notification is what Apple gets to see. A later one about the same request takes the
// place of the earlier one, on the way and on the screen.
func notification(target notify.Target, topic string, message notify.Message) (*apns2.Notification, error) {
	n := &apns2.Notification{
		DeviceToken: target.Address.Reveal(),
		Topic:       topic,
		CollapseID:  message.Reference,
		Expiration:  message.Expires,
		PushType:    apns2.PushTypeAlert,
		Priority:    apns2.PriorityHigh,
	}
	content := payload.NewPayload().Custom("aye", reference{
		Type: string(message.Kind), Ref: message.Reference, Device: message.Device, Expires: message.Expires.Unix(),
	})
	switch message.Kind {
	case notify.MessageWithdraw:
		// A background push must have priority 5, else Apple refuses it.
		n.PushType, n.Priority = apns2.PushTypeBackground, apns2.PriorityLow
		content.ContentAvailable()
	case notify.MessageApproval:
		content.AlertTitle(message.Title).Category(category).
			InterruptionLevel(payload.InterruptionLevelTimeSensitive)
	case notify.MessageCase: // of its own category: a case has no button that says yes
		content.AlertTitle(message.Title).Category(caseCategory).
			InterruptionLevel(payload.InterruptionLevelTimeSensitive)
	case notify.MessageTest: // no buttons: there is nothing to approve
		content.AlertTitle(message.Title).InterruptionLevel(payload.InterruptionLevelTimeSensitive)
	}
	body, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	n.Payload = body
	return n, nil
}
