package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/aye/accounts"
)

// Looking changes nothing: other sites can make a browser look (CrossOriginProtection lets
// every GET through), and mail servers follow links. What changes leaves a row in the audit log.
func TestThreatLookingChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m, _, b := s.joins(s.Organisation, "Grace", accounts.RoleOwner)
	before := s.written(t, m.OrganisationID)
	ids := strings.NewReplacer(":organisation", m.OrganisationID, ":version", "logo", ":file", "portal.css", ":token", "x", ":secret", "x", ":id", m.ID)
	for _, r := range s.portal.Routes() {
		if r[0] != http.MethodGet {
			continue
		}
		b.get(ids.Replace(r[1]))
		if b.page.status >= http.StatusInternalServerError {
			t.Errorf("%s answers %d", r[1], b.page.status)
		}
		if now := s.written(t, m.OrganisationID); now != before {
			t.Errorf("looking at %s was written down: it changed something", r[1])
			before = now
		}
	}
}

// written is how many rows the audit logs of the organisation and of the installation have.
func (s *site) written(t *testing.T, organisationID string) (rows int64) {
	t.Helper()
	for _, chain := range []string{organisationID, ""} {
		sequence, _, err := s.Store.AuditHead(t.Context(), chain)
		if err != nil {
			t.Fatal(err)
		}
		rows += sequence
	}
	return rows
}
