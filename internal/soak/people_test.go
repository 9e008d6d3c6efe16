package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
	"example.com/aye/internal/emulate"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// textVendor is a stand-in that sends text messages.
type textVendor interface {
	Key() secret.Secret
	NextText(ctx context.Context, number string) (emulate.Text, error)
	Texts(number string) []emulate.Text
	Sent() []emulate.Text
}

// shop is an application, with the organisation that it belongs to.
type shop struct {
	organisation, id string
	secret           secret.Secret
	texts            textVendor
}

// person is somebody with one phone that has the app, or with a number alone.
type person struct {
	shop          *shop
	email, number string
	phone         *phone.Phone
	// typed says that the phone's own code was typed: in the half of a minute that it counts, it counts once.
	typed atomic.Bool
}

// settle makes two organisations, each with an application and an account at a vendor of text messages, and their people:
// so many with a phone, and so many with a number alone. The nodes run behind it.
func (w *town) settle(ctx context.Context, phones, numbers int) (withPhone, withNumber []*person) {
	w.t.Helper()
	withPhone, withNumber = make([]*person, phones), make([]*person, numbers)
	c, err := app.LoadConfig(w.config, nil, nil)
	must(w.t, err)
	a, err := app.Open(ctx, c, slog.New(slog.DiscardHandler), time.Now)
	must(w.t, err)
	must(w.t, w.carry(ctx, a, "", w.vendors.messageBird))
	for _, texts := range []textVendor{w.vendors.messageBird, w.vendors.bird} {
		s, err := w.found(ctx, a, texts)
		must(w.t, err)
		w.shops = append(w.shops, s)
	}
	must(w.t, each(phones, func(i int) (err error) {
		withPhone[i], err = w.member(ctx, a, fmt.Sprintf("phone-%d@example.com", i), i)
		return err
	}))
	must(w.t, each(numbers, func(i int) (err error) {
		if withNumber[i], err = w.member(ctx, a, fmt.Sprintf("number-%d@example.com", i), i); err != nil {
			return err
		}
		withNumber[i].number = fmt.Sprintf("+316%08d", 12_000_000+i)
		return w.prove(ctx, a, withNumber[i])
	}))
	must(w.t, a.Close(ctx))
	for _, n := range w.nodes {
		must(w.t, n.start(ctx))
		w.t.Cleanup(n.kill)
	}
	must(w.t, each(phones, func(i int) error { return w.pair(ctx, withPhone[i], i) }))
	return withPhone, withNumber
}

// each does it for all numbers below count, some at a time.
func each(count int, do func(int) error) error {
	var all sync.WaitGroup
	failed := make([]error, 4)
	for at := range failed {
		all.Go(func() {
			for i := at; i < count && failed[at] == nil; i += len(failed) {
				failed[at] = do(i)
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// found makes an organisation whose people may log in with all kinds of codes.
func (w *town) found(ctx context.Context, a *app.App, texts textVendor) (*shop, error) {
	o, err := a.Accounts.CreateOrganisation(ctx, accounts.Organisation{
		Name: "Soak", Profile: accounts.Standard, Locale: "en", AllowTap: true, Methods: []accounts.SecondFactor{accounts.TOTP, accounts.SMS},
	})
	if err != nil {
		return nil, err
	}
	made, key, err := a.Accounts.CreateApplication(ctx, accounts.Application{OrganisationID: o.ID, Name: "Shop", Origins: []string{pageOrigin}, MayEnrol: true})
	if err != nil {
		return nil, err
	}
	return &shop{o.ID, made.ID, key, texts}, w.carry(ctx, a, o.ID, texts)
}

// carry makes the account at the vendor that of the organisation, or of the operator where that is empty.
func (w *town) carry(ctx context.Context, a *app.App, organisationID string, texts textVendor) error {
	const operator = "+31687654321"
	draft, err := a.SMS.Begin(ctx, sms.Setup{
		OrganisationID: organisationID, Description: "Soak", Sender: "Soak", Key: texts.Key(), By: sms.Administrator{ID: accounts.Operator, Number: operator, Locale: "en"},
	})
	if err != nil {
		return err
	}
	text, err := texts.NextText(ctx, operator)
	if err != nil {
		return err
	}
	_, err = a.SMS.Save(ctx, organisationID, draft.ID, accounts.Operator, codeIn(text))
	return err
}

// codeIn is the code with which a text begins.
func codeIn(text emulate.Text) string { return text.Body[:sms.CodeDigits] }

func (w *town) member(ctx context.Context, a *app.App, email string, i int) (*person, error) {
	s := w.shops[i%len(w.shops)]
	_, _, err := a.Accounts.AddMember(ctx, s.organisation, accounts.Person{Email: email, Display: email}, accounts.RoleMember)
	return &person{shop: s, email: email}, err
}

// prove proves the person's number, by the operator's account.
func (w *town) prove(ctx context.Context, a *app.App, p *person) error {
	m, err := a.Accounts.Member(ctx, p.shop.organisation, accounts.UserReference{Email: p.email})
	if err != nil {
		return err
	}
	if err = a.Accounts.AskNumber(ctx, m.Person.ID, p.shop.organisation, p.number, accounts.TextRegistration); err != nil {
		return err
	}
	text, err := w.vendors.messageBird.NextText(ctx, p.number)
	if err != nil {
		return err
	}
	return a.Accounts.ConfirmNumber(ctx, m.Person.ID, codeIn(text))
}

// pair links a phone: every other one is woken by Google, and the rest by Apple.
func (w *town) pair(ctx context.Context, p *person, i int) error {
	status, text, err := w.application(ctx, p.shop, http.MethodPost, "/v1/pairings", "", fmt.Sprintf(`{"user":{"email":%q}}`, p.email))
	if err != nil || status != http.StatusCreated {
		return fmt.Errorf("no pairing: %d %s %w", status, text, err)
	}
	var opened struct {
		URL string `json:"url"`
	}
	if err = json.Unmarshal(text, &opened); err != nil {
		return err
	}
	if p.phone, err = phone.Open(""); err != nil {
		return err
	}
	p.phone.HTTP = w.client()
	details := phone.Details{Platform: "android", Model: "Phone", OSVersion: "16", AppVersion: "2.0.0", Locale: "en"}
	details.Push = phone.Push{Provider: "fcm", App: pushApp, Address: phone.Secret(fmt.Sprintf("address-%d", i))}
	if i/len(w.shops)%2 == 1 {
		details.Platform = "ios"
		details.Push = phone.Push{Provider: "apns", App: pushApp, Kind: "token", Environment: "production", Address: phone.Secret(fmt.Sprintf("%s%08x", strings.Repeat("ab", 28), i))}
	}
	_, err = p.phone.Pair(ctx, opened.URL, details)
	return err
}
