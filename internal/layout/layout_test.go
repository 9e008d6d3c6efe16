// Package layout holds the picture of docs/architecture.md as a test: who may import whom,
// and who may touch which library.
package layout

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "example.com/aye"
)

// leaves may be used by everybody.
var leaves = []string{"internal/audit", "internal/jws", "internal/secret", "internal/strictjson"}

// domain is what adapters know.
var domain = []string{"accounts", "alerts", "approval", "devices", "otp", "pairing", "privacy", "signin", "sms", "support", "internal/signing"}

// mayImport is the architecture: a package may import the packages of its row and no
// others of ours. A package without a row fails, so that adding one is a decision that
// somebody made. Test files are free.
var mayImport = map[string][]string{
	"internal/secret":     {},
	"internal/strictjson": {},
	"internal/audit":      {"internal/jws", "internal/strictjson"},
	"internal/jws":        {"internal/strictjson"},
	"internal/signing":    {"internal/audit", "internal/jws"},

	"internal/observe": {},
	"internal/gate":    {},
	"internal/aside":   {"accounts"},

	"broker":            {},
	"broker/brokertest": {"broker"},
	"broker/nats":       {"broker", "internal/secret"},
	// In tests alone.
	"broker/nats/natstest": {"internal/porttest"},

	"notify":   {"internal/secret"},
	"accounts": {"internal/audit", "internal/secret"},
	"otp":      {"accounts", "internal/audit", "internal/secret"},
	"devices":  {"accounts", "internal/audit", "internal/jws", "internal/secret", "notify"},
	"pairing":  {"accounts", "devices", "internal/audit", "internal/jws", "internal/secret", "notify", "otp"},
	"sms":      {"accounts", "internal/audit", "internal/secret", "otp"},
	"approval": {"accounts", "devices", "internal/audit", "internal/jws", "internal/secret", "notify", "sms"},
	"alerts":   {"accounts", "internal/audit", "internal/secret"},
	"support":  {"accounts", "alerts", "approval", "devices", "internal/audit", "internal/secret", "notify", "otp"},
	"privacy":  {"accounts", "internal/audit"},
	"signin":   {"accounts", "approval", "devices", "internal/audit", "internal/secret", "sms", "support"},

	"store":           slices.Concat(domain, leaves, []string{"notify"}),
	"store/storetest": slices.Concat(domain, leaves, []string{"notify", "store"}),
	"api":             slices.Concat(domain, leaves, []string{"broker", "internal/observe", "notify"}),
	"notify/wire":     {},
	"notify/fcm":      {"internal/secret", "notify", "notify/wire"},
	"notify/apns":     {"internal/secret", "notify", "notify/wire"},
	"notify/mail":     {"internal/secret"},
	// Text messages: a vendor is one folder.
	"notify/messagebird": {"internal/secret", "notify", "notify/wire", "sms"},
	"notify/bird":        {"internal/secret", "notify", "notify/wire", "sms"},
	"notify/webhook":     {"alerts", "internal/secret"},

	// Pages: the texts, what is drawn, and what is answered.
	"portal/locales":   {},
	"portal/page":      {"portal/locales"},
	"portal/storybook": {"portal/locales", "portal/page"},
	"portal/paths":     {},
	"portal":           slices.Concat(domain, leaves, []string{"internal/observe", "notify", "portal/locales", "portal/page"}),

	"internal/app":     {"*"},
	"internal/emulate": {"internal/secret"},
	// The demo's shop and the phone are callers: they know the API as others do, by its documents.
	"internal/phone": {},
	"internal/demo":  {"internal/phone", "internal/secret"},
	"internal/stage": {"accounts", "approval", "internal/phone", "pairing", "support", "internal/app", "internal/emulate", "internal/secret", "notify", "sms"},
	// It opens the database of a server that is not running, and measures senders by themselves.
	"internal/bench": {
		"accounts", "approval", "devices", "otp", "pairing", "notify", "notify/apns", "notify/fcm", "internal/app", "internal/audit", "internal/bench/bare",
		"internal/bench/carry", "internal/jws", "internal/secret",
	},
	// The limits know nothing of Aye.
	"internal/bench/bare": {"internal/bench/carry"},
	// It knows connections alone.
	"internal/bench/carry": {},
	// In tests alone.
	"internal/ayetest":  {"*"},
	"internal/browser":  {},
	"internal/leaktest": {},
	"internal/layout":   {},
	"deploy":            {}, // tests alone, of the files for operators
	"internal/soak":     {},
	"internal/pgtest":   {},
	"internal/porttest": {},

	"cmd/aye": {
		"accounts", "alerts", "devices", "pairing", "notify", "privacy", "sms", "support", "internal/app", "internal/aside", "internal/audit", "internal/bench", "internal/demo", "internal/emulate",
		"internal/phone", "internal/secret", "internal/stage", "store",
	},
}

