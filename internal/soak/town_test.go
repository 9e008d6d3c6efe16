package soak

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/aye/internal/emulate"
	"example.com/aye/internal/phone"
)

const (
	// pageOrigin is where the pages that wait are from.
	pageOrigin = "https://login.example.com"
	// pushApp is the app that the phones run.
	pushApp = "com.example.aye"
	// startTime is how long a node may take until it answers.
	startTime = 60 * time.Second
)

// town is an installation of real processes, with the ways out of it that can be disturbed.
type town struct {
	t      *testing.T
	dir    string
	binary string
	origin string
	config string
	nodes  []*node
	ways   []*way
	extra  []fault

	clientID, clientSecret string
}

// node is one process of Aye.
type node struct {
	town    *town
	listen  string
	metrics string
	clock   string // the file with how wrong its clock is

	mu      sync.Mutex
	command *exec.Cmd
	ended   chan struct{}
	log     *os.File
}

// build makes the program, with a clock that can be set. The overlay is a file for `go build`, empty for none.
func build(t *testing.T, overlay string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "aye")
	arguments := []string{"build", "-tags", "faults", "-o", binary}
	if overlay != "" {
		arguments = append(arguments, "-overlay", overlay)
	}
	command := exec.CommandContext(t.Context(), "go", append(arguments, "../../cmd/aye")...)
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	return binary
}

// newTown furnishes an installation on SQLite with one node. It does not run yet.
func newTown(t *testing.T, binary string) *town {
	t.Helper()
	w := &town{t: t, dir: t.TempDir(), binary: binary}
	w.build(1, map[string]any{"data_dir": w.data()})
	return w
}

// newTowns is the same with two nodes over PostgreSQL and NATS, and a bad way to each.
func newTowns(t *testing.T, binary string) *town {
	t.Helper()
	w := &town{t: t, dir: t.TempDir(), binary: binary}
	database, hints := postgres(t), nats(t)
	w.extra = []fault{killed(database), killed(hints)}
	key := filepath.Join(w.dir, "key")
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	must(t, os.WriteFile(key, []byte(base64.StdEncoding.EncodeToString(secret)), 0o400))
	w.build(2, map[string]any{
		"data_dir": w.dir, "key_file": key,
		"database": map[string]any{"url": "postgres://postgres@" + w.way("PostgreSQL", database.address).listen + "/postgres?sslmode=disable"},
		"nats":     map[string]any{"url": "nats://" + w.way("NATS", hints.address).listen},
	})
	return w
}

// build writes the settings, and makes what everybody needs.
func (w *town) build(nodes int, settings map[string]any) {
	t := w.t
	t.Helper()
	google, err := emulate.StartFCM(context.WithoutCancel(t.Context()), "127.0.0.1:0")
	must(t, err)
	t.Cleanup(google.Close)
	roots, credentials := filepath.Join(w.dir, "fcm.pem"), filepath.Join(w.dir, "fcm.json")
	must(t, os.WriteFile(roots, google.CAPEM(), 0o600))
	account, err := google.ServiceAccountJSON()
	must(t, err)
	must(t, os.WriteFile(credentials, []byte(account.Reveal()), 0o600))
	addresses := free(t, 1+2*nodes)
	_, port, _ := net.SplitHostPort(addresses[0])
	w.origin = "http://localhost:" + port // nobody listens there: clients go to one of the nodes
	settings["origin"], settings["log_level"], settings["drain_time"] = w.origin, "warn", "5s"
	settings["push"] = []map[string]string{{
		"provider": "fcm", "app": pushApp, "credentials_file": credentials, "endpoint": "https://" + w.way("Google", strings.TrimPrefix(google.URL(), "https://")).listen,
		"roots_file": roots,
	}}
	text, err := json.Marshal(settings) // JSON is YAML too
	must(t, err)
	w.config = filepath.Join(w.dir, "aye.yaml")
	must(t, os.WriteFile(w.config, text, 0o600))
	for i := range nodes {
		w.nodes = append(w.nodes, &node{town: w, listen: addresses[1+2*i], metrics: addresses[2+2*i], clock: filepath.Join(w.dir, fmt.Sprintf("clock-%d", i))})
	}
	w.furnish()
}

