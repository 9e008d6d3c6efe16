package api

import (
	"net/http"
	"slices"
)

// problem is one kind of error that a caller can meet. The page /problems/<code> is made from it.
type problem struct {
	code    string // lower-case words with hyphens: part of the contract, so it never changes
	status  int    // the HTTP status; a code always answers with the same one
	title   string // the kind of problem in a few words, the same at every occurrence
	meaning string // what happened
	mend    string // what the caller should do
}

// problems is every error of the API, in the order in which a request meets them.
var problems = []problem{
	// The request as such.
	{
		"invalid-json", http.StatusBadRequest, "The body is not valid JSON",
		"The body could not be read as one JSON document in UTF-8: it is malformed, has a name twice, is nested more than 8 deep, or something follows it.",
		"Send exactly one JSON object of the documented form.",
	},
	{
		"invalid-request", http.StatusBadRequest, "A field is not valid",
		"The request was read, but at least one field, parameter or header is missing, unknown or out of bounds. `errors` names each with a pointer and says why.",
		"Correct the fields that `errors` names and send the request again. Repeating it unchanged will not help.",
	},
	{
		"not-found", http.StatusNotFound, "There is nothing here",
		"Nothing exists at this address for this caller. An id of another organisation answers exactly like an id that never was.",
		"Check the path and the id, and that the credentials belong to the organisation that made it.",
	},
	{
		"method-not-allowed", http.StatusMethodNotAllowed, "The method is not allowed here",
		"The address exists, but not with this HTTP method.",
		"Use one of the methods that the `Allow` header of the answer lists.",
	},
	{
		"payload-too-large", http.StatusRequestEntityTooLarge, "The body is too large",
		"The body is larger than 64 KiB.",
		"Send a smaller body. No valid request needs more.",
	},
	{
		"unsupported-media-type", http.StatusUnsupportedMediaType, "The body must be JSON",
		"The `Content-Type` of the body is not `application/json`, or the body is compressed.",
		"Send the body as plain `application/json` in UTF-8.",
	},
	{
		"upgrade-required", http.StatusUpgradeRequired, "This address speaks WebSocket only",
		"An ordinary HTTP request arrived at an address that only accepts a WebSocket with the subprotocol `aye.v1`.",
		"Open a WebSocket that offers `aye.v1` and `aye.ticket.<ticket>`, or poll the `state` address instead.",
	},
	{
		"idempotency-mismatch", http.StatusUnprocessableEntity, "The idempotency key was used for something else",
		"This `Idempotency-Key` was used in the last 24 hours with another body or another address.",
		"Use a new key for a new request, and repeat a request only with exactly the same body.",
	},

	// Applications.
	{
		"unauthorized", http.StatusUnauthorized, "The credentials are not accepted",
		"The HTTP Basic credentials are missing, the client id is unknown, the secret is wrong or withdrawn, or the application was switched off.",
		"Check `client_id` and `client_secret`. If the secret was rotated, use the new one.",
	},
	{
		"enrol-not-allowed", http.StatusForbidden, "This application may not link phones",
		"The application does not have the permission to enrol.",
		"Ask an administrator of the organisation to give the application that permission, or send people to Aye's own pages to link a phone.",
	},
	{
		"sms-not-allowed", http.StatusForbidden, "This application may not manage text messages",
		"The application does not have the permission to manage providers of text messages and to see what messages cost.",
		"Ask the operator to give the application that permission: `aye application update --may-manage-texts`.",
	},
	{
		"tap-not-allowed", http.StatusForbidden, "Approval without a number is not allowed",
		"The request asked for `confirm: tap`, and the organisation does not allow that.",
		"Ask for `confirm: number` and show the number, or ask an administrator to allow `tap`.",
	},
	{
		"unknown-user", http.StatusNotFound, "The organisation has no such member",
		"No membership of the application's organisation has this e-mail address or id.",
		"Check the address or id, or have an administrator invite the person.",
	},

	// Browsers that wait.
	{
		"invalid-ticket", http.StatusUnauthorized, "The ticket is not accepted",
		"The ticket is missing, has expired, or belongs to another request or pairing.",
		"Use the ticket that came with this very request. If its time has passed, start a new request.",
	},
	{
		"origin-not-allowed", http.StatusForbidden, "This origin is not on the list",
		"The `Origin` header is missing or is not one of the application's allowed origins.",
		"Add the exact origin of the page (scheme, host and port) to the application, or open the page at an origin that is listed.",
	},

	// Phones: the proof of each call.
	{
		"invalid-proof", http.StatusUnauthorized, "The proof of this call is not valid",
		"The bearer proof is missing or malformed, its signature does not verify, or a claim does not match this call (`aud`, `htm`, `htu`, `bh`, `jti`).",
		"Make a new proof for exactly this method, address and body, signed with the device key, and repeat the call.",
	},
	{
		"use-nonce", http.StatusUnauthorized, "The phone's clock is off",
		"The `iat` of the proof is more than 120 s from the server's clock, or its `nonce` is unknown or has expired.",
		"Repeat the call with a new proof whose claim `nonce` has the value of the header `Aye-Nonce` of this answer. It lives 120 s.",
	},
	{
		"proof-used", http.StatusUnauthorized, "The proof was used before",
		"A call that changes something came with a `jti` that this phone has already used.",
		"Make a new proof with a new `jti`. Read the state first if you do not know whether the earlier call arrived.",
	},
	{
		"device-unknown", http.StatusUnauthorized, "This phone is not linked",
		"The server knows no such phone, or the phone was unlinked, or its pairing ended before the phone became active.",
		"Delete the keys of this link from the phone and pair it again.",
	},
	{
		"device-not-active", http.StatusForbidden, "The phone is not active yet",
		"The phone claimed a pairing that still waits for six digits or for an approval on another phone. Until then only `GET` and `DELETE /v1/device` answer.",
		"Ask `GET /v1/device` until `status` is `active`.",
	},
	{
		"invalid-signature", http.StatusUnauthorized, "A signed message is not valid",
		"A JWS in the body is malformed, larger than 4 KiB, has a wrong header, is signed by another key than it names, or its claims do not match this call.",
		"Sign the documented claims again with the right key: ES256, exactly `alg`, `typ` and `kid` in the header, and a signature of 64 bytes.",
	},
	{
		"unknown-key", http.StatusUnauthorized, "The signing key is not known",
		"The `kid` of a JWS in the body is not the thumbprint of a current key of this phone. The approval key may have been replaced.",
		"Sign with a current key. If the approval key was lost, replace it with `POST /v1/device/approval-key`.",
	},
	{
		"app-too-old", http.StatusConflict, "The app must be updated",
		"The organisation asks for a newer version of the app than this one. `minimum_version` says which.",
		"Ask the person to update the app to `minimum_version` or later and then try again.",
	},

	// Pairing.
	{
		"enrol-refused", http.StatusConflict, "This person's phone cannot be linked from here",
		"An application may link only a first phone, and only of a person who has no authenticator app and is a member nowhere else. That is not so here.",
		"Send the person to Aye's own pages, where a further phone is approved on one they already have.",
	},
	{
		"too-many-pairings", http.StatusTooManyRequests, "Too many pairings",
		"Too many pairings were opened for this person in the last hour.",
		"Wait for the seconds in `Retry-After`. A code that has run out is renewed in its own pairing, not in a new one.",
	},
	{
		"too-many-phones", http.StatusConflict, "The person has the most phones allowed",
		"The person already has as many active phones as the organisation allows.",
		"Ask the person to unlink a phone that is no longer used, and then pair again.",
	},
	{
		"pairing-unknown-code", http.StatusNotFound, "The code is not known",
		"No pairing has this code. It was mistyped, or the page has replaced it with a newer one.",
		"Scan the code that the page shows now.",
	},
	{
		"pairing-expired", http.StatusGone, "The code has run out",
		"The code was not claimed in time, or the pairing has ended.",
		"Ask for a new code on the page (`renew` before `ends_at`, a new pairing afterwards) and scan that.",
	},
	{
		"pairing-burned", http.StatusConflict, "The pairing was stopped for safety",
		"Two phones used one code, the digits were wrong three times, another phone refused, or somebody said \"not my phone\". Any phone that it linked was removed.",
		"Open a new pairing where nobody else can see the screen. If you did not cause this, tell an administrator.",
	},
	{
		"pairing-closed", http.StatusConflict, "The pairing does not take this step now",
		"The pairing was cancelled, is complete, or is not in the state that this call needs.",
		"Read the state with `GET /v1/pairings/{id}`, and open a new pairing if this one is over.",
	},

	// Asking for an approval.
	{
		"not-enrolled", http.StatusConflict, "The person has no phone and no authenticator app",
		"This person has neither phone nor authenticator app, so there is nothing that could answer. `detail` says what the person can do.",
		"Show the person what `detail` says: link a phone first, or log in another way.",
	},
	{
		"number-required", http.StatusConflict, "The number must be typed",
		"`tap` is not enough for this person or at this moment: the person is an administrator or in support, had a failure lately, or has requests from several browsers.",
		"An application asks again with `confirm: number`. A phone lets the person answer the other requests first, or deny this one.",
	},
	{
		"too-many-pending", http.StatusTooManyRequests, "Too many requests wait for this person",
		"Three requests of this person are pending.",
		"Wait until one is answered or expires, at most the seconds in `Retry-After`, or cancel one of your own.",
	},
	{
		"already-decided", http.StatusConflict, "The request was decided already",
		"The request is no longer pending, so this call changes nothing. `state` says how it ended.",
		"Show the outcome in `state`. To ask again, make a new request.",
	},
	{
		"method-unavailable", http.StatusConflict, "This method cannot be used here",
		"The person cannot use this method: it is not set up, not allowed by the organisation, locked, or held by the very phone that asks.",
		"Offer one of the methods that the request lists in `methods`.",
	},
	{
		"wrong-code", http.StatusForbidden, "The code is wrong",
		"The code does not match, has run out, or was used before. The failure is counted.",
		"Let the person type the code that is shown now. A time-based code works once: wait for the next one.",
	},
	{
		"too-many-attempts", http.StatusTooManyRequests, "Too many wrong codes",
		"Too many wrong codes were typed for this request or by this person, so no code is looked at for a while.",
		"Wait for the seconds in `Retry-After`, or let the person answer on the phone.",
	},

	// Text messages.
	{
		"sms-not-open", http.StatusConflict, "This person cannot get a code in a text message",
		"Something that must hold before a code goes out does not. `reason` says what: `not-allowed` (the organisation takes no text messages), `person` (this person cannot get a code in a text message now; they see why on Aye's own pages), `country` (the organisation sends nothing to that country), `no-provider` (nobody's provider is active), `over` (the operator pays for logging in no more), `sender` (that country takes no names as senders, numbers alone), `halted` (too few codes were used, so the messages were stopped), `cap-reached` (the money for this month is used up).",
		"Offer one of the other `methods` of the request. An administrator can mend what is the organisation's: its methods, its provider, its countries, its limit.",
	},
	{
		"sms-too-many", http.StatusTooManyRequests, "No text message may go out yet",
		"A message went out a moment ago, or too many did: `reason` is `pause` (of the same request), `number` (to this number) or `organisation`.",
		"Show when another can be asked for, by `Retry-After`. The code that was sent last still counts for as long as its time runs.",
	},
	{
		"sms-refused", http.StatusBadGateway, "The provider did not take the text message",
		"The organisation's account at MessageBird or Bird took nothing, so nothing went out and nothing is paid. `reason` says why: `bad-key`, `test-key`, `no-balance`, `bad-sender`, `bad-number`, `not-permitted` (the account may not send to that country), `busy`, `down`, or `other`; `detail` has the provider's own words.",
		"Offer one of the other `methods`. With `busy` and `down` another try may help; all else is for an administrator, at the provider's own pages.",
	},
	{
		"too-many-providers", http.StatusConflict, "There are too many providers of text messages",
		"The organisation keeps as many providers as it can.",
		"Remove one that is no longer used, with `DELETE /v1/sms-providers/{id}`, and confirm again.",
	},
	{
		"invalid-report", http.StatusUnauthorized, "The report of a text message is not signed as it must be",
		"The signature is missing, does not verify with the signing key of this provider, is not of this address, or is too old.",
		"Set the signing key of the account in Aye, and check that the provider calls exactly the address that Aye names.",
	},

	// Deciding on the phone.
	{
		"challenge-mismatch", http.StatusConflict, "The decision answers another challenge",
		"The signature is good, but `aid`, `cn` or `ctxh` is not of the challenge that the server has for this request.",
		"Fetch the challenge again with `GET /v1/device/approvals`, show it, and sign a new decision over exactly its characters.",
	},
	{
		"approval-key-required", http.StatusForbidden, "Approving needs the approval key",
		"An `approve` was signed by the device key, which only suffices for `deny` and `report`.",
		"Bring the app to the front, let the person unlock the approval key, and sign a new decision with it.",
	},
	{
		"report-too-late", http.StatusConflict, "The request is too old to report",
		"A request can be reported until 24 hours after it was made, and that time has passed.",
		"Tell the person to contact an administrator or support of the organisation.",
	},

	// Support cases.
	{
		"case-closed", http.StatusConflict, "The case can no longer be stopped",
		"Support's case ended more than 72 hours ago.",
		"Fetch the list again with `GET /v1/device/cases`. If somebody else is in the account, tell the person to call an administrator of the organisation now.",
	},

	// Releasing the browser.
	{
		"wrong-release-code", http.StatusForbidden, "The release code is wrong",
		"The release code is not the one of this approval. The browser that sent it may not be the one for which the approval was asked.",
		"Do not log this browser in. Redeem only for the approval id that is kept in your own session with the browser.",
	},
	{
		"not-approved", http.StatusConflict, "The request is not approved",
		"The request is not approved, or its approval was taken back by a report. `state` says which.",
		"Do not log the person in. Show the outcome in `state`.",
	},
	{
		"already-redeemed", http.StatusConflict, "The release code was redeemed already",
		"This approval was redeemed by an earlier call. The attempt is written to the audit log.",
		"If your own earlier call lost its answer, repeat it with the same `Idempotency-Key`. Otherwise do not log this browser in.",
	},
	{
		"lapsed", http.StatusConflict, "The approval was not redeemed in time",
		"More than 30 s passed since the release code was first handed to the browser, or more than 120 s since the decision.",
		"Make a new request.",
	},

	// The server.
	{
		"internal", http.StatusInternalServerError, "Something went wrong in Aye",
		"The server met an error that it did not expect. Nothing is approved by an error.",
		"Repeat the call once, with the same `Idempotency-Key` where there is one. If it stays, give the operator the `request_id`.",
	},
	{
		"busy", http.StatusServiceUnavailable, "The server is busy",
		"The server has more work than it takes on at once, or is about to restart.",
		"Wait for the seconds in `Retry-After` and repeat the call.",
	},
	{
		"unavailable", http.StatusServiceUnavailable, "A part that Aye needs is down",
		"Something the call depends on, such as the database, does not answer. Nothing was approved.",
		"Wait for the seconds in `Retry-After` and repeat the call. If it lasts, give the operator the `request_id`.",
	},
}

// problemByCode finds a problem by its code.
func problemByCode(code string) (problem, bool) {
	at := slices.IndexFunc(problems, func(p problem) bool { return p.code == code })
	if at < 0 {
		return problem{}, false
	}
	return problems[at], true
}
