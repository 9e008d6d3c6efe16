package fcm

import (
	"strconv"
	"time"

	"firebase.google.com/go/v4/messaging"

	"example.com/aye/notify"
)

// payload is what Google gets to see. Data only: the app renders the notification, in
// the phone's own way and without asking the network. It lives as long as the request,
// and a later message about the same request replaces one that was not delivered yet.
func payload(target notify.Target, message notify.Message, now time.Time) *messaging.Message {
	life := max(0, message.Expires.Sub(now)).Truncate(time.Second)
	// Only what shows something may be urgent: Google slows down apps whose high-priority
	// messages show nothing.
	priority := "high"
	if message.Kind == notify.MessageWithdraw {
		priority = "normal"
	}
	m := &messaging.Message{
		Data: map[string]string{
			"aye":     "1",
			"type":    string(message.Kind),
			"ref":     message.Reference,
			"device":  message.Device,
			"title":   message.Title,
			"expires": strconv.FormatInt(message.Expires.Unix(), 10),
		},
		Android: &messaging.AndroidConfig{Priority: priority, TTL: &life, CollapseKey: message.Reference},
	}
	if target.Kind == notify.AddressFID {
		m.Fid = target.Address.Reveal()
	} else {
		m.Token = target.Address.Reveal() //nolint:staticcheck // phones in use still register with tokens
	}
	return m
}
