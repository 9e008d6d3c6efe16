package sms

import (
	"slices"

	"example.com/aye/accounts"
)

// Demand is what a country asks of who sends messages there. It is a word for pages.
type Demand string

// The demands.
const (
	// NumericOnly: the sender must be a number; a name is refused, or written over.
	NumericOnly Demand = "numeric-only"
	// Registration: the sender must be registered at the vendor before the first message.
	Registration Demand = "registration"
	// Permission: the account must be allowed at the vendor to send there at all.
	Permission Demand = "permission"
)

// Rule is what a country demands.
type Rule struct{ Demands []Demand }

// Takes tells whether a message with the sender can get there, as far as Aye can know: what is
// registered or allowed at the vendor, only the vendor knows.
func (r Rule) Takes(sender string) bool {
	return !slices.Contains(r.Demands, NumericOnly) || numeric(sender)
}

// CountryRule gives what a country demands, by its two letters of ISO 3166-1; false where Aye knows of
// nothing. Countries change this often: what the vendor answers counts.
func CountryRule(country string) (Rule, bool) {
	r, known := countryRules[country]
	return r, known
}

// takes tells whether a message with the sender can get to the country.
func takes(country, sender string) bool {
	r, known := CountryRule(country)
	return !known || r.Takes(sender)
}

// countryRules are from the vendor's own pages, and those of others where it says less:
//
//   - United States and Canada: docs.bird.com, "SMS Country Information Guide: North America", says that a
//     name is not supported; MessageBird's support page "United States" that a local number must be
//     ordered and registered, and that access to the country must be asked for.
//   - Puerto Rico is reached as the United States are: developers.telnyx.com, "Alphanumeric Sender ID".
//   - India: developers.telnyx.com, "International SMS Compliance Guide": each sender is registered with
//     the operators (DLT), or it is written over or refused.
//   - China: docs.aws.amazon.com, "Sender IDs in AWS End User Messaging SMS", says that a name is not supported.
//   - The others: docs.aws.amazon.com, "Registration forms" and "Sender ID registration", list the countries
//     where a name is registered first.
var countryRules = map[string]Rule{
	"US": {Demands: []Demand{NumericOnly, Registration, Permission}},
	"PR": {Demands: []Demand{NumericOnly, Registration, Permission}},
	"CA": {Demands: []Demand{NumericOnly}},
	"CN": {Demands: []Demand{NumericOnly, Registration}},
	"IN": {Demands: []Demand{Registration}},

	"AT": {Demands: []Demand{Registration}},
	"AU": {Demands: []Demand{Registration}},
	"BY": {Demands: []Demand{Registration}},
	"EG": {Demands: []Demand{Registration}},
	"ES": {Demands: []Demand{Registration}},
	"FI": {Demands: []Demand{Registration}},
	"ID": {Demands: []Demand{Registration}},
	"IE": {Demands: []Demand{Registration}},
	"JO": {Demands: []Demand{Registration}},
	"KE": {Demands: []Demand{Registration}},
	"KW": {Demands: []Demand{Registration}},
	"KZ": {Demands: []Demand{Registration}},
	"LK": {Demands: []Demand{Registration}},
	"PH": {Demands: []Demand{Registration}},
	"QA": {Demands: []Demand{Registration}},
	"RU": {Demands: []Demand{Registration}},
	"SA": {Demands: []Demand{Registration}},
	"SG": {Demands: []Demand{Registration}},
	"TH": {Demands: []Demand{Registration}},
}

// Countries gives those that messages can be sent to, as two letters of ISO 3166-1, sorted.
func Countries() []string { return accounts.Countries() }
