package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/internal/secret"
)

// The kinds of posts.
const (
	postNotice = "notice"
	postLetter = "letter"
	// postNone is for nobody: the work is the same, and says nothing.
	postNone = "none"
)

// postRow is a post as it is kept.
type postRow struct {
	id, kind, lane, organisationID, personID, message, told string

	at, next, attempts int64
}

const postColumns = "id, kind, lane, organisation_id, person_id, message, told, at, next, attempts"

func (r *postRow) fields() []any {
	return []any{&r.id, &r.kind, &r.lane, &r.organisationID, &r.personID, &r.message, &r.told, &r.at, &r.next, &r.attempts}
}

func (r postRow) values() []any {
	return []any{r.id, r.kind, r.lane, r.organisationID, r.personID, r.message, r.told, r.at, r.next, r.attempts}
}

func postPlace(id string) secret.Place {
	return secret.Place{Scope: secret.Installation, Table: "outbox", Column: "message", Row: id}
}

// noticeBody and letterBody are what is sealed. Secrets hide themselves from JSON, so they are written out.
type noticeBody struct {
	accounts.Notice

	Link string
}

type letterBody struct {
	accounts.Letter

	Token, Code string
}

// noticePost is where a notice goes, and how many may wait when it is still kept.
func noticePost(n accounts.Notice) (row postRow, room int64) {
	row = postRow{kind: postNotice, lane: string(Soon), organisationID: n.OrganisationID, personID: n.PersonID}
	switch n.Kind { //nolint:exhaustive // all others are warnings
	case accounts.SecondFactorSoon:
		row.lane = string(Later)
		return row, roomInviting
	case accounts.TextsProvider, accounts.MemberAlertsChanged:
		return row, roomInviting
	case accounts.RoleGiven, accounts.MemberRoleChanged:
		return row, roomRoles
	default:
		return row, OutboxRoom
	}
}

// letterPost is the same of a letter. One without a reader is for nobody.
func letterPost(l accounts.Letter) (row postRow, room int64) {
	row, room = postRow{kind: postLetter, lane: string(Soon), organisationID: l.OrganisationID, personID: l.PersonID}, OutboxRoom
	if l.Kind == accounts.LetterInvitation {
		row.lane, room = string(Later), roomInviting
	}
	if l.Nobody {
		row.kind = postNone
	}
	return row, room
}

// keepPost keeps a post, if there is room.
func (tx *transaction) keepPost(at time.Time, row postRow, room int64, body any) error {
	box := tx.outbox
	if box.waiting.Load()+int64(len(tx.posts)) >= room {
		box.log.ErrorContext(tx.ctx, "nobody is told of something: too much waits for the mail server", slog.String("kind", kindOf(body)), slog.String("organisation", row.organisationID))
		return nil
	}
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	row.id, row.at, row.next = secret.NewID("post"), millis(at), millis(at)
	vault, err := tx.sealing()
	if err != nil {
		return err
	}
	if row.message, err = vault.Seal(tx.ctx, postPlace(row.id), secret.Secret(text)); err != nil {
		return err
	}
	if err = tx.write("INSERT INTO outbox ("+postColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row.values()...); err != nil {
		return err
	}
	tx.posts = append(tx.posts, row.id)
	return nil
}

// sealing gives the data key of the installation, which is looked up, or made, in the transaction until it stands in the database.
func (tx *transaction) sealing() (*secret.Vault, error) {
	if vault := tx.outbox.vault.Load(); vault != nil {
		return vault, nil
	}
	keys := &keysWithin{tx: tx}
	vault, err := secret.NewVault(tx.outbox.keys, keys)
	if err != nil {
		return nil, err
	}
	if _, err = vault.Seal(tx.ctx, postPlace(""), ""); err != nil {
		return nil, err
	}
	keys.tx = nil
	// A key that this transaction made, or a neighbour in it, may still be undone: then it must not be in memory.
	tx.madeKey = tx.madeKey || keys.made
	if _, grouped := tx.pool.(*seat); !grouped && !tx.madeKey {
		tx.outbox.vault.Store(vault)
	}
	return vault, nil
}

// keysWithin are the data keys as a change sees them.
type keysWithin struct {
	tx   *transaction
	made bool
}

// wrappedRow is a data key.
type wrappedRow struct{ key []byte }

func (r *wrappedRow) fields() []any { return []any{&r.key} }

