package bench

import (
	"context"
	"fmt"
	"strings"
	"time"

	"example.com/aye/approval"
	"example.com/aye/internal/app"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

const (
	// filledOver is over how long ago the requests were that are put in.
	filledOver = 80 * 24 * time.Hour
	// decidedOne of so many has its signed decision too: they are as large as the rest together.
	decidedOne = 10
)

// fill brings the database of a server that is not running to so many finished requests, with
// their deliveries, audit rows and some of their decisions, as the server itself stores them.
func (i *installation) fill(ctx context.Context, total int, progress *Progress) error {
	return i.open(ctx, func(a *app.App) error {
		begin, first := time.Now().Add(-filledOver), i.filled
		err := parallel(ctx, furnishing, total-first, func(ctx context.Context, at int) error {
			n := first + at
			if n%10_000 == 0 {
				progress.say("filling the database: %d of %d requests", n, total)
				progress.at(float64(n) / float64(total))
			}
			return i.past(ctx, a, n, begin.Add(filledOver/time.Duration(total)*time.Duration(n)))
		})
		i.filled = max(first, total)
		return err
	})
}

// past puts one request in that was released.
func (i *installation) past(ctx context.Context, a *app.App, n int, at time.Time) error {
	p := i.people[n%len(i.people)]
	at, in := at.UTC().Truncate(time.Millisecond), i.houses[p.house]
	r := approval.Request{
		ID: secret.NewID("apr"), OrganisationID: in.organisation, ApplicationID: in.application, MembershipID: p.membership, PersonID: p.id,
		Purpose: approval.Login, State: approval.Released, Confirm: approval.Number, Digits: 3, Asker: "Shop", Organisation: "Example",
		Context:        approval.Context{IP: "192.0.2.7", UserAgent: userAgent, Browser: fmt.Sprintf("b-%d", n)},
		ChallengeNonce: secret.NewToken().Reveal(), Challenge: strings.Repeat(secret.NewToken().Reveal(), 22), // about 950 bytes
		Created: at, Expires: at.Add(approval.DefaultLife), Decided: at, DecidedBy: p.device, Method: approval.Push, Verified: approval.Biometric,
		Delivered: at, RedeemBy: at.Add(approval.ReleaseLife), Released: at, AssertionID: secret.NewID("ast"),
	}
	entry := func(actor, action string) audit.Entry {
		return audit.Entry{
			Organisation: in.organisation, Actor: actor, Action: action, Subject: r.ID, At: at, Data: map[string]string{"user": p.membership},
		}
	}
	entries := []audit.Entry{entry(in.application, "approval.asked"), entry(p.device, "approval.approved"), entry(in.application, "approval.released")}
	decided := n%decidedOne == 0
	if decided {
		r.State, r.Decided, r.DecidedBy, r.Released, r.AssertionID, entries = approval.Pending, time.Time{}, "", time.Time{}, "", entries[:1]
	}
	_, err := a.Store.Ask(ctx, approval.Creation{OrganisationID: r.OrganisationID, PersonID: p.id}, func(now approval.Situation) (approval.Admission, error) {
		return approval.Admission{Request: r, Budget: now.Budget, Entries: entries, Deliveries: []approval.Delivery{{
			RequestID: r.ID, DeviceID: p.device, Device: "Pixel 9", Channel: "fcm", State: approval.Fetched, Updated: at,
		}}}, nil
	})
	if err != nil || !decided {
		return err
	}
	return i.decidedThen(ctx, a, r, p, at, entry)
}

// decidedThen goes the way of a real one from the question on.
func (i *installation) decidedThen(ctx context.Context, a *app.App, r approval.Request, p *person, at time.Time, entry func(actor, action string) audit.Entry) error {
	decision := approval.Decision{
		ID: secret.NewID("jti"), RequestID: r.ID, DeviceID: p.device, Verdict: approval.Approve, Method: approval.Push, Verified: approval.Biometric,
		State: approval.Approved, Evidence: strings.Repeat(secret.NewToken().Reveal(), 20), At: at, RedeemBy: at.Add(approval.RedeemLife),
	}
	approved := approval.Move{RequestID: r.ID, PersonID: r.PersonID, From: []approval.State{approval.Pending}, To: approval.Approved, Now: at, Decision: &decision}
	if _, err := a.Store.Move(ctx, approved, entry(p.device, "approval.approved")); err != nil {
		return err
	}
	released := approval.Move{
		RequestID: r.ID, PersonID: r.PersonID, From: []approval.State{approval.Approved}, To: approval.Released, Now: at,
		Redeemed: &approval.Redeemed{AssertionID: secret.NewID("ast")},
	}
	_, err := a.Store.Move(ctx, released, entry(i.houses[p.house].application, "approval.released"))
	return err
}
