package docs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/broker/nats/natstest"
	"example.com/aye/internal/pgtest"
	"example.com/aye/internal/porttest"
)

// moveTime bounds each wait of the move.
const moveTime = 30 * time.Second

// mover is a newcomer who follows "Moving up", with real processes.
type mover struct {
	t       *testing.T
	folder  string
	environ []string
	// origin is where phones and pages find Aye, before as after.
	origin string
	// answers is the node that answers there.
	answers atomic.Pointer[url.URL]
	id      string
	secret  string
}

// movedUp goes from the data of a demo to two nodes over PostgreSQL and NATS, and has the phone that was linked before
// approve logins that wait at one node by the other one, and by the last one that is left.
func (s *scene) movedUp(t *testing.T, b block) {
	program, err := s.program()
	if err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 4)
	m := &mover{t: t, folder: s.folder, origin: "http://localhost:" + ports[0]}
	m.environ = append(os.Environ(), "PATH="+program+":"+os.Getenv("PATH"), "AYE_PHONE_FILE="+filepath.Join(s.folder, "phone.json"))

	demo := m.start("demo", "aye", "demo", "--data-dir", "aye-demo", "--listen", "127.0.0.1:"+ports[0], "--phone", "127.0.0.1:"+ports[3],
		"--shop", "127.0.0.1:0", "--mailbox", "127.0.0.1:0", "--start", "127.0.0.1:0", "--texts", "127.0.0.1:0")
	m.said("demo", "Stop with")
	beside := []string{"AYE_DATA_DIR=aye-demo", "AYE_ORIGIN=" + m.origin}
	var application struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err = json.Unmarshal([]byte(m.run(beside, "aye", "application", "create", "Till", "--json")), &application); err != nil {
		t.Fatal(err)
	}
	m.id, m.secret = application.ID, application.Secret
	m.run(nil, "aye", "phone", "pair", strings.TrimSpace(m.run(beside, "aye", "person", "pair", "--url-only", "ada@example.com")))
	m.login(m.origin, m.origin)
	// Asked before the pause, and approved after it.
	waiting, number := m.ask(m.origin)
	demo.stop()

	stands := m.start("stands", "aye", "emulate", "all", "--port", "0", "--aye", m.origin, "--phone-listen", "127.0.0.1:"+ports[3])
	defer stands.stop()
	m.said("stands", "http://localhost:"+ports[3])
	hints := natstest.Start(t, nil)
	as := strings.NewReplacer("http://localhost:8080", m.origin, "nats://127.0.0.1:4222", hints.URL())
	for _, file := range []string{"two-nodes.sh", "node.sh"} {
		text, failed := os.ReadFile(filepath.Join(s.folder, file))
		if failed != nil {
			t.Fatal(failed)
		}
		s.write(t, file, as.Replace(string(text)))
	}
	s.write(t, "database-url", pgtest.Empty(t)+"\n")
	said := m.run(nil, "sh", s.write(t, "moving-up.sh", as.Replace(b.text)))
	for _, want := range []string{"Backed up before-the-move.db", "compared each row", "whole", "ada@example.com", "Backed up after-the-move.db"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in what was said:\n%s", want, said)
		}
	}

	one, two := "http://127.0.0.1:"+ports[1], "http://127.0.0.1:"+ports[2]
	first := m.start("first", "sh", "node.sh", ports[1])
	second := m.start("second", "sh", "node.sh", ports[2])
	defer second.stop()
	m.balance(ports[0])
	for _, node := range []string{one, two} {
		m.ready(node)
	}
	m.approve(two, waiting, number)
	m.login(one, two) // asked and waited for at one, answered at the other
	m.login(two, one)
	first.stop()
	m.login(two, two)
}

func freePorts(t *testing.T, n int) (ports []string) {
	t.Helper()
	addresses, err := porttest.Free(n)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		_, port, _ := net.SplitHostPort(address)
		ports = append(ports, port)
	}
	return ports
}

// run runs a command to its good end, and gives what it said.
func (m *mover) run(environ []string, name string, args ...string) string {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), exampleTime)
	defer cancel()
	command := m.command(ctx, name, args...)
	command.Env = append(command.Env, environ...)
	var complaints strings.Builder
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil {
		m.t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, complaints.String())
	}
	return string(out)
}

// command is one in the folder; its program is looked for where the scripts find it.
func (m *mover) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if name == "aye" { // a shell for PATH; exec, so that a signal reaches it
		name, args = "sh", append([]string{"-c", `exec aye "$@"`, "aye"}, args...)
	}
	command := exec.CommandContext(ctx, name, args...)
	command.Dir, command.Env = m.folder, m.environ
	return command
}

// process is one that runs until it is stopped.
type process struct {
	t       *testing.T
	name    string
	command *exec.Cmd
}

