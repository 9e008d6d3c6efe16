package store

import (
	"regexp"
	"strings"
	"testing"
)

// breaking is what a program of before the step cannot live with, in the words of both databases.
var breaking = []*regexp.Regexp{
	regexp.MustCompile(`\bDROP\b`),
	regexp.MustCompile(`\bRENAME\b`),
	regexp.MustCompile(`\bALTER\s+COLUMN\b`),
	regexp.MustCompile(`\b(TRUNCATE|DELETE)\b`),
	regexp.MustCompile(`^\s*UPDATE\b`),
	regexp.MustCompile(`\b(SET|ENABLE|DISABLE|ATTACH|DETACH|OWNER)\b.*$`),
}

var (
	aComment    = regexp.MustCompile(`(?m)--.*$`)
	aText       = regexp.MustCompile(`'[^']*'`)
	aBody       = regexp.MustCompile(`(?s)\$\$.*?\$\$|\bBEGIN\b.*?\bEND\b`)
	anAlter     = regexp.MustCompile(`^\s*ALTER\s+TABLE\s`)
	anAddition  = regexp.MustCompile(`\bADD\s+(COLUMN\s+)?(IF\s+NOT\s+EXISTS\s+)?[A-Z_0-9]+\s`)
	aConstraint = regexp.MustCompile(`\bADD\s+(CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN|EXCLUDE)\b|\bUNIQUE\b|\bCHECK\b`)
	aNewTable   = regexp.MustCompile(`^\s*CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([A-Z_0-9]+)`)
	onTable     = regexp.MustCompile(`^\s*CREATE\s+(UNIQUE\s+INDEX|(?:OR\s+REPLACE\s+)?TRIGGER|(?:CONSTRAINT\s+)TRIGGER)\b.*?\bON\s+([A-Z_0-9]+)`)
	aReference  = regexp.MustCompile(`\bREFERENCES\s+([A-Z_0-9]+)([^,]*)`)
	aDeletion   = regexp.MustCompile(`\bON\s+DELETE\s+(CASCADE|SET\s+NULL)\b`)
)

// wrongs are what a program of before the step cannot live with: what it takes away, and what it asks of rows that such a
// program writes.
func wrongs(text string) (found []string) {
	text = aText.ReplaceAllString(aComment.ReplaceAllString(text, ""), "''")
	text = strings.ToUpper(text)
	text = aBody.ReplaceAllString(text, "$$")
	made := map[string]bool{}
	for statement := range strings.SplitSeq(text, ";") {
		if name := aNewTable.FindStringSubmatch(statement); name != nil {
			made[name[1]] = true
		}
	}
	for statement := range strings.SplitSeq(text, ";") {
		said := strings.Join(strings.Fields(statement), " ")
		wrong := func(why string) { found = append(found, why+": "+said) }
		if aNewTable.MatchString(statement) {
			// Who deletes a row of an older table knows nothing of those that refer to it.
			for _, reference := range aReference.FindAllStringSubmatch(statement, -1) {
				if !made[reference[1]] && !aDeletion.MatchString(reference[2]) {
					wrong("a reference that keeps older programs from deleting a row of " + strings.ToLower(reference[1]))
				}
			}
			continue
		}
		if on := onTable.FindStringSubmatch(statement); on != nil {
			if !made[on[2]] {
				wrong("a condition, or a trigger, on what older programs write")
			}
			continue
		}
		for _, word := range breaking {
			if word.MatchString(statement) {
				wrong("it takes away, or changes, what older programs know")
				break
			}
		}
		if !anAlter.MatchString(statement) {
			continue
		}
		switch {
		case aConstraint.MatchString(statement):
			wrong("a condition on what older programs write")
		case !anAddition.MatchString(statement):
			wrong("it changes a table that older programs know")
		case strings.Contains(said, "NOT NULL") && !strings.Contains(said, "DEFAULT"):
			wrong("older programs write rows without this column")
		}
	}
	return found
}

