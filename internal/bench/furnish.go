package bench

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/app"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/otp"
	"example.com/aye/pairing"
)

// furnishing is how many phones are linked at one time.
const furnishing = 64

// furnish makes the organisations with their applications, and the people, in the data folder of a
// server that is not running. The services check a claim's signatures and what is known of
// the person; here it is known that both are as they must be, so the store's own verbs are
// called, which makes many people in a short time.
func (i *installation) furnish(ctx context.Context, organisations, people, quiet int, progress *Progress) error {
	return i.open(ctx, func(a *app.App) error { return i.furnishWith(ctx, a, organisations, people, quiet, progress) })
}

// open does work in the data folder of a server that is not running.
func (i *installation) open(ctx context.Context, work func(*app.App) error) error {
	config, err := app.LoadConfig(i.settings, nil, nil)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, config, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		return err
	}
	err = work(a)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if closeErr := a.Close(last); err == nil {
		err = closeErr
	}
	return err
}

func (i *installation) furnishWith(ctx context.Context, a *app.App, organisations, people, quiet int, progress *Progress) error {
	for number := range organisations {
		o, err := a.Accounts.CreateOrganisation(ctx, accounts.Organisation{Name: fmt.Sprintf("Example %d", number+1), Profile: accounts.Standard, Locale: "en"})
		if err != nil {
			return err
		}
		application, clientSecret, err := a.Accounts.CreateApplication(ctx, accounts.Application{
			OrganisationID: o.ID, Name: "Shop", Origins: []string{pageOrigin},
		})
		if err != nil {
			return err
		}
		i.houses = append(i.houses, house{o.ID, application.ID, clientSecret})
	}
	all := make([]*person, people+quiet)
	i.people, i.quiet = all[:people], all[people:]
	return parallel(ctx, furnishing, len(all), func(ctx context.Context, at int) error {
		if at%500 == 0 {
			progress.say("linking phones: %d of %d", at, len(all))
			progress.at(float64(at) / float64(len(all)))
		}
		p, makeErr := newPerson()
		if makeErr != nil {
			return makeErr
		}
		if at < people {
			p.address = secret.NewToken().Reveal()
		}
		all[at], p.house = p, at%organisations
		return i.join(ctx, a, p, at)
	})
}

// join makes somebody a member with a linked phone.
func (i *installation) join(ctx context.Context, a *app.App, p *person, number int) error {
	organisation := i.houses[p.house].organisation
	m, _, err := a.Accounts.AddMember(ctx, organisation, accounts.Person{
		Email: fmt.Sprintf("person-%d@example.com", number), Display: fmt.Sprintf("Person %d", number),
	}, accounts.RoleMember)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	opened := pairing.Pairing{
		ID: secret.NewID("pair"), OrganisationID: organisation, MembershipID: m.ID, PersonID: m.Person.ID,
		State: pairing.Open, Generation: 1, CodeHash: secret.Hash(secret.NewToken()),
		Created: now, Expires: now.Add(pairing.CodeLife), Ends: now.Add(pairing.Life),
	}
	entry := func(actor, action string) audit.Entry {
		return audit.Entry{
			Organisation: organisation, Actor: actor, Action: action, Subject: opened.ID, At: now,
			Data: map[string]string{"user": m.ID},
		}
	}
	if _, err = a.Store.OpenPairing(ctx, opened, now.Add(-time.Hour), pairing.PerHour, entry(accounts.Operator, "pairing.opened")); err != nil {
		return err
	}
	device := i.device(p, m, now)
	won, err := a.Store.Claim(ctx, pairing.Claim{
		PairingID: opened.ID, CodeHash: opened.CodeHash, Device: device, TOTP: otp.NewSecret(), To: pairing.Paired,
		Now: now, MaxPhones: devices.MaxActive, First: true,
	}, entry(device.ID, "pairing.claimed"))
	if err == nil && !won {
		err = pairing.ErrClosed
	}
	p.linked(m.Person.ID, m.ID, device.ID)
	return err
}

func (i *installation) device(p *person, m accounts.Member, now time.Time) devices.Device {
	push := devices.Address{Provider: notify.ProviderNone, Registered: now}
	if p.address != "" {
		push = devices.Address{
			Provider: notify.ProviderFCM, App: pushApp, Kind: notify.AddressToken, Address: secret.Secret(p.address), Registered: now,
		}
	}
	return devices.Device{
		ID: secret.NewID("dev"), PersonID: m.Person.ID, OrganisationID: m.OrganisationID, MembershipID: m.ID, Status: devices.Active,
		Details: devices.Details{
			Platform: devices.Android, Name: "Pixel 9", Model: "Pixel 9", OSVersion: "16", AppVersion: "1.0.0", Locale: "en", Push: push,
		},
		Key: p.devicePublic, ApprovalKey: p.approvalPublic, PushState: devices.PushOK, Created: now, Seen: now,
	}
}
