package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"example.com/aye/portal/locales"
)

// axe is Deque's checker, which `make test` fetches from npm; see .ci/axe.
const axe = "../../dist/axe.min.js"

// checker is the text of axe. A test that was left out proves nothing, so it fails without.
func checker(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(axe)
	if err != nil {
		t.Fatalf("run `make tools-test`: %v", err)
	}
	return string(text)
}

// check runs axe on the page and names what it found, and where.
func check(rules string) string {
	return `axe.run(document, {resultTypes: ["violations"], runOnly: ` + rules + `}).then((found) => found.violations.flatMap((one) => one.nodes.map((node) =>
		one.id + " at " + node.target.join(" ") + ": " + (node.any[0] ?? node.all[0] ?? node.none[0])?.message)).join("\n"))`
}

var (
	every = check(`["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`)
	// seen are the rules whose answer depends on the colours and the width.
	seen = check(`{type: "rule", values: ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block"]}`)
)

// TestAccessibility runs axe over every page in every state, in both languages, light and wide,
// dark and narrow, and looks whether everything fits for who zooms or has large letters.
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
			// Handed over once, not with each page.
			if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
				t.Fatal(err)
			}
			for _, one := range told {
				for _, locale := range locales.All {
					examine(t, ctx, address+"/"+locale+"/"+one.name)
				}
			}
		})
	}
}

func examine(t *testing.T, ctx context.Context, address string) {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := chromedp.Do(limited, chromedp.Navigate(address))
	for _, view := range []struct {
		width int64
		dark  bool
		check string
	}{{1280, false, every}, {360, true, seen}} {
		looks(t, limited, view.width, view.dark)
		var found string
		if err == nil {
			found, err = chromedp.Run(limited, chromedp.Evaluate[string](view.check, chromedp.EvalAwaitPromise))
		}
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		if found != "" {
			t.Errorf("%s, %d wide, dark %v:\n%s", address, view.width, view.dark, found)
		}
	}
	fits(t, limited, address)
}