// start starts one, whose output goes into a file of its name.
func (m *mover) start(called, name string, args ...string) *process {
	m.t.Helper()
	out, err := os.Create(m.output(called))
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = out.Close() }() // the process has its own
	command := m.command(context.WithoutCancel(m.t.Context()), name, args...)
	command.Stdout, command.Stderr = out, out
	if err = command.Start(); err != nil {
		m.t.Fatal(err)
	}
	p := &process{m.t, called, command}
	m.t.Cleanup(func() {
		_ = command.Process.Kill() // where the test failed before it was stopped
		if m.t.Failed() {
			text, _ := os.ReadFile(m.output(called))
			m.t.Logf("%s said:\n%s", called, text)
		}
	})
	return p
}

func (m *mover) output(called string) string { return filepath.Join(m.folder, called+".out") }

// stop ends it as an operator does, in good order.
func (p *process) stop() {
	p.t.Helper()
	_ = p.command.Process.Signal(os.Interrupt)
	if err := p.command.Wait(); err != nil {
		p.t.Errorf("%s ended with %v", p.name, err)
	}
}

// eventually tries until it works.
func (m *mover) eventually(what string, try func() error) {
	m.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(moveTime)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			m.t.Fatalf("%s: %v", what, err)
		}
		<-tick.C
	}
}

// said waits until a process has said something.
func (m *mover) said(called, want string) {
	m.t.Helper()
	m.eventually(called, func() error {
		text, err := os.ReadFile(m.output(called))
		if err == nil && !strings.Contains(string(text), want) {
			err = fmt.Errorf("%q is not in it:\n%s", want, text)
		}
		return err
	})
}

// ready waits until a node says so, NATS included.
func (m *mover) ready(node string) {
	m.t.Helper()
	m.eventually(node, func() error {
		status, answer, err := m.call(http.MethodGet, node+"/readyz", "")
		if err == nil && (status != http.StatusOK || strings.Contains(answer, "degraded")) {
			err = fmt.Errorf("%d %s", status, answer)
		}
		return err
	})
}

// balance answers at the origin, by whichever node is chosen.
func (m *mover) balance(port string) {
	m.t.Helper()
	listener, err := new(net.ListenConfig).Listen(m.t.Context(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		m.t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: moveTime, Handler: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(m.answers.Load()) }}}
	go func() { _ = server.Serve(listener) }()
	m.t.Cleanup(func() { _ = server.Close() })
}

// call is one of the application.
func (m *mover) call(method, at, body string) (int, string, error) {
	ctx, cancel := context.WithTimeout(m.t.Context(), moveTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, at, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.SetBasicAuth(m.id, m.secret)
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Timeout: moveTime}).Do(request)
	if err != nil {
		return 0, "", err
	}
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, string(answer), errors.Join(err, response.Body.Close())
}

// must is a call that is answered as it should be.
func (m *mover) must(want int, method, at, body string) map[string]any {
	m.t.Helper()
	status, answer, err := m.call(method, at, body)
	var fields map[string]any
	if err == nil {
		err = json.Unmarshal([]byte(answer), &fields)
	}
	if err != nil || status != want {
		m.t.Fatalf("%s %s: %d %s %v", method, at, status, answer, err)
	}
	return fields
}

var someNumber = regexp.MustCompile(`^\d+$`)

// ask puts a question to a node.
func (m *mover) ask(node string) (id, number string) {
	m.t.Helper()
	asked := m.must(http.StatusCreated, http.MethodPost, node+"/v1/approvals", `{"user":{"email":"ada@example.com"},"context":{"browser":"b1"}}`)
	id, number = fmt.Sprint(asked["id"]), fmt.Sprint(asked["number"])
	if !someNumber.MatchString(number) {
		m.t.Fatalf("%v", asked)
	}
	return id, number
}

// approve has the phone answer by a node.
func (m *mover) approve(node, id, number string) {
	m.t.Helper()
	if at, err := url.Parse(node); err == nil {
		m.answers.Store(at)
	}
	m.run(nil, "aye", "phone", "approve", id, number)
}

// login is one that is asked and waited for at a node, approved by the phone by another one, and redeemed there.
func (m *mover) login(asked, answered string) {
	m.t.Helper()
	id, number := m.ask(asked)
	released := make(chan map[string]any, 1)
	go func() {
		fields := map[string]any{"status": "pending"}
		for fields["status"] == "pending" { // a look of the phone is told too
			_, answer, err := m.call(http.MethodGet, asked+"/v1/approvals/"+id+"?wait=25", "")
			if err = errors.Join(err, json.Unmarshal([]byte(answer), &fields)); err != nil {
				fields = map[string]any{"status": fmt.Sprint(answer, err)}
			}
		}
		released <- fields
	}()
	m.approve(answered, id, number)
	fields := <-released
	if fields["status"] != "approved" {
		m.t.Fatalf("asked at %s, answered at %s: %v", asked, answered, fields)
	}
	m.must(http.StatusOK, http.MethodPost, answered+"/v1/approvals/"+id+"/redeem", fmt.Sprintf(`{"release_code":%q}`, fields["release_code"]))
}
