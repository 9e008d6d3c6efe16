package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryTargetIsThere holds the table of threats.md to the code: each file and target that it names is there, has seeds, and
// each target that there is has its row.
func TestEveryTargetIsThere(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("threats.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| .* \\| `([a-z0-9_/]+\\.go)` \\| `(Fuzz\\w+)` in `([a-z0-9/]+)` \\|$").FindAllStringSubmatch(string(text), -1) {
		file, target, folder := row[1], row[2], row[3]
		named[folder+" "+target] = true
		if _, err = os.Stat(filepath.Join("..", file)); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
	declared := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)
	err = filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		folder, _ := filepath.Rel("..", filepath.Dir(path))
		for _, found := range declared.FindAllStringSubmatch(string(source), -1) {
			name := filepath.ToSlash(folder) + " " + found[1]
			seeds, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "testdata", "fuzz", found[1], "*"))
			if !strings.Contains(string(source), "f.Add(") && len(seeds) == 0 {
				t.Errorf("%s has no seeds", name)
			}
			if !named[name] && !strings.HasPrefix(name, "internal/emulate ") { // stand-ins read from our own tests
				t.Errorf("%s has no row in threats.md", name)
			}
			delete(named, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range named {
		t.Errorf("threats.md names %s, which is not there", name)
	}
}
