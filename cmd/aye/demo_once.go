package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"example.com/aye/internal/demo"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/stage"
)

// onceTime is how long both stories may take with nobody there.
const onceTime = 60 * time.Second

// once plays what people do, at the shop and then at the portal, and fails at the first step
// that does not hold.
func (c *demoCommand) once(ctx context.Context, env *environment, f furniture, config demo.ShopConfig, start time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, onceTime)
	defer cancel()
	number := 0
	step := func(what string) {
		number++
		fmt.Fprintf(env.stdout, "%7.3f s  %2d. %s\n", env.now().Sub(start).Seconds(), number, what)
	}
	step("Aye, the stand-ins of Apple, Google and the mail server, and a shop are running")
	handset, details, err := f.handset()
	if err != nil {
		return err
	}
	if err = (demo.Once{Shop: config, Phone: handset, Email: demoEmail, Tap: c.Tap, Step: step, Details: details}).Run(ctx); err != nil {
		return fmt.Errorf("the main job does not work: %w", err)
	}
	fmt.Fprint(env.stdout, "\nReleased and redeemed.\n\n")

	if handset, details, err = f.handset(); err != nil {
		return err
	}
	err = demo.PortalOnce{
		Phone: handset, Details: details, Password: secret.Secret(rand.Text()), App: demoShop, Step: step,
		Guest: demo.Guest{Name: "Bo", Email: "bo@example.com", Language: "en"}, Invite: f.invite, Link: f.mailedLink,
	}.Run(ctx)
	if err != nil {
		return fmt.Errorf("the portal does not work: %w", err)
	}
	fmt.Fprintln(env.stdout, "\nInvited, linked and logged in.")
	return nil
}

// handset is a pretend phone that the stand-in of Google wakes.
func (f furniture) handset() (*phone.Phone, phone.Details, error) {
	handset, err := phone.Open("")
	if err != nil {
		return nil, phone.Details{}, err
	}
	handset.Inbox = f.stage.FCM.ControlURL()
	address := make([]byte, 32)
	_, _ = rand.Read(address)
	return handset, phone.Details{
		Model: "Pixel 9", Platform: "android", OSVersion: "16", AppVersion: "1.0.0", Locale: "en",
		Push: phone.Push{Provider: "fcm", App: stage.PushApp, Kind: "token", Address: phone.Secret(hex.EncodeToString(address))},
	}, nil
}
