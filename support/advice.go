package support

import (
	"slices"

	"example.com/aye/accounts"
	"example.com/aye/approval"
)

// advice is what to say to the caller, the most important first: why the phone is silent, then what helps without support, and at
// last what support can do.
func advice(c Card, texts bool) []Advice {
	var all []Advice
	say := func(a Advice, when bool) {
		if when {
			all = append(all, a)
		}
	}
	frozen := slices.ContainsFunc(c.Frozen, func(f Freeze) bool { return f.What == FrozenPerson })
	say(AdviceFrozen, frozen)
	say(AdviceLive, c.Live != nil)
	if silent := silence(c); silent != "" {
		say(silent, true)
	}
	say(AdviceOtherPhone, len(c.Phones) > 1)
	say(AdviceApp, c.Apps > 0 && c.Organisation.Allows(accounts.TOTP))
	say(AdviceRecovery, c.RecoveryCodes > 0 && c.Organisation.Allows(accounts.Recovery))
	say(AdviceText, texts && c.Number != "" && c.Organisation.Allows(accounts.SMS))
	say(AdviceForgotten, !frozen && c.Live == nil)
	say(AdviceLost, !frozen && c.Live == nil)
	return all
}

// silence says why the newest request did not reach the phone; empty where it did, or where there is none.
func silence(c Card) Advice {
	if len(c.Phones) == 0 {
		return ""
	}
	for _, r := range c.Recent {
		if len(r.Deliveries) == 0 {
			continue
		}
		has := func(state approval.DeliveryState) bool {
			return slices.ContainsFunc(r.Deliveries, func(d approval.Delivery) bool { return d.State == state })
		}
		switch {
		case has(approval.Fetched):
			return ""
		case r.Withheld || has(approval.Withheld):
			return AdviceMuted
		case has(approval.Accepted):
			return AdviceNotFetched
		case has(approval.Failed):
			return AdviceFailed
		}
		return ""
	}
	return ""
}
