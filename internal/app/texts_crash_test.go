package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
	"example.com/aye/internal/emulate"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// serveFor names the file with the settings for a process that is a server and no test.
const serveFor = "APP_TEST_SERVE"

// TestMain makes this test binary a server too, which can be killed.
func TestMain(m *testing.M) {
	file := os.Getenv(serveFor)
	if file == "" {
		os.Exit(m.Run())
	}
	err := func() error {
		c, err := app.LoadConfig(file, nil, nil)
		if err != nil {
			return err
		}
		a, err := app.Open(context.Background(), c, slog.New(slog.DiscardHandler), time.Now)
		if err != nil {
			return err
		}
		return a.Run(context.Background())
	}()
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

const (
	reader       = "+31612345678"
	setterNumber = "+31687654321"
	// patience bounds every wait, like that for a process to be there.
	patience = 30 * time.Second
)

// town is one installation: its settings, the vendor, an organisation with an application, and a person with a number.
type town struct {
	t           *testing.T
	config      app.Config
	file        string
	vendor      *emulate.MessageBird
	application accounts.Application
	secret      secret.Secret
}

func newTown(t *testing.T) *town {
	t.Helper()
	vendor, err := emulate.StartMessageBird(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(vendor.Close)
	dir := t.TempDir()
	roots, file := filepath.Join(dir, "roots.pem"), filepath.Join(dir, "aye.yaml")
	address := free(t)
	_, port, _ := net.SplitHostPort(address)
	settings := fmt.Sprintf("origin: http://localhost:%s\nlisten: %s\nmetrics_listen: ''\ndata_dir: %s\nsms: {messagebird_endpoint: %q, roots_file: %s}\n",
		port, address, filepath.Join(dir, "data"), vendor.URL(), roots)
	for name, text := range map[string][]byte{roots: vendor.CAPEM(), file: []byte(settings)} {
		if err = os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config, err := app.LoadConfig(file, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, config: config, file: file, vendor: vendor}
	w.with(time.Now, w.settle)
	return w
}

// with works on the data as the command line does.
func (w *town) with(now func() time.Time, work func(context.Context, *app.App) error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	a, err := app.Open(ctx, w.config, slog.New(slog.DiscardHandler), now)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := work(ctx, a); err != nil {
		w.t.Error(err)
	}
	if err := a.Close(ctx); err != nil {
		w.t.Error(err)
	}
	if w.t.Failed() {
		w.t.FailNow()
	}
}

// settle makes the organisation, its provider and the operator's, and the person.
func (w *town) settle(ctx context.Context, a *app.App) error {
	o, err := a.Accounts.CreateOrganisation(ctx, accounts.Organisation{
		Name: "Tulp & Zoon", Profile: accounts.Standard, Locale: "en", Methods: []accounts.SecondFactor{accounts.SMS},
	})
	if err != nil {
		return err
	}
	for _, organisationID := range []string{"", o.ID} {
		draft, failure := a.SMS.Begin(ctx, sms.Setup{
			OrganisationID: organisationID, Description: "Main", Sender: "Tulp", Key: w.vendor.Key(), Signing: w.vendor.Signing(),
			By: sms.Administrator{ID: accounts.Operator, Number: setterNumber, Locale: "en"},
		})
		if failure != nil {
			return failure
		}
		if _, err = a.SMS.Save(ctx, organisationID, draft.ID, accounts.Operator, w.code(setterNumber)); err != nil { //nolint:contextcheck // it is the test's
			return err
		}
	}
	m, _, err := a.Accounts.AddMember(ctx, o.ID, accounts.Person{Email: "ada@example.com", Display: "Ada"}, accounts.RoleOwner)
	if err != nil {
		return err
	}
	if err = a.Accounts.AskNumber(ctx, m.Person.ID, o.ID, reader, accounts.TextRegistration); err != nil {
		return err
	}
	if err = a.Accounts.ConfirmNumber(ctx, m.Person.ID, w.code(reader)); err != nil { //nolint:contextcheck // it is the test's
		return err
	}
	w.application, w.secret, err = a.Accounts.CreateApplication(ctx, accounts.Application{OrganisationID: o.ID, Name: "Shop", MayManageTexts: true})
	return err
}

func (w *town) code(number string) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	text, err := w.vendor.NextText(ctx, number)
	if err != nil {
		w.t.Fatal(err)
	}
	return text.Body[:sms.CodeDigits]
}

// serve starts the server as a process of its own, and waits until it is ready.
func (w *town) serve() *os.Process {
	w.t.Helper()
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), serveFor+"="+w.file)
	var complaints bytes.Buffer
	server.Stderr = &complaints
	if err := server.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if w.t.Failed() {
			w.t.Logf("the server said: %s", complaints.String())
		}
	})
	w.until("the server is ready", func() bool {
		response, err := http.Get(w.config.Origin + "/readyz")
		if err != nil {
			return false
		}
		return response.Body.Close() == nil && response.StatusCode == http.StatusOK
	})
	return server.Process
}

