package ayetest

import (
	"maps"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
)

// Open begins a pairing as the operator.
func (w *World) Open(m accounts.Member) pairing.Shown {
	w.Helper()
	shown, err := w.Pairings.Open(w.Context(), pairing.Opening{OrganisationID: m.OrganisationID, User: Named(m)})
	w.must(err)
	return shown
}

// Scan gives the code of what is shown.
func Scan(shown pairing.Shown) secret.Secret {
	_, rest, _ := strings.Cut(shown.URL.Reveal(), "#1.")
	code, _, _ := strings.Cut(rest, ".")
	return secret.Secret(code)
}

// Claim signs a claim of the code. The function changes the claims before they are signed.
func (p *Phone) Claim(code secret.Secret, change func(jwt.MapClaims)) string {
	claims := maps.Clone(p.Claims)
	proof := jwt.MapClaims{"aud": Origin, "code_hash": Hash(code.Reveal()), "device_key": Thumbprint(p.Key)}
	maps.Copy(claims, jwt.MapClaims{
		"aud": Origin, "code_hash": Hash(code.Reveal()), "iat": p.clock.Now().Unix(),
		"device_key": Public(p.Key), "approval_key": Public(p.ApprovalKey),
		"approval_proof": Sign(p.ApprovalKey, devices.PossessionType, Thumbprint(p.ApprovalKey), proof),
	})
	if change != nil {
		change(claims)
	}
	return Sign(p.Key, pairing.ClaimType, Thumbprint(p.Key), claims)
}

// Claim lets the phone claim what is shown.
func (w *World) Claim(p *Phone, shown pairing.Shown) (pairing.Claimed, error) {
	code := Scan(shown)
	claimed, err := w.Pairings.Claim(w.Context(), code, p.Claim(code, nil))
	if err == nil {
		p.Device = claimed.Device
		p.remember(claimed.TOTP)
	}
	return claimed, err
}

// Pair links a phone to the person, with whatever it needs: the digits, or the person's
// oldest phone.
func (w *World) Pair(m accounts.Member) *Phone {
	w.Helper()
	phone := w.NewPhone()
	w.PairWith(m, phone)
	return phone
}

// PairWith links the phone to the person.
func (w *World) PairWith(m accounts.Member, phone *Phone) pairing.Claimed {
	w.Helper()
	ctx, shown := w.Context(), w.Open(m)
	claimed, err := w.Claim(phone, shown)
	w.must(err)
	operator := accounts.Application{}
	switch claimed.State {
	case pairing.AwaitingCode:
		digits := pairing.ConfirmationDigits(Scan(shown), Public(phone.Key), Public(phone.ApprovalKey))
		w.must(w.Pairings.Confirm(ctx, operator, shown.ID, digits))
	case pairing.AwaitingApproval:
		w.approveElder(m, claimed.ApprovalID)
	case pairing.Open, pairing.Paired, pairing.Burned, pairing.Expired, pairing.Cancelled:
	}
	view, err := w.Pairings.View(ctx, operator, shown.ID)
	w.must(err)
	if view.State != pairing.Paired {
		w.Fatalf("the pairing is %s", view.State)
	}
	phone.Device = view.Device
	w.phones.mu.Lock()
	defer w.phones.mu.Unlock()
	w.phones.of[m.Person.ID] = append(w.phones.of[m.Person.ID], phone)
	return claimed
}

// approveElder types the number of the new phone's request on the person's oldest phone.
func (w *World) approveElder(m accounts.Member, id string) {
	w.Helper()
	request, err := w.Approvals.Find(w.Context(), id)
	w.must(err)
	number, err := w.Approvals.Number(w.Context(), id)
	w.must(err)
	_, err = w.Decide(w.Elder(m), request, func(c jwt.MapClaims) { c["num"] = number.Reveal() })
	w.must(err)
}

// Elder gives the person's oldest phone that is still linked.
func (w *World) Elder(m accounts.Member) *Phone {
	w.Helper()
	active, err := w.Devices.Of(w.Context(), m.Person.ID)
	w.must(err)
	w.phones.mu.Lock()
	defer w.phones.mu.Unlock()
	for _, phone := range w.phones.of[m.Person.ID] {
		if len(active) > 0 && phone.Device.ID == active[0].ID {
			return phone
		}
	}
	w.Fatal("this person has no phone")
	return nil
}
