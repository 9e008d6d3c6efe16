package bench

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"time"

	"example.com/aye/internal/secret"
)

// pageOrigin is where the pages that wait are from.
const pageOrigin = "https://login.example.com"

// installation is an Aye with its own data, that is started and stopped.
type installation struct {
	launcher *launcher
	data     string // the folder of the database
	settings string // the file
	listen   string
	metrics  string
	origin   string

	organisation string
	application  string
	secret       secret.Secret
	people       []*person // with phones that are pushed to
	quiet        []*person // with phones that are not
	filled       int       // finished requests that were put in

	server *process
	// crashed is how servers ended that nobody had asked to.
	crashed error
}

// newInstallation writes the settings: those of any installation, but for the addresses and
// where pushes go.
func newInstallation(ctx context.Context, l *launcher, google *standIn) (*installation, error) {
	i := &installation{launcher: l, data: filepath.Join(l.dir, "data"), settings: filepath.Join(l.dir, "aye.yaml")}
	addresses, err := freeAddresses(ctx, 2)
	if err != nil {
		return nil, err
	}
	i.listen, i.metrics = addresses[0], addresses[1]
	_, port, err := net.SplitHostPort(i.listen)
	if err != nil {
		return nil, err
	}
	i.origin = "http://localhost:" + port
	settings := map[string]any{
		"origin": i.origin, "listen": i.listen, "metrics_listen": i.metrics, "data_dir": i.data, "log_level": "info",
		"push": []map[string]string{{
			"provider": "fcm", "app": pushApp, "credentials_file": google.credentials, "endpoint": google.endpoint, "roots_file": google.roots,
		}},
	}
	text, err := json.MarshalIndent(settings, "", "  ") // JSON is YAML too
	if err != nil {
		return nil, err
	}
	return i, os.WriteFile(i.settings, text, 0o600)
}

// freeAddresses finds addresses on which nobody listens at the moment.
func freeAddresses(ctx context.Context, count int) (addresses []string, err error) {
	var held []net.Listener // all at one time, so that none comes twice
	for range count {
		listener, listenErr := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if listenErr != nil {
			err = listenErr
			break
		}
		held = append(held, listener)
		addresses = append(addresses, listener.Addr().String())
	}
	for _, listener := range held {
		err = errors.Join(err, listener.Close())
	}
	return addresses, err
}

// start starts the server and waits until it answers.
func (i *installation) start(ctx context.Context) error {
	p, err := i.launcher.start(ctx, "aye", "serve", "--config", i.settings)
	if err != nil {
		return err
	}
	client := newClient(1)
	defer client.CloseIdleConnections()
	if err := p.untilAnswers(ctx, client, "http://"+i.listen+"/readyz"); err != nil {
		p.close()
		return err
	}
	i.server = p
	return nil
}

// stop ends the server in good order.
func (i *installation) stop() {
	if i.server == nil {
		return
	}
	select {
	case <-i.server.ended:
		i.crashed = errors.Join(i.crashed, i.server.exited())
	default:
	}
	i.server.close()
	i.server = nil
}

// kill ends the server without warning.
func (i *installation) kill() error {
	p := i.server
	i.server = nil
	return p.kill()
}

// verifyAudit has the command check the audit log of the server that does not run.
func (i *installation) verifyAudit(ctx context.Context) error {
	p, err := i.launcher.start(ctx, "audit", "audit", "verify", "--config", i.settings)
	if err != nil {
		return err
	}
	defer p.close()
	timer := time.NewTimer(auditTime)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
		return errors.New("the audit log was not verified in time")
	}
	if p.err != nil {
		return p.exited()
	}
	return nil
}

// auditTime bounds the check of the audit log.
const auditTime = 10 * time.Minute

// size is how much the database takes on the disk, in bytes.
func (i *installation) size() (total int64) {
	for _, name := range []string{"aye.db", "aye.db-wal"} {
		if info, err := os.Stat(filepath.Join(i.data, name)); err == nil {
			total += info.Size()
		}
	}
	return total
}

// target makes the running server ready to be driven.
func (i *installation) target(ctx context.Context, people *rotation, pushes *arrivals, connections int) (*target, error) {
	t := &target{
		name: "Aye", origin: i.origin, page: pageOrigin, authorization: credentials(i.application, i.secret.Reveal()),
		metrics: "http://" + i.metrics + "/metrics", pushes: pushes, people: people,
	}
	t.at(i.listen, connections)
	return t, t.learnKeys(ctx)
}
