package jws_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/internal/jws"
)

const (
	typ    = "aye-decision+jwt"
	header = `{"alg":"ES256","typ":"aye-decision+jwt","kid":"k"}`
	claims = `{"sub":"ada"}`
)

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// signed signs whatever stands in the two places, by hand.
func signed(t testing.TB, key *ecdsa.PrivateKey, head, body string) string {
	t.Helper()
	text := head + "." + body
	return text + "." + base64.RawURLEncoding.EncodeToString(signature(t, key, text))
}

func signature(t testing.TB, key *ecdsa.PrivateKey, text string) []byte {
	t.Helper()
	digest := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return pair(r, s)
}

func pair(r, s *big.Int) []byte {
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out
}

func accepts(key *ecdsa.PrivateKey, text string) error {
	message, err := jws.Parse(typ, text)
	if err != nil {
		return err
	}
	var claims struct {
		Subject string `json:"sub"`
	}
	return message.Verify(&key.PublicKey, &claims)
}

type forgery struct{ why, text string }

// heads are headers that must not be taken, each with a good signature over it.
func heads() map[string]string {
	bad := map[string]string{
		"empty": ``, "null": `null`, "array": `[]`, "text": `"ES256"`, "number": `1`, "no members": `{}`, "not JSON": `{`,
		"no alg": `{"typ":"aye-decision+jwt","kid":"k"}`, "no typ": `{"alg":"ES256","kid":"k"}`, "no kid": `{"alg":"ES256","typ":"aye-decision+jwt"}`,
		"empty kid":              `{"alg":"ES256","typ":"aye-decision+jwt","kid":""}`,
		"long kid":               `{"alg":"ES256","typ":"aye-decision+jwt","kid":"` + strings.Repeat("k", 129) + `"}`,
		"kid is a number":        `{"alg":"ES256","typ":"aye-decision+jwt","kid":1}`,
		"kid is null":            `{"alg":"ES256","typ":"aye-decision+jwt","kid":null}`,
		"kid is a list":          `{"alg":"ES256","typ":"aye-decision+jwt","kid":["k"]}`,
		"alg in capitals":        `{"ALG":"ES256","typ":"aye-decision+jwt","kid":"k"}`,
		"Typ":                    `{"alg":"ES256","Typ":"aye-decision+jwt","kid":"k"}`,
		"kid with a Kelvin sign": "{\"alg\":\"ES256\",\"typ\":\"aye-decision+jwt\",\"\u212aid\":\"k\"}",
		"alg twice":              `{"alg":"none","alg":"ES256","typ":"aye-decision+jwt","kid":"k"}`,
		"alg twice, in capitals": `{"alg":"ES256","ALG":"none","typ":"aye-decision+jwt","kid":"k"}`,
		"kid twice":              `{"alg":"ES256","typ":"aye-decision+jwt","kid":"x","kid":"k"}`,
		"kid twice, escaped":     `{"alg":"ES256","typ":"aye-decision+jwt","kid":"x","\u006bid":"k"}`,
		"trailing data":          header + `{}`, "trailing comma": `{"alg":"ES256","typ":"aye-decision+jwt","kid":"k",}`,
		"two objects":    header + header,
		"byte order":     "\ufeff" + header,
		"not UTF-8":      `{"alg":"ES256","typ":"aye-decision+jwt","kid":"` + "\xff" + `"}`,
		"comment":        `{"alg":"ES256","typ":"aye-decision+jwt",/**/"kid":"k"}`,
		"single quotes":  `{'alg':'ES256','typ':'aye-decision+jwt','kid':'k'}`,
		"zero byte":      header + "\x00",
		"typ in another": `{"alg":"ES256","typ":"AYE-DECISION+JWT","kid":"k"}`,
	}
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS256", "RS512", "PS256", "ES384", "ES512", "ES256K", "EdDSA", "es256", "ES256 ", " ES256", "ES256\u0000"} {
		text, _ := json.Marshal(alg)
		bad["alg "+alg] = `{"alg":` + string(text) + `,"typ":"aye-decision+jwt","kid":"k"}`
	}
	for _, other := range []string{"JWT", "jwt", "", "aye-proof+jwt", "aye-pair+jwt", "aye-challenge+jwt", "aye-assertion+jwt", "aye-key+jwt", "application/aye-decision+jwt", "aye-decision+jwt "} {
		bad["typ "+other] = `{"alg":"ES256","typ":"` + other + `","kid":"k"}`
	}
	for _, extra := range []string{
		`"crit":["b64"]`, `"crit":[]`, `"b64":false`, `"jwk":{"kty":"EC"}`, `"jku":"https://evil.example.com"`, `"x5u":"https://evil.example.com"`,
		`"x5c":["AA"]`, `"x5t":"AA"`, `"x5t#S256":"AA"`, `"cty":"JWT"`, `"zip":"DEF"`, `"enc":"A256GCM"`, `"nonce":"n"`, `"url":"u"`, `"":""`, `"Alg ":"x"`,
		`"deep":` + strings.Repeat("[", 9) + strings.Repeat("]", 9),
	} {
		bad["also "+extra] = `{"alg":"ES256","typ":"aye-decision+jwt","kid":"k",` + extra + `}`
	}
	return bad
}

