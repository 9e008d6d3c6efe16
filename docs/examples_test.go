// Package docs_test holds the documentation to what Aye does: every example runs against a
// whole Aye; settings, numbers, files, tests and links that the pages name are there.
package docs_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/stage"
	"example.com/aye/support"
)

// exampleTime is how long one example may take, a cold build of it aside.
const exampleTime = 2 * time.Minute

// examples says how each marked block is run. A block without a line here fails, and so does
// a line without a block.
var examples = map[string]func(*scene, *testing.T, block){
	"login-curl":      (*scene).script,
	"typed-code-curl": (*scene).script,
	"text-code-curl":  (*scene).texted,
	"deploy-curl":     (*scene).script,
	"enrol-curl":      (*scene).script,
	"login-node":      (*scene).node,
	"login-go":        (*scene).golang,
	"stop-case":       (*scene).stopped,
	"care-aye":        (*scene).operated,
	"alerts-aye":      (*scene).operated,
	"privacy-aye":     (*scene).operated,
	"erase-aye":       (*scene).operated,
	"audit-check":     (*scene).audited,
	"moving-up":       (*scene).movedUp,
}

func TestExamplesRun(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"sh", "curl", "sed", "node", "go", "jq", "sha256sum"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("the examples need %s: %v", program, err)
		}
	}
	aye, err := stage.New(t.Context(), stage.Options{WebhookPrivate: true, Texts: true})
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
	organisation, err := aye.App.Accounts.CreateOrganisation(t.Context(), accounts.Organisation{Name: "Example", Profile: accounts.Standard, Locale: "en"})
	if err != nil {
		t.Fatal(err)
	}
	found, beside, built := map[string]bool{}, map[string]string{}, program(t)
	for _, b := range blocks(t) {
		if b.file != "" && b.run == "" {
			beside[b.file] = b.text
		}
	}
	for _, b := range blocks(t) {
		run, ok := examples[b.run]
		if b.run == "" {
			continue
		}
		if !ok {
			t.Errorf("%s: nothing runs the example %q", b.where, b.run)
			continue
		}
		found[b.run] = true
		t.Run(b.run, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, aye, organisation.ID, b.run, beside)
			s.program = built
			run(s, t, b)
		})
	}
	for name := range examples {
		if !found[name] {
			t.Errorf("there is no example %q any more", name)
		}
	}
}

// A block in a language that can be run must be run, or be a file that is.
func TestExamplesAreMarked(t *testing.T) {
	t.Parallel()
	for _, b := range blocks(t) {
		switch b.language {
		case "sh", "js", "go", "html":
			if b.run == "" && b.file == "" {
				t.Errorf("%s: a %s block must say run= or file=", b.where, b.language)
			}
		case "json", "text", "console", "kotlin", "swift", "yaml", "nginx", "caddy", "ini", "dockerfile":
		default:
			t.Errorf("%s: what language is %q?", b.where, b.language)
		}
	}
}

// scene is one example with an application, and a person who does what it says.
type scene struct {
	aye         *stage.Stage
	application accounts.Application
	environment []string
	folder      string
	email       string
	handset     *phone.Phone
	woken       chan phone.Request
	// last is the request that was answered last.
	last string
	// program gives the folder where the program itself is.
	program func() (string, error)
}

