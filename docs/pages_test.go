package docs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/app"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/signing"
	"example.com/aye/internal/strictjson"
	"example.com/aye/notify"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/signin"
	"example.com/aye/sms"
	"example.com/aye/support"
)

func pairingFor(organisation, email string) pairing.Opening {
	return pairing.Opening{OrganisationID: organisation, User: accounts.UserReference{Email: email}}
}

// pages are the documents, by their path from here.
func pages(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"*.md", "decisions/*.md", "../README.md"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts[path] = string(text)
		}
	}
	return texts
}

// block is what stands between two fences.
type block struct {
	where                     string // document and line
	language, run, file, text string
}

func blocks(t *testing.T) []block {
	t.Helper()
	var all []block
	for path, text := range pages(t) {
		var open *block
		for i, line := range strings.Split(text, "\n") {
			info, fence := strings.CutPrefix(line, "```")
			switch {
			case fence && open == nil:
				open = newBlock(fmt.Sprintf("%s:%d", path, i+1), info)
			case fence:
				all, open = append(all, *open), nil
			case open != nil:
				open.text += line + "\n"
			}
		}
		if open != nil {
			t.Errorf("%s: the block does not end", open.where)
		}
	}
	return all
}

func newBlock(where, info string) *block {
	b := &block{where: where, language: "text"}
	for i, word := range strings.Fields(info) {
		if i == 0 {
			b.language = word
		}
		if name, ok := strings.CutPrefix(word, "run="); ok {
			b.run = name
		}
		if name, ok := strings.CutPrefix(word, "file="); ok {
			b.file = name
		}
	}
	return b
}

// ellipsis is what a reader fills in; inside a text it is only a text.
var ellipsis = regexp.MustCompile(`("(?:[^"\\]|\\.)*")|,\s*…|…`)

func TestJSONParses(t *testing.T) {
	t.Parallel()
	for _, b := range blocks(t) {
		if b.language != "json" {
			continue
		}
		text := ellipsis.ReplaceAllString(b.text, "$1")
		if err := json.Unmarshal([]byte(text), new(map[string]any)); err != nil {
			t.Errorf("%s: %v", b.where, err)
		}
	}
}

