package api_test

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// made notes what was made wrong.
func (d *wrongDraft) made(what string) bool {
	d.faults = append(d.faults, what)
	return true
}

// wrongClient makes the credentials of an application wrong.
func (d *wrongDraft) wrongClient() bool {
	n := d.v.shop
	right := base64.StdEncoding.EncodeToString([]byte(n.id + ":" + n.secret))
	value := one(d,
		"", "Basic", "Basic ", "Basic "+right[:20], "Basic "+strings.ToLower(right), "Basic !"+right, "Basic  "+right[1:], "Bearer "+right, "Digest username=x", "Ticket "+d.v.shop.pending.Ticket,
		"Basic "+base64.StdEncoding.EncodeToString([]byte(n.id)), "Basic "+base64.StdEncoding.EncodeToString([]byte(":")),
		"Basic "+base64.StdEncoding.EncodeToString([]byte(n.id+":")), "Basic "+base64.StdEncoding.EncodeToString([]byte(":"+n.secret)),
		"Basic "+base64.StdEncoding.EncodeToString([]byte(n.id+":"+n.secret+" ")), "Basic "+base64.StdEncoding.EncodeToString([]byte(n.id+":"+n.secret+"\x00")),
		"Basic "+base64.StdEncoding.EncodeToString([]byte(strings.ToUpper(n.id)+":"+n.secret)),
		"Basic "+base64.StdEncoding.EncodeToString([]byte(d.v.foreign.id+":"+n.secret)), "Basic "+base64.StdEncoding.EncodeToString([]byte(n.id+":"+d.v.foreign.secret)),
		"Basic "+base64.StdEncoding.EncodeToString([]byte("\xff\xfe:\x00")), "Basic "+strings.Repeat("QUFB", 2000),
		"Basic "+base64.StdEncoding.EncodeToString([]byte("app_' OR 1=1 --:x")),
	)
	d.authorize = func(d *wrongDraft) {
		if value != "" {
			d.set("Authorization", value)
		}
	}
	return d.made("the credentials " + value)
}

