package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"example.com/aye/portal/locales"
)

// axe is Deque's checker, which `make test` fetches from npm; see .ci/axe.
const axe = "../../dist/axe.min.js"

// checker is the text of axe, or the end of the test: on one's own machine it is left out when
// something is not installed, where everything is checked it must be there.
func checker(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(axe)
	if _, missing := exec.LookPath("chromium"); err == nil && missing == nil {
		return string(text)
	}
	if os.Getenv("CI") != "" {
		t.Fatal("axe or Chromium is missing: run `make tools-test`")
	}
	t.Skip("axe or Chromium is missing: run `make tools-test`")
	return ""
}

// check runs axe on the page and names what it found, and where.
const check = `axe.run(document, {resultTypes: ["violations", "incomplete"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((found) => {
	const say = (kind) => (one) => one.nodes.map((node) => kind + one.id + " at " + node.target.join(" ") + ": " + (node.any[0] ?? node.all[0] ?? node.none[0])?.message);
	return found.violations.flatMap(say("")).join("\n");
})`

// TestAccessibility runs axe over every page in every state, in both languages, light and dark,
// narrow and wide.
func TestAccessibility(t *testing.T) {
	t.Parallel()
	script, address := checker(t), serving(t)
	families := map[string][]story{}
	for _, one := range stories() {
		family, _, _ := strings.Cut(one.name, "/")
		families[family] = append(families[family], one)
	}
	for family, told := range families {
		t.Run(family, func(t *testing.T) {
			t.Parallel()
			ctx := open(t)
			for _, dark := range []bool{false, true} {
				looks(t, ctx, map[bool]int64{false: 1280, true: 360}[dark], dark)
				for _, one := range told {
					for _, locale := range locales.All {
						examine(t, ctx, script, address+"/"+locale+"/"+one.name, dark)
					}
				}
			}
		})
	}
}

func examine(t *testing.T, ctx context.Context, script, address string, dark bool) {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := chromedp.Do(limited, chromedp.Navigate(address))
	if err == nil {
		_, err = chromedp.Run(limited, chromedp.Evaluate[bool](script+"; true"))
	}
	var found string
	if err == nil {
		found, err = chromedp.Run(limited, chromedp.Evaluate[string](check, chromedp.EvalAwaitPromise))
	}
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	if found != "" {
		t.Errorf("%s, dark %v:\n%s", address, dark, found)
	}
}
