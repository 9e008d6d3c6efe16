package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/internal/audit"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// auditPage is how many rows stand on a page; peopleFound is how many people a name may fit.
const (
	auditPage   = 50
	peopleFound = 20
)

// auditFields are those of the search, in the address.
var auditFields = []string{"who", "whom", "what", "from", "until"}

// auditLog shows the organisation's log, the newest first, in words.
func (s *Server) auditLog(c echo.Context, session signin.Session) error {
	ctx, fields := c.Request().Context(), map[string]string{}
	for _, name := range auditFields {
		fields[name] = strings.TrimSpace(c.QueryParam(name))
	}
	view := page.AuditLog{Who: fields["who"], Whom: fields["whom"], What: fields["what"], From: fields["from"], Until: fields["until"], Families: auditFamilies()}
	names := s.namesOf(session)
	q, found, err := s.auditQuery(c, names, fields, &view)
	if err != nil {
		return err
	}
	if view.Failed() {
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	view.Address = auditAddress(fields, 0)
	if q.Before > 0 {
		view.First, view.Address = view.Address, auditAddress(fields, q.Before)
	}
	if !found {
		return s.show(c, http.StatusOK, view)
	}
	rows, err := s.Audit.SearchAudit(ctx, q)
	if err != nil {
		return err
	}
	if len(rows) > auditPage {
		rows = rows[:auditPage]
		view.Next = auditAddress(fields, rows[auditPage-1].Sequence)
	}
	for _, row := range rows {
		logged, err := names.row(ctx, row)
		if err != nil {
			return err
		}
		view.Rows = append(view.Rows, logged)
	}
	return s.show(c, http.StatusOK, view)
}

func auditFamilies() []page.Choice {
	all := []page.Choice{{Value: "", Label: page.Say("log.family.all")}}
	for _, f := range families {
		all = append(all, page.Choice{Value: f.name, Label: page.Say("log.family." + f.name)})
	}
	return all
}

// auditQuery is what the fields ask for. It has found nobody where a name fits nobody here.
func (s *Server) auditQuery(c echo.Context, names *auditNames, fields map[string]string, view *page.AuditLog) (audit.Query, bool, error) {
	q, found := audit.Query{OrganisationID: names.session.OrganisationID, Limit: auditPage + 1}, true
	q.Before, _ = strconv.ParseInt(c.QueryParam("before"), 10, 64)
	if at := slices.IndexFunc(families, func(f family) bool { return f.name == fields["what"] }); at >= 0 {
		q.Actions = families[at].actions
	}
	view.Faults = page.Faults{}
	q.From = dayOf(fields["from"], "from", view.Faults)
	if q.Until = dayOf(fields["until"], "until", view.Faults); !q.Until.IsZero() {
		q.Until = q.Until.AddDate(0, 0, 1) // that day too
	}
	for field, ids := range map[string]*[]string{"who": &q.Actors, "whom": &q.Subjects} {
		if fields[field] == "" {
			continue
		}
		var err error
		if *ids, err = names.find(c.Request().Context(), fields[field]); err != nil {
			return q, false, err
		}
		found = found && len(*ids) > 0
	}
	return q, found, nil
}

// dayOf is when a day begins; zero for none.
func dayOf(text, field string, faults page.Faults) time.Time {
	if text == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 2000 || day.Year() > 2200 {
		faults[field] = page.Say("manage.rules.from-bad")
		return time.Time{}
	}
	return day
}

func auditAddress(fields map[string]string, before int64) string {
	query := url.Values{}
	for name, value := range fields {
		if value != "" {
			query.Set(name, value)
		}
	}
	if before > 0 {
		query.Set("before", strconv.FormatInt(before, 10))
	}
	if len(query) == 0 {
		return "/manage/audit"
	}
	return "/manage/audit?" + query.Encode()
}