func newScene(t *testing.T, aye *stage.Stage, organisation, name string, beside map[string]string) *scene {
	t.Helper()
	const page = "https://shop.example.com"
	application, clientSecret, err := aye.App.Accounts.CreateApplication(t.Context(), accounts.Application{
		OrganisationID: organisation, Name: name, Origins: []string{page}, MayEnrol: true, WebhookURL: "http://localhost/webhook",
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{aye: aye, application: application, folder: t.TempDir(), woken: make(chan phone.Request, 1)}
	s.environment = append(os.Environ(),
		"AYE_ORIGIN="+aye.Origin, "AYE_CLIENT_ID="+application.ID, "AYE_CLIENT_SECRET="+clientSecret.Reveal(),
		"AYE_WEBHOOK_SECRET="+application.WebhookSecret.Reveal(), "PAGE_ORIGIN="+page, "PORT=0")
	if s.handset, err = phone.Open(""); err != nil {
		t.Fatal(err)
	}
	s.handset.Inbox = aye.FCM.ControlURL()
	for file, text := range beside {
		s.write(t, file, text)
	}
	return s
}

// meet adds the person that the example is about.
func (s *scene) meet(t *testing.T, email string) {
	t.Helper()
	if _, _, err := s.aye.App.Accounts.AddMember(t.Context(), s.application.OrganisationID, accounts.Person{Email: email, Display: "Ada"}, accounts.RoleMember); err != nil {
		t.Fatal(err)
	}
	s.email = email
	s.environment = append(s.environment, "USER_EMAIL="+email)
}

func (s *scene) write(t *testing.T, file, text string) string {
	t.Helper()
	path := filepath.Join(s.folder, file)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// script runs a shell script to its good end.
func (s *scene) script(t *testing.T, b block) {
	s.meet(t, b.run+"@example.com")
	if !strings.HasPrefix(b.run, "enrol") {
		s.link(t)
	}
	s.perform(t, exec.CommandContext(t.Context(), "sh", s.write(t, "example.sh", b.text)))
}

// texted runs a script for somebody who has a phone number and nothing else, in an organisation of its own.
func (s *scene) texted(t *testing.T, b block) {
	ctx, a := t.Context(), s.aye.App
	o, err := a.Accounts.CreateOrganisation(ctx, accounts.Organisation{
		Name: "Texts", Profile: accounts.Standard, Locale: "en", Methods: []accounts.SecondFactor{accounts.SMS},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, organisationID := range []string{"", o.ID} {
		if _, err = s.aye.AddTextProvider(ctx, organisationID); err != nil {
			t.Fatal(err)
		}
	}
	application, clientSecret, err := a.Accounts.CreateApplication(ctx, accounts.Application{OrganisationID: o.ID, Name: b.run})
	if err != nil {
		t.Fatal(err)
	}
	s.application = application
	s.environment = append(s.environment, "AYE_CLIENT_ID="+application.ID, "AYE_CLIENT_SECRET="+clientSecret.Reveal())
	s.meet(t, b.run+"@example.com")
	m, err := a.Accounts.Member(ctx, o.ID, accounts.UserReference{Email: s.email})
	if err == nil {
		err = s.aye.ProveNumber(ctx, m, textedNumber)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.perform(t, exec.CommandContext(t.Context(), "sh", s.write(t, "example.sh", b.text)))
}

// audited checks an export of the log by hand, and finds what was changed in it.
func (s *scene) audited(t *testing.T, b block) {
	ctx, a := t.Context(), s.aye.App
	if err := a.SignAudit(ctx); err != nil {
		t.Fatal(err)
	}
	var export bytes.Buffer
	if err := a.ExportAudit(ctx, audit.Selection{Organisations: []string{s.application.OrganisationID}}, &export); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"whole": export.String(), "changed": strings.Replace(export.String(), `"actor":"operator"`, `"actor":"nobody"`, 1),
	} {
		s.write(t, "audit.jsonl", text)
		program := exec.CommandContext(ctx, "sh", s.write(t, "example.sh", b.text))
		program.Dir = s.folder
		said, err := program.CombinedOutput()
		whole := err == nil && strings.Contains(string(said), "The number of rows that fit:") && strings.Contains(string(said), `"floor":false`)
		if whole != (name == "whole") || !whole && !strings.HasPrefix(string(said), "changed: ") {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
	}
}

const textedNumber = "+31612345678"

// stopped runs a script as the phone of somebody in whose name support was called.
func (s *scene) stopped(t *testing.T, b block) {
	ctx, a := t.Context(), s.aye.App
	file := filepath.Join(t.TempDir(), "phone.json")
	handset, err := phone.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	s.handset = handset
	s.meet(t, b.run+"@example.com")
	s.link(t)
	m, err := a.Accounts.Member(ctx, s.application.OrganisationID, accounts.UserReference{Email: s.email})
	if err == nil {
		err = a.Accounts.SetPassword(ctx, m.Person.ID, "correct horse battery staple")
	}
	if err != nil {
		t.Fatal(err)
	}
	agent, err := s.aye.AddAgent(ctx, m.OrganisationID, "Sam", accounts.RoleSupport)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := s.aye.OpenCase(ctx, agent, m, support.Lost)
	if err != nil {
		t.Fatal(err)
	}
	var kept struct {
		Pairings []struct {
			Device string `json:"device"`
			Key    string `json:"device_key"`
		} `json:"pairings"`
	}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil || len(kept.Pairings) != 1 {
		t.Fatalf("%d accounts on the phone, %v", len(kept.Pairings), err)
	}
	s.environment = append(s.environment, "DEVICE="+kept.Pairings[0].Device, "DEVICE_KEY="+kept.Pairings[0].Key)
	said := s.says(t, exec.CommandContext(ctx, "node", s.write(t, b.file, b.text)))
	if want := "Somebody asked support for help in your name: lost, Example, Sam\nThe case is stopped.\n"; said != want {
		t.Errorf("the example said %q", said)
	}
	if now, err := a.Support.Store.Case(ctx, opened.ID); err != nil || now.State != support.Stopped {
		t.Errorf("%+v %v", now, err)
	}
}

// program gives the folder of the program itself, which is built once for all examples.
func program(t *testing.T) func() (string, error) {
	t.Helper()
	folder := t.TempDir()
	return sync.OnceValues(func() (string, error) {
		build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(folder, "aye"), "./cmd/aye")
		build.Dir = ".."
		out, err := build.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, out)
		}
		return folder, err
	})
}

// operated runs a script of the operator's beside the server, in an installation of its own.
func (s *scene) operated(t *testing.T, b block) {
	folder, err := s.program()
	if err != nil {
		t.Fatal(err)
	}
	own, err := stage.New(t.Context(), stage.Options{WebhookPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if failure := own.Close(context.WithoutCancel(t.Context())); failure != nil {
			t.Error(failure)
		}
	})
	a := own.App.Accounts
	o, err := a.CreateOrganisation(t.Context(), accounts.Organisation{Name: "Tulp & Zoon", Profile: accounts.Standard, Locale: "en"})
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := a.AddMember(t.Context(), o.ID, accounts.Person{Email: "ada@example.com", Display: "Ada"}, accounts.RoleMember)
	if err == nil {
		err = a.SetPassword(t.Context(), m.Person.ID, "correct horse battery staple")
	}
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard <- r.Header.Get("Webhook-Signature") }))
	t.Cleanup(receiver.Close)
	s.environment = append(os.Environ(),
		"PATH="+folder+":"+os.Getenv("PATH"), "AYE_DATA_DIR="+own.Config.DataDir, "AYE_ORIGIN="+own.Origin, "AYE_WEBHOOK_PRIVATE=true", "RECEIVER="+receiver.URL)
	said := s.says(t, exec.CommandContext(t.Context(), "sh", s.write(t, "example.sh", b.text)))
	for _, want := range map[string][]string{
		"care-aye":    {own.Origin + "/new-phone/case_", "revoked", "Nothing is frozen."},
		"alerts-aye":  {"whsec_", "The test was taken.", "case.opened case.stopped break-glass.used", "go nowhere"},
		"privacy-aye": {"Written to ada.json", "Erased: ada@example.com"},
		"erase-aye":   {"Written to ada.json", "Erased: ada@example.com"},
	}[b.run] {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in what it said:\n%s", want, said)
		}
	}
	if b.run == "alerts-aye" && !strings.HasPrefix(<-heard, "v1,") {
		t.Error("the test is not signed")
	}
}

