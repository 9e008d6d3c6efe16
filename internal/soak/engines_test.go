package soak

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// engine is a process that Aye needs, of the soak alone: it is killed like the others.
type engine struct {
	name, address string
	command       func() *exec.Cmd

	mu      sync.Mutex
	process *exec.Cmd
	ended   chan struct{}
}

// start starts the engine and waits until it can be talked to. What a killed one left behind may need a moment to go.
func (e *engine) start(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var dialer net.Dialer
	for patience := time.Now().Add(startTime); time.Now().Before(patience) && ctx.Err() == nil; wait(ctx, 100*time.Millisecond) {
		if e.process == nil {
			e.process, e.ended = e.command(), make(chan struct{})
			if err := e.process.Start(); err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			go func(process *exec.Cmd, ended chan struct{}) { _ = process.Wait(); close(ended) }(e.process, e.ended)
		}
		select {
		case <-e.ended:
			e.process = nil
			continue
		default:
		}
		if conn, err := dialer.DialContext(ctx, "tcp", e.address); err == nil {
			return conn.Close()
		}
	}
	return errors.Join(fmt.Errorf("%s does not answer", e.name), ctx.Err())
}

// kill ends it without warning.
func (e *engine) kill() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.process != nil {
		_ = e.process.Process.Kill()
		<-e.ended
		e.process = nil
	}
}

// running starts an engine that ends with the test.
func running(t *testing.T, e *engine) *engine {
	t.Helper()
	must(t, e.start(t.Context()))
	t.Cleanup(e.kill)
	return e
}

// postgres is a PostgreSQL with a new cluster, as Debian installs the program. It refuses to run as root.
func postgres(t *testing.T) *engine {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	must(t, err)
	if len(found) == 0 {
		t.Fatal("install Debian's postgresql")
	}
	slices.Sort(found)
	programs := filepath.Dir(found[len(found)-1])
	dir, err := os.MkdirTemp("", "aye-soak-") //nolint:usetesting // another user must get in, and the name be short for a socket
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	as := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		who, err := user.Lookup("postgres")
		must(t, err)
		uid, _ := strconv.Atoi(who.Uid)
		gid, _ := strconv.Atoi(who.Gid)
		must(t, os.Chown(dir, uid, gid))
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	cluster := filepath.Join(dir, "cluster")
	initialise := exec.CommandContext(t.Context(), filepath.Join(programs, "initdb"), "-D", cluster, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale", "C.UTF-8")
	initialise.SysProcAttr, initialise.Dir = as, dir
	if text, err := initialise.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, text)
	}
	address := free(t, 1)[0]
	_, port, _ := net.SplitHostPort(address)
	return running(t, &engine{name: "PostgreSQL", address: address, command: func() *exec.Cmd {
		command := exec.Command(filepath.Join(programs, "postgres"), "-D", cluster, "-p", port, "-k", dir, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=100")
		command.SysProcAttr, command.Dir = as, dir
		return command
	}})
}

// nats is a NATS server.
func nats(t *testing.T) *engine {
	t.Helper()
	program, err := exec.LookPath("nats-server")
	if err != nil {
		t.Fatal("install Debian's nats-server")
	}
	address := free(t, 1)[0]
	_, port, _ := net.SplitHostPort(address)
	return running(t, &engine{name: "NATS", address: address, command: func() *exec.Cmd {
		return exec.Command(program, "-a", "127.0.0.1", "-p", port)
	}})
}

// killed is the fault of an engine that ends without warning.
func killed(e *engine) fault {
	return fault{name: "kill -9 of " + e.name, do: func(ctx context.Context, _ *town, lasts time.Duration) error {
		e.kill()
		wait(ctx, lasts/2)
		return e.start(context.WithoutCancel(ctx))
	}}
}