// wrongProof makes the proof of a phone wrong.
func (d *wrongDraft) wrongProof() bool {
	s, foreign := d.v.shop.signer, d.v.foreign.signer
	type changed struct {
		name string
		sign func(*wrongDraft) string
	}
	claims := func(name string, change func(jwt.MapClaims)) changed {
		return changed{name, func(d *wrongDraft) string { return d.proof(s, "aye-proof+jwt", change) }}
	}
	c := one(d,
		claims("another method", func(c jwt.MapClaims) { c["htm"] = "BREW" }),
		claims("another address", func(c jwt.MapClaims) { c["htu"] = d.v.Origin + "/v1/device/elsewhere" }),
		claims("another origin", func(c jwt.MapClaims) { c["htu"] = "https://evil.example" + d.path }),
		claims("another server", func(c jwt.MapClaims) { c["aud"] = "https://evil.example" }),
		claims("several servers", func(c jwt.MapClaims) { c["aud"] = []string{d.v.Origin} }),
		claims("another phone", func(c jwt.MapClaims) { c["iss"] = foreign.device }),
		claims("the hash of another body", func(c jwt.MapClaims) { c["bh"] = hashText("x") }),
		claims("an old time", func(c jwt.MapClaims) { c["iat"] = d.v.at.Unix() - 3600 }),
		claims("a time to come", func(c jwt.MapClaims) { c["iat"] = d.v.at.Unix() + 3600 }),
		claims("a time that is no number", func(c jwt.MapClaims) { c["iat"] = "now" }),
		claims("a time beyond all", func(c jwt.MapClaims) { c["iat"] = 1e300 }),
		claims("a time below all", func(c jwt.MapClaims) { c["iat"] = -9.2e18 }),
		claims("a broken time", func(c jwt.MapClaims) { c["iat"] = 1.5 }),
		claims("a made-up nonce", func(c jwt.MapClaims) { c["nonce"] = "1.AAAA" }),
		claims("a nonce of a time beyond all", func(c jwt.MapClaims) { c["nonce"] = "9223372036854775807." + strings.Repeat("A", 43) }),
		claims("a short jti", func(c jwt.MapClaims) { c["jti"] = "short" }),
		claims("a long jti", func(c jwt.MapClaims) { c["jti"] = strings.Repeat("j", 65) }),
		claims("a jti with a space", func(c jwt.MapClaims) { c["jti"] = "a b" + strings.Repeat("j", 20) }),
		claims("no jti", func(c jwt.MapClaims) { delete(c, "jti") }),
		changed{"another type", func(d *wrongDraft) string { return d.proof(s, "aye-decision+jwt", nil) }},
		changed{"another phone's key", func(d *wrongDraft) string {
			return d.proof(&signer{device: s.device, key: foreign.key}, "aye-proof+jwt", nil)
		}},
		changed{"the approval key", func(d *wrongDraft) string {
			return d.proof(&signer{device: s.device, key: s.approvalKey}, "aye-proof+jwt", nil)
		}},
		changed{"a phone that was unlinked", func(d *wrongDraft) string { return d.proof(d.v.unlinked, "aye-proof+jwt", nil) }},
		changed{"a letter changed", func(d *wrongDraft) string { return d.spoil(d.proof(s, "aye-proof+jwt", nil)) }},
		changed{"no signature", func(d *wrongDraft) string {
			proof := d.proof(s, "aye-proof+jwt", nil)
			return proof[:strings.LastIndex(proof, ".")+1]
		}},
		changed{"alg none", func(d *wrongDraft) string {
			parts := strings.Split(d.proof(s, "aye-proof+jwt", nil), ".")
			return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"aye-proof+jwt","kid":"`+s.device+`"}`)) + "." + parts[1] + "."
		}},
		changed{"nonsense", func(d *wrongDraft) string {
			return one(d, "", ".", "..", "a.b.c", "....", strings.Repeat("A.", 3000), "\xff.\xff.\xff", "null")
		}},
	)
	if c.name == "several servers" && d.IntN(2) == 0 {
		return false
	}
	d.authorize = func(d *wrongDraft) { d.set("Authorization", "Bearer "+c.sign(d)) }
	return d.made("a proof with " + c.name)
}

// spoil changes one letter of a JWS so that it says something else: the last one of a part may hold bits that count for nothing.
func (d *wrongDraft) spoil(token string) string {
	i := d.IntN(len(token) - 1)
	for token[i] == '.' || token[i+1] == '.' {
		i = d.IntN(len(token) - 1)
	}
	with := "A"
	if token[i] == 'A' {
		with = "B"
	}
	return token[:i] + with + token[i+1:]
}

// wrongTicket makes the ticket of a page wrong.
func (d *wrongDraft) wrongTicket() bool {
	n := d.v.shop
	other := n.linking.Ticket
	if d.op.idOf == "PairingId" {
		other = n.pending.Ticket
	}
	mine := d.ticket(n)
	ticket := one(d, "", other, n.denied.Ticket, d.v.foreign.pending.Ticket, d.v.foreign.linking.Ticket, mine[:42], mine+"A", " "+mine+"x", strings.ToUpper(mine), strings.Repeat("A", 43), strings.Repeat("A", 4000), "\xff")
	d.authorize = func(d *wrongDraft) {
		switch {
		case d.op.caller == "ticket":
			d.set("Authorization", one(d, "Ticket ", "ticket ", "Bearer ", "Ticket  ")+ticket)
		case d.IntN(5) == 0:
			d.set("Sec-WebSocket-Protocol", "aye.v1")
		default:
			d.set("Sec-WebSocket-Protocol", "aye.v1, aye.ticket."+ticket)
		}
	}
	return d.made("the ticket " + ticket)
}

// wrongUpgrade asks for no WebSocket, or for one of another kind.
func (d *wrongDraft) wrongUpgrade() bool {
	switch d.IntN(6) {
	case 0:
		d.drop("Upgrade")
	case 1:
		d.set("Upgrade", "h2c")
	case 2:
		d.set("Connection", "keep-alive")
	case 3:
		d.set("Sec-WebSocket-Version", one(d, "12", "", "0", "x"))
	case 4:
		d.set("Sec-WebSocket-Key", one(d, "", "short", "!", strings.Repeat("A", 300)))
	case 5:
		d.authorize = func(d *wrongDraft) { d.set("Sec-WebSocket-Protocol", "aye.ticket."+d.ticket(d.v.shop)) }
	}
	return d.made("no WebSocket of ours is asked for")
}

func (d *wrongDraft) wrongOrigin() bool {
	origin := one(d, "", "null", "https://evil.example", shopOrigin+"/", shopOrigin+".evil.example", strings.ToUpper(shopOrigin), "http://shop.example.com", shopOrigin+":443", "//shop.example.com",
		shopOrigin+", "+shopOrigin, strings.Repeat("o", 300), "\xff", d.v.Origin)
	if d.drop("Origin"); origin != "" {
		d.set("Origin", origin)
	}
	return d.made("the origin " + origin)
}

// wrongID names nothing, in all the forms that an address can have.
func (d *wrongDraft) wrongID() bool {
	right := d.v.shop.ids[d.op.idOf]
	id := one(d,
		neverWas(right), neverWas("apr_"), neverWas("usr_"), right[:len(right)-1], right+"0", strings.ToUpper(right), strings.Replace(right, "_", "-", 1), right+"%00", right+"%0d%0aX:y", right+";v=1",
		"%20"+right, right+"%20", right+".json", right+",", ".", "..", "%2e%2e", "%2e", "%00", "%ff%fe", "%c0%ae", "a%2Fb", "%2F", "..%2f..%2fetc%2fpasswd", "null", "undefined", "0", "-1", "%27%20OR%201=1--", "{id}", ":id", "*", "%25", "%25s%25n",
		"%F0%9F%98%80", "\xff", "é", strings.Repeat("a", 300), strings.Repeat("a", 5000), strings.Repeat("%41", 1000), "pair_"+strings.Repeat("0", 32), "apr_"+strings.Repeat("f", 32), "smp_"+strings.Repeat("0", 32),
		d.v.shop.organisation.ID, d.v.shop.id, d.v.shop.signer.device,
	)
	if id == right {
		return false
	}
	d.path = strings.NewReplacer("{id}", id, "{code}", id).Replace(d.op.path)
	if d.op.caller == "ticket" || d.op.caller == "socketTicket" {
		return d.made("the ticket is of another id")
	}
	return d.made("the id " + id)
}

// foreignID is one of another organisation, or the caller is.
func (d *wrongDraft) foreignID() bool {
	if isReport(d.op) {
		return false
	}
	if d.IntN(2) == 0 {
		d.path = strings.Replace(d.op.path, "{id}", d.v.foreign.ids[d.op.idOf], 1)
		return d.made("the id is of another organisation")
	}
	switch d.op.caller {
	case "application":
		d.authorize = func(d *wrongDraft) { d.basic(d.v.foreign.id, d.v.foreign.secret) }
	case "device":
		d.authorize = func(d *wrongDraft) { d.bearer(d.v.foreign.signer, "aye-proof+jwt", nil) }
	}
	return d.made("the caller is of another organisation")
}

// wrongReport is of nobody who has the vendor's key.
func (d *wrongDraft) wrongReport() bool {
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"MessageBird"}`)) + "."
	for range d.IntN(3) {
		d.set(one(d, "MessageBird-Signature-JWT", "MessageBird-Signature", "MessageBird-Request-Timestamp"),
			one(d, "", "x", "a.b.c", unsigned, "1795253400", "-1", strings.Repeat("9", 40), strings.Repeat("A", 4000), "\xff"))
	}
	d.query = one(d, "", "?id=1&status=delivered", "?id="+strings.Repeat("x", 3000), "?status=%ff", "?%zz", "?statusDatetime=never&id=a&id=b", "?a;b")
	if d.op.body != nil {
		d.body = []byte(one(d, "", "{}", "[]", "null", "{", `{"type":"sms.delivered","payload":null}`, `{"service":1}`, strings.Repeat("[", 5000), "\xff", strings.Repeat("x", 70_000)))
		if d.IntN(2) == 0 {
			d.set("Content-Type", one(d, "text/plain", "", ";;", "application/x-www-form-urlencoded"))
		}
	}
	return d.made("a report without a signature")
}

