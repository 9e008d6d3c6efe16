package portal

import "slices"

// family is a kind of thing that is written down, by which people search.
type family struct {
	name    string
	actions []string
}

// families are all actions that the log can have; each has words in the texts below "log.is.". A test finds
// those of the source that are missing.
var families = []family{
	{"logins", []string{
		"approval.asked", "approval.code-sent", "approval.approved", "approval.released", "approval.denied", "approval.reported", "approval.mismatched",
		"approval.expired", "approval.cancelled", "approval.superseded", "approval.lapsed", "approval.redeem-refused",
		"session.started", "session.asked", "session.asks-again", "session.proving", "session.proven", "session.unproven", "session.picked",
		"session.password-changed", "session.ended", "recovery-code.used", "access-code.used",
	}},
	{"phones", []string{
		"pairing.opened", "pairing.renewed", "pairing.claimed", "pairing.confirmed", "pairing.unconfirmed", "pairing.elder-asked", "pairing.elder-approved",
		"pairing.elder-refused", "pairing.elder-unasked", "pairing.proven", "pairing.disowned", "pairing.burned", "pairing.expired", "pairing.cancelled", "pairing.dropped",
		"device.renamed", "device.updated", "device.removed", "device.approval-key-replaced", "device.push-ok", "device.push-suspect", "device.push-dead",
		"app.begun", "app.activated", "app.removed", "recovery-codes.made", "codes.unlocked",
	}},
	{"support", []string{
		"case.opened", "case.approval-asked", "case.approved", "case.shortened", "case.operator-signed", "case.escalated", "case.refused", "case.cancelled", "case.expired", "case.sent", "case.not-sent",
		"case.sent-again", "case.link-used", "case.revoked", "case.done", "case.stopped", "case.caller-asked", "case.caller-answered",
		"support.searched", "support.looked", "support.frozen", "support.lifted", "break-glass.used", "person.factors-revoked",
	}},
	{"people", []string{
		"member.added", "member.invited", "member.invited-again", "member.accepted", "member.role-changed", "member.number-vouched", "member.ended",
		"import.planned", "import.started", "import.stopped", "import.done", "person.name-changed", "person.language-changed", "person.email-changed",
		"person.password-changed", "person.reset-used", "person.number-changed", "person.number-removed", "person.texts-chosen", "person.exported", "person.erased",
	}},
	{"settings", []string{
		"organisation.created", "organisation.updated", "organisation.logo-changed", "application.created", "application.updated", "application.secret-added",
		"application.secret-ended", "application.webhook-secret-changed", "text-provider.added", "text-provider.changed", "text-provider.activated",
		"text-provider.deactivated", "text-provider.removed", "texts.settings-changed", "texts.stopped", "texts.resumed", "alert-hook.changed", "signing-key.created",
		"store.moved", "store.reopened", "store.restored",
	}},
}

// worded tells whether there are words for the action.
func worded(action string) bool {
	return slices.ContainsFunc(families, func(f family) bool { return slices.Contains(f.actions, action) })
}