// data is the folder of the database: in a soak by root, on a disk of its own that can be full.
func (w *town) data() string {
	dir := filepath.Join(w.dir, "data")
	if !*disks {
		return dir
	}
	must(w.t, os.Mkdir(dir, 0o700))
	must(w.t, syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4g,mode=0700"))
	w.t.Cleanup(func() { must(w.t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	w.extra = append(w.extra, fault{"full disk", func(ctx context.Context, _ *town, lasts time.Duration) error {
		var now syscall.Statfs_t
		if err := syscall.Statfs(dir, &now); err != nil {
			return err
		}
		used := (now.Blocks - now.Bfree) * uint64(now.Bsize)
		if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", used)); err != nil {
			return err
		}
		wait(ctx, lasts)
		return syscall.Mount("", dir, "", syscall.MS_REMOUNT, "size=4g")
	}})
	return dir
}

// furnish makes an organisation and an application with the program's own commands.
func (w *town) furnish() {
	w.t.Helper()
	w.run("organisation", "create", "Soak", "--allow-tap")
	var made struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	text := w.run("application", "create", "Shop", "--origin", pageOrigin, "--may-enrol", "--json")
	must(w.t, json.Unmarshal(text, &made))
	w.clientID, w.clientSecret = made.ID, made.Secret
	if w.clientID == "" || w.clientSecret == "" {
		w.t.Fatalf("the application has no secret: %s", text)
	}
}

// run is one command of the program, on the database itself.
func (w *town) run(arguments ...string) []byte {
	w.t.Helper()
	text, err := w.try(arguments...)
	if err != nil {
		w.t.Fatalf("aye %s: %v", strings.Join(arguments, " "), err)
	}
	return text
}

func (w *town) try(arguments ...string) ([]byte, error) {
	command := exec.CommandContext(context.WithoutCancel(w.t.Context()), w.binary, append(arguments, "--config", w.config)...)
	var said, wrong bytes.Buffer
	command.Stdout, command.Stderr = &said, &wrong
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, wrong.String())
	}
	return said.Bytes(), nil
}

// start starts the node and waits until it answers.
func (n *node) start(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var err error
	if n.log == nil {
		if n.log, err = os.OpenFile(filepath.Join(n.town.dir, "node-"+n.port()+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
			return err
		}
	}
	n.command = exec.CommandContext(context.WithoutCancel(ctx), n.town.binary, "serve", "--config", n.town.config,
		"--set", "listen="+n.listen, "--set", "metrics_listen="+n.metrics)
	n.command.Env = append(os.Environ(), "FAULTS_CLOCK="+n.clock)
	n.command.Stderr = n.log
	if err = n.command.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	n.ended = ended
	command := n.command
	go func() { _ = command.Wait(); close(ended) }()
	return n.until(ctx, ended)
}

func (n *node) port() string { _, port, _ := net.SplitHostPort(n.listen); return port }

// asking asks whether a node is there.
var asking = &http.Client{Timeout: 5 * time.Second}

func (n *node) until(ctx context.Context, ended <-chan struct{}) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for patience := time.After(startTime); ; {
		if status, _, err := call(ctx, asking, http.MethodGet, "http://"+n.listen+"/healthz", "", nil); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-tick.C:
		case <-ended:
			text, _ := os.ReadFile(n.log.Name())
			return fmt.Errorf("the node ended by itself: %s", text[max(0, len(text)-1500):])
		case <-patience:
			return errors.New("the node does not answer")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// kill ends the process without warning, and stop with one.
func (n *node) kill() { n.end((*os.Process).Kill) }
func (n *node) stop() { n.end(func(p *os.Process) error { return p.Signal(os.Interrupt) }) }

func (n *node) end(how func(*os.Process) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.command == nil {
		return
	}
	_ = how(n.command.Process) // one that has ended already is what was wanted
	<-n.ended
	n.command = nil
}

// client calls any of the nodes, another one each time, as through a proxy in front of them.
func (w *town) client() *http.Client {
	var dialer net.Dialer
	return &http.Client{
		Timeout: 15 * time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, w.nodes[below(len(w.nodes))].listen)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// call makes one call and reads the answer.
func call(ctx context.Context, client *http.Client, method, url, authorization string, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	if strings.HasPrefix(authorization, "Ticket ") {
		request.Header.Set("Origin", pageOrigin)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, text, err
}

// person is somebody with one phone.
type person struct {
	email string
	phone *phone.Phone
}

// settle makes so many people with a linked phone each. The nodes run.
func (w *town) settle(ctx context.Context, count int) []*person {
	w.t.Helper()
	people := make([]*person, count)
	for i := range people {
		email := fmt.Sprintf("person-%d@example.com", i)
		w.run("person", "create", email, "--name", fmt.Sprintf("Person %d", i)) //nolint:contextcheck // it takes the test's
		status, text, err := w.application(ctx, http.MethodPost, "/v1/pairings", "", fmt.Sprintf(`{"user":{"email":%q}}`, email))
		if err != nil || status != http.StatusCreated {
			w.t.Fatalf("no pairing: %d %s %v", status, text, err)
		}
		var opened struct {
			URL string `json:"url"`
		}
		must(w.t, json.Unmarshal(text, &opened))
		p, err := phone.Open("")
		must(w.t, err)
		p.HTTP = w.client()
		_, err = p.Pair(ctx, opened.URL, phone.Details{
			Platform: "android", Model: "Phone", OSVersion: "16", AppVersion: "2.0.0", Locale: "en",
			Push: phone.Push{Provider: "fcm", App: pushApp, Address: phone.Secret(fmt.Sprintf("address-%d", i))},
		})
		must(w.t, err)
		people[i] = &person{email, p}
	}
	return people
}

// application is a call of the relying party.
func (w *town) application(ctx context.Context, method, path, key, body string) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, w.origin+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.SetBasicAuth(w.clientID, w.clientSecret)
	request.Header.Set("Content-Type", "application/json")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := w.client().Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, text, err
}

// free finds addresses on which nobody listens at the moment.
func free(t *testing.T, count int) (addresses []string) {
	t.Helper()
	for range count {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		must(t, err)
		defer func() { _ = listener.Close() }()
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses
}

// below is a number from 0 to n-1.
func below(n int) int {
	got, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err)
	}
	return int(got.Int64())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
