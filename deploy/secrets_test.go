package deploy_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"example.com/aye/internal/pgtest"
	"example.com/aye/internal/secret"
	"example.com/aye/store"
)

// makeSecrets runs secrets.sh as if by root. It gives the folder, and who was given which file.
func makeSecrets(t *testing.T, folder string) map[string]string {
	t.Helper()
	shims, given := t.TempDir(), filepath.Join(t.TempDir(), "given")
	for name, text := range map[string]string{"id": "echo 0", "chown": `echo "$2 $1" >>"$GIVEN"`} {
		if err := os.WriteFile(filepath.Join(shims, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), "sh", "secrets.sh", folder)
	command.Env = append(os.Environ(), "PATH="+shims+":"+os.Getenv("PATH"), "GIVEN="+given)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	owners := map[string]string{}
	text, _ := os.ReadFile(given) // nobody was given anything where nothing was missing
	for line := range strings.Lines(string(text)) {
		file, owner, _ := strings.Cut(strings.TrimSpace(line), " ")
		owners[strings.TrimPrefix(file, ".")] = owner
	}
	return owners
}

func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "vendors" && e.IsDir() {
			continue
		}
		all[e.Name()] = strings.TrimSpace(read(t, filepath.Join(folder, e.Name())))
	}
	return all
}

// Each secret that the compose file names is made, for the one user that reads it.
func TestSecretsAreMade(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "secrets")
	owners := makeSecrets(t, folder)
	project, made := cluster(t), contents(t, folder)
	for name, c := range project.Secrets {
		if made[name] == "" || filepath.Base(c.File) != name {
			t.Errorf("%s (%s) is not made", name, c.File)
			continue
		}
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Mode().Perm() != 0o400 {
			t.Errorf("%s has the mode %v", name, info.Mode())
		}
	}
	if len(made) != len(project.Secrets) {
		t.Errorf("%d files were made, and %d are secrets of docker-compose.yml", len(made), len(project.Secrets))
	}
	for _, s := range project.Services {
		for _, c := range s.Secrets {
			if owners[c.Source] != s.User {
				t.Errorf("%s was given to %s, and %s reads it as %s", c.Source, owners[c.Source], s.Name, s.User)
			}
		}
	}
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has the mode %v", info.Mode())
	}
	if owners["vendors"] != project.Services["aye-1"].User {
		t.Errorf("the folder for vendors was given to %s", owners["vendors"])
	}
	if _, err := secret.ParseKeys(made["key"]); err != nil {
		t.Error(err)
	}
	address, err := url.Parse(made["database-url"])
	if err != nil {
		t.Fatal(err)
	}
	password, _ := address.User.Password()
	if address.User.Username() != "aye" || password != made["database-password"] || address.Host != "postgres:5432" || address.Path != "/aye" {
		t.Errorf("the URL leads to %s as %s", address.Host+address.Path, address.User.Username())
	}
	if slices.Contains([]string{made["postgres-password"], strings.TrimPrefix(made["nats-login"], "aye:")}, password) || len(password) != 64 {
		t.Error("passwords are the same, or short")
	}
}

// What is there stays: another key would open nothing any more.
func TestSecretsStay(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "secrets")
	makeSecrets(t, folder)
	before := contents(t, folder)
	if owners := makeSecrets(t, folder); len(owners) > 0 {
		t.Errorf("it made %v again", owners)
	}
	for _, lost := range []string{"nats-users", "database-url"} {
		if err := os.Remove(filepath.Join(folder, lost)); err != nil {
			t.Fatal(err)
		}
	}
	makeSecrets(t, folder)
	for name, text := range contents(t, folder) {
		if text != before[name] {
			t.Errorf("%s is another one", name)
		}
	}
}

