package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"example.com/aye/store"
)

type restoreCommand struct {
	jsonFlag
	File string `arg:"" help:"The backup, as aye backup made it. It is verified before."`
}

type restoredJSON struct {
	contentsJSON
	At    string           `json:"restored_at"`
	Ended map[string]int64 `json:"ended"`
}

// Run puts it where no database is.
func (c *restoreCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	settings, config, err := line.database(env, "")
	if err != nil {
		return err
	}
	show := newProgress(env.stderr, env.now)
	r, err := store.Restore(ctx, c.File, config, show.tell)
	show.end()
	if err != nil {
		return whole(ctx, err)
	}
	ended := endedRows(r.Ended)
	out := restoredJSON{contentsJSON: toContents(r.Contents), At: r.At.Format(time.RFC3339), Ended: map[string]int64{}}
	var rows [][]string
	for _, e := range ended {
		out.Ended[e.name] = e.number
		rows = append(rows, []string{fmt.Sprint(e.number), e.words})
	}
	return c.print(env.stdout, out, func(w io.Writer) {
		where := config.Path
		if config.URL != "" {
			where = "PostgreSQL"
		}
		fmt.Fprintf(w, "Restored %d rows of %s into %s.\n\n", r.Rows(), c.File, where)
		contentFields(w, r.Contents)
		fmt.Fprint(w, "\nEnded, because nobody knows what became of it since the backup:\n\n")
		table(w, "NUMBER|WHAT", rows)
		fmt.Fprintf(w, `
What happened after the backup is lost, and what was taken away after it is back:
  phones linked since must be linked again; phones removed since can approve again: remove them again (aye device remove)
  people, roles, applications and their secrets are those of the backup; who was erased since must be erased again
  passwords changed since are the old ones; wrong codes and passwords typed since are not counted
  messages to people, webhooks and checkpoints that went out since may go out a second time
Put the checkpoints of the audit log that left this host since aside: they tell of rows that are not here (docs/audit.md).
Phones that call for the first time in the next minutes are asked for a nonce; they do so by themselves.
The key in use is %s.
`, keyPlace(settings))
	})
}

// endedRow is one kind of what a restore ended.
type endedRow struct {
	name   string
	number int64
	words  string
}

func endedRows(e store.Ended) []endedRow {
	return []endedRow{
		{"sessions", int64(e.Sessions), "sessions: people log in again"},
		{"requests", int64(e.Requests), "requests that were asked or approved: they are asked anew"},
		{"pairings", int64(e.Pairings), "pairings on their way, with phones that were not let in yet: begin anew"},
		{"authenticators", e.Authenticators, "phones and apps whose codes of up to now count no more: the next code does"},
		{"recovery_codes", e.RecoveryCodes, "recovery codes: people make new ones, because nobody knows which were used"},
		{"links", e.Links, "mailed links to a new password or address, and codes that prove a number: ask for another"},
		{"invitations", e.Invitations, "invitations: invite again"},
		{"cases", int64(e.Cases), "cases of support: open them again, the person may have stopped them"},
		{"imports", int64(e.Imports), "imports of people that ran: look who is there, and import again"},
		{"messages", e.Messages, "mails that waited: their links work no longer, and warnings may have been sent"},
		{"drafts", e.Drafts, "providers of text messages that were not confirmed: fill them in again"},
	}
}