// says runs a program that asks nobody for anything, and gives what it said.
func (s *scene) says(t *testing.T, program *exec.Cmd) string {
	t.Helper()
	var said, complaints bytes.Buffer
	program.Dir, program.Env, program.Stdout, program.Stderr = s.folder, s.environment, &said, &complaints
	if err := program.Run(); err != nil {
		t.Fatalf("the example failed: %v\n%s%s", err, said.String(), complaints.String())
	}
	return said.String()
}

// node serves a login page with Node.
func (s *scene) node(t *testing.T, b block) {
	s.serve(t, exec.CommandContext(t.Context(), "node", s.write(t, b.file, b.text)))
}

// golang serves one with Go.
func (s *scene) golang(t *testing.T, b block) {
	program := filepath.Join(t.TempDir(), "login")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, s.write(t, b.file, b.text))
	build.Dir = ".." // the libraries are this module's
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s does not build: %v\n%s", b.where, err, out)
	}
	s.serve(t, exec.CommandContext(t.Context(), program))
}

// serve starts the page's server and lets two browsers use it, one of which can only poll.
func (s *scene) serve(t *testing.T, server *exec.Cmd) {
	t.Helper()
	var complaints bytes.Buffer
	server.Dir, server.Env, server.Stderr = s.folder, s.environment, &complaints
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err = server.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if t.Failed() {
			t.Logf("the server said:\n%s", complaints.String())
		}
	})
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "Ready at ") {
		t.Fatalf("the server did not start: %s", lines.Text())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	page := strings.TrimPrefix(lines.Text(), "Ready at ")
	s.application.Origins, s.application.WebhookURL = []string{page}, page+"/webhook"
	if _, err = s.aye.App.Accounts.UpdateApplication(t.Context(), s.application); err != nil {
		t.Fatal(err)
	}
	for _, way := range []string{"websocket", "polling"} {
		visitor := *s
		if visitor.handset, err = phone.Open(""); err != nil {
			t.Fatal(err)
		}
		visitor.handset.Inbox, visitor.woken = s.handset.Inbox, make(chan phone.Request, 1)
		visitor.meet(t, way+"-"+s.application.ID+"@example.com")
		visitor.perform(t, exec.CommandContext(t.Context(), "node", "testdata/browser.mjs", page, visitor.email, way))
	}
}

