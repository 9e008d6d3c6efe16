package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
	"example.com/aye/privacy"
	"example.com/aye/support"
)

// anybody is a person of the installation, also one who is a member nowhere any more.
type anybody struct {
	Person string `arg:"" help:"The person's e-mail address or id (per_…)."`
}

func (p anybody) find(ctx context.Context, a *app.App) (accounts.Person, error) {
	person, err := a.FindPerson(ctx, p.Person)
	if errors.Is(err, accounts.ErrNotFound) {
		return person, fmt.Errorf("there is nobody called %s here", p.Person)
	}
	return person, err
}

type personRecoverCommand struct {
	jsonFlag
	anybody
	Why string `required:"" help:"Why, and how you know that it is the person; it is written into the log."`
}

// Run is the glass that is broken where nobody else can help.
func (c *personRecoverCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		person, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		opened, token, err := a.Support.BreakGlass(ctx, person.Email, c.Why)
		if err != nil {
			return cannotRecover(err, person)
		}
		link := a.NewPhoneLink(token)
		out := struct {
			Case  string `json:"case"`
			Link  string `json:"link"`
			Until string `json:"until"`
		}{opened.ID, link, opened.LinkUntil.UTC().Format(time.RFC3339)}
		return c.print(env.stdout, out, func(w io.Writer) {
			fmt.Fprintf(w, `Revoked of %[1]s <%[2]s>: all phones, authenticator apps and recovery codes, all sessions, and what was waiting for an answer.
%[1]s and the administrators were mailed, and the log has it (%[3]s).
`, person.Display, person.Email, opened.ID)
			if !person.HasPassword {
				fmt.Fprintf(w, "\n%[1]s has no password, which a link would ask for. With %[1]s beside you, link the new phone here:\n  aye person pair %[2]s\n", person.Display, person.Email)
				return
			}
			fmt.Fprintf(w, `The password stays, and lets in nobody before a new phone is linked.

Hand this link to %s, and to nobody else. It works once, until %s, and only after the password. It is not shown again.
  %s
`, person.Display, day(opened.LinkUntil), link)
		})
	})
}

func cannotRecover(err error, person accounts.Person) error {
	switch {
	case errors.Is(err, support.ErrFrozen):
		return fmt.Errorf("somebody said \"this was not me\" for %s; find out who, then: aye freeze list, aye freeze lift", person.Email)
	case errors.Is(err, support.ErrNotFound):
		return fmt.Errorf("%s is an active member nowhere", person.Email)
	}
	return badWhy(err)
}

// badWhy says what a reason must be.
func badWhy(err error) error {
	if errors.Is(err, support.ErrInvalid) {
		return errors.New("--why must be a sentence of 500 characters at most, in one line: it is what the log will say")
	}
	return err
}

type personExportCommand struct {
	anybody
	To string `help:"The file to write, which must not exist; without it, to the standard output." placeholder:"FILE"`
}

// exported is a person's data as JSON, as the person's own page gives it.
type exported struct {
	Person   string            `json:"person"`
	At       time.Time         `json:"at"`
	Sections []exportedSection `json:"sections"`
}

type exportedSection struct {
	Name string           `json:"name"`
	Why  string           `json:"why"`
	Rows []map[string]any `json:"rows"`
}

// Run writes all that is kept of the person.
func (c *personExportCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		person, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		document, err := a.Privacy.Export(ctx, person.ID, accounts.Operator)
		if err != nil {
			return err
		}
		out := exported{Person: document.PersonID, At: document.At, Sections: []exportedSection{}}
		for _, section := range document.Sections {
			out.Sections = append(out.Sections, exportedSection(section))
		}
		text, err := json.MarshalIndent(out, "", "  ")
		if err != nil {
			return err
		}
		text = append(text, '\n')
		if c.To == "" {
			_, err = env.stdout.Write(text)
			return err
		}
		if err = writeNew(c.To, text); err == nil {
			fmt.Fprintf(env.stdout, "Written to %s, for its owner alone to read: all that is kept of %s.\n", c.To, person.Email)
		}
		return err
	})
}

// writeNew writes a file that was not there, readable by its owner alone.
func writeNew(path string, text []byte) error {
	file, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

type personEraseCommand struct {
	anybody
	Yes bool `help:"Do it; it cannot be undone."`
}

// Run erases the person everywhere.
func (c *personEraseCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		person, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		if !c.Yes {
			return fmt.Errorf("this takes %s out of every organisation, removes phones, codes and sessions, and erases what names them, for good; give --yes to do it", person.Email)
		}
		if err = a.Privacy.Erase(ctx, person.ID, accounts.Operator); errors.Is(err, privacy.ErrNotFound) {
			return fmt.Errorf("%s was erased already", c.Person)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "Erased: %s. The log keeps what happened without names (%s); backups keep more until they are gone.\n", c.Person, person.ID)
		return nil
	})
}
