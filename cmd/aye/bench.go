package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"example.com/aye/internal/app"
	"example.com/aye/internal/bench"
)

type benchCommand struct {
	jsonFlag
	Duration      time.Duration `default:"10s" help:"How long each measurement lasts (${default})." placeholder:"TIME"`
	InFlight      []int         `default:"1,16,64,256" help:"How many logins go on at one time (${default})." placeholder:"N"`
	Waiters       []int         `default:"0,1000,5000,50000" help:"How many pages wait beside the logins (${default})." placeholder:"N"`
	Only          []bench.Phase `help:"These alone: probes, cycles, waiters, pushes; growth, abuse and kills run only when they are asked for." placeholder:"PHASE"`
	Attack        []string      `help:"These attacks of abuse alone: account, drip, sockets, dots." placeholder:"ATTACK"`
	Stored        []int         `help:"Measure growth, with so many requests in the database." placeholder:"N"`
	Kills         int           `help:"Kill the server so often, and look whether something is lost." placeholder:"N"`
	Postgres      string        `help:"Measure on PostgreSQL: the URL of a database whose role may make others. Two are made there, and dropped." placeholder:"URL"`
	Organisations int           `default:"1" help:"Among how many organisations the people are spread (${default})." placeholder:"N"`
	Nodes         int           `default:"1" help:"How many processes Aye is, over that PostgreSQL and NATS (${default})." placeholder:"N"`
	NATS          string        `name:"nats" help:"Where NATS is, for several; else nats-server is started." placeholder:"URL"`
	Dir           string        `help:"Where data goes: on the disk that is to be measured." type:"existingdir" placeholder:"DIR"`
	Keep          bool          `help:"Leave the data there."`
	Bare          string        `hidden:"" help:"Be one of the programs that Aye is compared with, as a file says."`
	Carry         string        `hidden:"" help:"Be the server, to which connections are carried by way of this address too." placeholder:"ADDRESS"`
}

// lazyCollector is how seldom the generator collects its garbage: it shares the processors
// with what it measures.
const lazyCollector = 400

// Run measures and tells.
func (c *benchCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	if c.Carry != "" {
		return line.serve(ctx, env, func(ctx context.Context, a *app.App) error { return bench.ServeCarried(ctx, a, c.Carry) })
	}
	if c.Bare != "" {
		return bench.RunBare(ctx, c.Bare, env.stdout)
	}
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	debug.SetGCPercent(lazyCollector)
	report, err := bench.Run(ctx, bench.Options{
		Duration: c.Duration, InFlight: c.InFlight, Waiters: c.Waiters, Only: c.Only, Attacks: c.Attack, Stored: c.Stored, Kills: c.Kills,
		Postgres: c.Postgres, Organisations: c.Organisations, Nodes: c.Nodes, NATS: c.NATS, Dir: c.Dir, Keep: c.Keep, Executable: executable,
		Progress: bench.NewProgress(env.stderr, isTerminal(env.stderr)),
	})
	if err != nil {
		return err
	}
	report.Machine.Version = version
	var written error
	if err := c.print(env.stdout, report, func(w io.Writer) { written = report.Table(w) }); err != nil || written != nil {
		return fmt.Errorf("the report was not written: %w", errors.Join(err, written))
	}
	if !report.Good() {
		return fmt.Errorf("not everything was as it must be, see above")
	}
	return nil
}

// isTerminal tells whether a person looks at it.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
