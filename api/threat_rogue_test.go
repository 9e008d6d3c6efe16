package api_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/api"
	"example.com/aye/approval"
	"example.com/aye/internal/stage"
	"example.com/aye/support"
)

// TestThreatRogueAgentsPhone: with the phone that is the agent's own, who opened a case tries each address of a phone with every id
// that there is. All are answered as ids that never were, and of the person nothing changes. With that phone the agent signs nothing of
// the own case either.
func TestThreatRogueAgentsPhone(t *testing.T) {
	t.Parallel()
	for _, role := range []accounts.Role{accounts.RoleSupport, accounts.RoleAdministrator} {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			d := w.deskFor("carol@example.com", polls)
			w.member(d.organisation, ada, accounts.RoleMember)
			rogue := w.member(d.organisation, "mallory@example.com", role)
			own := d.shop.phone(rogue.Person.Email, polls)
			mallory := stage.Agent{Member: rogue, Phone: own.Phone}
			opened := d.opens(support.Lost, mallory)
			if _, err := w.Desk(mallory).Approve(t.Context(), opened.ID); err == nil {
				t.Error("who opened the case may sign it")
			}
			signing, err := w.Desk(d.ed).Approve(t.Context(), opened.ID)
			if err != nil {
				t.Fatal(err)
			}
			pending := d.ask("carol@example.com")
			victims := append(ids(d.shop), opened.ID, pending.ID, signing.Asked.ID, d.member.ID, d.member.Person.ID, d.ed.ID)
			tried := 0
			for route := range api.Routes() {
				method, pattern, _ := strings.Cut(route, " ")
				decides := strings.HasSuffix(pattern, "/decision")
				if method == http.MethodOptions || !strings.Contains(pattern, ":id") || (!decides && !strings.HasPrefix(pattern, "/v1/device/")) {
					continue
				}
				for _, id := range victims {
					call := func(id string) *answer {
						path := strings.Replace(pattern, ":id", id, 1)
						if decides {
							return own.call(t, method, path, own.foreignDecision(id))
						}
						return own.call(t, method, path, "")
					}
					equal(t, route, call(id), call(neverWas(id)))
					tried++
				}
			}
			if tried < 2*len(victims) {
				t.Errorf("only %d addresses were tried", tried)
			}
			for _, id := range []string{pending.ID, signing.Asked.ID} {
				if _, err = own.Approve(t.Context(), id, "123", "biometrics"); err == nil {
					t.Errorf("%s is approved on the agent's phone", id)
				}
				if r, err := w.App.Approvals.Find(t.Context(), id); err != nil || r.State != approval.Pending {
					t.Errorf("%s is %s %v", id, r.State, err)
				}
			}
			if cases, err := own.Cases(t.Context()); err != nil || len(cases) != 0 {
				t.Errorf("the agent's phone is told of %+v %v", cases, err)
			}
			if told := d.told(); told.ID != opened.ID || told.State != "open" {
				t.Errorf("%+v", told)
			}
		})
	}
}