func (d *wrongDraft) wrongQuery() bool {
	name, values := "wait", []string{"0", "-1", "26", "1.5", "abc", "1%20", "0x5", "1e1", "%D9%A3", strings.Repeat("9", 30), "%00", "1,2", "+", "%ff"}
	switch {
	case d.op.names["query month"]:
		name, values = "month", []string{"2026", "2026-13", "2026-00", "26-01", "2026-1", "-2026-01", "2026-01-01", "2026-1%31x", "x", "%00", "%ff", "12026-01", "2026%2D01%20", strings.Repeat("2", 3000)}
	case d.op.names["query since"]:
		name, values = "since", []string{"2026-11", "2026-02-30", "2026-1-1", "x", "0", "-1", "%ff", "2026-11-21T00:00:00Z", "20261121", "12026-11-21", strings.Repeat("2", 3000)}
	case d.op.names["query cursor"]:
		name, values = "cursor", []string{"%00", "%ff", "a%20b", "%27--", strings.Repeat("a", 257), strings.Repeat("a", 4000), "..", "%2F", "a=b"}
	}
	value := one(d, values...)
	d.query = "?" + name + "=" + value
	return d.made(name + "=" + value)
}

func (d *wrongDraft) wrongIdempotencyKey() bool {
	key := one(d, strings.Repeat("k", 129), strings.Repeat("k", 4000), "a b", "\xff", "é", "a\tb")
	d.set("Idempotency-Key", key)
	return d.made("the Idempotency-Key " + key)
}

