package demo_test

import (
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/stage"
	"example.com/aye/support"
)

// support is an agent, and the person whom somebody says to be.
func (h *theatre) support() (stage.Agent, accounts.Member) {
	h.t.Helper()
	ctx, people := h.t.Context(), h.stage.App.Accounts
	all, err := people.Organisations.OrganisationList(ctx)
	if err != nil || len(all) != 1 {
		h.t.Fatalf("%d organisations, %v", len(all), err)
	}
	m, err := people.Member(ctx, all[0].ID, accounts.UserReference{Email: ada})
	if err != nil {
		h.t.Fatal(err)
	}
	if err = people.SetPassword(ctx, m.Person.ID, "correct horse battery staple"); err != nil {
		h.t.Fatal(err)
	}
	sam, err := h.stage.AddAgent(ctx, all[0].ID, "Sam", accounts.RoleSupport)
	if err != nil {
		h.t.Fatal(err)
	}
	return sam, m
}

func (h *theatre) lost(sam stage.Agent, m accounts.Member) support.Case {
	h.t.Helper()
	opened, err := h.stage.OpenCase(h.t.Context(), sam, m, support.Lost)
	if err != nil {
		h.t.Fatal(err)
	}
	return opened
}

// The person's phone hears that somebody asked support for help, without that anybody looks, and stops it.
func TestThePhoneInTheBrowserStopsACase(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	_, inHand := h.paired(newBrowser(t))
	opened := h.lost(h.support())
	inHand.Sees("Somebody asked support for help in your name", "Tulp & Zoon · Sam")
	inHand.Click(".alarm")
	inHand.Sees("They said that this phone is lost", "Agent", "Sam", "Somebody has to approve it", "Was this you?")
	inHand.Press("This was me")
	inHand.Click(".alarm")

	// In the other language too.
	inHand.Press("‹ Back")
	inHand.Press("Nederlands")
	inHand.Sees("Iemand vroeg de helpdesk om hulp op jouw naam")
	inHand.Click(".alarm")
	inHand.Sees("Deze telefoon zou kwijt zijn", "Medewerker", "Dit was ik")
	inHand.Press("Stop, dit was ik niet")
	inHand.Sees("Gestopt", "tot een beheerder heeft gekeken")
	inHand.Press("Klaar")
	inHand.Sees("1 verzoek wacht")
	if now, err := h.stage.App.Support.Store.Case(t.Context(), opened.ID); err != nil || now.State != support.Stopped || now.StoppedBy != "phone" {
		t.Errorf("%+v %v", now, err)
	}
}

// A case that somebody else stopped goes from the screen.
func TestThePhoneInTheBrowserSeesThatACaseIsOver(t *testing.T) {
	t.Parallel()
	h := newTheatre(t)
	_, inHand := h.paired(newBrowser(t))
	sam, m := h.support()
	opened := h.lost(sam, m)
	inHand.Sees("Somebody asked support")
	inHand.Click(".alarm")
	inHand.Sees("Stop, this was not me")
	if _, err := h.stage.App.Support.StopOwn(t.Context(), m.Person.ID, opened.ID); err != nil {
		t.Fatal(err)
	}
	inHand.Sees("This is over")
}
