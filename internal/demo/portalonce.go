package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/html"

	"example.com/aye/internal/phone"
	"example.com/aye/internal/secret"
)

// PortalOnce is the portal's main job with nobody there: somebody is invited by mail, chooses a
// password, links a phone, and logs in.
type PortalOnce struct {
	// Phone is the pretend phone, and Details what it says of itself.
	Phone   *phone.Phone
	Details phone.Details
	// Guest is who is invited, and Password what that person chooses.
	Guest    Guest
	Password secret.Secret
	// Invite mails the invitation, and Link waits for the link in the mail.
	Invite func(ctx context.Context, g Guest) error
	Link   func(ctx context.Context, email string) (string, error)
	// App is the name of an application that is to be seen at the end.
	App string
	// Step is told of each step as it is done.
	Step func(what string)
}

// Run goes through every step, and fails at the first that does not hold.
func (o PortalOnce) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop() // the phone need not be woken any more
	w, err := newWindow()
	if err != nil {
		return err
	}
	for _, part := range []func(context.Context, *window) error{o.accept, o.link, o.login} {
		if err := part(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// accept opens the link in the mail, and chooses a password.
func (o PortalOnce) accept(ctx context.Context, w *window) error {
	if err := o.Invite(ctx, o.Guest); err != nil {
		return err
	}
	link, err := o.Link(ctx, o.Guest.Email)
	if err != nil {
		return err
	}
	o.Step(fmt.Sprintf("%s is invited, and the mail with the link is in the mailbox", o.Guest.Name))
	if err = w.open(ctx, link); err != nil {
		return err
	}
	if err = w.follow(ctx, "/password"); err != nil {
		return err
	}
	if err = w.submit(ctx, w.path(), map[string]string{"password": o.Password.Reveal(), "again": o.Password.Reveal()}); err != nil {
		return err
	}
	if !strings.HasPrefix(w.path(), "/setup/") {
		return w.lost("the wizard does not begin")
	}
	o.Step(o.Guest.Name + " opens the link and chooses a password")
	return nil
}

// link chooses the notification, and scans the QR code with the phone.
func (o PortalOnce) link(ctx context.Context, w *window) error {
	if err := w.submit(ctx, "/setup/method", map[string]string{"method": "push"}); err != nil {
		return err
	}
	if err := w.submit(ctx, "/setup/link", nil); err != nil {
		return err
	}
	code, err := w.link("/p#")
	if err != nil {
		return err
	}
	o.Step("the wizard shows a QR code")
	paired, err := o.Phone.Pair(ctx, code, o.Details)
	if err != nil {
		return err
	}
	if paired.Status == "awaiting-code" {
		if err = o.confirm(ctx, w, paired.Device); err != nil {
			return err
		}
	}
	if err = w.until(ctx, "the phone is linked", func() bool { return w.path() == "/setup/done" }); err != nil {
		return err
	}
	o.Step(fmt.Sprintf("the phone scans it, makes two keys and is linked to %s", paired.Person))
	return nil
}

// confirm types the six digits of the profile strict from the phone into the page.
func (o PortalOnce) confirm(ctx context.Context, w *window, device string) error {
	digits, err := o.Phone.On(device).ConfirmationDigits()
	if err != nil {
		return err
	}
	if err = w.again(ctx); err != nil {
		return err
	}
	return w.submit(ctx, "/setup/link/confirm", map[string]string{"code": digits})
}

// login goes the everyday way: password, phone, and in.
func (o PortalOnce) login(ctx context.Context, w *window) error {
	woken := watch(ctx, o.Phone)
	if err := w.submit(ctx, "/setup/done", nil); err != nil {
		return err
	}
	if err := w.submit(ctx, "/login", map[string]string{"email": o.Guest.Email, "password": o.Password.Reveal()}); err != nil {
		return err
	}
	if w.path() != "/login/wait" {
		return w.lost("it does not wait for the phone")
	}
	number := w.number()
	o.Step(fmt.Sprintf("%s logs in: the portal takes the password%s", o.Guest.Name, numberWords(number)))
	var request phone.Request
	select {
	case request = <-woken:
	case <-ctx.Done():
		return errors.New("the phone was not woken")
	}
	outcome, err := o.Phone.Approve(ctx, request.ID, number, "biometric")
	if err != nil {
		return err
	}
	if outcome.Status != "approved" {
		return fmt.Errorf("the decision became %q", outcome.Status)
	}
	o.Step("the phone is woken, and the person approves")
	if err = w.until(ctx, "the apps", func() bool { return w.path() == "/apps" }); err != nil {
		return err
	}
	if !strings.Contains(w.words(), o.App) {
		return w.lost("there is no " + o.App)
	}
	o.Step(fmt.Sprintf("the page goes on by itself: %s is in, and sees the app %s", o.Guest.Name, o.App))
	return nil
}

// number is what the waiting page shows; empty where one tap is enough.
func (w *window) number() string {
	found := w.find(func(n *html.Node) bool { return attribute(n, "class") == "number" })
	if found == nil {
		return ""
	}
	return strings.ReplaceAll(wordsOf(found), " ", "")
}