// ownedBy says who may touch a library at all.
var ownedBy = map[string][]string{
	"gorm.io":          {"store"},
	"database/sql":     {"store", "internal/bench/bare"},
	"github.com/jackc": {"store", "internal/bench/bare", "internal/pgtest"},
	"net/http": {
		"api", "internal/app", "internal/ayetest", "internal/bench", "internal/bench/bare", "internal/demo", "internal/emulate", "internal/gate", "internal/phone", "notify/apns", "notify/fcm",
		"notify/bird", "notify/messagebird", "notify/webhook", "notify/wire", "portal", "portal/storybook", "cmd/aye",
	},
	"encoding/json": {
		"api", "portal", "internal/app", "internal/audit", "internal/bench", "internal/bench/bare", "internal/browser", "internal/demo", "internal/emulate", "internal/phone", "internal/secret", "internal/strictjson", "internal/ayetest",
		"notify/apns", "notify/bird", "notify/fcm", "notify/messagebird", "notify/webhook", "store", "cmd/aye",
	},
	"github.com/labstack":               {"api", "portal"},
	"github.com/hashicorp/yamux":        {"internal/bench/carry"},
	"github.com/gorilla/websocket":      {"api", "internal/bench", "internal/bench/bare", "internal/demo"},
	"firebase.google.com":               {"notify/fcm"},
	"github.com/sideshow/apns2":         {"notify/apns"},
	"github.com/wneessen/go-mail":       {"notify/mail"},
	"github.com/emersion/go-smtp":       {"internal/emulate"},
	"github.com/nyaruka/phonenumbers":   {"accounts"},
	"golang.org/x/crypto":               {"accounts"},
	"github.com/prometheus":             {"api", "internal/app", "internal/bench/bare", "internal/observe"},
	"go.opentelemetry.io":               {"internal/app", "internal/observe"},
	"github.com/nats-io/nats.go":        {"broker/nats", "internal/bench/bare"},
	"github.com/nats-io/nkeys":          {"broker/nats"},
	"github.com/nats-io/nats-server":    {"broker/nats/natstest"},
	"github.com/oschwald/geoip2-golang": {"internal/app"},
	"github.com/knadh/koanf":            {"internal/app"},
	"github.com/alecthomas/kong":        {"cmd/aye"},
	"github.com/compose-spec":           {}, // tests alone
	"github.com/pressly/goose":          {"store"},
	"github.com/tink-crypto":            {"internal/secret"},
	"github.com/pquerna/otp":            {"internal/ayetest", "otp"},
	"github.com/skip2/go-qrcode":        {"api", "portal/page", "cmd/aye"},
	"github.com/nicksnyder/go-i18n":     {"portal/locales"},
	"github.com/BurntSushi/toml":        {"portal/locales"},
	"github.com/cenkalti/backoff":       {"notify"},
	"github.com/sony/gobreaker":         {"notify"},
	"github.com/golang-jwt/jwt":         {"approval", "internal/ayetest", "internal/demo", "internal/emulate", "internal/jws", "internal/phone", "internal/signing", "notify/messagebird"},
	"github.com/mileusna/useragent":     {"approval"},
}

func TestImports(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(rel))
		seen[pkg] = true
		if pkg == "." {
			t.Errorf("%s: no Go file stands in the root", rel)
		}
		if strings.HasSuffix(file, "_test.go") {
			return nil
		}
		allowed, ok := mayImport[pkg]
		if !ok {
			t.Errorf("%s has no row in mayImport", pkg)
		}
		for _, imported := range importsOf(t, file) {
			check(t, rel, pkg, imported, allowed)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range mayImport {
		if !seen[pkg] {
			t.Errorf("%s has a row in mayImport but no files", pkg)
		}
	}
}

func importsOf(t *testing.T, file string) []string {
	t.Helper()
	// Read through os, so that go test knows to run again when a file changes.
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, name)
	}
	return all
}

func check(t *testing.T, file, pkg, imported string, allowed []string) {
	t.Helper()
	if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
		if !slices.Contains(allowed, ours) && !slices.Contains(allowed, "*") {
			t.Errorf("%s: %s may not import %s", file, pkg, ours)
		}
		return
	}
	for library, owners := range ownedBy {
		if (imported == library || strings.HasPrefix(imported, library+"/")) && !slices.Contains(owners, pkg) {
			t.Errorf("%s: only %v may import %s", file, owners, imported)
		}
	}
}
