package api_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/rand/v2" //nolint:depguard // choices that a seed repeats
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/golang-jwt/jwt/v5"
)

// operation is one of the contract, as the generator reads it.
type operation struct {
	id, method, path string
	// caller is the security scheme, empty for anybody.
	caller string
	// names are the parameters by where they stand, such as "path id"; idOf is what the id in the path names.
	names map[string]bool
	idOf  string
	body  *openapi3.MediaType
	// others are the methods that the address takes as well.
	others []string
}

// operations reads the contract. An operation with a body needs an example there: what is wrong is made of what is right.
func operations(t *testing.T) []operation {
	t.Helper()
	document, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	var all []operation
	for _, path := range document.Paths.InMatchingOrder() {
		item := document.Paths.Value(path)
		for method, spec := range item.Operations() {
			o := operation{id: spec.OperationID, method: method, path: path, names: map[string]bool{}}
			for other := range item.Operations() {
				o.others = append(o.others, other)
			}
			for _, p := range slices.Concat(item.Parameters, spec.Parameters) {
				o.names[p.Value.In+" "+p.Value.Name] = true
				if p.Value.In == "path" {
					o.idOf = p.Value.Name
					if p.Ref != "" {
						o.idOf = p.Ref[strings.LastIndex(p.Ref, "/")+1:]
					}
				}
			}
			for _, requirement := range *spec.Security {
				for scheme := range requirement {
					o.caller = scheme
				}
			}
			if spec.RequestBody != nil {
				if o.body = spec.RequestBody.Value.Content.Get("application/json"); o.body == nil || o.body.Example == nil {
					t.Fatalf("%s has no example in openapi.yaml", o.id)
				}
			}
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.id, b.id) })
	return all
}

// wrongMaker makes wrong requests; the same number gives the same one.
type wrongMaker struct {
	*victim
	operations []operation
}

// wrongDraft is a request that is right until a fault is made in it.
type wrongDraft struct {
	*wrongRequest
	*rand.Rand
	v     *victim
	op    operation
	path  string
	query string
	// authorize makes the credentials, at last, since a proof is made over all the rest.
	authorize func(*wrongDraft)
}

// request makes a request with one fault that makes it wrong for certain, and some noise.
func (m *wrongMaker) request(number int) *wrongRequest {
	rng := rand.New(rand.NewPCG(wrongSeed, uint64(number)))
	d := m.right(number, rng)
	for made := false; !made; {
		f := faults[rng.IntN(len(faults))]
		if f.fits(d.op) {
			made = f.make(d)
		}
	}
	for range rng.IntN(3) {
		noise[rng.IntN(len(noise))](d)
	}
	d.target = d.path + d.query
	d.authorize(d)
	return d.wrongRequest
}

// right makes a request of an operation as it should be.
func (m *wrongMaker) right(number int, rng *rand.Rand) *wrongDraft {
	o := m.operations[rng.IntN(len(m.operations))]
	d := &wrongDraft{
		wrongRequest: &wrongRequest{number: number, operation: o.id, method: o.method}, Rand: rng, v: m.victim, op: o, path: o.path,
		authorize: func(*wrongDraft) {},
	}
	if o.idOf != "" {
		id := m.shop.ids[o.idOf]
		d.path = strings.NewReplacer("{id}", id, "{code}", id).Replace(o.path)
	}
	if o.names["header Origin"] {
		d.set("Origin", shopOrigin)
	}
	if o.body != nil {
		d.set("Content-Type", "application/json")
		d.encode(d.example())
	}
	switch o.caller {
	case "application":
		d.authorize = func(d *wrongDraft) { d.basic(m.shop.id, m.shop.secret) }
	case "device":
		d.authorize = func(d *wrongDraft) { d.bearer(m.shop.signer, "aye-proof+jwt", nil) }
	case "ticket":
		d.authorize = func(d *wrongDraft) { d.set("Authorization", "Ticket "+d.ticket(m.shop)) }
	case "socketTicket":
		d.authorize = func(d *wrongDraft) { d.set("Sec-WebSocket-Protocol", "aye.v1, aye.ticket."+d.ticket(m.shop)) }
		d.set("Connection", "Upgrade")
		d.set("Upgrade", "websocket")
		d.set("Sec-WebSocket-Version", "13")
		d.set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	}
	return d
}

// ticket is that of what the operation is about.
func (d *wrongDraft) ticket(n *tenant) string {
	if d.op.idOf == "PairingId" {
		return n.linking.Ticket
	}
	return n.pending.Ticket
}

