package soak

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/aye/internal/porttest"
)

// pageOrigin is where the pages that wait are from.
const pageOrigin = "https://login.example.com"

// town is an installation of real processes, with the ways out of it that can be disturbed.
type town struct {
	t       *testing.T
	dir     string
	binary  string
	origin  string
	config  string
	nodes   []*node
	ways    []*way
	extra   []fault
	vendors vendors
	shops   []*shop
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
	addresses := free(t, 1+2*nodes)
	_, port, _ := net.SplitHostPort(addresses[0])
	w.origin = "http://localhost:" + port // nobody listens there: clients go to one of the nodes
	settings["origin"], settings["log_level"], settings["drain_time"] = w.origin, "warn", "5s"
	w.openVendors(settings)
	text, err := json.Marshal(settings) // JSON is YAML too
	must(t, err)
	w.config = filepath.Join(w.dir, "aye.yaml")
	must(t, os.WriteFile(w.config, text, 0o600))
	for i := range nodes {
		w.nodes = append(w.nodes, &node{town: w, listen: addresses[1+2*i], metrics: addresses[2+2*i], clock: filepath.Join(w.dir, fmt.Sprintf("clock-%d", i))})
	}
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
	w.extra = append(w.extra, fault{name: "full disk", hurts: true, do: func(ctx context.Context, _ *town, lasts time.Duration) error {
		var now syscall.Statfs_t
		if err := syscall.Statfs(dir, &now); err != nil {
			return err
		}
		used := (now.Blocks - now.Bfree) * uint64(now.Bsize)
		if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", used)); err != nil {
			return err
		}
		wait(ctx, 2*time.Second+lasts) // what SQLite has of its log it can write once more
		return syscall.Mount("", dir, "", syscall.MS_REMOUNT, "size=4g")
	}})
	return dir
}

// try is one command of the program, on the database itself.
func (w *town) try(arguments ...string) ([]byte, error) {
	command := exec.CommandContext(context.WithoutCancel(w.t.Context()), w.binary, append(arguments, "--config", w.config)...)
	var said, wrong bytes.Buffer
	command.Stdout, command.Stderr = &said, &wrong
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("aye %s: %w: %s", strings.Join(arguments, " "), err, wrong.String())
	}
	return said.Bytes(), nil
}

// free finds addresses on which nobody listens.
func free(t *testing.T, count int) []string {
	t.Helper()
	addresses, err := porttest.Free(count)
	must(t, err)
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
