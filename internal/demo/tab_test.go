package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// tab is one tab of somebody's browser.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// newBrowser is another person's browser: it shares nothing with the others.
func newBrowser(t *testing.T) *tab {
	t.Helper()
	return openTab(t, startChromium(t), chromedp.WithNewBrowserContext())
}

// another is a second tab of the same browser.
func (b *tab) another() *tab {
	b.t.Helper()
	return openTab(b.t, b.ctx)
}

func openTab(t *testing.T, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	// The first call ties the tab to its context, so it has none with a time limit.
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)); err != nil {
		t.Fatal(err)
	}
	call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	t.Cleanup(func() {
		if t.Failed() {
			text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body?.innerText ?? ''"))
			t.Logf("the tab shows:\n%s", text)
		}
	})
	return b
}

// do runs actions within patience.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) open(address string) { b.t.Helper(); b.do(chromedp.Navigate(address)) }

func (b *tab) click(css chromedp.CSS) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(css), chromedp.Click(css))
}

func (b *tab) enter(css chromedp.CSS, text string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(css), chromedp.Clear(css), chromedp.SendKeys(css, text))
}

// press clicks the visible button or link with these words.
func (b *tab) press(words string) {
	b.t.Helper()
	quoted, _ := json.Marshal(words)
	b.until(`(() => {
		const found = [...document.querySelectorAll("button, a, summary")].find((e) => e.checkVisibility() && !e.disabled && e.innerText.trim() === ` + string(quoted) + `);
		found?.click();
		return found !== undefined;
	})()`)
}

// sees waits until the page shows the words.
func (b *tab) sees(words ...string) {
	b.t.Helper()
	for _, word := range words {
		quoted, _ := json.Marshal(word)
		b.until("document.body.innerText.includes(" + string(quoted) + ")")
	}
}

// until waits for a condition of the page. A page that is being left has none, so an
// error is a reason to look again.
func (b *tab) until(condition string) {
	b.t.Helper()
	b.wait(condition, func(ctx context.Context) bool {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
		return err == nil && ok
	})
}

// wait looks until it is so, or patience ends.
func (b *tab) wait(what string, so func(context.Context) bool) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !so(ctx) {
		select {
		case <-ctx.Done():
			b.t.Fatalf("it never came to this: %s", what)
		case <-tick.C:
		}
	}
}

// read gives what a script in the page gives, as soon as the page is there for it.
func (b *tab) read(script string) (text string) {
	b.t.Helper()
	b.wait(script, func(ctx context.Context) bool {
		var err error
		text, err = chromedp.Run(ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
		return err == nil
	})
	return text
}

// picture is what the person sees.
func (b *tab) picture() []byte {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	return png
}

// speaks sets what the person reads.
func (b *tab) speaks(language string) *tab {
	b.t.Helper()
	agent := b.read("navigator.userAgent")
	call(b, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: language})
	return b
}

// online takes the network away or gives it back.
func (b *tab) online(online bool) {
	b.t.Helper()
	call(b, network.Enable, network.EnableParams{})
	call(b, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: !online, DownloadThroughput: -1, UploadThroughput: -1}},
	})
	call(b, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: !online, DownloadThroughput: -1, UploadThroughput: -1})
}

// qr is what the QR code in a picture of the page says.
func (b *tab) qr() string {
	b.t.Helper()
	b.until(`[...document.querySelectorAll(".qr img")].some((i) => i.checkVisibility() && i.complete)`)
	return scan(b.t, b.picture())
}

// scan reads the QR code of a picture with a program that has nothing to do with Aye.
func scan(t *testing.T, picture []byte) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "-")
	command.Stdin = bytes.NewReader(picture)
	text, err := command.Output()
	if err != nil {
		t.Fatalf("zbarimg found no QR code: %v", err)
	}
	return strings.TrimSpace(string(text))
}
