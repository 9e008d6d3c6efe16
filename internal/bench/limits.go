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
	// Hub makes it the hub alone.
	Hub                              bool
	PageOrigin, Database, People     string
	Each                             bool
	ApplicationID, ApplicationSecret string
	Push                             bare.Push
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
	if s.Hub {
		return bare.ServeHub(ctx, anywhere, anywhere, ready)
	}
	return bare.Serve(ctx, bare.Config{
		Listen: anywhere, Metrics: anywhere, PageOrigin: s.PageOrigin, Database: s.Database, People: s.People, Each: s.Each,
		ApplicationID: s.ApplicationID, ApplicationSecret: s.ApplicationSecret, Push: s.Push, Ready: ready,
	})
}

// limit is a running bare program.
type limit struct {
	*process

	listen, metrics string
}

// limit starts a bare program.
func (l *launcher) limit(ctx context.Context, name string, settings bareSettings) (*limit, error) {
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(l.dir, name+".json")
	if err = os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	p, err := l.start(ctx, name, "bench", "--bare", file)
	if err != nil {
		return nil, err
	}
	said, err := p.untilSaid(ctx, "\n")
	if err != nil {
		p.close()
		return nil, err
	}
	listen, metrics, _ := strings.Cut(strings.TrimSpace(said), " ")
	return &limit{process: p, listen: listen, metrics: "http://" + metrics + "/metrics"}, nil
}

// bareTarget starts a bare server for the people and makes it ready to be driven.
func (r *run) bareTarget(ctx context.Context, name string, each bool, connections int) (*limit, *target, error) {
	people := filepath.Join(r.dir, "people.jsonl")
	if err := writePeople(people, r.aye.people); err != nil {
		return nil, nil, err
	}
	settings := bareSettings{
		PageOrigin: pageOrigin, Database: filepath.Join(r.dir, name+".db"), People: people, Each: each,
		ApplicationID: "app_bare", ApplicationSecret: secret.NewToken().Reveal(),
		Push: bare.Push{Endpoint: r.google.endpoint, Credentials: r.google.credentials, Roots: r.google.roots},
	}
	l, err := r.launcher.limit(ctx, name, settings)
	if err != nil {
		return nil, nil, err
	}
	t := &target{
		name: name, origin: "http://" + l.listen, page: pageOrigin,
		authorization: credentials(settings.ApplicationID, settings.ApplicationSecret),
		metrics:       l.metrics, pushes: r.pushes, people: newRotation(r.aye.people, false, r.now),
	}
	t.at(l.listen, connections)
	if err := t.learnKeys(ctx); err != nil {
		l.close()
		return nil, nil, err
	}
	return l, t, nil
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
