package api_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// wrongText makes a body that is no JSON, or JSON that can be read in two ways.
func (d *wrongDraft) wrongText() bool {
	right := bytes.Clone(d.body)
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(right, &fields)
	name := one(d, slices.Sorted(maps.Keys(fields))...)
	inside := bytes.TrimPrefix(right, []byte("{"))
	join := func(parts ...any) []byte {
		out := new(bytes.Buffer)
		for _, part := range parts {
			switch p := part.(type) {
			case string:
				out.WriteString(p)
			case []byte:
				out.Write(p)
			case json.RawMessage:
				out.Write(p)
			}
		}
		return out.Bytes()
	}
	d.body = one(d,
		nil, []byte(" "), []byte("{"), []byte("null"), []byte("[]"), []byte(`""`), []byte("0"), []byte("true"), []byte("NaN"), []byte("undefined"), []byte("'x'"),
		right[:1+d.IntN(len(right)-1)], join(right, "{}"), join(right, "x"), join(right, "\x00"), join("\xef\xbb\xbf", right), join("\xff\xfe", right), join(right, "\xff"),
		join(`{"`, name, `":null,`, inside), join(`{"`, name, `":`, fields[name], `,`, inside), join(`{"`, strings.ToUpper(name), `":1,`, inside), join(`{"\u00`, hexOf(name[0]), name[1:], `":1,`, inside),
		join(`{"x":"`, "\xff", `",`, inside), join(`{"x":"\ud800",`, inside), join("{\"x\":\"a\nb\",", inside), join(`{"x":01,`, inside), join(`{"x":+1,`, inside), join(`{"x":.5,`, inside), join(`{"x":1e,`, inside), join(`{"x":0x1,`, inside),
		join(`{"x":"\q",`, inside), join(`{/* */`, inside), join(`{,`, inside), join(bytes.TrimSuffix(right, []byte("}")), ",}"), join("[", right, "]"), join(`"`, right, `"`),
		join(`{"x":`, strings.Repeat("[", 9), strings.Repeat("]", 9), ",", inside), join(`{"x":`, strings.Repeat("[", 20_000), strings.Repeat("]", 20_000), ",", inside), join(`{"x":`, strings.Repeat(`{"a":`, 5000), "1", strings.Repeat("}", 5000), ",", inside),
		[]byte(strings.Repeat("[", 60_000)), []byte(strings.Repeat(`{"a":`, 12_000)), join(`{"x":"`, strings.Repeat("x", 66_000), `",`, inside), join(strings.Repeat(" ", 66_000), right), []byte(strings.Repeat("\x00", 1000)), []byte(name+"=1&x=2"), []byte("<a/>"), bytes.ToUpper(right),
	)
	return d.made("a body that is no JSON of one meaning")
}

func hexOf(b byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[b>>4], digits[b&15]})
}

// wrongValue changes something in a body until the contract's schema no longer takes it.
func (d *wrongDraft) wrongValue() bool {
	for range 20 {
		var value any
		if err := json.Unmarshal(d.body, &value); err != nil {
			return false
		}
		what := ""
		for range 1 + d.IntN(3) {
			what = d.change(&value)
		}
		if schema := d.op.body.Schema.Value; schema.VisitJSON(value) == nil || schema.VisitJSON(withoutNulls(value)) == nil {
			continue // odd, and right
		}
		if d.encode(value); len(d.body) > 0 {
			return d.made("the body: " + what)
		}
	}
	return false
}

// withoutNulls is a value as Aye reads it: a field that is null is not there.
func withoutNulls(value any) any {
	switch v := value.(type) {
	case object:
		out := object{}
		for name, inner := range v {
			if inner != nil {
				out[name] = withoutNulls(inner)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = withoutNulls(inner)
		}
		return out
	}
	return value
}

// change changes one place of a value, and says which.
func (d *wrongDraft) change(value *any) string {
	at, set := "", func(v any) { *value = v }
	for {
		switch now := (*value).(type) {
		case object:
			names := slices.Sorted(maps.Keys(now))
			if len(names) == 0 || d.IntN(5) == 0 {
				return at + d.changeObject(now, names)
			}
			name := one(d, names...)
			inner := now[name]
			at += "/" + name
			set = func(v any) { now[name] = v }
			value = &inner
		case []any:
			if len(now) == 0 || d.IntN(4) == 0 {
				set(d.changeList(now))
				return at + " another list"
			}
			i := d.IntN(len(now))
			inner := now[i]
			set = func(v any) { now[i] = v }
			value = &inner
		default:
			set(d.strange(now))
			return at + " another value"
		}
		if d.IntN(6) == 0 {
			set(d.strange(*value))
			return at + " another value"
		}
	}
}

func (d *wrongDraft) changeObject(fields object, names []string) string {
	if len(names) == 0 || d.IntN(3) == 0 {
		name := one(d, "extra", "__proto__", "constructor", "", "$ref", "a.b", "a/b", "\x00", "É", strings.Repeat("n", 200), strings.Repeat("n", 3000), "Email", "id")
		fields[name] = d.strange(nil)
		return "/" + name + " added"
	}
	name := one(d, names...)
	old := fields[name]
	delete(fields, name)
	if d.IntN(2) == 0 {
		return "/" + name + " taken away"
	}
	fields[one(d, strings.ToUpper(name), name+" ", "_"+name, name+"\x00")] = old
	return "/" + name + " renamed"
}

func (d *wrongDraft) changeList(list []any) any {
	long := make([]any, 0, 400)
	for range 400 {
		long = append(long, list...)
		long = append(long, "x")
	}
	return one[any](d, []any{}, long, []any{nil}, []any{[]any{}}, append(slices.Clone(list), 1), object{})
}

// strange is a value that few expect.
func (d *wrongDraft) strange(old any) any {
	if text, ok := old.(string); ok && d.IntN(3) == 0 {
		return one[any](d, text+" ", " "+text, strings.ToUpper(text), text+"\x00", text+"\n", "\u202e"+text, text+text, strings.Repeat(text+"x", 50), []any{text}, object{"value": text}, text+"\ufeff", "\u00a0"+text)
	}
	return one[any](d,
		nil, true, false, 0, 1, -1, 1.5, 1e308, -1e-300, 9.3e18, 1e20, json.Number("1e400"), json.Number("-0"), json.Number(strings.Repeat("9", 400)),
		"", " ", "0", "null", "a", "\x00", "\n", "\t", "\u202e", "\u2028", "\ufffd", "é", "e\u0301", "👩‍👩‍👧‍👦", "\U0010ffff", "<script>alert(1)</script>", "' OR 1=1 --", "${jndi:ldap://x}", "../../etc/passwd", "%s%n", "usr_"+strings.Repeat("0", 32), d.v.foreign.organisation.ID,
		"a@b", "@", "a@"+strings.Repeat("b", 300), strings.Repeat("a", 65), strings.Repeat("a", 129), strings.Repeat("é", 201), strings.Repeat("a", 1025), strings.Repeat("a", 5000), strings.Repeat("👩", 100), "999.999.999.999", "::1", "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3.4:80",
		[]any{}, []any{nil}, object{}, object{"": ""}, object{"id": "x", "email": "y@z"},
	)
}
