package deploy_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"gopkg.in/yaml.v3"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/demo"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/stage"
)

// rules are what deploy/prometheus/alerts.yml is made of.
type rules struct {
	Groups []struct {
		Name  string
		Rules []rule
	}
}

type rule struct {
	Record, Alert, Expr, For string
	Labels, Annotations      map[string]string
}

func alertRules(t *testing.T) []rule {
	t.Helper()
	var all rules
	decoder := yaml.NewDecoder(strings.NewReader(read(t, "prometheus/alerts.yml")))
	decoder.KnownFields(true)
	if err := decoder.Decode(&all); err != nil {
		t.Fatal(err)
	}
	var flat []rule
	for _, group := range all.Groups {
		if group.Name == "" || len(group.Rules) == 0 {
			t.Errorf("a group %q with %d rules", group.Name, len(group.Rules))
		}
		flat = append(flat, group.Rules...)
	}
	return flat
}

func TestAlertsAreWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range alertRules(t) {
		name := r.Alert + r.Record
		switch {
		case seen[name]:
			t.Errorf("%s stands twice", name)
		case (r.Alert == "") == (r.Record == ""):
			t.Errorf("%+v is neither an alert nor a record", r)
		case r.Record != "":
			continue
		}
		seen[name] = true
		if s := r.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("%s has the severity %q", name, s)
		}
		if r.Annotations["summary"] == "" {
			t.Errorf("%s says nothing", name)
		}
		if d, err := time.ParseDuration(r.For); r.For != "" && (err != nil || d <= 0) {
			t.Errorf("%s waits for %q", name, r.For)
		}
	}
}

var alertRow = regexp.MustCompile("(?m)^\\| `(Aye[A-Za-z]+)` \\|")

// Who is woken finds in the manual what to do.
func TestAlertsAreInTheManual(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, r := range alertRules(t) {
		if r.Alert != "" {
			want = append(want, r.Alert)
		}
	}
	for _, found := range alertRow.FindAllStringSubmatch(read(t, "../docs/operating.md"), -1) {
		got = append(got, found[1])
	}
	if !slices.Equal(got, want) {
		t.Errorf("operating.md has rows for\n%v, and the alerts are\n%v", got, want)
	}
}

// The promise is 99.9 of a hundred. Each pace that wakes is looked at over a long and a short window.
func TestPromiseIsBurntAtTheRightPace(t *testing.T) {
	t.Parallel()
	for name, pairs := range map[string][][3]string{
		"AyeReleasesLate":        {{"14.4 * 0.001", "1h", "5m"}, {"6 * 0.001", "6h", "30m"}},
		"AyeReleasesLateForLong": {{"3 * 0.001", "1d", "2h"}, {"0.001", "3d", "6h"}},
	} {
		at := slices.IndexFunc(alertRules(t), func(r rule) bool { return r.Alert == name })
		if at < 0 {
			t.Errorf("there is no alert %s", name)
			continue
		}
		for _, p := range pairs {
			want := fmt.Sprintf("(aye:releases_late:ratio%[2]s > %[1]s and aye:releases_late:ratio%[3]s > %[1]s)", p[0], p[1], p[2])
			if !strings.Contains(alertRules(t)[at].Expr, want) {
				t.Errorf("%s does not say %s", name, want)
			}
		}
	}
	for _, r := range alertRules(t) {
		if window, ok := strings.CutPrefix(r.Record, "aye:releases_late:ratio"); ok {
			want := fmt.Sprintf(`sum(rate(aye_releases_total{in_time="no"}[%[1]s])) / sum(rate(aye_releases_total[%[1]s]))`, window)
			if r.Expr != want {
				t.Errorf("%s is %s", r.Record, r.Expr)
			}
		}
	}
}

// panel is what a panel of Grafana must have.
type panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Datasource               struct{ Type, UID string }
	FieldConfig              struct{ Defaults struct{ Unit string } }
	Targets                  []struct {
		RefID, Expr string
		Datasource  struct{ UID string }
	}
}

