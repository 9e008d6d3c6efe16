package demo_test

import (
	"testing"

	"github.com/chromedp/cdproto/accessibility"

	"example.com/aye/internal/browser"
)

// Whoever zooms to 200 %, has large letters or listens to a screen reader can read and
// press everything (WCAG 2.2, 1.4.4, 1.4.10 and 4.1.2).
func TestEveryPageIsForEverybody(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "nl"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			walkThrough(t, language, func(b *tab, scene string) {
				for _, one := range []struct {
					width, height, text int64
				}{{640, 400, 1}, {320, 568, 1}, {390, 844, 2}} {
					b.looks(one.width, one.height, one.text, false)
					if cut := b.Read(cut); cut != "" {
						t.Errorf("%s in %s, %d wide, text × %d: cut off: %s", scene, language, one.width, one.text, cut)
					}
				}
				b.isNamed(scene)
			})
		})
	}
}

// cut names what sticks out of the window to the side, or cannot be scrolled to.
const cut = `(() => {
	const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className ? "." + e.className : "") + " “" + (e.innerText ?? "").slice(0, 30) + "”";
	const found = [];
	for (const e of document.querySelectorAll("body *")) {
		if (!e.checkVisibility() || e.closest(".skip, .hidden")) continue;
		const box = e.getBoundingClientRect(), style = getComputedStyle(e);
		if (box.width && (box.left < -1 || box.right > innerWidth + 1)) found.push(name(e));
		if (!["INPUT", "IMG"].includes(e.tagName) && style.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1) found.push(name(e) + " scrolls sideways");
		if (style.overflowY === "hidden" && e.scrollHeight > e.clientHeight + 1 && e.clientHeight) found.push(name(e) + " hides its end");
	}
	return found.slice(0, 3).join(", ");
})()`

// isNamed looks whether a screen reader has a name for whatever can be used.
func (b *tab) isNamed(scene string) {
	b.t.Helper()
	tree := browser.Call(b.Tab, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	for _, node := range tree.Nodes {
		if node.Ignored || node.Role == nil {
			continue
		}
		role := string(node.Role.Value)
		switch role {
		case `"button"`, `"link"`, `"textbox"`, `"image"`, `"heading"`, `"DisclosureTriangle"`:
			if node.Name == nil || len(node.Name.Value) <= len(`""`) {
				b.t.Errorf("%s: a %s has no name", scene, role)
			}
		}
	}
}

// looks sets the size of the window, the size of the letters and the colours.
func (b *tab) looks(width, height, text int64, dark bool) {
	b.t.Helper()
	b.Looks(width, height, dark)
	scheme := map[bool]string{true: "dark", false: "light"}[dark]
	b.Until(`document.documentElement.style.fontSize = "` + map[bool]string{true: "200%", false: "100%"}[text == 2] + `"`)
	b.Until(`matchMedia("(prefers-color-scheme: ` + scheme + `)").matches`)
}
