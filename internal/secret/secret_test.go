package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/aye/internal/secret"
)

const canary = "canary-7f3a"

type document struct{ Text secret.Secret }

// Whatever prints a value, prints no secret.
func TestASecretIsNotSeen(t *testing.T) {
	t.Parallel()
	type holder struct {
		Text    secret.Secret
		Pointer *secret.Secret
		List    []secret.Secret
		Map     map[string]secret.Secret
	}
	s := secret.Secret(canary)
	values := map[string]any{
		"itself": s, "pointer": &s, "list": []secret.Secret{s}, "any": []any{s}, "map": map[string]secret.Secret{"a": s},
		"struct": holder{s, &s, []secret.Secret{s}, map[string]secret.Secret{"a": s}}, "error": fmt.Errorf("with %v", s),
	}
	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%e", "%c", "%U", "%b", "%o", "%10.3s", "% x", "%#q"} {
			unseen(t, name+" "+verb, fmt.Sprintf(verb, value))
		}
		unseen(t, name+" Sprint", fmt.Sprint(value))
		unseen(t, name+" Sprintln", fmt.Sprintln(value))
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		unseen(t, name+" JSON", string(text))
		for _, handler := range []func(*bytes.Buffer) slog.Handler{
			func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var out bytes.Buffer
			slog.New(handler(&out)).Info("message", slog.Any("value", value))
			unseen(t, name+" slog", out.String())
		}
	}
	text, err := xml.Marshal(document{s})
	if err != nil {
		t.Fatal(err)
	}
	unseen(t, "XML", string(text))
	if s.Reveal() != canary || s.String() != "[secret]" || s.GoString() != "[secret]" {
		t.Error("the text itself")
	}
}

func unseen(t *testing.T, how, text string) {
	t.Helper()
	if strings.Contains(text, canary) || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", canary)) {
		t.Errorf("%s shows it: %s", how, text)
	}
}

func keys(t *testing.T, b byte) *secret.Keys {
	t.Helper()
	k, err := secret.NewKeys(bytes.Repeat([]byte{b}, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Codes for different things differ, and the same one can be made again.
func TestDerivedCodes(t *testing.T) {
	t.Parallel()
	k := keys(t, 1)
	seen := map[secret.Secret]string{}
	for _, c := range []struct {
		keys    *secret.Keys
		purpose string
		parts   []string
	}{
		{k, "a", nil},
		{k, "a", []string{""}},
		{k, "a", []string{"b"}},
		{k, "a", []string{"b", ""}},
		{k, "a", []string{"", "b"}},
		{k, "b", []string{"a"}},
		{k, "a", []string{"bc"}},
		{k, "a", []string{"b", "c"}},
		{k, "a", []string{"c", "b"}},
		{k, "ab", []string{"c"}},
		{k, "ab", nil},
		{k, "a", []string{"b\x00c"}},
		{keys(t, 2), "a", nil},
		{keys(t, 2), "a", []string{"b"}},
	} {
		name := fmt.Sprintf("%p %s %q", c.keys, c.purpose, c.parts)
		code := c.keys.Code(c.purpose, c.parts...)
		if code != c.keys.Code(c.purpose, c.parts...) || len(code) != 43 {
			t.Errorf("%s: not made again", name)
		}
		if other, there := seen[code]; there {
			t.Errorf("%s and %s are the same", name, other)
		}
		seen[code] = name
	}
}

func TestDigits(t *testing.T) {
	t.Parallel()
	k := keys(t, 1)
	zeros := 0
	counts := map[byte]int{}
	for i := range 2000 {
		for _, n := range []int{1, 3, 6, 9} {
			digits := k.Digits(n, "number", fmt.Sprint(i)).Reveal()
			if len(digits) != n || strings.Trim(digits, "0123456789") != "" {
				t.Fatalf("%q", digits)
			}
			if n == 3 {
				counts[digits[2]]++
			}
			if digits[0] == '0' {
				zeros++
			}
		}
	}
	for digit, count := range counts {
		if count < 130 || count > 270 { // 200 are expected; five standard deviations
			t.Errorf("%c stands %d times", digit, count)
		}
	}
	if zeros == 0 {
		t.Error("no leading zeros")
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b secret.Secret
		want bool
	}{{"", "", true}, {"a", "a", true}, {"a", "b", false}, {"a", "", false}, {"a", "a\x00", false}, {"a", "A", false}} {
		if secret.Equal(c.a, c.b) != c.want {
			t.Errorf("%q and %q", c.a.Reveal(), c.b.Reveal())
		}
	}
}

func TestRandom(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id, token := secret.NewID("apr"), secret.NewToken().Reveal()
		if seen[id] || seen[token] || !secret.ValidID("apr", id) || len(token) != 43 {
			t.Fatalf("%s %s", id, token)
		}
		seen[id], seen[token] = true, true
	}
	id := secret.NewID("dev")
	for _, bad := range []string{"", "dev_", "dev", id[:len(id)-1], id + "0", strings.ToUpper(id), "apr" + id[3:], strings.Replace(id, "_", "-", 1), id[:len(id)-1] + "g", id[:10] + "\n" + id[11:]} {
		if secret.ValidID("dev", bad) {
			t.Errorf("%q is taken for an id", bad)
		}
	}
	if secret.Hash("abc") != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Error("SHA-256 of FIPS 180-2")
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "folder", "key")
	made, err := secret.LoadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]os.FileMode{path: 0o400, filepath.Dir(path): 0o700} {
		if info, failure := os.Stat(file); failure != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", file, info.Mode(), failure)
		}
	}
	loaded, err := secret.LoadKeys(path)
	if err != nil || loaded.Code("x") != made.Code("x") {
		t.Fatalf("read again it is another: %v", err)
	}
	for _, mode := range []os.FileMode{0o440, 0o404, 0o444, 0o644, 0o420, 0o401} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := secret.LoadKeys(path); !errors.Is(err, secret.ErrKeyFile) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if _, err := secret.LoadKeys(t.TempDir()); !errors.Is(err, secret.ErrKeyFile) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := secret.LoadKeys("/dev/null/key"); !errors.Is(err, secret.ErrKeyFile) {
		t.Errorf("no folder: %v", err)
	}
}

func TestParseKeys(t *testing.T) {
	t.Parallel()
	const good = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
	for text, ok := range map[string]bool{
		good: true, good + "\n": true, good + " \r\n": true, "": false, "AQEB": false, good[:43]: false, "not base64": false, good + good: false,
		"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB": false,
	} {
		k, err := secret.ParseKeys(text)
		if (err == nil) != ok || (!ok && !errors.Is(err, secret.ErrKeyFile)) {
			t.Errorf("%q: %v", text, err)
		}
		if ok && k.Code("x") != keys(t, 1).Code("x") {
			t.Errorf("%q is another key", text)
		}
	}
}
