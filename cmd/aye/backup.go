package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"example.com/aye/internal/app"
	"example.com/aye/store"
)

type backupCommand struct {
	jsonFlag
	File   string `arg:"" help:"Where the backup goes. Nothing may be there."`
	Verify bool   `help:"Makes none: verifies the one that is there."`
}

// errInterrupted takes the place of what ends a command that is meant to run until it is stopped: this one is not done.
var errInterrupted = errors.New("it was interrupted")

// Run makes one of the running database, and verifies it.
func (c *backupCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	settings, config, err := line.database(env, "")
	if err != nil {
		return err
	}
	work, done := store.Backup, "Backed up"
	if c.Verify {
		work, done = store.Verify, "Verified"
	}
	show := newProgress(env.stderr, env.now)
	contents, err := work(ctx, config, c.File, show.tell)
	show.end()
	if err != nil {
		return whole(ctx, err)
	}
	return c.print(env.stdout, toContents(contents), func(w io.Writer) {
		fmt.Fprintf(w, "%s %s: %d rows in %d tables.\n\n", done, c.File, contents.Rows(), len(contents.Tables))
		contentFields(w, contents)
		fmt.Fprintf(w, "\nThe pages, the references between rows and the audit log are whole, and the key opens what is sealed.\nNot in it are the key (%s) and the settings. Without the key it cannot be used: keep both, apart from it.\n", keyPlace(settings))
	})
}

// whole says of an interrupted command that it was not done.
func whole(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

// database finds the one of the settings without opening it.
func (l *commandLine) database(env *environment, kind string) (app.Config, store.Config, error) {
	c, err := app.LoadConfig(l.Config, env.environ, l.Set)
	if err != nil {
		return c, store.Config{}, err
	}
	config, err := c.StoreConfig(kind, slog.New(slog.NewTextHandler(env.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), env.now)
	return c, config, err
}

func keyPlace(c app.Config) string {
	switch {
	case c.Key != "":
		return "of the setting key"
	case c.KeyFile != "":
		return c.KeyFile
	}
	return filepath.Join(c.DataDir, "key")
}

func contentFields(w io.Writer, c store.Contents) {
	taken := "by another program than aye backup, or of an older one"
	if !c.Taken.IsZero() {
		taken = c.Taken.Format(time.RFC3339)
	}
	fields(w, "taken", taken, "size", fmt.Sprintf("%d bytes", c.Bytes), "sha-256", c.Digest, "schema", fmt.Sprint(c.Schema), "chains of the log", fmt.Sprint(len(c.Chains)))
}

type contentsJSON struct {
	File   string           `json:"file"`
	Taken  string           `json:"taken"`
	Bytes  int64            `json:"bytes"`
	Digest string           `json:"sha256"`
	Schema int64            `json:"schema"`
	Chains int              `json:"chains"`
	Rows   int64            `json:"rows"`
	Tables map[string]int64 `json:"tables"`
}

func toContents(c store.Contents) contentsJSON {
	out := contentsJSON{File: c.Path, Bytes: c.Bytes, Digest: c.Digest, Schema: c.Schema, Chains: len(c.Chains), Rows: c.Rows(), Tables: tableRows(c.Tables)}
	if !c.Taken.IsZero() {
		out.Taken = c.Taken.Format(time.RFC3339)
	}
	return out
}

func tableRows(tables []store.TableRows) map[string]int64 {
	all := map[string]int64{}
	for _, t := range tables {
		all[t.Table] = t.Rows
	}
	return all
}