// A configuration that the manual shows is one that the program takes.
func TestConfigurationsLoad(t *testing.T) {
	t.Parallel()
	for _, b := range blocks(t) {
		if b.language != "yaml" {
			continue
		}
		file := filepath.Join(t.TempDir(), "aye.yaml")
		if err := os.WriteFile(file, []byte(b.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := app.LoadConfig(file, nil, nil); err != nil {
			t.Errorf("%s: %v", b.where, err)
		}
	}
}

func TestSettingsAreInTheManual(t *testing.T) {
	t.Parallel()
	var want strings.Builder
	for _, s := range app.Settings() {
		row := []string{"`" + s.Name + "`", "in the file only", "", s.Help}
		if s.Env != "" {
			row[1] = "`" + s.Env + "`"
		}
		if s.Default != "" {
			row[2] = "`" + s.Default + "`"
		}
		want.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	if !strings.Contains(pages(t)["operating.md"], want.String()) {
		t.Errorf("the settings of operating.md are not those of the program, which are:\n%s", want.String())
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s:]*?)(?:#([^)\s]*))?\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noise   = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

func TestLinksLead(t *testing.T) {
	t.Parallel()
	texts := pages(t)
	for path, text := range texts {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			target := path
			if found[1] != "" {
				target = filepath.Join(filepath.Dir(path), found[1])
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %s leads nowhere", path, found[0])
				continue
			}
			if found[2] != "" && !anchors(texts[target])[found[2]] {
				t.Errorf("%s: %s has no such heading", path, found[0])
			}
		}
	}
}

// anchors are the names that headings get on a page.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		names[strings.ReplaceAll(noise.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-")] = true
	}
	return names
}

// named finds a file of the project in the tables of threats.md and architecture.md.
var named = regexp.MustCompile("`((?:[a-z]+/)+(?:[a-z_]+\\.(?:go|sql|yaml))?)`")

func TestNamedFilesExist(t *testing.T) {
	t.Parallel()
	texts := pages(t)
	for _, path := range []string{"threats.md", "architecture.md", "policy.md", "../README.md"} {
		if texts[path] == "" {
			t.Errorf("%s is missing", path)
		}
		for _, found := range named.FindAllStringSubmatch(texts[path], -1) {
			if _, err := os.Stat(filepath.Join("..", found[1])); err != nil {
				t.Errorf("%s names %s, which is not there", path, found[1])
			}
		}
	}
}

var (
	testName = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	testFunc = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
)

// A test that the threats name is one that runs.
func TestNamedTestsExist(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range testFunc.FindAllStringSubmatch(string(text), -1) {
			there[found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range testName.FindAllStringSubmatch(pages(t)["threats.md"], -1) {
		if !there[found[1]] {
			t.Errorf("threats.md names %s, which is no test", found[1])
		}
	}
}

// The numbers of policy.md are those of the code.
func TestPolicyHasTheNumbers(t *testing.T) {
	t.Parallel()
	text := pages(t)["policy.md"]
	in := func(d, unit time.Duration) int { return int(d / unit) }
	rows := slices.Concat(askingRows(in), portalRows(in), textRows(in), supportRows(in))
	for _, row := range rows {
		if !strings.Contains(text, row) {
			t.Errorf("policy.md does not say: %s", row)
		}
	}
}

// The numbers of privacy.md are those of the code.
func TestPrivacyHasTheNumbers(t *testing.T) {
	t.Parallel()
	text := pages(t)["privacy.md"]
	days := func(d time.Duration) int { return int(d / (24 * time.Hour)) }
	for _, row := range []string{
		fmt.Sprintf("| %d days after the last login | nobody |", days(accounts.BrowserLife)),
		fmt.Sprintf("to begin there | %d days |", days(signin.ChoiceLife)),
		fmt.Sprintf("| %d days after the last | nobody |", days(accounts.TriesKept)),
		fmt.Sprintf("not too many go out | %d days |", days(accounts.LetterKept)),
		fmt.Sprintf("what was shown: %d days.", days(approval.EvidenceLife)),
		fmt.Sprintf("the whole number %d days;", days(sms.NumberLife)),
		fmt.Sprintf("| %d days, then by whole months; the address and the browser %d days |", days(audit.Life), days(audit.OriginLife)),
		fmt.Sprintf("until they are taken, %d hours at most", int(alerts.Life/time.Hour)),
		fmt.Sprintf("and its mistakes, %d days |", days(accounts.ImportLife)),
		fmt.Sprintf("rows of the audit log, at most %d days", days(audit.Life)),
	} {
		if !strings.Contains(text, row) {
			t.Errorf("privacy.md does not say: %s", row)
		}
	}
}

// supportRows are those of package support.
func supportRows(in func(d, unit time.Duration) int) []string {
	return []string{
		fmt.Sprintf("| a case waits for that | %d hours |", in(support.ApprovalLife, time.Hour)),
		fmt.Sprintf("| then a lost phone's case waits | %d hours; %d hour where the caller has shown that the mailbox is theirs; not at all where they were verified", in(support.DefaultWait, time.Hour), in(support.RemainingWait, time.Hour)),
		fmt.Sprintf("an organisation can ask for up to %d days |", in(support.MaximumWait, 24*time.Hour)),
		fmt.Sprintf("| the mailed link to a new phone | %d minutes, once, after the password; %d of them in %d days |", in(support.LinkLife, time.Minute), support.Links, in(support.LinkDays, 24*time.Hour)),
		fmt.Sprintf("| \"stop, this was not me\" | until %d hours after the new phone was linked |", in(support.StopLife, time.Hour)),
		fmt.Sprintf("| temporary access code | 12 characters, %d hours, one use; %d minutes in profile `strict`; up to %d hours and %d uses by choice |", in(support.AccessLife, time.Hour), in(support.StrictAccessLife, time.Minute), in(support.MaximumAccessLife, time.Hour), support.MaximumUses),
		fmt.Sprintf("| asking the caller | %d times a case; a code %d minutes, 6 digits, %d tries |", support.ChecksPerCase, in(support.CheckLife, time.Minute), support.CheckTries),
		fmt.Sprintf("| cases of an agent | %d an hour;", support.CasesPerAgent),
		fmt.Sprintf("| cases of an organisation | %d a day, %d of them by one agent;", support.CasesPerOrganisation, support.CasesPerAgentDay),
		fmt.Sprintf("| a case that nobody could carry out ends | %d hours after its time;", in(support.WaitingLife, time.Hour)),
		fmt.Sprintf("| a role that a member gave | counts for support after %d days:", in(accounts.RoleSettles, 24*time.Hour)),
		fmt.Sprintf("| people that an agent looks up | %d an hour |", support.LooksPerAgent),
	}
}

// askingRows are those of requests, phones, codes and pushes.
func askingRows(in func(d, unit time.Duration) int) []string {
	return []string{
		fmt.Sprintf("| a request waits for the phone | %d s; on Aye's own pages %d s for who has text messages and no phone, as long as the code counts | %d to %d s,", in(approval.DefaultLife, time.Second), in(approval.MaximumLife, time.Second), in(approval.MinimumLife, time.Second), in(approval.MaximumLife, time.Second)),
		fmt.Sprintf("| requests of a person side by side | %d |", approval.MaxPending),
		fmt.Sprintf("| notifications to a person | %d in 10 minutes, %d in an hour;", approval.PushesPerTenMinutes, approval.PushesPerHour),
		fmt.Sprintf("| pause after %d in a row denied, mismatched or unanswered | %d minutes, then twice as long each time | %d hours |", approval.StreakBeforeMute, in(approval.FirstMute, time.Minute), in(approval.LastMute, time.Hour)),
		fmt.Sprintf("| pause after a report | %d hours;", in(approval.Caution, time.Hour)),
		fmt.Sprintf("| approved, to be redeemed | %d s after the code was first handed to the browser | %d s after the decision |", in(approval.ReleaseLife, time.Second), in(approval.RedeemLife, time.Second)),
		fmt.Sprintf("| \"this was not me\" | until %d hours after", in(approval.ReportLife, time.Hour)),
		fmt.Sprintf("| assertion | %d s |", in(approval.AssertionLife, time.Second)),
		fmt.Sprintf("| history on the phone | %d days, %d a page |", in(approval.HistoryLife, 24*time.Hour), approval.HistoryPage),
		fmt.Sprintf("| message; details; label; value | %d characters; %d; %d; %d |", approval.MaxMessage, approval.MaxDetails, approval.MaxLabel, approval.MaxValue),
		fmt.Sprintf("| one code can be scanned | %d s,", in(pairing.CodeLife, time.Second)),
		fmt.Sprintf("| the whole pairing | %d minutes |", in(pairing.Life, time.Minute)),
		fmt.Sprintf("until %d minutes after the phone was linked |", in(pairing.BurnWindow, time.Minute)),
		fmt.Sprintf("| pairings for a person | %d an hour |", pairing.PerHour),
		fmt.Sprintf("| phones of a person | %d |", devices.MaxActive),
		fmt.Sprintf("| an invitation to another organisation | %d days,", in(accounts.InvitationLife, 24*time.Hour)),
		fmt.Sprintf("| six digits, profile `strict` | %d tries |", pairing.Tries),
		fmt.Sprintf("| a proof's `iat` and the server's clock | %d s apart", in(devices.ProofWindow, time.Second)),
		fmt.Sprintf("works for 60 to %d s |", in(devices.NonceLife, time.Second)),
		fmt.Sprintf("| steps before and after now | %d |", otp.Window),
		fmt.Sprintf("| codes looked at for a request | %d |", otp.PerRequest),
		fmt.Sprintf("| wrong codes of a person, for an application | %d an hour |", otp.PerHour),
		fmt.Sprintf("| wrong codes in a row, for an application | %d:", otp.Streak),
		fmt.Sprintf("| a JWS from outside | %d KiB;", jws.MaxSize>>10),
		fmt.Sprintf("| JSON | %d deep,", strictjson.MaxDepth),
		fmt.Sprintf("kept as SHA-256; %s at one time |", map[int]string{2: "two"}[accounts.MaxSecrets]),
		fmt.Sprintf("| P-256; the older one announces for %d days |", in(signing.Overlap, 24*time.Hour)),
		fmt.Sprintf("| attempts | %d,", notify.DefaultMaxAttempts),
		fmt.Sprintf("| one attempt | %d s ", in(notify.DefaultTimeout, time.Second)),
		fmt.Sprintf("| at one time; waiting | %d; %d,000 for each app", notify.DefaultWorkers, notify.DefaultQueue/1000),
	}
}

// portalRows are those of passwords, mailed links, sessions, numbers, people and looks.
func portalRows(in func(d, unit time.Duration) int) []string {
	const day = 24 * time.Hour
	return []string{
		fmt.Sprintf("| length | %d to %d code points,", accounts.MinimumPassword, accounts.MaximumPassword),
		fmt.Sprintf("asks for a second factor now | %d at least |", accounts.MinimumPasswordBesideFactor),
		fmt.Sprintf("| kept as | Argon2id, %d KiB, %d passes, %d lane,", accounts.HashMemory, accounts.HashTime, accounts.HashThreads),
		fmt.Sprintf("when one is chosen | 1 for each processor; %d more wait;", accounts.HashQueue),
		fmt.Sprintf("of strangers | 1 for each two processors; %d more wait; of one address of a person, or from one network, %d;", accounts.HashQueue, accounts.HashQueueEach),
		fmt.Sprintf("| pause after %d wrong ones from all networks together |", accounts.FreeTries),
		fmt.Sprintf("| wrong ones without a pause | %d for each", accounts.FreeTries),
		fmt.Sprintf("twice as long each time, up to %d minutes |", in(accounts.MaximumDelay, time.Minute)),
		fmt.Sprintf("| wrong ones in a row, from all networks | %d:", accounts.PasswordStreak),
		fmt.Sprintf("is known for %d days after the last login |", in(accounts.BrowserLife, day)),
		fmt.Sprintf("| wrong ones are remembered | %d days after the last;", in(accounts.TriesKept, day)),
		fmt.Sprintf("that changes the e-mail address | %d minutes |", in(accounts.LetterLife, time.Minute)),
		fmt.Sprintf("| letters to one address, or for one person, invitations included | %d an hour;", accounts.LettersPerHour),
		fmt.Sprintf("| an invitation | %d days, once;", in(accounts.InvitationLife, day)),
		fmt.Sprintf("| that a letter or a text went out is known | %d days |", in(accounts.LetterKept, day)),
		fmt.Sprintf("| left alone | %d minutes | %d minutes to %d hours,", in(accounts.DefaultSessionIdle, time.Minute), in(accounts.MinimumSession, time.Minute), in(accounts.MaximumSession, time.Hour)),
		fmt.Sprintf("| lives at all | %d hours | %d minutes to %d hours,", in(accounts.DefaultSessionLife, time.Hour), in(accounts.MinimumSession, time.Minute), in(accounts.MaximumSession, time.Hour)),
		fmt.Sprintf("left alone; lives at all | %d minutes; %d hours |", in(accounts.PrivilegedSessionIdle, time.Minute), in(accounts.PrivilegedSessionLife, time.Hour)),
		fmt.Sprintf("| the second factor follows the password | within %d minutes |", in(signin.PasswordLife, time.Minute)),
		fmt.Sprintf("| who has no second factor sets one up | within %d minutes |", in(signin.SetupLife, time.Minute)),
		fmt.Sprintf("leads to a new password | within %d minutes |", in(signin.ResetLife, time.Minute)),
		fmt.Sprintf("| security settings, rules, roles and secrets | within %d minutes after", in(signin.Freshness, time.Minute)),
		fmt.Sprintf("chosen in a browser is remembered | %d days |", in(signin.ChoiceLife, day)),
		fmt.Sprintf("| code | %d digits, %d minutes |", accounts.NumberCodeDigits, in(accounts.NumberCodeLife, time.Minute)),
		fmt.Sprintf("| codes looked at for a message; for a person | %d; %d an hour |", accounts.NumberCodeTries, accounts.NumberTriesPerHour),
		fmt.Sprintf("| messages to a number, or for a person | %d an hour, %d a day |", accounts.NumbersPerHour, accounts.NumbersPerDay),
		fmt.Sprintf("| file of people | %d MiB, %d,000 lines |", accounts.MaxRosterBytes>>20, accounts.MaxRosterLines/1000),
		fmt.Sprintf("| an import is kept | %d days,", in(accounts.ImportLife, day)),
		fmt.Sprintf("| logo | %d KiB;", accounts.MaxLogo>>10),
		fmt.Sprintf("hear of the date | %d days before,", in(accounts.FactorNotice, day)),
		fmt.Sprintf("| authenticator apps of a person | %d |", otp.MaxApps),
		fmt.Sprintf("| an app is activated by its first code | within %d minutes; %d codes", in(otp.EnrolmentLife, time.Minute), otp.PerEnrolment),
		fmt.Sprintf("| recovery codes | %d at once;", otp.RecoveryCodes),
	}
}

// textRows are those of text messages.
func textRows(in func(d, unit time.Duration) int) []string {
	const day = 24 * time.Hour
	return []string{
		fmt.Sprintf("| code | %d digits, %d minutes; the newest", sms.CodeDigits, in(sms.CodeLife, time.Minute)),
		fmt.Sprintf("| codes looked at for a message that proves a provider | %d |", sms.CodeTries),
		fmt.Sprintf("| pause before another message about the same thing | %d s, then twice as long each time, up to %d s |", in(sms.FirstPause, time.Second), in(sms.LastPause, time.Second)),
		fmt.Sprintf("| messages to a number | %d an hour, %d a day;", sms.NumberPerHour, sms.NumberPerDay),
		fmt.Sprintf("that the person was let in from before | %d an hour, %d a day |", sms.KnownPerHour, sms.KnownPerDay),
		fmt.Sprintf("before there was a second factor | counts for %d minutes:", in(accounts.NumberFresh, time.Minute)),
		fmt.Sprintf("| messages for one organisation, whoever pays | %d a day |", sms.OrganisationPerDay),
		fmt.Sprintf("of the last %d codes of an organisation that were used or are %d minutes old, fewer than this were used | %d of a hundred:", sms.BreakerCodes, in(sms.CodeLife, time.Minute), sms.BreakerUsed),
		fmt.Sprintf("| a changed number lets nobody log in | for %d days,", in(sms.NumberPause, day)),
		fmt.Sprintf("in a calendar month (UTC) | %s, in the currency of the installation; %s at least, %s at most |", sms.DefaultCap, sms.MinimumCap, sms.MaximumCap),
		fmt.Sprintf("both when setting up | %d s; %d s; %d s |", in(sms.SendTime, time.Second), in(sms.CheckTime, time.Second), in(sms.SetupTime, time.Second)),
		fmt.Sprintf("| a provider waits for its code | %d hour |", in(sms.DraftLife, time.Hour)),
		fmt.Sprintf("| the vendor is asked what became of a message | after %d minute,", in(sms.FirstLook, time.Minute)),
		fmt.Sprintf("| providers of an organisation | %d |", sms.MaximumProviders),
		fmt.Sprintf("| the ledger knows the whole number | %d days |", in(sms.NumberLife, day)),
	}
}
