package app

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/notify/mail"
)

// notice mails a notice to whom it is for.
func (d *delivery) notice(ctx context.Context, n accounts.Notice) {
	if aboutNobody(n.Kind) {
		d.tellAdministrators(ctx, n)
		return
	}
	if n.Kind == accounts.Erased {
		// Nobody can look up any more who it was.
		d.left = 1
		d.mail(ctx, string(n.Kind), n.PersonID, n.Locale, n.Email, mail.Content{Person: n.Display, Site: d.site(), At: d.post.At})
		return
	}
	person, err := d.accounts.People.Person(ctx, n.PersonID)
	if err != nil {
		d.failed(ctx, err, "an announcement has no reader")
		return
	}
	organisation, err := d.organisation(ctx, n.OrganisationID, person.ID)
	if err != nil {
		d.failed(ctx, err, noOrganisation)
		return
	}
	content := mail.Content{
		Site: d.site(), Device: n.Device, Application: n.Application, IP: n.IP, At: d.post.At, Day: n.Date,
		Number: mail.MaskNumber(person.Number), Left: person.RecoveryCodes,
		Agent: n.Agent, Reason: n.Reason, Role: string(n.Role), Before: string(n.Before), Link: n.Link.Reveal(),
	}
	if n.OrganisationID != "" {
		content.Organisation = organisation.Name
	}
	if n.Role != "" {
		d.name(ctx, n, &content)
	}
	if aboutMember(n.Kind) {
		content.Member = person.Display
	}
	d.notify(ctx, n, organisation, content, d.readers(ctx, n, organisation, person))
}

// tellAdministrators tells all who look after the organisation. What is the operator's own is
// nobody's, and stands in the log.
func (d *delivery) tellAdministrators(ctx context.Context, n accounts.Notice) {
	if n.OrganisationID == "" {
		d.log.ErrorContext(ctx, "something of the operator's own needs a look; of text messages: aye sms-provider",
			slog.String("kind", string(n.Kind)), slog.String("provider", n.Provider), slog.String("reason", n.Reason))
		return
	}
	organisation, err := d.accounts.Organisation(ctx, n.OrganisationID)
	if err != nil {
		d.failed(ctx, err, noOrganisation)
		return
	}
	utc := d.post.At.UTC()
	content := mail.Content{
		Site: d.site(), Organisation: organisation.Name, Provider: n.Provider, Reason: n.Reason, Agent: n.Agent, At: d.post.At,
		Day: time.Date(utc.Year(), utc.Month()+1, 1, 0, 0, 0, 0, time.UTC), // when there is money again
	}
	d.name(ctx, n, &content)
	d.notify(ctx, n, organisation, content, d.staff(ctx, organisation.ID, manages, ""))
}

// name says who did what the notice tells of: a member, an application or the operator. Whoever is none
// of these any more stays without a name.
func (d *delivery) name(ctx context.Context, n accounts.Notice, c *mail.Content) {
	if n.By == "" {
		return
	}
	if c.ByOperator = n.By == accounts.Operator; c.ByOperator {
		return
	}
	member, err := d.accounts.People.Member(ctx, n.OrganisationID, accounts.UserReference{ID: n.By})
	if err == nil {
		c.By = member.Person.Display
		return
	}
	application, notFound := d.accounts.Applications.Application(ctx, n.By)
	if notFound == nil {
		c.Application = application.Name
		return
	}
	d.log.ErrorContext(ctx, "an announcement does not say who did it", slog.String("kind", string(n.Kind)), slog.String("by", n.By),
		slog.String("error", errors.Join(err, notFound).Error()))
}

const noOrganisation = "an announcement has no organisation"

// notify mails a notice to each reader.
func (d *delivery) notify(ctx context.Context, n accounts.Notice, organisation accounts.Organisation, content mail.Content, readers []accounts.Person) {
	d.left = len(readers)
	for _, reader := range readers {
		content.Person = reader.Display
		// Whoever has the old address need not be the person any more.
		content.Address = mail.MaskAddress(reader.Email)
		d.mail(ctx, string(n.Kind), reader.ID, cmp.Or(reader.Locale, organisation.Locale), cmp.Or(n.Email, reader.Email), content)
	}
}

// organisation is the one that is named, or else one of the person's, which lends its language.
func (a *announcer) organisation(ctx context.Context, id, personID string) (accounts.Organisation, error) {
	if id != "" {
		return a.accounts.Organisation(ctx, id)
	}
	all, err := a.accounts.Organisations.OrganisationsOf(ctx, personID)
	if err != nil || len(all) == 0 {
		return accounts.Organisation{}, err
	}
	return all[0], nil
}

// site is how people name this server.
func (a *announcer) site() string {
	_, host, _ := strings.Cut(a.origin, "://")
	return host
}