// until looks again and again, for as long as there is patience.
func (w *town) until(what string, done func() bool) {
	w.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(deadline) {
			w.t.Fatalf("it never was: %s", what)
		}
	}
}

// call calls the server as the application does; status is 0 where no answer came.
func (w *town) call(path string, body any, into any) (status int) {
	raw, _ := json.Marshal(body)
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.config.Origin+path, bytes.NewReader(raw))
	if err != nil {
		return 0
	}
	request.SetBasicAuth(w.application.ID, w.secret.Reveal())
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Timeout: patience}).Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || (into != nil && json.Unmarshal(answer, into) != nil) {
		return 0
	}
	return response.StatusCode
}

// ask asks for an approval.
func (w *town) ask() (id string) {
	w.t.Helper()
	var asked struct {
		ID      string   `json:"id"`
		Methods []string `json:"methods"`
	}
	status := w.call("/v1/approvals", map[string]any{"user": map[string]string{"email": "ada@example.com"}, "context": map[string]string{"browser": "b-1"}, "expires_in": 300}, &asked)
	if status != http.StatusCreated || len(asked.Methods) != 1 || asked.Methods[0] != "sms" {
		w.t.Fatalf("%d %+v", status, asked)
	}
	return asked.ID
}

// agrees wants the ledger to say what the vendor's own count says: so many messages, so much money.
func (w *town) agrees(ctx context.Context, a *app.App) error {
	costs, err := a.SMS.Costs(ctx, sms.CostQuery{From: time.Now().AddDate(0, -1, 0), Until: time.Now().AddDate(0, 1, 0)})
	if err != nil {
		return err
	}
	messages, unknown, amount := 0, 0, sms.Amount(0)
	for _, c := range costs {
		messages, unknown, amount = messages+c.Messages, unknown+c.Unknown, amount+c.Amount
	}
	var price sms.Amount
	for _, text := range w.vendor.Sent() {
		price += sms.Amount(text.Price)
	}
	if messages != len(w.vendor.Sent()) || amount != price || unknown != 0 {
		return fmt.Errorf("the ledger has %d messages for %s, %d of them unknown; the vendor has %d for %s", messages, amount, unknown, len(w.vendor.Sent()), price)
	}
	return nil
}

// reports wants all that were held to be taken.
func (w *town) reports() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.vendor.ReleaseReports(ctx); err != nil {
		w.t.Error(err)
	}
	if err := w.vendor.ReportsDone(ctx); err != nil {
		w.t.Error(err)
	}
}

// state is what the ledger says of the newest message about the request.
func (w *town) state(id string) (state sms.State) {
	w.t.Helper()
	w.with(time.Now, func(ctx context.Context, a *app.App) error {
		posted, err := a.SMS.LastCode(ctx, id)
		state = posted.State
		return err
	})
	return state
}

// TestKilledWhileSending kills the server while the vendor has the message and the answer is on its way. Nobody
// knows then what became of it: nothing goes out again, the code counts, and the vendor's report says the rest.
func TestKilledWhileSending(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.vendor.HoldReports()
	server := w.serve()
	id := w.ask()
	w.vendor.Script(reader, emulate.Behaviour{Late: emulate.Duration(time.Hour)})
	gone := make(chan int)
	go func() { gone <- w.call("/v1/approvals/"+id+"/codes", map[string]string{"method": "sms"}, nil) }()
	code := w.code(reader) // the vendor has it
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if status := <-gone; status != 0 {
		t.Fatalf("the server answered with %d before it was killed", status)
	}
	w.vendor.Script(reader)
	if got := w.state(id); got != sms.Sending {
		t.Fatalf("the ledger says %q", got)
	}
	sent := len(w.vendor.Sent())

	w.serve()
	// As the server does when the time is over in which somebody could still be sending it.
	w.with(func() time.Time { return time.Now().Add(time.Minute) }, func(ctx context.Context, a *app.App) error { return a.SMS.Sweep(ctx) })
	if got := w.state(id); got != sms.Unknown {
		t.Errorf("after the restart the ledger says %q", got)
	}
	if status := w.call("/v1/approvals/"+id+"/verify", map[string]string{"method": "sms", "code": code}, nil); status != http.StatusOK {
		t.Errorf("the code that arrived is answered with %d", status)
	}
	w.reports()
	if got := w.state(id); got != sms.Delivered {
		t.Errorf("after the report the ledger says %q", got)
	}
	w.with(time.Now, w.agrees)
	if now := len(w.vendor.Sent()); now != sent {
		t.Errorf("%d messages went out, %d before the restart", now, sent)
	}
}