func TestSecretsNeedRoot(t *testing.T) {
	t.Parallel()
	shims, folder := t.TempDir(), filepath.Join(t.TempDir(), "secrets")
	if err := os.WriteFile(filepath.Join(shims, "id"), []byte("#!/bin/sh\necho 1000\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "sh", "secrets.sh", folder)
	command.Env = append(os.Environ(), "PATH="+shims+":"+os.Getenv("PATH"))
	if out, err := command.CombinedOutput(); err == nil || !strings.Contains(string(out), "Run this as root") {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("it made something all the same")
	}
}

// NATS lets Aye in with what secrets.sh made, and to its own subjects alone; nobody else.
func TestNATSLetsAyeInAlone(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	makeSecrets(t, filepath.Join(root, "run/secrets"))
	// Where the files are in the container, below a folder; and with free ports.
	conf := strings.NewReplacer("0.0.0.0:4222", "127.0.0.1:-1", "127.0.0.1:8222", "127.0.0.1:-1").Replace(read(t, "nats.conf"))
	file := filepath.Join(root, "etc/nats/nats.conf")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	options, err := server.ProcessConfigFile(file)
	if err != nil {
		t.Fatal(err)
	}
	options.NoSigs, options.NoLog = true, true
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("NATS does not start")
	}
	if _, err = nats.Connect(s.ClientURL()); err == nil {
		t.Error("NATS lets anybody in")
	}
	user, password, _ := strings.Cut(strings.TrimSpace(read(t, filepath.Join(root, "run/secrets/nats-login"))), ":")
	refused := make(chan error, 1)
	c, err := nats.Connect(s.ClientURL(), nats.UserInfo(user, password), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	heard, err := c.SubscribeSync("aye.hint.x")
	if err != nil {
		t.Fatal(err)
	}
	if err = c.Publish("aye.hint.x", nil); err != nil {
		t.Fatal(err)
	}
	if _, err = heard.NextMsg(20 * time.Second); err != nil {
		t.Errorf("Aye does not hear itself: %v", err)
	}
	if err = c.Publish("other", nil); err != nil {
		t.Fatal(err)
	}
	select {
	case err = <-refused:
		if !strings.Contains(err.Error(), "Permissions Violation") {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("Aye may speak about anything")
	}
	if options.JetStream || len(options.Cluster.Host) > 0 {
		t.Error("NATS does more than it should")
	}
}

// The role of Aye can make what it needs in its own database, and nothing else.
func TestRoleHasTheLeastRights(t *testing.T) {
	t.Parallel()
	admin, ctx, role := pgtest.Server(), t.Context(), "aye_role_"+strings.ToLower(rand.Text()[:12])
	t.Cleanup(func() { mustExec(context.WithoutCancel(ctx), t, admin, "DROP ROLE IF EXISTS "+role) }) // after the database
	at, err := url.Parse(pgtest.Empty(t))
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(at.Path, "/")
	password := filepath.Join(t.TempDir(), "password")
	if err = os.WriteFile(password, []byte("it's \"secret\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(ctx, "psql", "-X", "-q", "-d", at.String(), "-v", "role="+role, "-f", "postgres/init.sql")
	command.Env = append(os.Environ(), "AYE_PASSWORD_FILE="+password)
	if out, failed := command.CombinedOutput(); failed != nil {
		t.Fatalf("%v:\n%s", failed, out)
	}
	at.User = url.UserPassword(role, `it's "secret"`)
	db, err := sql.Open("pgx", at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	var kept string
	if err = queryAdmin(ctx, t, admin, &kept, "SELECT rolpassword FROM pg_authid WHERE rolname = '"+role+"'"); err != nil || !strings.HasPrefix(kept, "SCRAM-SHA-256$") {
		t.Errorf("the password is kept as %.15s… (%v)", kept, err)
	}
	for _, allowed := range []string{"CREATE TABLE t (id TEXT PRIMARY KEY)", "INSERT INTO t VALUES ('1')", "SELECT pg_advisory_lock(1), pg_advisory_unlock(1)"} {
		if _, err = db.ExecContext(ctx, allowed); err != nil {
			t.Errorf("%s: %v", allowed, err)
		}
	}
	for _, denied := range []string{
		"CREATE DATABASE " + name + "_2", "CREATE ROLE " + role + "_2", "CREATE SCHEMA s", "CREATE TEMP TABLE u (id TEXT)", "SELECT * FROM pg_authid",
		"COPY t TO PROGRAM 'true'", "SELECT pg_read_file('PG_VERSION')", "CREATE EXTENSION dblink", "ALTER ROLE " + role + " SUPERUSER",
	} {
		if _, err = db.ExecContext(ctx, denied); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: it may (%v)", denied, err)
		}
	}
	// The schema is brought up to date with these rights, months and triggers included.
	keys, err := secret.NewKeys(bytes.Repeat([]byte{7}, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := store.Open(ctx, store.Config{URL: secret.Secret(at.String()), Keys: keys, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("Aye cannot work with these rights: %v", err)
	}
	if err = errors.Join(opened.Ping(ctx), opened.Close()); err != nil {
		t.Error(err)
	}
	var idle, path string
	if err = db.QueryRowContext(ctx, "SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('search_path')").Scan(&idle, &path); err != nil || idle != "1min" || path != "public, pg_temp" {
		t.Errorf("idle in a transaction %s, search path %s: %v", idle, path, err)
	}
	var others bool
	if err = queryAdmin(ctx, t, admin, &others, fmt.Sprintf("SELECT has_database_privilege('pg_monitor', '%s', 'CONNECT')", name)); err != nil || others {
		t.Errorf("others may connect: %v %v", others, err)
	}
}

func mustExec(ctx context.Context, t *testing.T, at string, statements ...string) {
	t.Helper()
	db, err := sql.Open("pgx", at)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err = db.ExecContext(ctx, statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

func queryAdmin(ctx context.Context, t *testing.T, at string, into any, question string) error {
	t.Helper()
	db, err := sql.Open("pgx", at)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.QueryRowContext(ctx, question).Scan(into)
}
