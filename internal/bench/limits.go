package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"example.com/aye/internal/bench/bare"
	"example.com/aye/internal/secret"
)

// bareSettings is what a bare program is told, in a file: its application's secret is no
// business of those who list the processes.
type bareSettings struct {
	// Hub makes it the hub alone, Wall what refuses everything, and Victim who attacks that.
	Hub, Wall bool
	Victim    *victim `json:",omitempty"`
	// Carried is where connections are carried to; of the hub alone.
	Carried                              string `json:",omitempty"`
	Origin, PageOrigin, Database, People string
	Each                                 bool
	Node, Nodes                          int
	Hints                                string
	Keys                                 bare.Keys
	ApplicationID, ApplicationSecret     string
	Push                                 bare.Push
}

// RunBare is a bare program: it serves as the file says until ctx ends, and writes its
// addresses to out when it is ready.
func RunBare(ctx context.Context, file string, out io.Writer) error {
	text, err := os.ReadFile(file) //nolint:gosec // the launcher names the file
	if err != nil {
		return err
	}
	var s bareSettings
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	ready := func(listen, metrics string) { fmt.Fprintf(out, "%s %s\n", listen, metrics) }
	const anywhere = "127.0.0.1:0"
	switch {
	case s.Victim != nil:
		return runAttack(ctx, *s.Victim, out)
	case s.Wall:
		return bare.ServeWall(ctx, anywhere, anywhere, ready)
	case s.Hub:
		return bare.ServeHub(ctx, anywhere, anywhere, s.Carried, ready)
	}
	return bare.Serve(ctx, bare.Config{
		Listen: anywhere, Metrics: anywhere, Origin: s.Origin, PageOrigin: s.PageOrigin, Database: s.Database, People: s.People, Each: s.Each,
		Node: s.Node, Nodes: s.Nodes, Hints: s.Hints, Keys: s.Keys,
		ApplicationID: s.ApplicationID, ApplicationSecret: s.ApplicationSecret, Push: s.Push, Ready: ready,
	})
}

// limit is a running bare program.
type limit struct {
	*process

	listen, metrics string
}

// limit starts a bare server.
func (l *launcher) limit(ctx context.Context, name string, settings bareSettings) (*limit, error) {
	p, err := l.bare(ctx, name, settings)
	if err != nil {
		return nil, err
	}
	listen, metrics, _ := strings.Cut(strings.TrimSpace(p.said.String()), " ")
	return &limit{process: p, listen: listen, metrics: "http://" + metrics + "/metrics"}, nil
}

// bare starts a bare program, and waits until it has said something.
func (l *launcher) bare(ctx context.Context, name string, settings bareSettings) (*process, error) {
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(l.dir, fmt.Sprintf("%s-%d.json", name, l.count))
	if err = os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	p, err := l.start(ctx, name, "bench", "--bare", file)
	if err != nil {
		return nil, err
	}
	if _, err = p.untilSaid(ctx, "\n"); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// bareServer is a running bare server: one program, or several that serve together.
type bareServer struct {
	target   *target
	programs []*limit
	database *bare.Database
}

// close ends it, and leaves nothing in PostgreSQL.
func (s *bareServer) close() {
	if s.target != nil {
		s.target.close()
	}
	for _, p := range s.programs {
		p.close()
	}
	if s.database != nil {
		_ = s.database.Drop() // the server may be gone
	}
}

// bareOrigin is what phones sign for at a bare server.
const bareOrigin = "http://bare.example.com"

// startBare starts a bare server for the people and makes it ready to be driven.
func (r *run) startBare(ctx context.Context, name string, each bool, connections int) (started *bareServer, err error) {
	people := filepath.Join(r.dir, "people.jsonl")
	if err = writePeople(people, r.aye.people); err != nil {
		return nil, err
	}
	settings := bareSettings{
		Origin: bareOrigin, PageOrigin: pageOrigin, Database: filepath.Join(r.dir, name+".db"), People: people, Each: each,
		ApplicationID: "app_bare", ApplicationSecret: secret.NewToken().Reveal(),
		Push: bare.Push{Endpoint: r.google.endpoint, Credentials: r.google.credentials, Roots: r.google.roots},
	}
	if settings.Keys, err = bare.NewKeys(); err != nil {
		return nil, err
	}
	server := &bareServer{}
	defer func() {
		if err != nil {
			server.close()
		}
	}()
	if r.Postgres != "" {
		if server.database, err = bare.MakeDatabase(ctx, r.Postgres, "bare"); err != nil {
			return nil, err
		}
		settings.Database, settings.Nodes, settings.Hints = server.database.URL, r.Nodes, r.hints
	}
	t := &target{
		name: name, origin: bareOrigin, page: pageOrigin,
		authorizations: []string{credentials(settings.ApplicationID, settings.ApplicationSecret)},
		database:       server.database, pushes: r.pushes, people: newRotation(r.aye.people, false, r.now),
	}
	var addresses []string
	for settings.Node = range r.Nodes {
		l, failure := r.launcher.limit(ctx, fmt.Sprintf("%s-%d", name, settings.Node+1), settings)
		if failure != nil {
			return nil, failure
		}
		server.programs = append(server.programs, l)
		addresses = append(addresses, l.listen)
		t.metrics = append(t.metrics, l.metrics)
	}
	if server.database != nil {
		if err = server.database.Settle(ctx); err != nil {
			return nil, err
		}
	}
	t.at(connections, addresses...)
	server.target = t
	return server, t.learnKeys(ctx)
}

func writePeople(path string, people []*person) error {
	all := make([]bare.Person, 0, len(people))
	for _, p := range people {
		all = append(all, bare.Person{
			Membership: p.membership, Device: p.device, DeviceKey: bare.Key(p.devicePublic), ApprovalKey: bare.Key(p.approvalPublic), Address: p.address,
		})
	}
	return bare.WritePeople(path, all)
}
