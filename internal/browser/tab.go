package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Tab is one tab of somebody's browser.
type Tab struct {
	t   *testing.T
	ctx context.Context
}

// New is another person's browser: it shares nothing with the others.
func New(t *testing.T) *Tab {
	t.Helper()
	return openTab(start(t), t, chromedp.WithNewBrowserContext())
}

// Context is for actions of chromedp itself.
func (b *Tab) Context() context.Context { return b.ctx }

// Another is a second tab of the same browser.
func (b *Tab) Another() *Tab {
	b.t.Helper()
	return openTab(b.ctx, b.t)
}

// Target is a tab that the browser opened by itself.
func (b *Tab) Target(id target.ID) *Tab {
	b.t.Helper()
	return openTab(b.ctx, b.t, chromedp.WithTargetID(id))
}

func openTab(parent context.Context, t *testing.T, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	t.Cleanup(cancel)
	b := &Tab{t: t, ctx: ctx}
	// The first call ties the tab to its context, so it has none with a time limit.
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)); err != nil {
		t.Fatal(err)
	}
	Call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	t.Cleanup(func() {
		if t.Failed() {
			text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("location.pathname + '\\n' + (document.body?.innerText ?? '')"))
			t.Logf("the tab shows %s", text)
		}
	})
	return b
}

// Call is a command of the DevTools protocol.
func Call[P, R any](b *Tab, command cdp.Command[P, R], parameters P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, parameters)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// Do runs actions within [Patience].
func (b *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// Open goes to an address.
func (b *Tab) Open(address string) { b.t.Helper(); b.Do(chromedp.Navigate(address)) }

// Click clicks an element when it can be seen.
func (b *Tab) Click(css chromedp.CSS) {
	b.t.Helper()
	b.Do(chromedp.WaitVisible(css), chromedp.Click(css))
}

// Enter types into a field what it then says.
func (b *Tab) Enter(css chromedp.CSS, text string) {
	b.t.Helper()
	// Not chromedp.SendKeys: v0.23 looks at an element's attributes without the lock under which Clear has just made them change.
	b.Do(chromedp.WaitVisible(css), chromedp.Clear(css), chromedp.Focus(css), chromedp.KeyEvent(text))
}

// Press clicks the visible button or link with these words.
func (b *Tab) Press(words string) {
	b.t.Helper()
	quoted, _ := json.Marshal(words)
	b.Until(`(() => {
		const found = [...document.querySelectorAll("button, a, summary")].find((e) => e.checkVisibility() && !e.disabled && e.innerText.trim() === ` + string(quoted) + `);
		found?.click();
		return found !== undefined;
	})()`)
}

// Sees waits until the page shows the words.
func (b *Tab) Sees(words ...string) {
	b.t.Helper()
	for _, word := range words {
		quoted, _ := json.Marshal(word)
		b.Until("document.body.innerText.includes(" + string(quoted) + ")")
	}
}

// At waits until the tab is at the path.
func (b *Tab) At(path string) {
	b.t.Helper()
	quoted, _ := json.Marshal(path)
	b.Until("location.pathname === " + string(quoted) + ` && document.readyState === "complete"`)
}

// Until waits for a condition of the page. A page that is being left has none, so an
// error is a reason to look again.
func (b *Tab) Until(condition string) {
	b.t.Helper()
	b.Wait(condition, func(ctx context.Context) bool {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
		return err == nil && ok
	})
}

// Wait looks until it is so, or [Patience] ends.
func (b *Tab) Wait(what string, so func(context.Context) bool) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
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

// Read gives what a script in the page gives, as soon as the page is there for it.
func (b *Tab) Read(script string) (text string) {
	b.t.Helper()
	b.Wait(script, func(ctx context.Context) bool {
		var err error
		text, err = chromedp.Run(ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
		return err == nil
	})
	return text
}

// Key presses keys wherever the focus is.
func (b *Tab) Key(keys string) { b.t.Helper(); b.Do(chromedp.KeyEvent(keys)) }

// Picture is what the person sees, as PNG.
func (b *Tab) Picture() []byte {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	return png
}

// Whole is a picture of the whole page, however long it is, as PNG.
func (b *Tab) Whole() []byte {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	return png
}

// Speaks sets what the person reads: a language tag.
func (b *Tab) Speaks(language string) *Tab {
	b.t.Helper()
	agent := b.Read("navigator.userAgent")
	Call(b, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: language})
	return b
}

// Online takes the network away or gives it back.
func (b *Tab) Online(online bool) {
	b.t.Helper()
	Call(b, network.Enable, network.EnableParams{})
	Call(b, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: !online, DownloadThroughput: -1, UploadThroughput: -1}},
	})
	Call(b, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: !online, DownloadThroughput: -1, UploadThroughput: -1})
}

// Scripts switches the pages' scripts on or off.
func (b *Tab) Scripts(on bool) {
	b.t.Helper()
	Call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// Looks sets the size of the window in CSS pixels, and the colours.
func (b *Tab) Looks(width, height int64, dark bool) {
	b.t.Helper()
	scheme := map[bool]string{true: "dark", false: "light"}[dark]
	b.Do(chromedp.EmulateViewport(width, height))
	Call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// Scan reads the QR code of a picture with a program that has nothing to do with Aye.
func Scan(t *testing.T, picture []byte) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", "-")
	command.Stdin = bytes.NewReader(picture)
	text, err := command.Output()
	if err != nil {
		t.Fatalf("zbarimg found no QR code: %v", err)
	}
	return strings.TrimSpace(string(text))
}
