package app

import (
	"log/slog"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/notify/mail"
	"example.com/aye/support"
)

// announcer makes mail of what people are told: who reads it, in which language, and what it says.
type announcer struct {
	accounts *accounts.Service
	support  *support.Service
	origin   string
	sender   mail.Sender
	log      *slog.Logger
	now      func() time.Time
}
