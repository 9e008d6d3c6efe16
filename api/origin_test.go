package api_test

import (
	"net/http"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

// What an application manages is written down with where it was done from; a login is not, it has that in its request.
func TestManagementIsWrittenDownWithItsOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shopOf(w.organisation(nil), func(a *accounts.Application) { a.MayManageTexts = true }, ada)
	s.phone(ada, polls)
	s.ask(ada)
	s.with("User-Agent", "a server of ours").call(t, http.MethodPut, "/v1/sms-settings", object{"countries": []string{"NL"}, "cap": "80.00"}).want(http.StatusOK)
	rows, err := w.App.Store.SearchAudit(t.Context(), audit.Query{OrganisationID: s.organisation.ID, Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, row := range rows {
		seen[row.Action] = true
		ip, browser := row.Personal[audit.PersonalIP], row.Personal[audit.PersonalBrowser]
		switch row.Action {
		case "texts.settings-changed":
			if ip != "127.0.0.1" || browser != "a server of ours" {
				t.Errorf("%s: %q %q", row.Action, ip, browser)
			}
		case "approval.asked":
			if ip != "" || browser != "" {
				t.Errorf("%s: %q %q", row.Action, ip, browser)
			}
		}
	}
	if !seen["texts.settings-changed"] || !seen["approval.asked"] {
		t.Errorf("the log has %v", seen)
	}
}
