package app

import (
	"context"
	"errors"
	"fmt"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/approval"
	"example.com/aye/internal/secret"
	"example.com/aye/privacy"
	"example.com/aye/support"
)

// wireSupport makes what helps people who lost a phone, what tells of it, and what they may know of themselves.
func (a *App) wireSupport(ctx context.Context, keys *secret.Keys) error {
	a.Alerts = &alerts.Service{Store: a.Store, Sender: watchedAlerts{a.webhooks, a.outside}, Private: a.Config.WebhookPrivate, Log: a.log, Now: a.now}
	a.Privacy = &privacy.Service{Store: a.Store, Directory: a.Accounts, Ended: a.left, Now: a.now}
	a.Support = &support.Service{
		Store: a.Store, Directory: a.Accounts, Asker: a.Approvals, Phones: a.Devices, Codes: a.Codes, Texts: caseTexts{a.SMS}, Pusher: a.Router, Broker: a.Broker,
		Keys: keys, OperatorOrganisation: a.Config.Support.Organisation, Origin: a.Config.Origin, Now: a.now,
	}
	a.announcer.support, a.SignIn.Recoveries = a.Support, a.Support
	a.Approvals.Reported, a.Accounts.Ended = a.reported, a.left
	return a.checkSupport(ctx)
}

// checkSupport refuses a setting that names nobody: cases would wait for a signature that nobody can give.
func (a *App) checkSupport(ctx context.Context) error {
	id := a.Config.Support.Organisation
	if id == "" {
		return nil
	}
	_, err := a.Accounts.Organisation(ctx, id)
	if errors.Is(err, accounts.ErrNotFound) {
		return fmt.Errorf("%w: support.organisation: there is no organisation %s; `aye organisation list` has their ids", ErrConfig, id)
	}
	return err
}

// reported is told of each request that was reported: what began with the password ends, and so does the case that it was asked for.
func (a *App) reported(ctx context.Context, r approval.Request) error {
	return errors.Join(a.SignIn.Reported(ctx, r), a.Support.Reported(ctx, r))
}

// left is told of each membership that ended: its sessions end, and so does the help that was asked for in it.
func (a *App) left(ctx context.Context, m accounts.Member) error {
	return errors.Join(a.SignIn.Left(ctx, m), a.Support.Left(ctx, m))
}

// newPhonePath is where the link of a case leads.
const newPhonePath = "/new-phone/"

// NewPhoneLink is the link that the token of a case makes.
func (a *App) NewPhoneLink(token secret.Secret) string {
	return a.Config.Origin + newPhonePath + token.Reveal()
}

// FindPerson finds anybody by id or address, also who is a member nowhere any more; else it is [accounts.ErrNotFound].
func (a *App) FindPerson(ctx context.Context, said string) (accounts.Person, error) {
	if secret.ValidID("per", said) {
		return a.Accounts.Person(ctx, said)
	}
	email, err := accounts.NormalEmail(said)
	if err != nil {
		return accounts.Person{}, err
	}
	kept, err := a.Store.PasswordOf(ctx, email, "")
	if err == nil && kept.Person.ID == "" {
		err = accounts.ErrNotFound
	}
	return kept.Person, err
}
