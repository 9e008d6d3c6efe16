package support

import (
	"context"
	"strings"
	"unicode/utf8"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

const (
	// fewest are the characters that a search needs.
	fewest = 3
	// mostFound is how many people a search gives.
	mostFound = 20
	// mostCases is how many cases a list has.
	mostCases = 100
)

// Find searches people in the agent's scope, by address, name or whole phone number, of at least three characters; the operator's
// support by whole address or number alone. It fails with [ErrForbidden], [ErrFrozen], [ErrInvalid] or [ErrTooMany].
func (d *Desk) Find(ctx context.Context, text string) ([]accounts.Member, error) {
	ctx, st, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	if text = strings.TrimSpace(text); utf8.RuneCountInString(text) < fewest || utf8.RuneCountInString(text) > 254 {
		return nil, &InvalidError{Field: FieldSearch}
	}
	if err = d.service.look(ctx, st); err != nil {
		return nil, err
	}
	scope := st.Organisation.ID
	if st.Operator {
		scope = ""
	}
	found, err := d.service.Directory.FindPeople(ctx, scope, text, mostFound)
	if err != nil {
		return nil, err
	}
	shown := make([]accounts.Member, 0, len(found))
	for _, m := range found {
		if !st.Operator || whole(st.Organisation, m, text) {
			shown = append(shown, discreet(m))
		}
	}
	// Who was found is written down, and not the text: that would name people after they were erased.
	ids := make([]string, 0, len(shown))
	for _, m := range shown {
		ids = append(ids, m.ID)
	}
	return shown, d.service.Store.Write(ctx, audit.Entry{
		Organisation: st.Organisation.ID, Actor: st.Member.ID, Action: "support.searched", Subject: st.Member.ID, At: d.service.now(),
		Data: map[string]string{"found": strings.Join(ids, " ")},
	})
}

// whole tells whether the text is the member's whole address or number: nobody leafs through all organisations.
func whole(o accounts.Organisation, m accounts.Member, text string) bool {
	if email, err := accounts.NormalEmail(text); err == nil {
		return email == m.Person.Email
	}
	for _, locale := range []string{m.Person.Locale, o.Locale, "nl"} {
		if number, err := accounts.NormalNumber(text, locale); err == nil && number == m.Person.Number {
			return true
		}
	}
	return false
}

// discreet is the member without what an agent need not know: the number, and whether another organisation's case
// took everything from them.
func discreet(m accounts.Member) accounts.Member {
	m.Person.Number, m.Person.Recovering = "", ""
	return m
}
