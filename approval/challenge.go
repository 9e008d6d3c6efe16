package approval

import (
	"github.com/golang-jwt/jwt/v5"
	"github.com/mileusna/useragent"

	"example.com/aye/internal/secret"
)

// ChallengeType is the typ of what a phone is shown.
const ChallengeType = "aye-challenge+jwt"

// challenge signs what the phones are to show. It is signed once and its bytes are kept, so
// that a decision can name exactly what was shown.
func (a *asking) challenge() error {
	r := &a.request
	shown := map[string]any{
		"application": r.Asker, "organisation": r.Organisation, "person": a.member.Person.Display,
		"new_browser": r.NewBrowser, "created_at": r.Created.Format("2006-01-02T15:04:05Z"),
	}
	optional := map[string]string{
		"message": r.Message, "ip": r.Context.IP, "place": r.Place, "browser": BrowserName(r.Context.UserAgent),
	}
	for name, text := range optional {
		if text != "" {
			shown[name] = text
		}
	}
	if len(r.Details) > 0 {
		details := make([]map[string]string, 0, len(r.Details))
		for _, d := range r.Details {
			details = append(details, map[string]string{"label": d.Label, "value": d.Value})
		}
		shown["details"] = details
	}
	r.ChallengeNonce = secret.NewToken().Reveal()
	signed, err := a.service.Signer.Sign(ChallengeType, jwt.MapClaims{
		"iss": a.service.Origin, "aid": r.ID, "cn": r.ChallengeNonce, "sub": r.MembershipID, "org": r.OrganisationID, "acc": r.PersonID,
		"purpose": string(r.Purpose), "ctx": shown, "confirm": string(r.Confirm), "digits": r.Digits,
		"iat": r.Created.Unix(), "exp": r.Expires.Unix(),
	})
	r.Challenge = signed
	return err
}

func (s *Service) place(ip string) string {
	if s.Place == nil || ip == "" {
		return ""
	}
	return s.Place(ip)
}

// BrowserName says in a few words what a User-Agent header means, for example "Firefox on
// Linux"; empty when it says nothing.
func BrowserName(header string) string {
	browser, system := BrowserOf(header)
	if system == "" {
		return browser
	}
	return browser + " on " + system
}

// maxAgent is how many characters of a name are shown; a header can name anything.
const maxAgent = 40

// BrowserOf gives the browser and the system that a User-Agent header names, for who says it in
// another language; both are empty when it names no browser.
func BrowserOf(header string) (browser, system string) {
	agent := useragent.Parse(header)
	if !fits(agent.Name, 1, maxAgent) {
		return "", ""
	}
	if !fits(agent.OS, 0, maxAgent) {
		return agent.Name, ""
	}
	return agent.Name, agent.OS
}
