package app

import (
	"cmp"
	"context"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/notify/mail"
	"example.com/aye/support"
)

// letter mails a letter. Its reader is looked up here and not where somebody waits for an answer.
func (d *delivery) letter(ctx context.Context, l accounts.Letter) {
	const missing = "a letter was not sent"
	organisation, err := d.organisation(ctx, l.OrganisationID, l.PersonID)
	if err != nil {
		d.failed(ctx, err, missing)
		return
	}
	to := l.Email
	if to == "" {
		person, err := d.accounts.People.Person(ctx, l.PersonID)
		if err != nil {
			d.failed(ctx, err, missing)
			return
		}
		to = person.Email
	}
	kind, path := "", ""
	switch l.Kind {
	case accounts.LetterInvitation:
		kind, path = mail.Invitation, invitationPath
	case accounts.LetterReset:
		kind, path = mail.Reset, "/reset/"
	case accounts.LetterEmail:
		kind, path = mail.EmailChange, "/email/"
	case accounts.LetterNewPhone:
		kind, path = mail.NewPhone, "/new-phone/"
	case accounts.LetterAccess:
		kind = mail.Access // the code is all there is
	case accounts.LetterCheck:
		kind, path = mail.Check, "/caller/"
	}
	content := mail.Content{Person: l.Display, Inviter: l.Inviter, Site: d.site(), Agent: l.Agent, Code: l.Code.Reveal(), Life: cmp.Or(l.Life, support.LinkLife)}
	if path != "" {
		content.Link = d.origin + path + l.Token.Reveal()
	}
	if l.OrganisationID != "" {
		content.Organisation = organisation.Name
	}
	d.left = 1
	d.mail(ctx, kind, l.PersonID, cmp.Or(l.Locale, organisation.Locale), to, content)
}

// Invite mails an invitation. The link works once, for its reader alone.
func (a *App) Invite(ctx context.Context, m accounts.Member, token secret.Secret) error {
	return a.Store.Tell(ctx, accounts.Letter{
		Kind: accounts.LetterInvitation, PersonID: m.Person.ID, Display: m.Person.Display, Locale: m.Person.Locale,
		OrganisationID: m.OrganisationID, Token: token,
	})
}

const invitationPath = "/invitations/"

// InvitationLink is where the person accepts; whoever has it can.
func (a *App) InvitationLink(token secret.Secret) string {
	return a.Config.Origin + invitationPath + token.Reveal()
}