// TestStepsOnlyAdd: whoever makes a step with which older programs cannot work says so in it. Two steps are needed then, in
// two versions: docs/decisions/0027-rolling-upgrade.md.
func TestStepsOnlyAdd(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"sqlite", "postgres"} {
		all, err := steps(folder)
		if err != nil {
			t.Fatal(err)
		}
		oldest := ruled[folder]
		for _, s := range all {
			raises := s.oldest > oldest
			oldest = max(oldest, s.oldest)
			if s.version <= ruled[folder] || raises {
				continue
			}
			for _, wrong := range wrongs(s.text) {
				t.Errorf("%s step %d says that programs that know %d can work behind it: %s", folder, s.version, s.oldest, wrong)
			}
		}
	}
}

func TestWhatOnlyAdds(t *testing.T) {
	t.Parallel()
	for statement, adds := range map[string]bool{
		"CREATE TABLE a (id TEXT PRIMARY KEY, b INTEGER NOT NULL CHECK (b > 0)) STRICT":                                  true,
		"CREATE TABLE a (id TEXT PRIMARY KEY); CREATE UNIQUE INDEX a_b ON a (b)":                                         true,
		"CREATE INDEX approvals_b ON approvals (b) WHERE state = 'set'":                                                  true,
		"ALTER TABLE approvals ADD COLUMN b TEXT NOT NULL DEFAULT ''":                                                    true,
		"ALTER TABLE approvals ADD COLUMN b TEXT":                                                                        true,
		"-- DROP nothing\nCREATE TABLE a (id TEXT PRIMARY KEY)":                                                          true,
		"CREATE TABLE a (id TEXT PRIMARY KEY, p TEXT NOT NULL REFERENCES persons (id) ON DELETE CASCADE)":                true,
		"CREATE TABLE a (id TEXT PRIMARY KEY); CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a WHERE id = 1; END": true,
		"CREATE TABLE a (id TEXT PRIMARY KEY); CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN DELETE FROM a; END $$":    true,
		"INSERT INTO marks (name, value, at) VALUES ('drop', '', 0)":                                                     true,
		"ALTER TABLE approvals ADD COLUMN b TEXT NOT NULL":                                                               false,
		"ALTER TABLE approvals ADD COLUMN b TEXT DEFAULT '' CHECK (b <> 'x')":                                            false,
		"ALTER TABLE approvals ADD CONSTRAINT c UNIQUE (b)":                                                              false,
		"ALTER TABLE approvals DROP COLUMN b":                                                                            false,
		"ALTER TABLE approvals RENAME TO b":                                                                              false,
		"ALTER TABLE approvals ALTER COLUMN b TYPE bigint":                                                               false,
		"alter table approvals alter column b set not null":                                                              false,
		"DROP TABLE approvals":                             false,
		"DROP INDEX approvals_history":                     false,
		"DELETE FROM approvals":                            false,
		"UPDATE approvals SET state = 'x'":                 false,
		"CREATE UNIQUE INDEX approvals_b ON approvals (b)": false,
		"CREATE TRIGGER t BEFORE INSERT ON approvals BEGIN SELECT RAISE(ABORT, 'no'); END":                                     false,
		"CREATE OR REPLACE TRIGGER t BEFORE INSERT ON approvals FOR EACH ROW EXECUTE FUNCTION f()":                             false,
		"CREATE TABLE a (id TEXT PRIMARY KEY, p TEXT NOT NULL REFERENCES persons (id))":                                        false,
		"CREATE TABLE a (id TEXT PRIMARY KEY, p TEXT REFERENCES persons (id) ON DELETE RESTRICT, q TEXT)":                      false,
		"CREATE TABLE a (id TEXT PRIMARY KEY); ALTER TABLE approvals\n\tADD COLUMN b TEXT, DROP COLUMN c; CREATE INDEX i ON a": false,
	} {
		if found := wrongs(statement); (len(found) == 0) != adds {
			t.Errorf("%s: %q", statement, found)
		}
	}
}