// perform runs a program, and does what it tells the person to do.
func (s *scene) perform(t *testing.T, program *exec.Cmd) {
	t.Helper()
	var complaints bytes.Buffer
	program.Env, program.Stderr = s.environment, &complaints
	if program.Args[0] == "sh" {
		program.Dir = s.folder
	}
	in, err := program.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(exampleTime, func() { _ = program.Process.Kill() })
	defer timer.Stop()
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if err := s.heed(t, lines.Text(), in); err != nil {
			_ = program.Process.Kill()
			t.Errorf("at %q: %v", lines.Text(), err)
		}
	}
	if err := program.Wait(); err != nil {
		t.Fatalf("the example failed: %v\n%s%s", err, said.String(), complaints.String())
	}
	if !strings.Contains(said.String(), "number") && !strings.Contains(said.String(), "code") && !strings.Contains(said.String(), "Scan") {
		t.Errorf("the example asked nobody for anything:\n%s", said.String())
	}
}

var (
	pairingLink = regexp.MustCompile(`https?://\S+/p#1\.\S+`)
	shownNumber = regexp.MustCompile(`number on the phone: (\d+)$`)
)

// heed is the person, who has the page before them and the phone in hand.
func (s *scene) heed(t *testing.T, line string, in io.Writer) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), exampleTime)
	defer cancel()
	if link := pairingLink.FindString(line); link != "" {
		return s.pair(t, link)
	}
	if number := shownNumber.FindStringSubmatch(line); number != nil {
		select {
		case request := <-s.woken:
			s.last = request.ID
			outcome, err := s.handset.Approve(ctx, request.ID, number[1], phone.Biometric)
			if err == nil && outcome.Status != "approved" {
				err = fmt.Errorf("the decision became %q", outcome.Status)
			}
			return err
		case <-ctx.Done():
			return fmt.Errorf("the phone was not woken: %w", ctx.Err())
		}
	}
	switch {
	case strings.Contains(line, "Type the code that was sent to"):
		code, err := s.aye.TextCode(ctx, textedNumber)
		if err == nil {
			_, err = fmt.Fprintln(in, code)
		}
		return err
	case strings.Contains(line, "Type the code"):
		code, err := s.handset.Code(time.Now())
		if err == nil {
			_, err = fmt.Fprintln(in, code)
		}
		return err
	case strings.Contains(line, "this was not me"):
		_, err := s.handset.Report(ctx, s.last)
		return err
	}
	return nil
}

// link gives the person a phone before the example begins.
func (s *scene) link(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	shown, err := s.aye.App.Pairings.Open(ctx, pairingFor(s.application.OrganisationID, s.email))
	if err == nil {
		err = s.pair(t, shown.URL.Reveal())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *scene) pair(t *testing.T, link string) error {
	t.Helper()
	address := make([]byte, 32)
	_, _ = rand.Read(address)
	_, err := s.handset.Pair(t.Context(), link, phone.Details{
		Model: "Pixel 9", Platform: "android", OSVersion: "16", AppVersion: "1.0.0", Locale: "en",
		Push: phone.Push{Provider: "fcm", App: stage.PushApp, Kind: "token", Address: phone.Secret(hex.EncodeToString(address))},
	})
	if err != nil {
		return err
	}
	ctx := t.Context()
	go func() { _ = s.handset.Watch(ctx, func(r phone.Request) { s.woken <- r }) }() // ends with the test
	return nil
}
