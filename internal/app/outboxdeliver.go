package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/notify/mail"
	"example.com/aye/store"
	"example.com/aye/support"
)

const (
	// mailTime is how long a mail server may take for one mail.
	mailTime = 30 * time.Second
	// nowhere ends the addresses of people who were erased (RFC 2606, section 2).
	nowhere = ".invalid"
)

// delivery is one attempt to tell a post.
type delivery struct {
	*announcer

	store *store.Store
	post  store.Post
	// told are the readers who need not be told again.
	told []string
	// ours says that the post is still with us, again that somebody was not told yet, away that the mail server answers nobody.
	ours, again, away bool
	// left is how many readers there are still to tell.
	left int
}

// tell tells everybody who was not told yet.
func (d *delivery) tell(ctx context.Context) {
	switch m := d.post.Message.(type) {
	case accounts.Notice:
		d.notice(ctx, m)
	case accounts.Letter:
		if why := d.over(ctx, m); why != "" {
			d.log.WarnContext(ctx, "a letter is not sent any more", slog.String("kind", string(m.Kind)), slog.String("why", why))
			return
		}
		d.letter(ctx, m)
	}
}

// failed says that what is needed to tell it was not found; missing where it never will be.
func (d *delivery) failed(ctx context.Context, err error, missing string) {
	if errors.Is(err, accounts.ErrNotFound) {
		d.log.ErrorContext(ctx, missing, slog.String("kind", kindOf(d.post.Message)), slog.String("error", err.Error()))
		return
	}
	d.again = true
	d.log.WarnContext(ctx, "somebody could not be told; it is tried again", slog.String("kind", kindOf(d.post.Message)), slog.String("error", err.Error()))
}

// mail tells one reader, whose name among the readers of this post does not change.
func (d *delivery) mail(ctx context.Context, kind, reader, locale, to string, c mail.Content) {
	d.left--
	if !d.ours || strings.HasSuffix(to, nowhere) || slices.Contains(d.told, reader) {
		return
	}
	if d.away { // for the next reader it is no nearer
		d.again = true
		return
	}
	message, err := mail.Compose(kind, locale, to, c)
	if err != nil {
		d.log.ErrorContext(ctx, "a mail could not be written", slog.String("kind", kind), slog.String("error", err.Error()))
		return
	}
	message.ID = d.messageID(reader)
	err = d.attempt(ctx, message)
	switch {
	case err == nil:
		d.told = append(slices.Clone(d.told), reader)
	case errors.Is(err, mail.ErrRefused):
		d.log.ErrorContext(ctx, "a mail was refused for good, and is not sent", slog.String("kind", kind), slog.String("error", err.Error()))
		d.told = append(slices.Clone(d.told), reader)
	default:
		d.again, d.away = true, !errors.Is(err, mail.ErrPutOff)
		d.log.WarnContext(ctx, "a mail was not taken; it is tried again", slog.String("kind", kind), slog.Int64("attempt", d.post.Attempts), slog.String("error", err.Error()))
	}
	if d.left > 0 || d.again { // else the post ends
		d.keep(ctx)
	}
}

// keep writes down who was told, so that after a crash nobody else is told twice; and keeps the post with us.
func (d *delivery) keep(ctx context.Context) {
	ours, err := d.store.PostTold(ctx, d.post, d.told, d.now())
	if err == nil {
		d.ours = ours
		return
	}
	d.log.ErrorContext(ctx, "who was told was not written down", slog.String("post", d.post.ID), slog.String("error", err.Error()))
}

// messageID is the Message-ID for a reader (RFC 5322, section 3.6.4): the same each time, so that a mail that comes twice can be known for
// one, and saying nothing of who reads it.
func (d *delivery) messageID(reader string) string {
	sum := sha256.Sum256([]byte(d.post.ID + " " + reader))
	host, _, _ := strings.Cut(d.site(), ":")
	return hex.EncodeToString(sum[:16]) + "@" + host
}

func (a *announcer) attempt(ctx context.Context, m mail.Message) error {
	ctx, cancel := context.WithTimeout(ctx, mailTime)
	defer cancel()
	return a.sender.Send(ctx, m)
}

// over says why a letter that waited says nothing any more; empty while it does.
func (d *delivery) over(ctx context.Context, l accounts.Letter) string {
	waited := d.now().Sub(d.post.At)
	if waited < outboxOld {
		return ""
	}
	var err error
	switch l.Kind {
	case accounts.LetterReset:
		_, err = d.accounts.Reset(ctx, l.Token)
	case accounts.LetterEmail:
		_, _, err = d.accounts.EmailChange(ctx, l.Token)
	case accounts.LetterInvitation:
		_, err = d.accounts.Invitation(ctx, l.Token)
	case accounts.LetterNewPhone:
		_, _, err = d.support.Link(ctx, l.Token)
	case accounts.LetterAccess, accounts.LetterCheck:
		if waited >= l.Life {
			return "its code works no longer"
		}
	}
	if errors.Is(err, accounts.ErrNotFound) || errors.Is(err, support.ErrLink) {
		return "its link works no longer"
	}
	return ""
}
