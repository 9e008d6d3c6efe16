package app

import (
	"context"
	"maps"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
)

// ear is a system that hears of alerts.
type ear struct{ heard chan alerts.Alert }

func (e ear) SendAlert(_ context.Context, _ alerts.Hook, a alerts.Alert) error {
	e.heard <- a
	return nil
}

// alerting is a quiet app whose organisation hears of alerts.
func alertingApp(t *testing.T) (a *App, o accounts.Organisation, ada accounts.Member, heard func() []alerts.Alert) {
	t.Helper()
	a, _, o, person := quietApp(t)
	a.announcer.sender = &postman{} // nobody reads the mail here
	members, err := a.Accounts.Memberships(t.Context(), person.ID)
	if err != nil {
		t.Fatal(err)
	}
	e := ear{make(chan alerts.Alert, 10)}
	a.Alerts.Sender = e
	for _, id := range []string{o.ID, ""} {
		if _, _, err = a.Alerts.Set(t.Context(), id, "https://hooks.example.com/", nil, false); err != nil {
			t.Fatal(err)
		}
	}
	return a, o, members[0], func() (all []alerts.Alert) {
		if err := a.Alerts.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		for len(e.heard) > 0 {
			all = append(all, <-e.heard)
		}
		return all
	}
}

// TestNoticesAreAlerts: what somebody should look at is told to the organisation's systems and the operator's once, however many
// people get the mail; all else to nobody.
func TestNoticesAreAlerts(t *testing.T) {
	t.Parallel()
	a, o, ada, heard := alertingApp(t)
	for _, role := range []accounts.Role{accounts.RoleAdministrator, accounts.RoleOwner} {
		if _, _, err := a.Accounts.AddMember(t.Context(), o.ID, accounts.Person{Email: string(role) + "@example.com", Display: string(role)}, role); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		notice accounts.Notice
		want   alerts.Kind
		data   map[string]string
	}{
		{accounts.Notice{Kind: accounts.MemberReported, PersonID: ada.Person.ID, Application: "Shop", IP: "203.0.113.7"}, alerts.NotMe, map[string]string{"user": ada.ID, "application": "Shop"}},
		{accounts.Notice{Kind: accounts.PhoneLinked, PersonID: ada.Person.ID, Device: "Ada's phone", Reason: accounts.Replacing}, alerts.PhoneReplaced, map[string]string{"user": ada.ID}},
		{accounts.Notice{Kind: accounts.TextsSpent}, alerts.BudgetPassed, map[string]string{"reason": "spent"}},
		{accounts.Notice{Kind: accounts.TextsStopped}, alerts.BudgetPassed, map[string]string{"reason": "stopped"}},
		{accounts.Notice{Kind: accounts.TextsTrouble, Provider: "Ours", Reason: "no-balance"}, alerts.ProviderFailing, map[string]string{"channel": "text", "provider": "Ours", "reason": "no-balance"}},
		{notice: accounts.Notice{Kind: accounts.PhoneLinked, PersonID: ada.Person.ID}},
		{notice: accounts.Notice{Kind: accounts.RequestReported, PersonID: ada.Person.ID}},
		{notice: accounts.Notice{Kind: accounts.CaseOpened, PersonID: ada.Person.ID, Link: stop}}, // support raises its own
		{notice: accounts.Notice{Kind: accounts.TextsProvider, Reason: "added"}},
	} {
		c.notice.OrganisationID = o.ID
		tells(t, a, c.notice)
		got := heard()
		if want := map[bool]int{true: 2}[c.want != ""]; len(got) != want {
			t.Errorf("%s: %d alerts, want %d", c.notice.Kind, len(got), want)
			continue
		}
		for _, alert := range got {
			data := maps.Clone(c.data)
			data["organisation"] = o.ID
			if alert.Kind != c.want || !maps.Equal(alert.Data, data) {
				t.Errorf("%s: %+v", c.notice.Kind, alert)
			}
		}
	}
	// The operator's own is the operator's alone.
	tells(t, a, accounts.Notice{Kind: accounts.TextsSpent})
	if got := heard(); len(got) != 1 || got[0].OrganisationID != "" || got[0].Kind != alerts.BudgetPassed {
		t.Errorf("%+v", got)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestAlertsDoNotWaitForMail: a mail server that is away, and more mails than may wait, hold no alert up.
func TestAlertsDoNotWaitForMail(t *testing.T) {
	t.Parallel()
	a, o, ada, heard := alertingApp(t)
	a.announcer.sender = &postman{fail: 1000}
	tells(t, a, accounts.Notice{Kind: accounts.MemberReported, PersonID: ada.Person.ID, OrganisationID: o.ID})
	if got := heard(); len(got) != 2 || got[0].Data["user"] != ada.ID {
		t.Errorf("%+v", got)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