// bodies are payloads that must not be taken.
func bodies() map[string]string {
	return map[string]string{
		"empty payload": ``, "payload null": `null`, "payload array": `[]`, "payload text": `"ada"`, "payload number": `1`, "payload cut off": `{"sub":"ada"`,
		"claim twice": `{"sub":"ada","sub":"eve"}`, "claim twice in capitals": `{"sub":"ada","SUB":"eve"}`, "claim twice, escaped": `{"sub":"ada","\u0073ub":"eve"}`,
		"claim twice with a long s": "{\"sub\":\"ada\",\"\u017fub\":\"eve\"}", "claim twice, deep": `{"sub":"ada","x":{"a":1,"a":2}}`,
		"claim twice in a list": `{"sub":"ada","x":[{"a":1,"A":2}]}`, "trailing payload": claims + "x", "two payloads": claims + claims,
		"payload not UTF-8": "{\"sub\":\"\xff\"}", "deep payload": `{"x":` + strings.Repeat("[", 8) + strings.Repeat("]", 8) + `}`,
		"deep objects": strings.Repeat(`{"x":`, 9) + "1" + strings.Repeat("}", 9), "claim of another type": `{"sub":1}`, "payload with a byte order": "\ufeff" + claims,
	}
}

// shapes are texts whose form is wrong.
func shapes(t testing.TB, key *ecdsa.PrivateKey) []forgery {
	good := signed(t, key, b64(header), b64(claims))
	parts := strings.Split(good, ".")
	raw, _ := base64.RawURLEncoding.DecodeString(parts[2])
	der, _ := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
	order := elliptic.P256().Params().N
	with := func(signature []byte) string {
		return parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
	fresh := func(head, body string) string { return signed(t, key, head, body) }
	other := signed(t, key, b64(header), b64(`{"sub":"eve"}`))
	public, _ := key.PublicKey.Bytes()
	mac := hmac.New(sha256.New, public)
	hs := b64(`{"alg":"HS256","typ":"aye-decision+jwt","kid":"k"}`) + "." + b64(claims)
	mac.Write([]byte(hs))
	hs += "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	r := new(big.Int).SetBytes(raw[:32])
	return []forgery{
		{"nothing", ""},
		{"one dot", "."},
		{"two dots", ".."},
		{"three dots", "..."},
		{"two parts", parts[0] + "." + parts[1]},
		{"four parts", good + ".x"},
		{"nested dots", good + "." + good},
		{"five parts", "a.b.c.d.e"},
		{"leading dot", "." + good},
		{"trailing dot", good + "."},
		{"no signature", parts[0] + "." + parts[1] + "."},
		{"no header", "." + parts[1] + "." + parts[2]},
		{"no payload", parts[0] + ".." + parts[2]},
		{"HS256 with the public key", hs},
		{"DER signature", with(der)},
		{"short signature", with(raw[:63])},
		{"long signature", with(append(bytes.Clone(raw), 0))},
		{"signature of 32 bytes", with(raw[:32])},
		{"signature of zeros", with(make([]byte, 64))},
		{"r is zero", with(append(make([]byte, 32), raw[32:]...))},
		{"s is zero", with(append(bytes.Clone(raw[:32]), make([]byte, 32)...))},
		{"r is the order", with(pair(order, new(big.Int).SetBytes(raw[32:])))},
		{"s is the order", with(pair(r, order))},
		{"all ones", with(bytes.Repeat([]byte{0xff}, 64))},
		{"r and s swapped", with(append(bytes.Clone(raw[32:]), raw[:32]...))},
		{"another message's signature", parts[0] + "." + parts[1] + "." + strings.Split(other, ".")[2]},
		{"another payload", parts[0] + "." + b64(`{"sub":"eve"}`) + "." + parts[2]},
		{"another key", signed(t, newKey(t), b64(header), b64(claims))},
		{"padded header", fresh(b64(header)+"=", b64(claims))},
		{"padded payload", fresh(b64(header), b64(claims)+"=")},
		{"padded signature", good + "=="},
		{"line feed behind", good + "\n"},
		{"line feed inside", good[:10] + "\n" + good[10:]},
		{"carriage return", good + "\r"},
		{"line feed in the signature", good[:len(good)-4] + "\n" + good[len(good)-4:]},
		{"signed line feed", fresh(b64(header)[:8]+"\n"+b64(header)[8:], b64(claims))},
		{"space in front", " " + good},
		{"space behind", good + " "},
		{"tab", "\t" + good},
		{"standard base64", fresh(base64.RawStdEncoding.EncodeToString([]byte(header)), base64.RawStdEncoding.EncodeToString([]byte(`{"sub":"~~~???>>>"}`)))},
		{"bits behind the signature", good[:len(good)-1] + next(good[len(good)-1])},
		{"zero byte", good + "\x00"},
		{"percent", strings.ReplaceAll(good, ".", "%2E")},
		{"JSON form", `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`},
		{"bits behind the header", fresh(loose(header), b64(claims))},
		{"bits behind the payload", fresh(b64(header), loose(claims))},
		{"huge", fresh(b64(header), b64(`{"sub":"`+strings.Repeat("x", jws.MaxSize)+`"}`))},
		{"only dots", strings.Repeat(".", jws.MaxSize)},
		{"huge header", fresh(b64(`{"alg":"ES256","typ":"aye-decision+jwt","kid":"`+strings.Repeat("k", jws.MaxSize)+`"}`), b64(claims))},
	}
}

// next gives the next letter of the alphabet, which at the end of a text changes bits that stand for nothing.
func next(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[(strings.IndexByte(alphabet, c)+1)%64])
}

