package aside_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/rpc"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/aside"
	"example.com/aye/internal/ayetest"
)

// kinds are what this test binary can be beside the tests, by its name.
var kinds = map[string]func(){
	"good":    func() { _ = aside.Serve(os.Stdin, os.Stdout) },
	"ends":    func() {},
	"is deaf": func() { _, _ = io.Copy(io.Discard, os.Stdin) },
	"babbles": func() {
		_, _ = os.Stdout.WriteString(strings.Repeat("what nobody asked for ", 100))
		_, _ = io.Copy(io.Discard, os.Stdin)
	},
	"is other": func() { answer(func(*accounts.Work) error { return nil }) },
	"refuses after the first": func() {
		var calls atomic.Int64
		answer(func(work *accounts.Work) error {
			if calls.Add(1) > 1 {
				return errors.New("no more")
			}
			work.Time--
			return nil
		})
	},
}

// answer answers with the hash of other work, with a pass more than change leaves.
func answer(change func(*accounts.Work) error) {
	server := rpc.NewServer()
	_ = server.RegisterName("Aside", other(change))
	server.ServeConn(struct {
		io.Reader
		io.WriteCloser
	}{os.Stdin, os.Stdout})
}

type other func(*accounts.Work) error

// Sum is what is called.
func (o other) Sum(work accounts.Work, sum *[]byte) error {
	if err := o(&work); err != nil {
		return err
	}
	work.Time++
	*sum = work.Sum()
	return nil
}

func TestMain(m *testing.M) {
	if be, ok := kinds[os.Args[0]]; ok {
		be()
		return
	}
	os.Exit(m.Run())
}

var work = accounts.Work{Password: "seven quiet herons", Salt: []byte("0123456789abcdef"), Memory: 64, Time: 2, Threads: 1}

// world is a process of a kind, with a clock that the test turns and what it logs.
type world struct {
	*aside.Process

	clock *ayetest.Clock
	log   *bytes.Buffer
}

func program(t *testing.T, kind string) aside.Program {
	t.Helper()
	file, err := os.Executable()
	ayetest.Fails(t, err, nil)
	return aside.Program{File: file, Arguments: []string{kind}}
}

func begin(t *testing.T, program aside.Program) world {
	t.Helper()
	w := world{clock: ayetest.NewClock(), log: &bytes.Buffer{}}
	w.Process = aside.New(program, slog.New(slog.NewTextHandler(w.log, nil)), w.clock.Now)
	t.Cleanup(w.Close)
	return w
}

// makes has it make a hash, which is right whatever the process is.
func (w world) makes(t *testing.T) {
	t.Helper()
	if sum := w.Sum(work); !bytes.Equal(sum, work.Sum()) {
		t.Errorf("it made %x", sum)
	}
}

func (w world) complaints() int { return strings.Count(w.log.String(), "level=WARN") }

func TestEveryHashIsMade(t *testing.T) {
	t.Parallel()
	for kind, patience := range map[string]time.Duration{
		"good": time.Minute, "ends": time.Minute, "babbles": time.Minute, "is other": time.Minute, "refuses after the first": time.Minute,
		"is deaf": 50 * time.Millisecond,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w, good := begin(t, program(t, kind)), kind == "good"
			w.Hurry(patience)
			ayetest.Same(t, "started before it is needed", w.Running(), 0)
			for range 3 {
				w.makes(t)
				ayetest.Same(t, "it makes them", w.Running() != 0, good)
			}
			ayetest.Same(t, "complaints", w.complaints() == 0, good)
		})
	}
	t.Run("no such program", func(t *testing.T) {
		t.Parallel()
		w := begin(t, aside.Program{File: "/nowhere/aye", Arguments: []string{"aye"}})
		w.makes(t)
		ayetest.Same(t, "complaints", w.complaints(), 1)
	})
}

// What fails is not started for each password anew.
func TestOneThatFailsHasARest(t *testing.T) {
	t.Parallel()
	w := begin(t, program(t, "ends"))
	for _, want := range []int{1, 1, 2} {
		w.makes(t)
		ayetest.Same(t, "starts", w.complaints(), want)
		w.clock.Pass(aside.Rest / 2)
	}
}

// A process that is killed costs nobody a login, and there is another later.
func TestOneThatDiesIsReplaced(t *testing.T) {
	t.Parallel()
	w := begin(t, program(t, "good"))
	w.makes(t)
	first := w.Running()
	ayetest.Fails(t, syscall.Kill(first, syscall.SIGKILL), nil)
	w.makes(t)
	ayetest.Same(t, "it has one", w.Running() != 0, false)
	w.clock.Pass(aside.Rest)
	w.makes(t)
	ayetest.Same(t, "it has another", w.Running() != 0 && w.Running() != first, true)
	ayetest.Same(t, "complaints", w.complaints(), 1)
}

// Several at one time have one process, and each gets its own.
func TestSeveralAtOneTime(t *testing.T) {
	t.Parallel()
	w := begin(t, program(t, "good"))
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			mine := work
			mine.Salt = bytes.Repeat([]byte{byte(i)}, 16)
			if !bytes.Equal(w.Sum(mine), mine.Sum()) {
				t.Errorf("number %d got another's", i)
			}
		})
	}
	all.Wait()
	ayetest.Same(t, "complaints", w.complaints(), 0)
}

func TestClose(t *testing.T) {
	t.Parallel()
	w := begin(t, program(t, "good"))
	w.makes(t)
	number := w.Running()
	w.Close()
	ayetest.Fails(t, syscall.Kill(number, 0), syscall.ESRCH)
	w.makes(t)
	ayetest.Same(t, "it has one", w.Running() != 0, false)
	(*aside.Process)(nil).Close() // a server without one
}

// However the server ends, its end of the pipe closes, and the process ends too.
func TestItEndsWithTheServer(t *testing.T) {
	t.Parallel()
	it := program(t, "good")
	command := exec.CommandContext(t.Context(), it.File)
	command.Args = it.Arguments
	in, err := command.StdinPipe()
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, command.Start(), nil)
	ayetest.Fails(t, in.Close(), nil)
	ayetest.Fails(t, command.Wait(), nil)
}