func panels(t *testing.T) []panel {
	t.Helper()
	var board struct {
		Title, UID    string
		SchemaVersion int
		Templating    struct {
			List []struct{ Name, Type string }
		}
		Panels []panel
	}
	if err := json.Unmarshal([]byte(read(t, "grafana/aye.json")), &board); err != nil {
		t.Fatal(err)
	}
	if board.Title == "" || board.UID == "" || board.SchemaVersion < 36 || len(board.Panels) == 0 {
		t.Errorf("%q (%s), form %d, has %d panels", board.Title, board.UID, board.SchemaVersion, len(board.Panels))
	}
	if v := board.Templating.List; len(v) != 2 || v[0].Name != "datasource" || v[0].Type != "datasource" || v[1].Name != "instance" {
		t.Errorf("its variables are %+v", v)
	}
	return board.Panels
}

func TestDashboardIsWhole(t *testing.T) {
	t.Parallel()
	all := panels(t)
	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, p := range all {
		if ids[p.ID] || p.ID == 0 || p.Title == "" {
			t.Errorf("panel %d %q: the id stands twice, or something is missing", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%q lies on %q, or beside the page", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Description == "" || p.FieldConfig.Defaults.Unit == "" || p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
			t.Errorf("%q lacks a description, a unit, a source or a question", p.Title)
		}
		refs := map[string]bool{}
		for _, target := range p.Targets {
			if target.Expr == "" || refs[target.RefID] || target.Datasource.UID != "${datasource}" {
				t.Errorf("%q: target %q", p.Title, target.RefID)
			}
			refs[target.RefID] = true
		}
	}
}

// The words of PromQL that the files use; any other word outside of braces is a metric, or a mistake.
var promqlWords = []string{
	"sum", "max", "min", "count", "rate", "increase", "absent", "histogram_quantile", "max_over_time", "by", "and", "or", "unless",
}

var (
	promqlText   = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	promqlRange  = regexp.MustCompile(`\[(?:\d+[smhd]|\$__rate_interval)\]`)
	promqlOffset = regexp.MustCompile(`\boffset \d+[smhd]\b`)
	promqlGroup  = regexp.MustCompile(`\bby \(([a-z_, ]+)\)`)
	promqlVector = regexp.MustCompile(`([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:\{([^}]*)\})?`)
	promqlLabel  = regexp.MustCompile(`([a-z_]+)(?:=~|!~|!=|=)`)
)

// selector is a metric with the labels that an expression asks of it.
type selector struct {
	metric string
	labels []string
}

// selectors finds what an expression reads. There is no parser of PromQL here: brackets must match, and every word
// must be known.
func selectors(t *testing.T, expr string) []selector {
	t.Helper()
	bare := promqlText.ReplaceAllString(expr, `""`)
	var open []rune
	for _, c := range bare {
		switch c {
		case '(', '[', '{':
			open = append(open, c)
		case ')', ']', '}':
			if len(open) == 0 || !strings.Contains("()[]{}", string(open[len(open)-1])+string(c)) {
				t.Errorf("brackets do not match in %s", expr)
				return nil
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("a bracket stays open in %s", expr)
	}
	var groups []string
	for _, group := range promqlGroup.FindAllStringSubmatch(bare, -1) {
		groups = append(groups, strings.Split(group[1], ", ")...)
	}
	bare = promqlOffset.ReplaceAllString(promqlRange.ReplaceAllString(promqlGroup.ReplaceAllString(bare, "by"), ""), "")
	if strings.ContainsAny(bare, "[]") {
		t.Errorf("a range is misspelt in %s", expr)
	}
	var all []selector
	for _, found := range promqlVector.FindAllStringSubmatch(bare, -1) {
		if slices.Contains(promqlWords, found[1]) {
			continue
		}
		s := selector{metric: found[1], labels: slices.Clone(groups)}
		for _, label := range promqlLabel.FindAllStringSubmatch(found[2], -1) {
			s.labels = append(s.labels, label[1])
		}
		all = append(all, s)
	}
	return all
}

// Every metric that an alert or a panel reads is one that a server has which does its work, with those labels.
func TestNamedMetricsExist(t *testing.T) {
	t.Parallel()
	there := map[string][]string{"up": {"job", "instance"}}
	for _, r := range alertRules(t) {
		if r.Record != "" {
			there[r.Record] = nil
		}
	}
	for name, labels := range metrics(t) {
		there[name] = append(labels, "job", "instance") // which Prometheus adds
	}
	expressions := map[string]string{}
	for _, r := range alertRules(t) {
		expressions[r.Alert+r.Record] = r.Expr
	}
	for _, p := range panels(t) {
		for _, target := range p.Targets {
			expressions[p.Title+" "+target.RefID] = target.Expr
		}
	}
	for where, expr := range expressions {
		found := selectors(t, expr)
		if len(found) == 0 {
			t.Errorf("%s reads nothing: %s", where, expr)
		}
		for _, s := range found {
			labels, ok := there[s.metric]
			if !ok {
				t.Errorf("%s reads %s, which no server has", where, s.metric)
				continue
			}
			for _, label := range s.labels {
				if !slices.Contains(labels, label) {
					t.Errorf("%s asks for %s of %s, which has %v", where, label, s.metric, labels)
				}
			}
		}
	}
}

// metrics gives the metrics of a server that did its work, with their labels. It is one on PostgreSQL, which has all of them.
func metrics(t *testing.T) map[string][]string {
	t.Helper()
	aye, err := stage.New(t.Context(), stage.Options{Database: secret.Secret(ayetest.Database(t)), WebhookPrivate: true, Texts: true, Mailbox: true, LightPasswords: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if failure := aye.Close(ctx); failure != nil {
			t.Error(failure)
		}
	})
	work(t, aye)
	families, err := aye.App.Metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, family := range families {
		var labels []string
		for _, pair := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, pair.GetName())
		}
		name := family.GetName()
		all[name] = labels
		if family.GetMetric()[0].GetHistogram() != nil {
			delete(all, name)
			all[name+"_bucket"], all[name+"_count"], all[name+"_sum"] = append(slices.Clone(labels), "le"), labels, labels
		}
	}
	described := make(chan *prometheus.Desc)
	go func() { aye.App.Metrics.Describe(described); close(described) }()
	for d := range described {
		if found := description.FindStringSubmatch(d.String()); found != nil && all[found[1]] == nil && slices.Contains(untilWrong, found[1]) {
			all[found[1]] = strings.Split(found[2], ",")
		}
	}
	return all
}

// untilWrong are metrics that have no value for as long as all is well.
var untilWrong = []string{"aye_store_stray_rows"}

var description = regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]+)\}`)

// work has a server do what leaves traces in its metrics: a login with a push, a mail and a text message.
func work(t *testing.T, aye *stage.Stage) {
	t.Helper()
	ctx, a := t.Context(), aye.App.Accounts
	const page, email = "https://shop.example.com", "ada@example.com"
	organisation, err := a.CreateOrganisation(ctx, accounts.Organisation{Name: "Example", Profile: accounts.Standard, Locale: "en"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = a.AddMember(ctx, organisation.ID, accounts.Person{Email: email, Display: "Ada"}, accounts.RoleMember); err != nil {
		t.Fatal(err)
	}
	application, clientSecret, err := a.CreateApplication(ctx, accounts.Application{
		OrganisationID: organisation.ID, Name: "Shop", Origins: []string{page}, MayEnrol: true, WebhookURL: "http://localhost/webhook",
	})
	if err != nil {
		t.Fatal(err)
	}
	handset, err := phone.Open("")
	if err != nil {
		t.Fatal(err)
	}
	handset.Inbox = aye.FCM.ControlURL()
	var address [32]byte
	_, _ = rand.Read(address[:]) // never fails
	details := phone.Details{
		Model: "Pixel 9", Platform: "android", OSVersion: "16", AppVersion: "1.0.0", Locale: "en",
		Push: phone.Push{Provider: "fcm", App: stage.PushApp, Kind: "token", Address: phone.Secret(hex.EncodeToString(address[:]))},
	}
	var steps bytes.Buffer
	err = demo.Once{
		Shop: demo.ShopConfig{
			AyeURL: aye.Origin, ClientID: application.ID, ClientSecret: clientSecret, WebhookSecret: application.WebhookSecret, Origin: page, Name: "Shop",
			People: []string{email}, HTTP: &http.Client{Timeout: 30 * time.Second},
		},
		Phone: handset, Email: email, Step: func(what string) { fmt.Fprintln(&steps, what) }, Details: details,
	}.Run(ctx)
	if err != nil {
		t.Fatalf("%v, after:\n%s", err, steps.String())
	}
	if _, err = aye.AddTextProvider(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if _, err = a.Invite(ctx, organisation.ID, accounts.Person{Email: "bo@example.com", Display: "Bo"}, accounts.RoleMember); err != nil {
		t.Fatal(err)
	}
	if _, err = aye.Mailbox.Next(ctx, "bo@example.com"); err != nil {
		t.Fatal(err)
	}
}
