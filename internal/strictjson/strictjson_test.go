package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/aye/internal/strictjson"
)

type value struct {
	Sub  string `json:"sub"`
	Deep any    `json:"deep"`
}

func nested(n int) string { return `{"deep":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}" }

func TestDecode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		ok         bool
	}{
		{"object", `{"sub":"ada"}`, true},
		{"empty object", `{}`, true},
		{"white space", " \t\r\n{ \"sub\" : \"ada\" }\n ", true},
		{"deepest", nested(strictjson.MaxDepth - 1), true},
		{"too deep", nested(strictjson.MaxDepth), false},
		{"too deep objects", strings.Repeat(`{"deep":`, strictjson.MaxDepth+1) + "1" + strings.Repeat("}", strictjson.MaxDepth+1), false},
		{"bottomless", strings.Repeat(`{"deep":`, 100_000), false},
		{"the same name in two objects", `{"deep":[{"a":1},{"a":2}],"sub":"x"}`, true},
		{"nothing", ``, false},
		{"white space only", ` `, false},
		{"null", `null`, false},
		{"text", `"a"`, false},
		{"list", `[]`, false},
		{"number", `1`, false},
		{"true", `true`, false},
		{"name twice", `{"sub":"a","sub":"b"}`, false},
		{"name twice in capitals", `{"sub":"a","SUB":"b"}`, false},
		{"name twice, escaped", `{"sub":"a","\u0073ub":"b"}`, false},
		{"name twice with a long s", "{\"sub\":\"a\",\"\u017fub\":\"b\"}", false},
		{"name twice with a Kelvin sign", "{\"k\":1,\"\u212a\":2}", false},
		{"name twice with a final sigma", "{\"σ\":1,\"ς\":2}", false},
		{"name twice, deep", `{"deep":{"a":1,"a":2}}`, false},
		{"name twice in a list", `{"deep":[{"a":1,"A":2}]}`, false},
		{"trailing", `{} x`, false},
		{"two", `{}{}`, false},
		{"trailing comma", `{"sub":"a",}`, false},
		{"cut off", `{"sub":"a"`, false},
		{"cut off in a list", `{"deep":[1`, false},
		{"no value", `{"sub":}`, false},
		{"no name", `{:1}`, false},
		{"name is a number", `{1:1}`, false},
		{"byte order", "\ufeff{}", false},
		{"not UTF-8", "{\"sub\":\"\xff\"}", false},
		{"other white space", "{}\v", false},
		{"zero byte", "{}\x00", false},
		{"wrong close", `{"deep":[}`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var v value
			if err := strictjson.Decode([]byte(test.text), &v); (err == nil) != test.ok {
				t.Errorf("%v", err)
			}
			if err := strictjson.DecodeKnown([]byte(test.text), &v); err == nil && !test.ok {
				t.Error("known: taken")
			}
		})
	}
}

func TestUnknownNames(t *testing.T) {
	t.Parallel()
	const text = `{"sub":"ada","more":1}`
	var v value
	if err := strictjson.Decode([]byte(text), &v); err != nil || v.Sub != "ada" {
		t.Errorf("%v", err)
	}
	if err := strictjson.DecodeKnown([]byte(text), &v); err == nil {
		t.Error("an unknown name was taken")
	}
	if err := strictjson.Decode([]byte(`{"sub":1}`), &v); err == nil || errors.Is(err, strictjson.ErrMalformed) {
		t.Errorf("another type: %v", err)
	}
}

var escapes = regexp.MustCompile(`\\(?:u[0-9a-fA-F]{4}|[^u])`)

// lonely tells whether a text of JSON has half of a surrogate pair.
func lonely(raw []byte) bool {
	const high, low = `\\u[dD][89abAB]..`, `\\u[dD][c-fC-F]..`
	var marks strings.Builder
	end := 0
	for _, at := range escapes.FindAllIndex(raw, -1) {
		if at[0] > end {
			marks.WriteByte('.')
		}
		end = at[1]
		switch text := raw[at[0]:at[1]]; {
		case regexp.MustCompile(high).Match(text):
			marks.WriteByte('h')
		case regexp.MustCompile(low).Match(text):
			marks.WriteByte('l')
		default:
			marks.WriteByte('.')
		}
	}
	return strings.ContainsAny(strings.ReplaceAll(marks.String(), "hl", ""), "hl")
}

// TestSurrogates: an escape that stands for no character is read by some as another, and by some not at all.
func TestSurrogates(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		`"\ud83d\ude00"`: true, `"\uD83D\uDE00"`: true, `"\\ud83d"`: true, `"\\\ud83d\ude00"`: true, `"\ufffd"`: true, `"\ud7ff\ue000"`: true, `"\"\ud83d\ude00\u0041"`: true,
		`"\ud83d"`: false, `"\ude00"`: false, `"\ud83d "`: false, `"\ud83d\u0041"`: false, `"\ude00\ud83d"`: false, `"\ud83d\ud83d\ude00"`: false, `"\\\ud83d"`: false,
		`"\ud83d","x":"\ude00"`: false, `"\ud83d\n"`: false, `"\ud83d\\ude00"`: false,
	} {
		var v value
		whole := []byte(`{"sub":` + text + `}`)
		if err := strictjson.Decode(whole, &v); (err == nil) != ok || lonely(whole) == ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestExactNames: to other readers a name in other letters is another name.
func TestExactNames(t *testing.T) {
	t.Parallel()
	type inner struct {
		Key string `json:"k"`
	}
	var v struct {
		inner
		Sub   string `json:"sub"`
		Plain string
		Deep  map[string][]inner `json:"deep"`
		none  string
		Not   string `json:"-"`
	}
	_ = v.none
	for text, ok := range map[string]bool{
		`{"sub":"a","Plain":"b","k":"c","deep":{"SUB2":[{"k":"d"}]}}`: true, `{"s\u0075b":"a"}`: true, `{"none":1,"Not":1,"other":1,"OTHER2":1}`: true,
		`{"Sub":"a"}`: false, `{"SUB":"a"}`: false, `{"\u017fub":"a"}`: false, `{"plain":"a"}`: false, `{"K":"a"}`: false, `{"\u212a":"a"}`: false, `{"deep":{"x":[{"K":"a"}]}}`: false,
		`{"Deep":null}`: false,
	} {
		if err := strictjson.Decode([]byte(text), &v); (err == nil) != ok || (err != nil && !errors.Is(err, strictjson.ErrMalformed)) {
			t.Errorf("%s: %v", text, err)
		}
		if err := strictjson.DecodeKnown([]byte(text), &v); err == nil && !ok {
			t.Errorf("known, %s: taken", text)
		}
	}
}

// tokens is the same check by the tokens of encoding/json: slower, and known to be right.
func tokens(raw []byte) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	var value func(depth int) bool
	value = func(depth int) bool {
		t, err := d.Token()
		if err != nil {
			return false
		}
		open, ok := t.(json.Delim)
		if !ok {
			return depth > 0
		}
		if depth >= strictjson.MaxDepth || (depth == 0 && open != '{') {
			return false
		}
		var seen []string
		for d.More() {
			if open == '{' {
				name, failure := d.Token()
				text, isText := name.(string)
				if failure != nil || !isText || slices.ContainsFunc(seen, func(s string) bool { return strings.EqualFold(s, text) }) {
					return false
				}
				seen = append(seen, text)
			}
			if !value(depth + 1) {
				return false
			}
		}
		_, err = d.Token()
		return err == nil
	}
	return utf8.Valid(raw) && !lonely(raw) && value(0) && d.InputOffset() == int64(len(bytes.TrimRight(raw, " \t\r\n")))
}

func TestManyNames(t *testing.T) {
	t.Parallel()
	for _, n := range []int{31, 32, 33, 34, 35, 100, 5000} {
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf(`"name%d":{"name%d":[]}`, i, i)
		}
		object := func() []byte { return []byte("{" + strings.Join(names, ",") + "}") }
		into := map[string]any{}
		if err := strictjson.Decode(object(), &into); err != nil {
			t.Errorf("%d names: %v", n, err)
		}
		for _, twice := range []int{0, n / 2, n - 2} {
			kept := names[n-1]
			names[n-1] = fmt.Sprintf(`"NAME%d":1`, twice)
			if err := strictjson.Decode(object(), &into); !errors.Is(err, strictjson.ErrMalformed) {
				t.Errorf("%d names, %d stands twice: %v", n, twice, err)
			}
			names[n-1] = kept
		}
	}
}

// The text of an ordinary call is looked through without making anything of it.
func TestAllocations(t *testing.T) {
	var v value
	plain := []byte(`{"sub":"ada","deep":null}`)
	strict := testing.AllocsPerRun(100, func() { _ = strictjson.Decode(plain, &v) })
	loose := testing.AllocsPerRun(100, func() { _ = json.Unmarshal(plain, &v) })
	if strict > loose+4 {
		t.Errorf("%v allocations, %v of them without the check", strict, loose)
	}
}

// FuzzDecode: what is read says one thing only, so writing and reading it again changes nothing.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{`{"sub":"ada"}`, nested(7), `{"a":{"b":[1,2,{"c":null}]}}`, "{\"s\":1,\"\u017f\":2}", `{"a":1}{}`, `{"Sub":"eve"}`, `{"\u017fub":"eve","deep":[]}`, `{"sub":"\ud83d"}`, `{"sub":"\ud83d\ude00\\ud83d"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		into := map[string]any{}
		err := strictjson.Decode(text, &into)
		if tokens(text) != !errors.Is(err, strictjson.ErrMalformed) {
			t.Fatalf("read in another way by tokens: %v", err)
		}
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatal("not JSON")
		}
		var typed value
		if strictjson.Decode(text, &typed) == nil {
			if sub, _ := into["sub"].(string); sub != typed.Sub {
				t.Fatalf("one reader sees %q, another %q", typed.Sub, sub)
			}
		}
		folded := map[string]string{}
		for name := range into {
			for other := range folded {
				if strings.EqualFold(name, other) {
					t.Fatalf("%q and %q are one name to some", name, other)
				}
			}
			folded[name] = name
		}
	})
}
