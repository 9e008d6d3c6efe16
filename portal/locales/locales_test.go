package locales_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/aye/portal/locales"
)

func texts(t *testing.T) map[string]*locales.Words {
	t.Helper()
	all, err := locales.New()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var gap = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

// gaps are the names of what is filled in, of all forms together.
func gaps(w *locales.Words, id string) []string {
	var names []string
	for _, form := range w.Forms(id) {
		for _, found := range gap.FindAllStringSubmatch(form, -1) {
			names = append(names, found[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// links are the addresses that a text leads to.
var links = regexp.MustCompile(`\]\(([^)]*)\)`)

// A text is in every language or in none, with the same gaps, forms and links.
func TestTheLanguagesAgree(t *testing.T) {
	t.Parallel()
	all := texts(t)
	first := all[locales.English]
	for _, locale := range locales.All[1:] {
		other := all[locale]
		for _, id := range first.IDs() {
			if other.Forms(id) == nil {
				t.Errorf("%s is not in %s", id, locale)
				continue
			}
			if want, got := gaps(first, id), gaps(other, id); !slices.Equal(want, got) {
				t.Errorf("%s has the gaps %v in English and %v in %s", id, want, got, locale)
			}
			if want, got := len(first.Forms(id)), len(other.Forms(id)); want != got {
				t.Errorf("%s has %d forms in English and %d in %s", id, want, got, locale)
			}
			want, got := links.FindAllString(strings.Join(first.Forms(id), ""), -1), links.FindAllString(strings.Join(other.Forms(id), ""), -1)
			if !slices.Equal(want, got) {
				t.Errorf("%s leads to %v in English and to %v in %s", id, want, got, locale)
			}
		}
		for _, id := range other.IDs() {
			if first.Forms(id) == nil {
				t.Errorf("%s is in %s alone", id, locale)
			}
		}
	}
}

// literal is what looks like a text's id in a template or in Go; with a dot at the end, it is
// where ids begin that are put together when the page is drawn.
var literal = regexp.MustCompile("[\"`]([a-z][a-z0-9-]*(?:\\.[a-z0-9-]+)*\\.?)[\"`]")

// Every text is used, and every text that is used exists.
func TestNoTextIsMissingOrUnused(t *testing.T) {
	t.Parallel()
	words := texts(t)[locales.English]
	families, used := map[string]bool{}, map[string]string{}
	for _, id := range words.IDs() {
		family, _, _ := strings.Cut(id, ".")
		families[family] = true
	}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(file, "_test.go") || (!strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, ".html")) {
			return err
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, found := range literal.FindAllStringSubmatch(string(source), -1) {
			if family, _, dotted := strings.Cut(found[1], "."); dotted && families[family] {
				used[found[1]] = file
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, file := range used {
		if !strings.HasSuffix(id, ".") && words.Forms(id) == nil {
			t.Errorf("%s: there is no text %q", file, id)
		}
	}
	for _, id := range words.IDs() {
		if _, ok := used[id]; !ok && !begun(used, id) {
			t.Errorf("nobody uses the text %q", id)
		}
	}
}

func begun(used map[string]string, id string) bool {
	for prefix := range used {
		if strings.HasSuffix(prefix, ".") && strings.HasPrefix(id, prefix) {
			return true
		}
	}
	return false
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": "en", "nl": "nl", "nl-BE,fr;q=0.8": "nl", "fr,nl;q=0.5,en;q=0.1": "nl", "en-GB,nl;q=0.9": "en", "de": "en", "fr-FR": "en", "\x00": "en",
		"en;q=0.1,nl;q=0.9": "nl", strings.Repeat("a,", 3000): "en",
	} {
		if got := locales.Match(accept); got != want {
			t.Errorf("Match(%.40q) = %s, want %s", accept, got, want)
		}
	}
}

// What is missing is an error, not an empty place on a page.
func TestSay(t *testing.T) {
	t.Parallel()
	words := texts(t)[locales.Dutch]
	if _, err := words.Say("frame.unheard-of", nil); err == nil {
		t.Error("a text that does not exist was said")
	}
	if said, err := words.Say("wait.left", nil); err == nil {
		t.Errorf("a text was said without what stands in its gap: %s", said)
	}
	for count, want := range map[int]string{1: "1 minuut", 2: "2 minuten"} {
		if said, err := words.Say("time.minutes", locales.Values{locales.Count: count}); err != nil || said != want {
			t.Errorf("%d: %q, %v", count, said, err)
		}
	}
}
