package bench

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/aye/internal/bench/bare"
	"example.com/aye/internal/emulate"
	"example.com/aye/internal/secret"
)

// atBare makes a bare server in this process, with one person.
func atBare(t *testing.T) *target {
	t.Helper()
	dir, ctx := t.TempDir(), t.Context()
	fcm, err := emulate.StartFCM(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fcm.Close)
	account, err := fcm.ServiceAccountJSON()
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if writeErr := os.WriteFile(path, text, 0o600); writeErr != nil {
			t.Fatal(writeErr)
		}
		return path
	}
	ada, err := newPerson()
	if err != nil {
		t.Fatal(err)
	}
	ada.address = newAddress()
	ada.linked("per_1", "usr_1", secret.NewID("dev"))
	if err = writePeople(filepath.Join(dir, "people"), []*person{ada}); err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(ctx)
	ready, ended := make(chan [2]string, 1), make(chan error, 1)
	go func() {
		ended <- bare.Serve(serving, bare.Config{
			Listen: "127.0.0.1:0", Metrics: "127.0.0.1:0", PageOrigin: pageOrigin, Database: filepath.Join(dir, "bare.db"), People: filepath.Join(dir, "people"),
			ApplicationID: "app_1", ApplicationSecret: "s",
			Push:  bare.Push{Endpoint: fcm.URL(), Credentials: file("fcm.json", []byte(account.Reveal())), Roots: file("fcm.pem", fcm.CAPEM())},
			Ready: func(listen, metrics string) { ready <- [2]string{listen, metrics} },
		})
	}()
	var addresses [2]string
	select {
	case addresses = <-ready:
	case err = <-ended:
		t.Fatal(err)
	}
	hearing, deafen := context.WithCancel(ctx)
	client := &http.Client{Transport: &http.Transport{}}
	pushes, err := listen(hearing, client, fcm.ControlURL())
	if err != nil {
		t.Fatal(err)
	}
	to := &target{
		name: "bare", origin: "http://" + addresses[0], page: pageOrigin, authorizations: []string{credentials("app_1", "s")},
		metrics: []string{"http://" + addresses[1] + "/metrics"}, pushes: pushes, people: newRotation([]*person{ada}, false, time.Now),
	}
	to.at(2, addresses[0])
	t.Cleanup(func() {
		to.close()
		deafen()
		<-pushes.ended
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	if err := to.learnKeys(ctx); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestLoad(t *testing.T) {
	t.Parallel()
	to := atBare(t)
	to.ledger = &ledger{}
	l := &load{target: to, failed: func(err error) { t.Error(err) }}
	const length = 3 * time.Second // in which a busy machine lets somebody in too
	m, err := l.closed(t.Context(), 1, length)
	if err != nil {
		t.Fatal(err)
	}
	if m.logins == 0 || m.took < length || m.used || m.costs[metricAllocs] == 0 || m.costly < m.logins {
		t.Errorf("%d logins in %s, costs %v of %d", m.logins, m.took, m.costs, m.costly)
	}
	kept := to.ledger.take()
	if len(kept) < m.logins {
		t.Errorf("%d logins, and %d in the ledger", m.logins, len(kept))
	}
	for id, redeemed := range kept {
		if !strings.HasPrefix(id, "apr_") || !redeemed {
			t.Errorf("%s, redeemed: %v", id, redeemed)
		}
	}
	// The one person is away: the load ends at once, and says so.
	if _, ok := to.people.take(); !ok {
		t.Fatal("the person was not given back")
	}
	again := &load{target: to, failed: l.failed}
	if m, err := again.closed(t.Context(), 1, time.Minute); err != nil || !m.used || m.logins != 0 {
		t.Errorf("with nobody: %+v, %v", m, err)
	}
}

func TestWhatIsWrongIsSeen(t *testing.T) {
	t.Parallel()
	to := atBare(t)
	one, _ := to.people.take()
	for _, test := range []struct {
		name   string
		change func(*target, *person)
		want   string
	}{
		{"a wrong secret", func(t *target, _ *person) { t.authorizations = []string{credentials("app_1", "x")} }, "ask: 401"},
		{"a page of another origin", func(t *target, _ *person) { t.page = "https://example.org" }, "wait: 403 at the handshake"},
		{"another phone's key", func(_ *target, p *person) { p.deviceKey = p.approvalKey }, "fetch: 401"},
		{"the wrong key decides", func(_ *target, p *person) { p.approvalKey = p.deviceKey }, "decide: "},
		{"another server's keys", func(t *target, _ *person) { t.keys = map[string]*ecdsa.PublicKey{} }, "fetch: " + errSignature.Error()},
		{"nothing is wrong", func(*target, *person) {}, ""},
	} {
		changed, p := &target{
			name: to.name, origin: to.origin, page: to.page, authorizations: to.authorizations, node: to.node, nodes: to.nodes, http: to.http,
			dialer: to.dialer, keys: to.keys, pushes: to.pushes,
		}, *one.person
		test.change(changed, &p)
		_, err := changed.login(t.Context(), &p)
		if test.want == "" && err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if test.want != "" && (err == nil || !strings.HasPrefix(reasonOf(err), test.want)) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

func TestProcessThatEnds(t *testing.T) {
	t.Parallel()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l := &launcher{executable: executable, dir: t.TempDir()}
	p, err := l.start(t.Context(), "test", "-no-such-flag")
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	_, err = p.untilSaid(t.Context(), "a text that it never writes")
	if err == nil || !containsAll(err.Error(), "test ended by itself", "exit status 2", "write the golden files anew") {
		t.Errorf("%v; the end of the log, where the flags stand, must be in it", err)
	}
	l.executable = filepath.Join(l.dir, "none")
	if _, err := l.start(t.Context(), "none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a program that is not there: %v", err)
	}
}