// TestKilledBeforeSending kills the server while the vendor has not taken the message yet. Nobody knows; an
// hour later the vendor's own list says that it never went out, and it costs nothing.
func TestKilledBeforeSending(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	server := w.serve()
	id := w.ask()
	w.vendor.Script(reader, emulate.Behaviour{Delay: emulate.Duration(time.Hour)})
	sent := len(w.vendor.Sent())
	gone := make(chan int)
	go func() { gone <- w.call("/v1/approvals/"+id+"/codes", map[string]string{"method": "sms"}, nil) }()
	var state sms.State
	w.until("the ledger has it", func() bool {
		w.with(time.Now, func(ctx context.Context, a *app.App) error {
			posted, _ := a.SMS.LastCode(ctx, id)
			state = posted.State
			return nil
		})
		return state == sms.Sending
	})
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	<-gone
	w.vendor.Script(reader)
	for _, passed := range []time.Duration{time.Minute, 2 * time.Minute, 20 * time.Minute, 2 * time.Hour} {
		w.with(func() time.Time { return time.Now().Add(passed) }, func(ctx context.Context, a *app.App) error { return a.SMS.Sweep(ctx) })
		want := sms.Unknown
		if passed > time.Hour {
			want = sms.Refused
		}
		if got := w.state(id); got != want {
			t.Errorf("after %s the ledger says %q", passed, got)
		}
	}
	w.with(time.Now, w.agrees)
	if now := len(w.vendor.Sent()); now != sent {
		t.Errorf("%d messages went out, %d before", now, sent)
	}
}

// TestServerFindsOutWhatBecameOfTexts: where no report comes the running server asks by itself, and counts what it hears.
func TestServerFindsOutWhatBecameOfTexts(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.vendor.HoldReports()
	var skew atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
	w.with(now, func(ctx context.Context, a *app.App) error {
		server, err := a.Start(ctx)
		if err != nil {
			return err
		}
		id := w.ask() //nolint:contextcheck // it is the test's
		w.vendor.Script(reader, emulate.Behaviour{Lost: true, Times: 1})
		if status := w.call("/v1/approvals/"+id+"/codes", map[string]string{"method": "sms"}, nil); status != http.StatusAccepted { //nolint:contextcheck // it is the test's
			t.Errorf("%d", status)
		}
		all := w.vendor.Sent()
		w.vendor.Settle(all[len(all)-1], emulate.Report{Status: "delivered"})
		skew.Store(int64(sms.FirstLook + time.Second))
		w.until("the vendor was asked", func() bool {
			posted, err := a.SMS.LastCode(ctx, id)
			return err == nil && posted.State == sms.Delivered
		})
		w.until("it was counted", func() bool {
			counted := textsCounted(a)
			return counted["messagebird login  unknown"] == 1 && counted["messagebird login  delivered"] == 1
		})
		return errors.Join(w.agrees(ctx, a), server.Stop(ctx))
	})
}

// textsCounted is the metric of text messages, by provider, purpose, reason and state.
func textsCounted(a *app.App) map[string]float64 {
	counted := map[string]float64{}
	families, _ := a.Metrics.Gather()
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			if f.GetName() == "aye_text_total" {
				counted[strings.Join(labels, " ")] = m.GetCounter().GetValue()
			}
		}
	}
	return counted
}

// TestVendorAnswersTooLate waits for the very time limit: the person is told that nobody knows, nothing goes out
// twice, the code counts, and the report settles it.
func TestVendorAnswersTooLate(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.vendor.HoldReports()
	w.serve()
	id := w.ask()
	w.vendor.Script(reader, emulate.Behaviour{Late: emulate.Duration(sms.SendTime + 2*time.Second)})
	sent := len(w.vendor.Sent())
	var told struct {
		State string `json:"state"`
	}
	if status := w.call("/v1/approvals/"+id+"/codes", map[string]string{"method": "sms"}, &told); status != http.StatusAccepted || told.State != "unknown" {
		t.Errorf("%d %+v", status, told)
	}
	if status := w.call("/v1/approvals/"+id+"/verify", map[string]string{"method": "sms", "code": w.code(reader)}, nil); status != http.StatusOK {
		t.Errorf("the code that arrived is answered with %d", status)
	}
	w.reports()
	if got := w.state(id); got != sms.Delivered {
		t.Errorf("after the report the ledger says %q", got)
	}
	w.with(time.Now, w.agrees)
	if now := len(w.vendor.Sent()); now != sent+1 {
		t.Errorf("%d messages went out for one", now-sent)
	}
}

// TestSetUpWithALateVendor: who sets a provider up is told the same, after the same time.
func TestSetUpWithALateVendor(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.serve()
	w.vendor.Script(reader, emulate.Behaviour{Late: emulate.Duration(sms.SendTime + 2*time.Second)})
	var draft struct {
		ID   string `json:"id"`
		Code struct {
			State string `json:"state"`
		} `json:"code"`
	}
	status := w.call("/v1/sms-providers", map[string]any{
		"description": "Second", "sender": "Zoon", "key": w.vendor.Key().Reveal(), "administrator": map[string]string{"email": "ada@example.com"},
	}, &draft)
	if status != http.StatusAccepted || draft.Code.State != "unknown" {
		t.Fatalf("%d %+v", status, draft)
	}
	if status = w.call("/v1/sms-drafts/"+draft.ID+"/confirm", map[string]string{"code": w.code(reader)}, nil); status != http.StatusOK {
		t.Errorf("the code that arrived is answered with %d", status)
	}
}
