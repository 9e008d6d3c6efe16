package ayetest

import (
	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
	"example.com/aye/signin"
)

// wireSignIn joins the room of sessions to the others.
func (w *World) wireSignIn() {
	w.Codes.Keys, w.Pairings.Codes = w.Keys, w.Codes
	w.SignIn = &signin.Service{
		Store: w.Store, Passwords: w.Accounts, Letters: w.Accounts, Directory: w.Accounts, Asker: w.Approvals, Phones: w.Devices, Pairings: w.Pairings, Now: w.Clock.Now,
		Place: func(ip string) string { return "the place of " + ip },
	}
}

// Visit is from a browser that has not been seen before.
func Visit() signin.Visit {
	return signin.Visit{IP: "203.0.113.7", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Browser: secret.NewToken().Reveal()}
}

// Visitor is a person in a browser, with the session that the browser has.
type Visitor struct {
	*World
	Member  accounts.Member
	Visit   signin.Visit
	Token   secret.Secret
	Session signin.Session
}

// Arrive types the person's password, which must be [Password].
func (w *World) Arrive(m accounts.Member) *Visitor {
	w.Helper()
	v := &Visitor{World: w, Member: m, Visit: Visit()}
	v.Type()
	return v
}

// LogIn is [World.Arrive] and the approval on the phone.
func (w *World) LogIn(m accounts.Member, p *Phone) *Visitor {
	w.Helper()
	v := w.Arrive(m)
	v.Approve(p)
	return v
}

// Type types the password in the same browser.
func (v *Visitor) Type() {
	v.Helper()
	var err error
	v.Session, v.Token, err = v.SignIn.Password(v.Context(), v.Visit, v.Member.Person.Email, Password, "")
	v.must(err)
}

// Look gives the session as the next page finds it.
func (v *Visitor) Look() signin.Session {
	v.Helper()
	session, err := v.SignIn.Session(v.Context(), v.Token)
	v.must(err)
	return session
}

// Took takes what a step came to, which must not have failed; an empty token leaves the cookie.
func (v *Visitor) Took(session signin.Session, token secret.Secret, err error) {
	v.Helper()
	v.must(err)
	if v.Session = session; token != "" {
		v.Token = token
	}
}

// Wait looks at the waiting page.
func (v *Visitor) Wait() signin.Waiting {
	v.Helper()
	w, session, token, err := v.SignIn.Wait(v.Context(), v.Look())
	v.Took(session, token, err)
	return w
}

// Approve approves on the phone what the page shows, and lets the page go on.
func (v *Visitor) Approve(p *Phone) {
	v.Helper()
	v.Yes(p, v.Wait())
	if w := v.Wait(); w.State != approval.Released {
		v.Fatalf("the request is %s", w.State)
	}
}

// Yes types the number that is shown on the phone.
func (v *Visitor) Yes(p *Phone, w signin.Waiting) {
	v.Helper()
	_, err := v.World.Approve(p, v.Asked(w))
	v.must(err)
}

// Asked is the request that the page shows.
func (v *Visitor) Asked(w signin.Waiting) approval.Asked {
	v.Helper()
	r, err := v.Approvals.Find(v.Context(), w.RequestID)
	v.must(err)
	return approval.Asked{Request: r, Number: w.Number}
}

// Prove types the password again, and approves on the phone.
func (v *Visitor) Prove(p *Phone) {
	v.Helper()
	v.Took(v.SignIn.Prove(v.Context(), v.Look(), v.Visit, Password, accounts.TextSecurity))
	v.Approve(p)
}

// PairLocal lets the shop link a phone to the person, which counts for its organisation alone.
func (w *World) PairLocal(m accounts.Member) *Phone {
	w.Helper()
	phone := w.NewPhone()
	shown, err := w.Pairings.Open(w.Context(), pairing.Opening{OrganisationID: m.OrganisationID, Application: &w.Shop, User: Named(m)})
	w.must(err)
	_, err = w.Claim(phone, shown)
	w.must(err)
	w.phones.mu.Lock()
	defer w.phones.mu.Unlock()
	w.phones.of[m.Person.ID] = append(w.phones.of[m.Person.ID], phone)
	return phone
}
