package support

import (
	"context"
	"errors"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
)

// mostRecent is how many requests a card has.
const mostRecent = 10

// Look gives the card of a member, else [ErrNotFound]. It is counted and written down.
func (d *Desk) Look(ctx context.Context, membershipID string) (Card, error) {
	ctx, st, err := d.enter(ctx)
	if err != nil {
		return Card{}, err
	}
	s := d.service
	if err = s.look(ctx, st); err != nil {
		return Card{}, err
	}
	o, m, err := d.member(ctx, st, membershipID)
	if err != nil {
		return Card{}, err
	}
	card := Card{Member: discreet(m), Organisation: o, RecoveryCodes: m.Person.RecoveryCodes, Number: lastDigits(m.Person.Number)}
	if card.Phones, err = s.phonesHere(ctx, m); err != nil {
		return Card{}, err
	}
	apps, err := s.Codes.Apps(ctx, m.Person.ID)
	if err != nil {
		return Card{}, err
	}
	card.Apps = len(apps)
	if card.Recent, err = s.recent(ctx, m); err != nil {
		return Card{}, err
	}
	if err = s.history(ctx, st, &card); err != nil {
		return Card{}, err
	}
	if card.Refused, err = s.refusal(ctx, st, m, card); err != nil {
		return Card{}, err
	}
	card.Advice = advice(card, s.Texts != nil && s.Texts.Reaches(ctx, m.Person))
	return card, s.Store.Write(ctx, audit.Entry{
		Organisation: o.ID, Actor: st.Member.ID, Action: "support.looked", Subject: m.ID, At: s.now(), Data: map[string]string{"user": m.ID},
	})
}

// history puts the person's cases here, and the freezes, on the card.
func (s *Service) history(ctx context.Context, st Standing, card *Card) error {
	cases, err := s.Store.Cases(ctx, Filter{OrganisationID: card.Organisation.ID, PersonID: card.Member.Person.ID}, mostCases)
	if err != nil {
		return err
	}
	for _, c := range cases {
		c = st.sees(c)
		if card.Cases = append(card.Cases, c); c.State.Live() && card.Live == nil {
			card.Live = &c
		}
	}
	frozen, err := s.Store.Frozen(ctx, card.Member.Person.ID, st.Member.ID, card.Organisation.ID)
	card.Frozen = frozen
	return err
}

// refusal is why the agent can open no case: [ErrRank], [ErrLive] or [ErrFrozen]; nil where one can.
func (s *Service) refusal(ctx context.Context, st Standing, m accounts.Member, card Card) (why, err error) {
	err = s.helps(ctx, st, m)
	switch {
	case errors.Is(err, ErrRank):
		return ErrRank, nil
	case err != nil:
		return nil, err
	case len(card.Frozen) > 0:
		return &FrozenError{What: card.Frozen[0].What}, nil
	case card.Live != nil:
		return ErrLive, nil
	}
	return nil, nil
}

// phonesHere are the phones that answer in the member's organisation, without what says where else the person belongs.
func (s *Service) phonesHere(ctx context.Context, m accounts.Member) ([]devices.Device, error) {
	all, err := s.Phones.Of(ctx, m.Person.ID)
	var here []devices.Device
	for _, phone := range all {
		if !phone.AnswersFor(m.OrganisationID) {
			continue
		}
		if phone.OrganisationID != m.OrganisationID {
			phone.OrganisationID, phone.MembershipID = "", ""
		}
		phone.Push.Address = ""
		here = append(here, phone)
	}
	return here, err
}

// recent are the newest requests here, without what could be used in the place of the person.
func (s *Service) recent(ctx context.Context, m accounts.Member) ([]approval.View, error) {
	views, err := s.Asker.RecentOf(ctx, m.OrganisationID, m.ID, mostRecent)
	for i := range views {
		v := &views[i]
		v.ReleaseCode, v.Challenge, v.ChallengeNonce, v.CreationKey, v.RedeemKey, v.Salt = "", "", "", "", "", 0
	}
	return views, err
}

// lastDigits are those of a number that tell the person which one it is.
func lastDigits(number string) string {
	if len(number) < 6 {
		return ""
	}
	return number[len(number)-3:]
}
