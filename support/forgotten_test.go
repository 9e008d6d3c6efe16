package support_test

import (
	"errors"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
	"example.com/aye/support"
)

// tries types a temporary code for a login at the shop.
func (d *desk) tries(code secret.Secret) error {
	return d.Codes.VerifyAccess(d.Context(), d.ada.Person.ID, d.Organisation.ID, d.Shop.ID, secret.NewID("apr"), code.Reveal())
}

// letter is the newest temporary code that was mailed.
func (d *desk) letter() secret.Secret {
	d.Helper()
	letters := d.Announcer.Letters(accounts.LetterAccess, d.ada.Person.ID)
	if len(letters) == 0 {
		d.Fatal("no code was mailed")
	}
	return letters[len(letters)-1].Code
}

// A forgotten phone: an administrator's case is sent at once, that of support after a second approver.
func TestForgotten(t *testing.T) {
	t.Parallel()
	for _, role := range []accounts.Role{accounts.RoleSupport, accounts.RoleAdministrator, accounts.RoleOwner} {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			c, err := d.opens(d.Agent(role), d.ada, support.Forgotten)
			ayetest.Fails(t, err, nil)
			if role == accounts.RoleSupport {
				ayetest.Same(t, "state", c.State, support.Open)
				ayetest.Same(t, "letters", len(d.Announcer.Letters(accounts.LetterAccess, d.ada.Person.ID)), 0)
				d.Signs(d.cy, c.ID)
			}
			c = d.Case(c.ID)
			ayetest.Same(t, "state", c.State, support.Sent)
			ayetest.Same(t, "works until", c.LinkUntil, d.Clock.Now().Add(support.AccessLife))
			if d.stopToken(d.ada) == "" || !d.works(d.ada) {
				t.Error("the person was not told, or the phone is gone")
			}
			ayetest.Fails(t, d.tries("aaaa-bbbb-cccc"), otp.ErrWrong)
			ayetest.Fails(t, d.tries(d.letter()), nil)
			d.state(c.ID, support.Done)
			ayetest.Fails(t, d.tries(d.letter()), otp.ErrNone)
			d.sweep()
		})
	}
}

// The time of a code ends, and it can be sent again without getting longer.
func TestForgottenAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	agent := d.Agent(accounts.RoleAdministrator)
	c, err := d.opens(agent, d.ada, support.Forgotten, func(o *support.Opening) { o.Uses = 2 })
	ayetest.Fails(t, err, nil)
	first := d.letter()
	ayetest.Fails(t, d.tries(first), nil)
	d.Clock.Pass(time.Hour)
	ayetest.Fails(t, d.as(agent).SendAgain(t.Context(), c.ID), nil)
	ayetest.Fails(t, d.tries(first), otp.ErrWrong)
	now := d.Case(c.ID)
	ayetest.Same(t, "until", now.LinkUntil, c.LinkUntil)
	ayetest.Same(t, "uses left", now.Left, 1)
	d.Clock.Pass(support.AccessLife)
	ayetest.Fails(t, d.as(agent).SendAgain(t.Context(), c.ID), support.ErrClosed)
	d.sweep()
	d.state(c.ID, support.Done)
	c, err = d.opens(agent, d.ada, support.Forgotten)
	ayetest.Fails(t, err, nil)
	d.Clock.Pass(support.AccessLife)
	d.sweep()
	d.state(c.ID, support.Expired)
}

// By text message.
func TestForgottenByText(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	agent := d.Agent(accounts.RoleAdministrator)
	byText := func(o *support.Opening) { o.Channel = support.ByText }
	_, err := d.opens(agent, d.ada, support.Forgotten, byText)
	ayetest.Fails(t, err, support.ErrInvalid)
	d.ada = d.WithNumber(d.ada, adasNumber)
	c, err := d.opens(agent, d.ada, support.Forgotten, byText)
	ayetest.Fails(t, err, nil)
	text, _ := d.texts.last(support.TextAccess)
	ayetest.Same(t, "hours", text.Hours, 8)
	ayetest.Same(t, "letters", len(d.Announcer.Letters(accounts.LetterAccess, d.ada.Person.ID)), 0)
	ayetest.Fails(t, d.tries(text.Code), nil)
	d.state(c.ID, support.Done)
}

