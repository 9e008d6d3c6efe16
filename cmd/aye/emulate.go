package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"example.com/aye/internal/emulate"
	"example.com/aye/internal/secret"
)

type emulateCommand struct {
	FCM  emulateFCMCommand  `cmd:"" name:"fcm" help:"Play Google: its login and Firebase Cloud Messaging."`
	APNs emulateAPNsCommand `cmd:"" name:"apns" help:"Play Apple Push Notification service."`

	MessageBird emulateMessageBirdCommand `cmd:"" name:"messagebird" help:"Play MessageBird: text messages by its classic interface."`
	Bird        emulateBirdCommand        `cmd:"" name:"bird" help:"Play Bird v1: text messages by MessageBird's successor."`
	All         emulateAllCommand         `cmd:"" help:"Play all of them, a mail server and a phone in the browser, and write the settings for Aye."`
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

const emulateTextsHelp = `
Read the text messages:        %[1]s
                               curl -N %[1]s/texts
Make the next answer an error: curl %[1]s/script -d '{"address":"+31612345678","behaviours":[{"reason":%[2]q,"times":1}]}'
Let texts come to another end: curl %[1]s/script -d '{"behaviours":[{"outcome":%[3]q}]}'

Stop with Ctrl+C.
`

// emulateAccount are the keys of a stand-in that ran before.
type emulateAccount struct {
	Key     string `help:"The API key that works, so that a provider in Aye that was set up with it goes on. Made up where it is not given."`
	Signing string `help:"The key with which reports are signed, with --key."`
}

func (a emulateAccount) options(control string) []emulate.Option {
	options := []emulate.Option{emulate.WithControl(control)}
	if a.Key != "" {
		options = append(options, emulate.WithAccount(secret.Secret(a.Key), secret.Secret(a.Signing)))
	}
	return options
}

type emulateMessageBirdCommand struct {
	emulateFlags
	emulateAccount
}

// Run plays until it is stopped.
func (c *emulateMessageBirdCommand) Run(ctx context.Context, env *environment) error {
	stand, err := emulate.StartMessageBird(ctx, c.Listen, c.options(c.Control)...)
	if err != nil {
		return err
	}
	defer stand.Close()
	roots, err := c.write("messagebird.pem", stand.CAPEM())
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "Playing MessageBird. Settings for Aye:\n\nsms:\n  messagebird_endpoint: %s\n  roots_file: %s\n", stand.URL(), roots)
	fmt.Fprintf(env.stdout, "\nFor the text message provider in Aye:\n\nAPI key:     %s\nSigning key: %s\nA key that sends nothing: %s\n", stand.Key().Reveal(), stand.Signing().Reveal(), stand.TestKey().Reveal())
	fmt.Fprintf(env.stdout, emulateTextsHelp, stand.ControlURL(), "25", "delivery_failed")
	<-ctx.Done()
	return nil
}

type emulateBirdCommand struct {
	emulateFlags
	emulateAccount

	Webhook string   `help:"Where reports go: the address that Aye shows at the provider. It can be set on the page as well."`
	Own     []string `help:"A number in E.164 that may be a sender. May be given several times; names may be one anyway."`
}

// Run plays until it is stopped.
func (c *emulateBirdCommand) Run(ctx context.Context, env *environment) error {
	stand, err := emulate.StartBird(ctx, c.Listen, c.options(c.Control)...)
	if err != nil {
		return err
	}
	defer stand.Close()
	stand.SetWebhook(c.Webhook)
	stand.Own(c.Own...)
	roots, err := c.write("bird.pem", stand.CAPEM())
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "Playing Bird. Settings for Aye:\n\nsms:\n  bird_endpoint: %s\n  roots_file: %s\n", stand.URL(), roots)
	fmt.Fprintf(env.stdout, "\nFor the text message provider in Aye:\n\nAPI key:     %s\nSigning key: %s\n", stand.Key().Reveal(), stand.Signing().Reveal())
	fmt.Fprintf(env.stdout, emulateTextsHelp, stand.ControlURL(), "InsufficientBalance", "failed unreachable")
	<-ctx.Done()
	return nil
}