// example is a right body: the contract's, about somebody of this world.
func (d *wrongDraft) example() any {
	raw, _ := json.Marshal(d.op.body.Example)
	who, owner := []byte(ada), []byte("owner-"+ada)
	switch d.op.id {
	case "openPairing":
		who = []byte("bo@example.com")
	case "beginSmsProvider", "changeSmsProvider":
		who = owner
	}
	var value any
	_ = json.Unmarshal(bytes.ReplaceAll(raw, []byte("ada@example.com"), who), &value)
	if fields, ok := value.(object); ok {
		switch d.op.id {
		case "claimPairing":
			fields["code"] = codeOf(d.v.shop.linking.URL)
		case "decideApproval":
			fields["decision"] = d.decision(d.v.shop.signer, nil)
		}
	}
	return value
}

// codeOf is the code in what a QR code says.
func codeOf(url string) string {
	_, rest, _ := strings.Cut(url, "#1.")
	code, _, _ := strings.Cut(rest, ".")
	return code
}

func (d *wrongDraft) encode(value any) { d.body, _ = json.Marshal(value) }

func (d *wrongDraft) basic(id, secret string) {
	d.set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(id+":"+secret)))
}

// bearer makes the proof of what is sent, with changes.
func (d *wrongDraft) bearer(s *signer, typ string, change func(jwt.MapClaims)) {
	d.set("Authorization", "Bearer "+d.proof(s, typ, change))
}

func (d *wrongDraft) proof(s *signer, typ string, change func(jwt.MapClaims)) string {
	path := d.path
	if parsed, err := url.ParseRequestURI(d.path); err == nil {
		path = parsed.EscapedPath()
	}
	claims := jwt.MapClaims{
		"iss": s.device, "aud": d.v.Origin, "htm": d.method, "htu": d.v.Origin + path, "iat": d.v.at.Unix(), "jti": d.word(24),
	}
	if len(d.body) > 0 {
		claims["bh"] = hashText(string(d.body))
	}
	if change != nil {
		change(claims)
	}
	return sign(d.v.t, s.key, typ, s.device, claims)
}

// decision is a denial of the request that waits, signed as it should be; with changes it is none. It needs
// no number, so that nothing but the change can be what is refused.
func (d *wrongDraft) decision(s *signer, change func(jwt.MapClaims)) string {
	var challenge struct {
		CN string `json:"cn"`
	}
	if parts := strings.Split(s.challenge, "."); len(parts) == 3 {
		raw, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(raw, &challenge)
	}
	claims := jwt.MapClaims{
		"iss": s.device, "sub": s.membership, "org": s.org, "aud": d.v.Origin, "aid": d.v.shop.pending.ID, "cn": challenge.CN, "dec": "deny",
		"ctxh": hashText(s.challenge), "uv": "none", "iat": d.v.at.Unix(), "exp": d.v.at.Unix() + 60, "jti": d.word(24),
	}
	if change != nil {
		change(claims)
	}
	return sign(d.v.t, s.approvalKey, "aye-decision+jwt", thumbprint(d.v.t, s.approvalKey), claims)
}

// word makes letters and digits.
func (d *wrongDraft) word(length int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	out := make([]byte, length)
	for i := range out {
		out[i] = letters[d.IntN(len(letters))]
	}
	return string(out)
}

// one picks of several.
func one[T any](d *wrongDraft, all ...T) T { return all[d.IntN(len(all))] }