// DataKey gives the wrapped key of the scope, or makes it.
func (k *keysWithin) DataKey(_ context.Context, scope string, create func() ([]byte, error)) ([]byte, error) {
	const query = "SELECT wrapped FROM data_keys WHERE scope = ?"
	row, err := one[wrappedRow](k.tx.conn, errRefused, query, scope)
	if !errors.Is(err, errRefused) {
		return row.key, err
	}
	fresh, err := create()
	if err != nil {
		return nil, err
	}
	if _, err = k.tx.exec("INSERT INTO data_keys (scope, wrapped, created) VALUES (?, ?, ?) ON CONFLICT (scope) DO NOTHING", scope, fresh, millis(time.Now())); err != nil {
		return nil, err
	}
	k.made = true
	row, err = one[wrappedRow](k.tx.conn, errRefused, query, scope)
	return row.key, err
}

// kindOf says for the log what is not told.
func kindOf(body any) string {
	switch b := body.(type) {
	case noticeBody:
		return string(b.Kind)
	case letterBody:
		return string(b.Kind)
	}
	return ""
}

// post opens a row.
func (s *Store) post(ctx context.Context, r postRow) (Post, error) {
	p := Post{ID: r.id, At: moment(r.at), Told: strings.Fields(r.told), Attempts: r.attempts}
	if r.kind == postNone {
		return p, nil
	}
	text, err := s.vault.Open(ctx, postPlace(r.id), r.message)
	if err != nil {
		return p, err
	}
	switch r.kind {
	case postNotice:
		var b noticeBody
		err = json.Unmarshal([]byte(text), &b)
		b.Notice.Link = secret.Secret(b.Link)
		p.Message = b.Notice
	case postLetter:
		var b letterBody
		err = json.Unmarshal([]byte(text), &b)
		b.Letter.Token, b.Letter.Code = secret.Secret(b.Token), secret.Secret(b.Code)
		p.Message = b.Letter
	default:
		err = fmt.Errorf("the outbox does not know the kind %q", r.kind)
	}
	return p, err
}

// heardRow is a hook and what it takes.
type heardRow struct{ organisationID, kinds string }

func (r *heardRow) fields() []any { return []any{&r.organisationID, &r.kinds} }

// keepAlert keeps an alert for each hook that takes it: the organisation's and the operator's. Each delivery has an id of its own,
// which is the name that makes it once.
func (tx *transaction) keepAlert(a alerts.Alert) error {
	hooks, err := all[heardRow](tx.conn, "SELECT organisation_id, kinds FROM alert_hooks WHERE organisation_id IN (?, '')", a.OrganisationID)
	if err != nil {
		return err
	}
	a, left := a.Outgoing()
	for _, name := range left {
		tx.outbox.log.ErrorContext(tx.ctx, "an alert was to say what it must not", slog.String("kind", string(a.Kind)), slog.String("name", name))
	}
	for _, h := range hooks {
		if kinds := strings.Fields(h.kinds); len(kinds) > 0 && !slices.Contains(kinds, string(a.Kind)) {
			continue
		}
		err = tx.write("INSERT INTO alert_deliveries (id, kind, organisation_id, at, data, next, attempts) VALUES (?, ?, ?, ?, ?, ?, 0)",
			alerts.NewID(), a.Kind, h.organisationID, millis(a.At), documentOf(a.Data), millis(a.At))
		if err != nil {
			return err
		}
	}
	return nil
}

// keepAlertOf keeps what a notice is an alert of, once, however many people get the mail.
func (tx *transaction) keepAlertOf(n accounts.Notice, at time.Time) error {
	a, is := alerts.Of(n)
	if !is {
		return nil
	}
	a.At = at
	if n.PersonID != "" { // who they are to the organisation's own systems
		member, err := all[idRow](tx.conn, "SELECT id FROM memberships WHERE person_id = "+text+" AND organisation_id = "+text+" AND status = 'active'", n.PersonID, n.OrganisationID)
		if err != nil {
			return err
		}
		for _, m := range member {
			a.Data["user"] = m.id
		}
	}
	return tx.keepAlert(a)
}

// filled gives the messages with what only the change finds out: set is given each notice.
func filled(messages []any, set func(*accounts.Notice)) []any {
	all := slices.Clone(messages)
	for i := range all {
		if n, is := all[i].(accounts.Notice); is {
			set(&n)
			all[i] = n
		}
	}
	return all
}

// madeOut gives the messages with the letters made out to the person.
func madeOut(messages []any, p accounts.Person) []any {
	all := slices.Clone(messages)
	for i := range all {
		if l, is := all[i].(accounts.Letter); is {
			l.PersonID, l.Display, l.Locale = p.ID, p.Display, p.Locale
			all[i] = l
		}
	}
	return all
}
