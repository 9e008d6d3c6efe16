package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"example.com/aye/internal/emulate"
)

type emulateCommand struct {
	FCM  emulateFCMCommand  `cmd:"" name:"fcm" help:"Play Google: its login and Firebase Cloud Messaging."`
	APNs emulateAPNsCommand `cmd:"" name:"apns" help:"Play Apple Push Notification service."`
}

type emulateFlags struct {
	Listen  string `default:"127.0.0.1:0" help:"Where the vendor's interface listens, over TLS."`
	Control string `default:"127.0.0.1:0" help:"Where phones read their inbox and scripts are set, over plain HTTP."`
	Dir     string `default:"./aye-emulate" help:"The folder for the credentials that it makes."`
}

// write puts the credentials where a server can find them.
func (f emulateFlags) write(name string, text []byte) (string, error) {
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(f.Dir, name)
	return path, os.WriteFile(path, text, 0o600)
}

const emulateHelp = `
Read what a phone would get:   curl -N %[1]s/inbox/ADDRESS
Make the next answer an error: curl %[1]s/script -d '{"address":"ADDRESS","behaviours":[{"reason":%[2]q}]}'

Stop with Ctrl+C.
`

type emulateFCMCommand struct{ emulateFlags }

// Run plays until it is stopped.
func (c *emulateFCMCommand) Run(ctx context.Context, env *environment) error {
	stand, err := emulate.StartFCM(ctx, c.Listen, emulate.WithControl(c.Control))
	if err != nil {
		return err
	}
	defer stand.Close()
	account, err := stand.ServiceAccountJSON()
	if err != nil {
		return err
	}
	credentials, err := c.write("fcm.json", []byte(account.Reveal()))
	if err != nil {
		return err
	}
	roots, err := c.write("fcm.pem", stand.CAPEM())
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "Playing Google. Settings for Aye:\n\npush:\n  - provider: fcm\n    app: com.example.aye\n    credentials_file: %s\n    endpoint: %s\n    roots_file: %s\n", credentials, stand.URL(), roots)
	fmt.Fprintf(env.stdout, emulateHelp, stand.ControlURL(), "UNREGISTERED")
	<-ctx.Done()
	return nil
}

type emulateAPNsCommand struct{ emulateFlags }

// Run plays until it is stopped.
func (c *emulateAPNsCommand) Run(ctx context.Context, env *environment) error {
	stand, err := emulate.StartAPNs(ctx, c.Listen, emulate.WithControl(c.Control))
	if err != nil {
		return err
	}
	defer stand.Close()
	key, err := stand.Key()
	if err != nil {
		return err
	}
	credentials, err := c.write("apns.p8", []byte(key.Reveal()))
	if err != nil {
		return err
	}
	roots, err := c.write("apns.pem", stand.CAPEM())
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "Playing Apple. Settings for Aye:\n\npush:\n  - provider: apns\n    app: com.example.aye\n    environment: production\n    key_id: %s\n    team_id: %s\n    credentials_file: %s\n    endpoint: %s\n    roots_file: %s\n", stand.KeyID(), stand.TeamID(), credentials, stand.URL(), roots)
	fmt.Fprintf(env.stdout, emulateHelp, stand.ControlURL(), "Unregistered")
	<-ctx.Done()
	return nil
}
