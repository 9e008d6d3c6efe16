package support

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/aye/accounts"
)

const (
	maximumTicket = 64
	maximumNote   = 500
)

// LongestAccess is the longest that a temporary access code of the organisation can work.
func LongestAccess(o accounts.Organisation) time.Duration {
	if o.Profile == accounts.Strict {
		return StrictAccessLife
	}
	return MaximumAccessLife
}

// complete fills the defaults in, and says what is missing as an [InvalidError].
func (o *Opening) complete(organisation accounts.Organisation, m accounts.Member, texts bool) error {
	o.Ticket, o.Note = strings.TrimSpace(o.Ticket), strings.TrimSpace(o.Note)
	switch {
	case !slices.Contains(AllIdentified, o.Identified):
		return &InvalidError{Field: FieldIdentified}
	case o.Ticket == "" || !plain(o.Ticket, maximumTicket):
		return &InvalidError{Field: FieldTicket}
	case !plain(strings.NewReplacer("\r", "", "\n", "").Replace(o.Note), maximumNote):
		return &InvalidError{Field: FieldNote}
	}
	switch o.Kind {
	case Lost:
		o.Channel, o.Life, o.Uses = "", 0, 0
		if !m.Person.HasPassword { // the link would lead nowhere, when everything else is gone
			return &InvalidError{Field: FieldPassword}
		}
		return nil
	case Forgotten:
		return o.completeAccess(organisation, texts)
	}
	return &InvalidError{Field: FieldKind}
}

func (o *Opening) completeAccess(organisation accounts.Organisation, texts bool) error {
	o.Channel, o.Uses = cmp.Or(o.Channel, ByMail), cmp.Or(o.Uses, 1)
	o.Life = cmp.Or(o.Life, min(AccessLife, LongestAccess(organisation)))
	switch {
	case o.Channel != ByMail && (o.Channel != ByText || !texts):
		return &InvalidError{Field: FieldChannel}
	case o.Life < time.Minute || o.Life > LongestAccess(organisation):
		return &InvalidError{Field: FieldLife}
	case o.Uses < 1 || o.Uses > MaximumUses:
		return &InvalidError{Field: FieldUses}
	}
	return nil
}

// plain keeps out what makes one line look like another on the approver's phone.
func plain(text string, most int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most && !strings.ContainsFunc(text, func(r rune) bool {
		return r < ' ' || (r >= 0x7f && r < 0xa0) || r == '\u200e' || r == '\u200f' || r == '\u061c' || r == '\u2028' || r == '\u2029' ||
			(r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
	})
}
