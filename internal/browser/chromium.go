package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Patience bounds every wait in a browser; it is long because machines that test are busy.
const Patience = 30 * time.Second

// chromium is one browser for all tests of a package.
var chromium struct {
	once   sync.Once
	ctx    context.Context
	cancel func()
	err    error
}

// Main runs the tests and ends the browser. Unlike a test's own context it outlives each test.
func Main(m *testing.M) {
	code := m.Run()
	if chromium.cancel != nil {
		chromium.cancel()
	}
	os.Exit(code)
}

// start fails where there is no browser: a test that was left out proves nothing.
func start(t *testing.T) context.Context {
	t.Helper()
	chromium.once.Do(func() { chromium.err = open() })
	if chromium.err != nil {
		t.Fatal(chromium.err)
	}
	return chromium.ctx
}

func open() error {
	program, err := exec.LookPath("chromium")
	if err != nil {
		return fmt.Errorf("install Debian's chromium: %w", err)
	}
	profile, err := os.MkdirTemp("", "aye-chromium-")
	if err != nil {
		return err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(2*Patience),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "en-GB"))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocated)
	chromium.ctx = ctx
	chromium.cancel = func() {
		cancel()
		stop()
		_ = os.RemoveAll(profile)
	}
	if err := chromedp.Do(ctx); err != nil {
		return errors.Join(errors.New("chromium does not start"), err)
	}
	return nil
}
