package bench

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"example.com/aye/internal/bench/bare"
	"example.com/aye/internal/secret"
)

// pageOrigin is where the pages that wait are from.
const pageOrigin = "https://login.example.com"

// installation is an Aye with its own data, that is started and stopped.
type installation struct {
	launcher *launcher
	data     string         // the folder of SQLite's database
	database *bare.Database // PostgreSQL; nil on SQLite
	settings string         // the file of the first node, with which commands are run
	nodes    []*ayeNode
	origin   string

	houses []house
	people []*person // with phones that are pushed to
	quiet  []*person // with phones that are not
	filled int       // finished requests that were put in

	// crashed is how servers ended that nobody had asked to.
	crashed error
}

// house is an organisation with its application.
type house struct {
	organisation, application string
	secret                    secret.Secret
}

// ayeNode is one process of it.
type ayeNode struct {
	settings        string // the file
	listen, metrics string
	server          *process
}

// newInstallation writes the settings: those of any installation, but for the addresses and
// where pushes go. Without a database it is SQLite; hints is where NATS is, for several nodes.
func newInstallation(ctx context.Context, l *launcher, google *standIn, database *bare.Database, nodes int, hints string) (*installation, error) {
	i := &installation{launcher: l, data: filepath.Join(l.dir, "data"), database: database}
	addresses, err := freeAddresses(ctx, 2*nodes)
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(addresses[0])
	if err != nil {
		return nil, err
	}
	i.origin = "http://localhost:" + port
	settings := map[string]any{
		"origin": i.origin, "data_dir": i.data, "log_level": "info",
		"push": []map[string]string{{
			"provider": "fcm", "app": pushApp, "credentials_file": google.credentials, "endpoint": google.endpoint, "roots_file": google.roots,
		}},
	}
	if database != nil {
		if settings["key_file"], err = writeKey(l.dir); err != nil {
			return nil, err
		}
		settings["database"] = map[string]any{"url": database.URL}
	}
	if hints != "" {
		settings["nats"] = map[string]any{"url": hints}
	}
	for at := range nodes {
		n := &ayeNode{settings: filepath.Join(l.dir, fmt.Sprintf("aye-%d.yaml", at+1)), listen: addresses[2*at], metrics: addresses[2*at+1]}
		settings["listen"], settings["metrics_listen"] = n.listen, n.metrics
		text, err := json.MarshalIndent(settings, "", "  ") // JSON is YAML too
		if err != nil {
			return nil, err
		}
		if err = os.WriteFile(n.settings, text, 0o600); err != nil {
			return nil, err
		}
		i.nodes = append(i.nodes, n)
	}
	i.settings = i.nodes[0].settings
	return i, nil
}

// writeKey makes the installation's key, which nodes share.
func writeKey(dir string) (path string, err error) {
	path = filepath.Join(dir, "key")
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return path, os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(key)), 0o400)
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

// start starts the server.
func (i *installation) start(ctx context.Context) error {
	return i.startAs(ctx, func(int) []string { return []string{"serve"} })
}

// startCarried starts it with room for so many connections, and with an address for each node
// to which some of them are carried.
func (i *installation) startCarried(ctx context.Context, connections int) (addresses []string, err error) {
	if addresses, err = freeAddresses(ctx, len(i.nodes)); err != nil {
		return nil, err
	}
	room := fmt.Sprintf("connections=%d", connections)
	return addresses, i.startAs(ctx, func(at int) []string { return []string{"bench", "--carry", addresses[at], "--set", room} })
}

// startAs starts the server with the command that each node has, one node after the other, and
// waits until all answer.
func (i *installation) startAs(ctx context.Context, command func(at int) []string) error {
	client := newClient(1)
	defer client.CloseIdleConnections()
	for at, n := range i.nodes {
		p, err := i.launcher.start(ctx, fmt.Sprintf("aye-%d", at+1), append(command(at), "--config", n.settings)...)
		if err == nil {
			n.server = p
			err = p.untilAnswers(ctx, client, "http://"+n.listen+"/readyz")
		}
		if err != nil {
			i.stop()
			return err
		}
	}
	return nil
}

// stop ends the server in good order.
func (i *installation) stop() {
	for _, n := range i.nodes {
		if n.server == nil {
			continue
		}
		select {
		case <-n.server.ended:
			i.crashed = errors.Join(i.crashed, n.server.exited())
		default:
		}
		n.server.close()
		n.server = nil
	}
}

// kill ends the server without warning, all nodes of it.
func (i *installation) kill() (err error) {
	for _, n := range i.nodes {
		err = errors.Join(err, n.server.kill())
		n.server = nil
	}
	return err
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
func (i *installation) size(ctx context.Context) (total int64, err error) {
	if i.database != nil {
		return i.database.Size(ctx)
	}
	for _, name := range []string{"aye.db", "aye.db-wal"} {
		if info, err := os.Stat(filepath.Join(i.data, name)); err == nil {
			total += info.Size()
		}
	}
	return total, nil
}

// target makes the running server ready to be driven.
func (i *installation) target(ctx context.Context, people *rotation, pushes *arrivals, connections int) (*target, error) {
	t := &target{
		name: "Aye", origin: i.origin, page: pageOrigin, database: i.database, pushes: pushes, people: people,
	}
	for _, h := range i.houses {
		t.authorizations = append(t.authorizations, credentials(h.application, h.secret.Reveal()))
	}
	var addresses []string
	for _, n := range i.nodes {
		addresses = append(addresses, n.listen)
		t.metrics = append(t.metrics, "http://"+n.metrics+"/metrics")
	}
	t.at(connections, addresses...)
	return t, t.learnKeys(ctx)
}
