package soak

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// startTime is how long a node may take until it answers.
const startTime = 60 * time.Second

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
		if status, _, err := call(ctx, asking, http.MethodGet, "http://"+n.listen+"/healthz", nil, ""); err == nil && status == http.StatusOK {
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
