// Package docs_test holds the documentation to what Aye does: every example runs against a
// whole Aye; settings, numbers, files, tests and links that the pages name are there.
package docs_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/stage"
)

// exampleTime is how long one example may take, a cold build of it aside.
const exampleTime = 2 * time.Minute

// examples says how each marked block is run. A block without a line here fails, and so does
// a line without a block.
var examples = map[string]func(*scene, *testing.T, block){
	"login-curl":      (*scene).script,
	"typed-code-curl": (*scene).script,
	"deploy-curl":     (*scene).script,
	"enrol-curl":      (*scene).script,
	"login-node":      (*scene).node,
	"login-go":        (*scene).golang,
}

func TestExamplesRun(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"sh", "curl", "sed", "node", "go"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("the examples need %s: %v", program, err)
		}
	}
	aye, err := stage.New(t.Context(), stage.Options{WebhookPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if failure := aye.Close(ctx); failure != nil {
			t.Error(failure)
		}
	})
	organisation, err := aye.App.Accounts.CreateOrganisation(t.Context(), accounts.Organisation{Name: "Example", Profile: accounts.Standard, Locale: "en"})
	if err != nil {
		t.Fatal(err)
	}
	found, beside := map[string]bool{}, map[string]string{}
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
			run(newScene(t, aye, organisation.ID, b.run, beside), t, b)
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