// noise makes a request odd, and no more wrong than it is.
var noise = []func(*wrongDraft){
	func(d *wrongDraft) {
		d.set("Accept-Language", one(d, "nl", "nl-NL,nl;q=0.9", ";q=", "x-"+strings.Repeat("a", 500), "\xff", "*;q=2,,,"))
	},
	func(d *wrongDraft) {
		d.set("User-Agent", one(d, "", strings.Repeat("Mozilla ", 300), "\xc3\x28", "Mozilla/5.0 (", "<script>", "%s%n"))
	},
	func(d *wrongDraft) {
		d.add("X-Forwarded-For", one(d, "::1", "1.2.3.4, 5.6.7.8", "999.1.1.1", ",,,", "unknown", strings.Repeat("10.0.0.1,", 200)))
	},
	func(d *wrongDraft) { d.set("X-HTTP-Method-Override", one(d, "DELETE", "PUT", "GET")) },
	func(d *wrongDraft) { d.set("Accept", one(d, "text/html", "application/xml;q=1", "", "*/*;q=x")) },
	func(d *wrongDraft) {
		d.set("Cookie", one(d, "__Host-aye=x", "a=b; a=c; =;;", strings.Repeat("c=1; ", 200), "\x80"))
	},
	func(d *wrongDraft) { d.set("Expect", "100-continue") },
	func(d *wrongDraft) { d.set("Range", one(d, "bytes=0-1", "bytes=-1", "lines=1")) },
	func(d *wrongDraft) { d.set("If-None-Match", one(d, "*", `"x"`)) },
	func(d *wrongDraft) { d.set("X-Request-Id", one(d, "req_1", strings.Repeat("r", 900))) },
	func(d *wrongDraft) { d.add("Forwarded", "for=_secret;host=evil.example;proto=http") },
	func(d *wrongDraft) { d.set("X-Forwarded-Host", "evil.example") },
	func(d *wrongDraft) { d.set("X-Original-URL", "/v1/sms-settings") },
	func(d *wrongDraft) { d.set("Connection", "close") },
	func(d *wrongDraft) { d.set("Accept-Encoding", one(d, "gzip, br", "*;q=0", "identity;q=0")) },
	func(d *wrongDraft) {
		if d.query == "" {
			d.query = one(d, "?", "?debug=1", "?x=%zz", "?a;b", "?"+strings.Repeat("a=b&", 300), "?ticket=x", "?=", "?%00=%ff", "?x[]=1&x[]=2", "?client_id=x&client_secret=y")
		}
	},
}

// fault is one way to be wrong.
type fault struct {
	fits func(operation) bool
	// make makes the request wrong for certain, and tells whether it did.
	make func(*wrongDraft) bool
}

func withCaller(schemes ...string) func(operation) bool {
	return func(o operation) bool { return slices.Contains(schemes, o.caller) }
}

func withBody(o operation) bool { return o.body != nil && !isReport(o) }

// isReport tells whether it is a vendor's report, which is told by a signature alone: without one nothing of it is right.
func isReport(o operation) bool { return o.idOf == "SmsReporterId" }

func withID(o operation) bool { return o.idOf != "" && o.idOf != "code" }

func always(operation) bool { return true }

// faults are all of them. A list of a kind stands where it is made: wrongfaults_test.go, wrongjson_test.go.
var faults = []fault{
	{withCaller("application"), (*wrongDraft).wrongClient},
	{withCaller("device"), (*wrongDraft).wrongProof},
	{withCaller("ticket", "socketTicket"), (*wrongDraft).wrongTicket},
	{withCaller("socketTicket"), (*wrongDraft).wrongUpgrade},
	{func(o operation) bool { return o.names["header Origin"] }, (*wrongDraft).wrongOrigin},
	{func(o operation) bool { return o.idOf != "" }, (*wrongDraft).wrongID},
	{func(o operation) bool { return withID(o) && o.caller != "ticket" && o.caller != "socketTicket" }, (*wrongDraft).foreignID},
	{isReport, (*wrongDraft).wrongReport},
	{func(o operation) bool {
		return o.names["query wait"] || o.names["query month"] || o.names["query since"] || o.names["query cursor"]
	}, (*wrongDraft).wrongQuery},
	{func(o operation) bool { return o.names["header Idempotency-Key"] }, (*wrongDraft).wrongIdempotencyKey},
	{withBody, (*wrongDraft).wrongMedia},
	{withBody, (*wrongDraft).wrongText},
	{withBody, (*wrongDraft).wrongValue},
	{withBody, (*wrongDraft).wrongValue},
	{withBody, (*wrongDraft).wrongValue},
	{func(o operation) bool { return o.id == "claimPairing" }, (*wrongDraft).wrongClaim},
	{func(o operation) bool { return o.id == "decideApproval" }, (*wrongDraft).wrongDecision},
	{always, (*wrongDraft).wrongMethod},
	{always, (*wrongDraft).wrongAddress},
}

func (d *wrongDraft) wrongMethod() bool {
	// OPTIONS is wrong nowhere: see TestPreflights.
	method := one(d, http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodTrace,
		"BREW", "get", "PROPFIND", "QUERY", strings.Repeat("M", 200))
	if slices.Contains(d.op.others, method) {
		return false
	}
	d.method, d.elsewhere = method, true
	d.faults = append(d.faults, "the method "+method)
	return true
}
