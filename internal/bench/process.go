package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// startTime is how long a process may take until it is ready.
	startTime = 30 * time.Second
	// stopTime is how long one may take to end in good order; then it is killed.
	stopTime = 20 * time.Second
	// lookEvery is how often it is looked whether something is so.
	lookEvery = 20 * time.Millisecond
	// tail is how much of a log is shown when a process ends by itself, in bytes.
	tail = 2000
)

// launcher starts the processes of a run: the program itself, with other commands.
type launcher struct {
	executable string
	dir        string // for their logs
	count      int
}

// process is a child. It ends with its context, in good order, or is killed.
type process struct {
	name    string
	command *exec.Cmd
	said    output // its standard output
	log     string // the file of its standard error
	stop    context.CancelFunc
	ended   chan struct{}
	err     error // how it ended
}

// start starts the program with the arguments. Only what it is told by them counts: settings
// in the environment are those of another Aye.
func (l *launcher) start(ctx context.Context, name string, arguments ...string) (*process, error) {
	return l.startProgram(ctx, l.executable, name, arguments...)
}

// startProgram starts another program.
func (l *launcher) startProgram(ctx context.Context, program, name string, arguments ...string) (*process, error) {
	l.count++
	p := &process{name: name, log: filepath.Join(l.dir, fmt.Sprintf("%02d-%s.log", l.count, name)), ended: make(chan struct{})}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	ctx, p.stop = context.WithCancel(ctx)
	p.command = exec.CommandContext(ctx, program, arguments...)
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	p.command.WaitDelay = stopTime
	p.command.Dir, p.command.Stdout, p.command.Stderr = l.dir, &p.said, log
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AYE_") {
			p.command.Env = append(p.command.Env, variable)
		}
	}
	if err := p.command.Start(); err != nil {
		p.stop()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.err = p.command.Wait()
		close(p.ended)
	}()
	return p, nil
}

// close ends the process in good order and waits for that.
func (p *process) close() {
	p.stop()
	<-p.ended
}

// kill ends the process as a power failure would, and waits for that.
func (p *process) kill() error {
	err := p.command.Process.Kill()
	<-p.ended
	p.stop()
	return err
}

// exited is how a process ended that was not asked to, with the end of its log.
func (p *process) exited() error {
	text, _ := os.ReadFile(p.log) // what cannot be read is not shown
	if len(text) > tail {
		text = text[len(text)-tail:]
	}
	return fmt.Errorf("%s ended by itself: %w\n%s", p.name, errors.Join(p.err, errors.New("see its log")), bytes.TrimSpace(text))
}

// until waits until ready says that it is so, the process ends, or time is up.
func (p *process) until(ctx context.Context, what string, ready func() bool) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for patience := time.After(startTime); ; {
		if ready() {
			return nil
		}
		select {
		case <-tick.C:
		case <-p.ended:
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return p.exited()
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-patience:
			return fmt.Errorf("%s was not %s within %s; its log is %s", p.name, what, startTime, p.log)
		}
	}
}

// untilSaid waits for a text on its standard output, and gives all of that.
func (p *process) untilSaid(ctx context.Context, text string) (string, error) {
	var said string
	err := p.until(ctx, "ready", func() bool {
		said = p.said.String()
		return strings.Contains(said, text)
	})
	return said, err
}

// untilAnswers waits until the address answers 200.
func (p *process) untilAnswers(ctx context.Context, client *http.Client, url string) error {
	return p.until(ctx, "ready", func() bool {
		status, _, err := fetch(ctx, client, http.MethodGet, url, "", nil)
		return err == nil && status == http.StatusOK
	})
}

// output is what a process wrote, the beginning of it: nobody reads more.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements [io.Writer].
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.text.Len() < 64<<10 {
		o.text.Write(p)
	}
	return len(p), nil
}

// String gives what was written so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
