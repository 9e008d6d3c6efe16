package aside

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/rpc"
	"os/exec"
	"sync"
	"time"

	"example.com/aye/accounts"
)

const (
	// patience is how long one hash may take there.
	patience = 10 * time.Second
	// rest is how long none is started after one that failed: a start takes longer than a hash.
	rest = time.Minute
)

// Program is what is started, which must call [Serve]. The first argument is its name.
type Program struct {
	File      string
	Arguments []string
}

// Process makes hashes in another process, which it starts when it needs one. Make it with [New], and close it.
type Process struct {
	program  Program
	log      *slog.Logger
	now      func() time.Time
	patience time.Duration

	mu      sync.Mutex
	current *child
	until   time.Time // none is started before
	closed  bool
}

// New makes one, and starts nothing yet.
func New(program Program, log *slog.Logger, now func() time.Time) *Process {
	return &Process{program: program, log: log, now: now, patience: patience}
}

// Sum makes a hash: there, or here where that fails.
func (p *Process) Sum(work accounts.Work) []byte {
	c := p.child()
	if c == nil {
		return work.Sum()
	}
	sum, err := c.sum(work, p.patience)
	if err != nil {
		p.failed(c, err)
		return work.Sum()
	}
	return sum
}

// Close ends the process. What is asked for after that is made here.
func (p *Process) Close() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.current != nil {
		p.current.end()
		p.current = nil
	}
}

// child is the process that runs, or one that is started; nil where there is none now.
func (p *Process) child() *child {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil || p.closed || p.now().Before(p.until) {
		return p.current
	}
	c, err := start(p.program, p.patience)
	if err != nil {
		p.wait(err)
		return nil
	}
	p.current = c
	return c
}

// failed ends a process that did not answer; once, however many asked it.
func (p *Process) failed(c *child, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != c {
		return
	}
	c.end()
	p.current = nil
	p.wait(err)
}

func (p *Process) wait(err error) {
	p.until = p.now().Add(rest)
	p.log.Warn("strangers' passwords are hashed in the server itself for a minute, because the process for that failed", slog.String("error", err.Error()))
}

// child is a process that runs.
type child struct {
	command *exec.Cmd
	kill    context.CancelFunc
	client  *rpc.Client
}

// errOther says that it makes other hashes than this program.
var errOther = errors.New("it makes other hashes, so it is another program")

// start starts one and looks whether it can be relied on: a wrong hash would refuse a right password.
func start(program Program, patience time.Duration) (*child, error) {
	ctx, kill := context.WithCancel(context.Background())     // it outlives who asks first
	command := exec.CommandContext(ctx, program.File)         //nolint:gosec // it is this program itself
	command.Args, command.Env = program.Arguments, []string{} // it needs no settings, and secrets may be among them
	in, err := command.StdinPipe()
	if err != nil {
		kill()
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		kill()
		return nil, err
	}
	c := &child{command: command, kill: kill, client: rpc.NewClient(pipe{out, in, in.Close})}
	known := accounts.Work{Password: "known", Salt: []byte("sixteen bytes..."), Memory: 8, Time: 1, Threads: 1} // takes no time
	sum, err := c.sum(known, patience)
	if err == nil && !bytes.Equal(sum, known.Sum()) {
		err = errOther
	}
	if err != nil {
		c.end()
		return nil, err
	}
	return c, nil
}

func (c *child) sum(work accounts.Work, patience time.Duration) ([]byte, error) {
	var sum []byte
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case call := <-c.client.Go(method, work, &sum, make(chan *rpc.Call, 1)).Done:
		return sum, call.Error
	case <-timer.C:
		return nil, context.DeadlineExceeded // and nobody looks at sum any more
	}
}

// end kills it, which has nothing to finish, and waits for that.
func (c *child) end() {
	c.kill()
	_ = c.client.Close()
	_ = c.command.Wait() // it was killed, and says so
}
