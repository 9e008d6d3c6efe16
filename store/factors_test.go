package store_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The seeds of phones that are linked already go on making codes, and what was asked before can
// still be answered as it could then.
func TestUpgradeOfFactors(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile(filepath.Join("testdata", "first.sql"))
	must(t, err)
	path := filepath.Join(t.TempDir(), "aye.db")
	old := raw(t, path)
	run(t, old, string(golden))
	run(t, old,
		"INSERT INTO organisations VALUES ('org_1', 'Example', 'strict', 1, '1.2.3', 'nl', 1700000000000)",
		"INSERT INTO persons VALUES ('per_1', 'ada@example.com', 'Ada', 'nl', 1700000000000)",
		"INSERT INTO memberships VALUES ('usr_1', 'org_1', 'per_1', 'owner', 'active', '', 1700000000000)",
		`INSERT INTO devices VALUES ('dev_1', 'per_1', 'org_1', 'usr_1', 0, 'active', 'android', 'Pixel', 'Pixel 9', '16', '1.2.3', 'nl',
			'none', '', '', '', '', 0, 'ok', '{}', 'a', '{}', 'b', 1700000000000, 1700000000000)`,
		"INSERT INTO authenticators VALUES ('aut_1', 'per_1', 'dev_1', 'sealed', 7, 1700000000000)",
		"INSERT INTO tries VALUES ('codes in a row:per_1', '[1]'), ('request:apr_1', '[1]')",
		`INSERT INTO approvals (id, organisation_id, membership_id, person_id, purpose, state, confirm, asker, organisation_name, place, digits, salt,
			ip, user_agent, browser, new_browser, message, details, challenge_nonce, challenge, withheld, created, expires, subject, decided, method,
			verified, delivered, redeem_by, redeem_key, assertion_id, released, reported, previous, creation_key, body_hash)
			VALUES ('apr_1', 'org_1', 'usr_1', 'per_1', 'new-phone', 'pending', 'number', '', '', '', 3, 0, '', '', '', 0, '', '[]', '', '', 0, 1, 2, '',
			0, '', '', 0, 0, '', '', 0, 0, '', '', '')`)
	open(t, path, time.Now)
	var kept string
	must(t, raw(t, path).QueryRowContext(t.Context(), `SELECT a.device_id || ' ' || a.secret || ' ' || a.last_step || ' ' || a.confirmed || a.used || a.name ||
		' ' || p.apps || p.recovery_codes || ' ' || r.everywhere || r.local || ' ' || r.methods || ' ' || (SELECT group_concat(scope) FROM tries)
		FROM authenticators AS a JOIN persons AS p ON p.id = a.person_id JOIN approvals AS r ON r.person_id = p.id WHERE a.id = 'aut_1'`).Scan(&kept))
	if want := "dev_1 sealed 7 00 00 00 push,totp request:apr_1"; kept != want {
		t.Fatalf("kept %q, want %q", kept, want)
	}
}