func (d *wrongDraft) wrongMedia() bool {
	if d.IntN(3) == 0 {
		coding := one(d, "gzip", "br", "deflate", "zstd", "x", "gzip, gzip")
		d.set("Content-Encoding", coding)
		return d.made("the coding " + coding)
	}
	kind := one(d, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/xml", "application/jsonx", "application/problem+json", "text/json",
		";;", "application/json, text/html", "application/*", "*/*", "application", "\xff", strings.Repeat("a", 3000), "application/json; charset")
	if d.drop("Content-Type"); kind != "" {
		d.set("Content-Type", kind)
	}
	return d.made("the media type " + kind)
}

// wrongClaim brings a right code with a claim that proves nothing.
func (d *wrongDraft) wrongClaim() bool {
	s := d.v.shop.signer
	token := one(d, func() string { return d.spoil(d.decision(s, nil)) }, func() string { return d.decision(s, nil) }, func() string {
		return sign(d.v.t, s.key, "aye-pair+jwt", thumbprint(d.v.t, s.key), jwt.MapClaims{"aud": d.v.Origin, "code_hash": hashText(codeOf(d.v.shop.linking.URL))})
	}, func() string { return d.proof(s, "aye-pair+jwt", nil) })()
	d.encode(object{"code": codeOf(d.v.shop.linking.URL), "claim": token})
	return d.made("a claim that proves nothing")
}

// wrongDecision is signed, but says something else than what was asked; or it is not signed.
func (d *wrongDraft) wrongDecision() bool {
	s, foreign := d.v.shop.signer, d.v.foreign.signer
	change := func(name string, value any) func() string {
		return func() string { return d.decision(s, func(c jwt.MapClaims) { c[name] = value }) }
	}
	text := one(d, change("iss", foreign.device), change("sub", foreign.membership), change("org", foreign.org), change("aud", "https://evil.example"), change("aid", d.v.foreign.pending.ID),
		change("aid", d.v.shop.denied.ID), change("cn", strings.Repeat("A", 43)), change("dec", "allow"), change("dec", ""), change("dec", []string{"deny"}), change("ctxh", hashText("x")), change("jti", "short"),
		change("uv", "retina"), change("iat", "now"), change("num", 123),
		func() string { return d.spoil(d.decision(s, nil)) },
		func() string { return d.decision(foreign, nil) },
		func() string {
			return d.decision(&signer{device: s.device, approvalKey: foreign.approvalKey, challenge: s.challenge, membership: s.membership, org: s.org}, nil)
		},
		func() string { return d.proof(s, "aye-decision+jwt", nil) },
	)()
	d.encode(object{"decision": text})
	return d.made("a decision that is none")
}

// wrongAddress is one beside those that there are.
func (d *wrongDraft) wrongAddress() bool {
	path := d.path
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	d.path = one(d,
		path+"/", path+"/x", path+"//", "/"+first+"//"+rest+"/", path+"/..", path+"/../../admin", "/v1/"+strings.Repeat("../", 20)+"etc/passwd", "/v1/"+strings.Repeat("a/", 800), "/v1/"+strings.Repeat("a", 9000),
		path+"%2F", path+"/%00", path+"/%2e%2e/", path+"/\\", "/v1", "/v1/", "/v1/%", "/v1/%zz", "/v1/\xff", "/v1/metrics", "/v1/admin", "/v1/.git/config", "/.well-known/", "/.well-known/openid-configuration",
		"/problems/", "/problems", "/healthz/", "/readyz/x", "/p/", "/p/x", "/v1/approvals%3Fx", path+"/;jsessionid=1", "http://evil.example/v1/nothing", "http://evil.example:99999/v1/x", "/v1/%E2%80%AE", "/v1/"+url.PathEscape(path),
	)
	d.elsewhere = true
	return d.made("the address " + d.path)
}