// loose spells a text with bits behind its last byte.
func loose(text string) string {
	for len(text)%3 == 0 {
		text += " "
	}
	encoded := b64(text)
	return encoded[:len(encoded)-1] + next(encoded[len(encoded)-1])
}

// TestThreatForgedTokens: whoever lacks the key, or spells a message in another way, is refused.
func TestThreatForgedTokens(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	if err := accepts(key, signed(t, key, b64(header), b64(claims))); err != nil {
		t.Fatal(err)
	}
	forgeries := shapes(t, key)
	for why, head := range heads() {
		forgeries = append(forgeries, forgery{why, signed(t, key, b64(head), b64(claims))})
	}
	for why, body := range bodies() {
		forgeries = append(forgeries, forgery{why, signed(t, key, b64(header), b64(body))})
	}
	for _, f := range forgeries {
		if err := accepts(key, f.text); !errors.Is(err, jws.ErrInvalid) {
			t.Errorf("%s: %v", f.why, err)
		}
	}
	if len(forgeries) < 100 {
		t.Errorf("only %d forgeries", len(forgeries))
	}
}

// A signature has a twin with the other s. It is a good one too, which is why what makes a
// message unique is its jti and never its bytes.
func TestTheTwinOfASignature(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	text := b64(header) + "." + b64(claims)
	raw := signature(t, key, text)
	twin := new(big.Int).Sub(elliptic.P256().Params().N, new(big.Int).SetBytes(raw[32:]))
	sent := text + "." + base64.RawURLEncoding.EncodeToString(pair(new(big.Int).SetBytes(raw[:32]), twin))
	if err := accepts(key, sent); err != nil {
		t.Fatal(err)
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	longest := ""
	for n := 2000; ; n++ {
		text := signed(t, key, b64(header), b64(`{"sub":"`+strings.Repeat("x", n*1)+`"}`))
		if len(text) > jws.MaxSize {
			if accepts(key, text) == nil {
				t.Fatal("too long")
			}
			break
		}
		longest = text
		n += (jws.MaxSize - len(text)) / 2
	}
	if err := accepts(key, longest); err != nil {
		t.Fatal(err)
	}
}

// TestVectors reads docs/vectors.json, which every other implementation reads too.
func TestVectors(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Keys []struct {
			Name       string
			PKCS8      string
			JWK        jws.Key
			Thumbprint string
		}
		Signed []struct {
			Name, Key, Typ, Kid, JWS string
			Claims                   map[string]any
			Bad                      []struct{ Layer, Why, JWS string }
		}
		Context struct{ Text, Hash string } `json:"ctxh"`
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	keys := map[string]jws.Key{}
	for _, key := range vectors.Keys {
		keys[key.Name] = key.JWK
		if key.JWK.Thumbprint() != key.Thumbprint {
			t.Errorf("thumbprint of %s", key.Name)
		}
		private, err := jwt.ParseECPrivateKeyFromPEM([]byte(key.PKCS8))
		if err != nil {
			t.Fatal(err)
		}
		if public, err := jws.NewKey(&private.PublicKey); err != nil || public != key.JWK {
			t.Errorf("JWK of %s: %v", key.Name, err)
		}
	}
	if jws.HashText(vectors.Context.Text) != vectors.Context.Hash {
		t.Error("hash of the context")
	}
	refused := 0
	for _, s := range vectors.Signed {
		public, err := keys[s.Key].Public()
		if err != nil {
			t.Fatal(err)
		}
		read := func(text string) (map[string]any, error) {
			message, err := jws.Parse(s.Typ, text)
			if err != nil {
				return nil, err
			}
			claims := map[string]any{}
			err = message.Verify(public, &claims)
			return claims, err
		}
		if claims, err := read(s.JWS); err != nil || fmt.Sprint(claims) != fmt.Sprint(s.Claims) {
			t.Errorf("%s: %v", s.Name, err)
		}
		for _, bad := range s.Bad {
			if bad.Layer != "jws" {
				continue
			}
			refused++
			if _, err := read(bad.JWS); !errors.Is(err, jws.ErrInvalid) {
				t.Errorf("%s, %s: %v", s.Name, bad.Why, err)
			}
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}

// FuzzParse looks for a text that is read although it is not spelled in the one right way.
func FuzzParse(f *testing.F) {
	key := newKey(f)
	f.Add(signed(f, key, b64(header), b64(claims)))
	for _, forgery := range shapes(f, key) {
		f.Add(forgery.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		message, err := jws.Parse(typ, text)
		if err != nil {
			if !errors.Is(err, jws.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		parts := strings.Split(text, ".")
		for i, part := range parts {
			raw, err := base64.RawURLEncoding.DecodeString(part)
			if err != nil || base64.RawURLEncoding.EncodeToString(raw) != part {
				t.Fatalf("part %d has another spelling", i)
			}
		}
		var head map[string]string
		raw, _ := base64.RawURLEncoding.DecodeString(parts[0])
		if err := json.Unmarshal(raw, &head); err != nil || len(head) != 3 || head["alg"] != "ES256" || head["typ"] != typ || head["kid"] != message.KeyID {
			t.Fatalf("header %s", raw)
		}
		var into map[string]any
		if message.Verify(&key.PublicKey, &into) == nil { // then another library says so too
			parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding())
			if _, err := parser.Parse(text, func(*jwt.Token) (any, error) { return &key.PublicKey, nil }); err != nil {
				t.Fatal(err)
			}
		}
	})
}
