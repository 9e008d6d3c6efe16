// Aye lets people approve a login on their phone.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"example.com/aye/internal/app"
	"example.com/aye/internal/aside"
)

func main() {
	ctx, stop := endable(os.Exit)
	code := run(ctx, os.Args[1:], &environment{
		environ: os.Environ(), getenv: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, now: now, again: again,
	})
	stop()
	os.Exit(code)
}

// endable is done at the first signal to end, so that what is under way can be finished. The second one ends at once, with the
// code that shells give to a process that a signal ended.
func endable(exit func(code int)) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		if number, ok := (<-signals).(syscall.Signal); ok {
			exit(128 + int(number))
		}
	}()
	return ctx, cancel
}

// environment is everything of the outside world that a command may touch.
type environment struct {
	environ        []string
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	// again is this program with another command, nothing where that is not known.
	again func(command string) aside.Program
}

// commandLine is every command; one file each.
type commandLine struct {
	Config string            `env:"AYE_CONFIG" help:"The file with the settings, as YAML." placeholder:"FILE"`
	Set    map[string]string `short:"s" help:"One setting, for example --set listen=:8080. See aye help config." placeholder:"NAME=VALUE"`

	Serve        serveCommand        `cmd:"" help:"Run the server."`
	Organisation organisationCommand `cmd:"" help:"Make and change organisations."`
	Person       personCommand       `cmd:"" help:"Add people, and link their phones."`
	Application  applicationCommand  `cmd:"" help:"Make and change applications: the login pages that ask."`
	Case         caseCommand         `cmd:"" help:"Look after people whom support helps because a phone is lost or forgotten."`
	Freeze       freezeCommand       `cmd:"" help:"Look after what was frozen, because somebody said stop or a limit was passed."`
	Alerts       alertsCommand       `cmd:"" help:"Tell other systems at once of what somebody should look at."`
	Device       deviceCommand       `cmd:"" help:"Look after phones."`
	Push         pushCommand         `cmd:"" help:"Check what wakes the phones."`
	SMSProvider  smsProviderCommand  `cmd:"" name:"sms-provider" help:"Look after whose account sends text messages, and what they cost."`
	Health       healthCommand       `cmd:"" help:"Ask the server on this machine whether it is ready."`
	Key          keyCommand          `cmd:"" help:"Rotate the server's signing key."`
	Audit        auditCommand        `cmd:"" help:"Verify and export the audit log."`
	Backup       backupCommand       `cmd:"" help:"Copy the running database into a file, and verify the copy."`
	Restore      restoreCommand      `cmd:"" help:"Put a backup where no database is."`
	MigrateStore migrateStoreCommand `cmd:"" name:"migrate-store" help:"Move everything from SQLite to PostgreSQL, or back."`
	Demo         demoCommand         `cmd:"" help:"Run a shop, a phone and all else for trying it out."`
	Phone        phoneCommand        `cmd:"" help:"Be a phone, for trying things out."`
	Bench        benchCommand        `cmd:"" help:"Measure how fast Aye is here, beside what the machine can do at best."`
	Emulate      emulateCommand      `cmd:"" help:"Stand in for Apple or Google, for tests."`
	Aside        asideCommand        `cmd:"" hidden:"" help:"Hash passwords for a server, which starts this itself."`
	Help         helpCommand         `cmd:"" help:"Explain: aye help config."`
	Version      versionCommand      `cmd:"" help:"Say which version this is."`
}

// run is main without the process: 0 is good, 1 failed, 2 was called wrongly.
func run(ctx context.Context, args []string, env *environment) int {
	var line commandLine
	exited := -1
	parser, err := kong.New(&line, kong.Name("aye"), kong.UsageOnError(),
		kong.Description("Lets people say aye to a login on the phone in their pocket. Begin with: aye demo"),
		kong.Writers(env.stdout, env.stderr), kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(env, &line))
	if err != nil {
		fmt.Fprintln(env.stderr, "aye:", err)
		return 2
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exited >= 0 { // help was asked for, and given
		return exited
	}
	if err != nil {
		fmt.Fprintf(env.stderr, "aye: %v\n", err)
		return 2
	}
	if err := command.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(env.stderr, "aye: %v\n", err)
		return 1
	}
	return 0
}

// open opens the app for a command that works on the database itself.
func (l *commandLine) open(ctx context.Context, env *environment) (*app.App, error) {
	c, err := app.LoadConfig(l.Config, env.environ, l.Set)
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(env.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return app.Open(ctx, c, log, env.now)
}

// with runs work on the open app and closes it.
func (l *commandLine) with(ctx context.Context, env *environment, work func(*app.App) error) error {
	a, err := l.open(ctx, env)
	if err != nil {
		return err
	}
	err = work(a)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return errors.Join(err, a.Close(last))
}
