package store

import (
	"cmp"
	"slices"

	"example.com/aye/privacy"
)

// loggedRow is a row of the log with a personal value of it; without one the name is empty.
type loggedRow struct {
	organisation, action, actor, subject, name, value string
	sequence, at                                      int64
}

func (r *loggedRow) fields() []any {
	return []any{&r.organisation, &r.sequence, &r.at, &r.action, &r.actor, &r.subject, &r.name, &r.value}
}

// place is where a row stands in the log.
type place struct {
	organisation string
	sequence     int64
}

const selectLogged = `SELECT r.organisation, r.sequence, r.at, r.action, r.actor, r.subject, COALESCE(v.name, ''), COALESCE(v.value, '')
	FROM audit_rows AS r LEFT JOIN audit_personal AS v ON v.organisation = r.organisation AND v.sequence = r.sequence WHERE r.organisation = ` + text + " AND "

// logOf is what the log has of the person. Where somebody else acted, from where is not the person's.
func logOf(tx *transaction, personID string) (privacy.Section, error) {
	section := privacy.Section{
		Name: "log", Why: "What was done by you or with your account: kept for 400 days, and from where for 90, so that nobody can undo it unseen.", Rows: []map[string]any{},
	}
	ids, err := idsOf(tx, personID)
	if err != nil {
		return section, err
	}
	chains, err := all[triedRow](tx.conn, "SELECT organisation_id FROM memberships WHERE person_id = "+text+" AND status <> 'ended' UNION SELECT organisation_id FROM memberships WHERE person_id = "+
		text+" AND status = 'ended' UNION SELECT ''", personID, personID)
	if err != nil {
		return section, err
	}
	found := map[place]map[string]any{}
	for _, chain := range chains {
		for _, id := range ids {
			rows, err := all[loggedRow](tx.conn, selectLogged+"r.actor = "+text+" UNION ALL "+selectLogged+"r.subject = "+text+" AND r.actor <> "+text, chain.organisationID, id, chain.organisationID, id, id)
			if err != nil {
				return section, err
			}
			for _, r := range rows {
				section.Rows = r.keep(section.Rows, found, slices.Contains(ids, r.actor))
			}
		}
	}
	slices.SortStableFunc(section.Rows, func(a, b map[string]any) int { return cmp.Compare(told(a, "at"), told(b, "at")) })
	return section, nil
}

// keep adds the row, once, and its personal value where it is the person's own.
func (r *loggedRow) keep(rows []map[string]any, found map[place]map[string]any, own bool) []map[string]any {
	at := place{r.organisation, r.sequence}
	row, known := found[at]
	if !known {
		row = map[string]any{"at": written(r.at), "action": r.action, "subject": r.subject, "by_you": own}
		if r.organisation != "" {
			row["organisation"] = r.organisation
		}
		found[at] = row
		rows = append(rows, row)
	}
	if own && r.name != "" {
		row[r.name] = r.value
	}
	return rows
}