// A code that was to be texted is never mailed instead: the mailbox may be in other hands. The agent chooses, and the case makes room.
func TestThreatSupportNoOtherWay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ada = d.WithNumber(d.ada, adasNumber)
	agent := d.Agent(accounts.RoleAdministrator)
	byText := func(o *support.Opening) { o.Channel, o.Uses = support.ByText, 2 }
	nothing := func(err error) {
		t.Helper()
		ayetest.Fails(t, err, support.ErrChannel)
		ayetest.Same(t, "letters", len(d.Announcer.Letters(accounts.LetterAccess, d.ada.Person.ID)), 0)
		row := d.row(d.Organisation.ID, "case.not-sent")
		ayetest.Same(t, "the log", row.Actor+" "+row.Data["channel"], "system text")
	}
	d.texts.refuse = errors.New("the provider takes nothing")
	c, err := d.opens(agent, d.ada, support.Forgotten, byText)
	nothing(err)
	d.state(c.ID, support.Cancelled)

	// Of support: the case stays open, and the approver tries again.
	c, err = d.opens(d.bo, d.ada, support.Forgotten, byText)
	ayetest.Fails(t, err, nil)
	_, err = d.signs(d.cy, c.ID, d.yes(d.cy))
	nothing(err)
	d.state(c.ID, support.Open)
	d.texts.refuse = nil
	_, err = d.as(d.cy).Signing(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	d.state(c.ID, support.Sent)
	first, _ := d.texts.last(support.TextAccess)

	// Another one that cannot be sent leaves the one before.
	d.texts.refuse = errors.New("the provider takes nothing")
	nothing(d.as(d.bo).SendAgain(t.Context(), c.ID))
	ayetest.Fails(t, d.tries(first.Code), nil)
}

// What is filled in is judged.
func TestOpening(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Change(func(o *accounts.Organisation) { o.Profile = accounts.Strict })
	agent := d.Agent(accounts.RoleAdministrator)
	tests := []struct {
		field  support.Field
		kind   support.Kind
		change func(*support.Opening)
	}{
		{support.FieldKind, "stolen", func(*support.Opening) {}},
		{support.FieldIdentified, support.Lost, func(o *support.Opening) { o.Identified = "" }},
		{support.FieldIdentified, support.Lost, func(o *support.Opening) { o.Identified = "trust me" }},
		{support.FieldTicket, support.Lost, func(o *support.Opening) { o.Ticket = "  " }},
		{support.FieldTicket, support.Lost, func(o *support.Opening) { o.Ticket = "T-1\nApprover: nobody" }},
		{support.FieldNote, support.Lost, func(o *support.Opening) { o.Note = "\u202eabc" }},
		{support.FieldChannel, support.Forgotten, func(o *support.Opening) { o.Channel = support.ByPush }},
		{support.FieldUses, support.Forgotten, func(o *support.Opening) { o.Uses = support.MaximumUses + 1 }},
		{support.FieldLife, support.Forgotten, func(o *support.Opening) { o.Life = support.StrictAccessLife + minute }},
		{support.FieldLife, support.Forgotten, func(o *support.Opening) { o.Life = -minute }},
	}
	for _, test := range tests {
		_, err := d.opens(agent, d.ada, test.kind, test.change)
		ayetest.Fails(t, err, support.ErrInvalid)
		if got := err.(*support.InvalidError).Field; got != test.field { //nolint:errorlint // nothing is around it
			t.Errorf("the field is %s, want %s", got, test.field)
		}
	}
	c, err := d.opens(agent, d.ada, support.Forgotten)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "life", c.Life, support.StrictAccessLife)
	ayetest.Same(t, "longest", support.LongestAccess(accounts.Organisation{Profile: accounts.Standard}), support.MaximumAccessLife)

	without := d.AddPerson("Without a password")
	_, err = d.opens(agent, without, support.Lost)
	ayetest.Fails(t, err, support.ErrInvalid)
}
