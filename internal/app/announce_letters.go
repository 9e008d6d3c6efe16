package app

import (
	"cmp"
	"context"
	"log/slog"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/notify/mail"
	"example.com/aye/support"
)

// write mails a letter. Its reader is looked up here and not where somebody waits for an answer.
func (a *announcer) write(ctx context.Context, l accounts.Letter) {
	failed := func(err error) {
		a.log.ErrorContext(ctx, "a letter was not sent", slog.String("kind", string(l.Kind)), slog.String("error", err.Error()))
	}
	organisation, err := a.organisation(ctx, l.OrganisationID, l.PersonID)
	if err != nil {
		failed(err)
		return
	}
	to := l.Email
	if to == "" {
		person, err := a.accounts.People.Person(ctx, l.PersonID)
		if err != nil {
			failed(err)
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
	content := mail.Content{Person: l.Display, Inviter: l.Inviter, Site: a.site(), Agent: l.Agent, Code: l.Code.Reveal(), Life: cmp.Or(l.Life, support.LinkLife)}
	if path != "" {
		content.Link = a.origin + path + l.Token.Reveal()
	}
	if l.OrganisationID != "" {
		content.Organisation = organisation.Name
	}
	a.mail(ctx, kind, cmp.Or(l.Locale, organisation.Locale), to, content)
}

// Invite mails an invitation. The link works once, for its reader alone.
func (a *App) Invite(ctx context.Context, m accounts.Member, token secret.Secret) {
	a.announcer.Letter(ctx, accounts.Letter{
		Kind: accounts.LetterInvitation, PersonID: m.Person.ID, Display: m.Person.Display, Locale: m.Person.Locale,
		OrganisationID: m.OrganisationID, Token: token,
	})
}

const invitationPath = "/invitations/"

// InvitationLink is where the person accepts; whoever has it can.
func (a *App) InvitationLink(token secret.Secret) string {
	return a.Config.Origin + invitationPath + token.Reveal()
}
