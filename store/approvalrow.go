package store

import (
	"strings"

	"example.com/aye/approval"
)

type approvalRow struct {
	ID               string
	OrganisationID   string
	ApplicationID    reference
	MembershipID     string
	PersonID         string
	Purpose          approval.Purpose
	State            approval.State
	Confirm          approval.Confirm
	Digits           int
	Salt             int
	Asker            string
	OrganisationName string
	Place            string
	IP               string `gorm:"column:ip"`
	UserAgent        string
	Browser          string
	NewBrowser       bool
	Message          string
	Details          document[[]approval.Detail]
	ChallengeNonce   string
	Challenge        string
	Withheld         bool
	Created          int64
	Expires          int64
	Subject          string
	Decided          int64
	DecidedBy        reference
	Method           approval.Method
	Verified         approval.Verification
	Delivered        int64
	RedeemBy         int64
	RedeemKey        string
	AssertionID      string
	Released         int64
	Reported         int64
	Previous         approval.State
	CreationKey      string
	BodyHash         string
	Everywhere       bool
	Local            bool
	Methods          methods
}

// TableName names the table.
func (approvalRow) TableName() string { return "approvals" }

// approvalColumns are in the order of fields and values.
const approvalColumns = "id, organisation_id, application_id, membership_id, person_id, purpose, state, confirm, digits, salt, " +
	"asker, organisation_name, place, ip, user_agent, browser, new_browser, message, details, challenge_nonce, " +
	"challenge, withheld, created, expires, subject, decided, decided_by, method, verified, delivered, " +
	"redeem_by, redeem_key, assertion_id, released, reported, previous, creation_key, body_hash, everywhere, local, methods"

func (r *approvalRow) fields() []any {
	return []any{
		&r.ID, &r.OrganisationID, &r.ApplicationID, &r.MembershipID, &r.PersonID, (*string)(&r.Purpose), (*string)(&r.State), (*string)(&r.Confirm),
		&r.Digits, &r.Salt, &r.Asker, &r.OrganisationName, &r.Place, &r.IP, &r.UserAgent, &r.Browser,
		&r.NewBrowser, &r.Message, &r.Details, &r.ChallengeNonce, &r.Challenge, &r.Withheld, &r.Created, &r.Expires,
		&r.Subject, &r.Decided, &r.DecidedBy, (*string)(&r.Method), (*string)(&r.Verified), &r.Delivered, &r.RedeemBy, &r.RedeemKey,
		&r.AssertionID, &r.Released, &r.Reported, (*string)(&r.Previous), &r.CreationKey, &r.BodyHash,
		&r.Everywhere, &r.Local, (*string)(&r.Methods),
	}
}

func (r *approvalRow) values() []any {
	return []any{
		r.ID, r.OrganisationID, r.ApplicationID, r.MembershipID, r.PersonID, r.Purpose, r.State, r.Confirm, r.Digits, r.Salt,
		r.Asker, r.OrganisationName, r.Place, r.IP, r.UserAgent, r.Browser, r.NewBrowser, r.Message, r.Details, r.ChallengeNonce,
		r.Challenge, r.Withheld, r.Created, r.Expires, r.Subject, r.Decided, r.DecidedBy, r.Method, r.Verified, r.Delivered,
		r.RedeemBy, r.RedeemKey, r.AssertionID, r.Released, r.Reported, r.Previous, r.CreationKey, r.BodyHash,
		r.Everywhere, r.Local, r.Methods,
	}
}

func approvalRowOf(r approval.Request) approvalRow {
	return approvalRow{
		ID: r.ID, OrganisationID: r.OrganisationID, ApplicationID: reference(r.ApplicationID), MembershipID: r.MembershipID,
		PersonID: r.PersonID, Purpose: r.Purpose, State: r.State, Confirm: r.Confirm, Digits: r.Digits, Salt: r.Salt,
		Asker: r.Asker, OrganisationName: r.Organisation, Place: r.Place,
		IP: r.Context.IP, UserAgent: r.Context.UserAgent, Browser: r.Context.Browser, NewBrowser: r.NewBrowser,
		Message: r.Message, Details: documentOf(r.Details), ChallengeNonce: r.ChallengeNonce, Challenge: r.Challenge,
		Withheld: r.Withheld, Created: millis(r.Created), Expires: millis(r.Expires), Subject: r.Subject,
		Decided: millis(r.Decided), DecidedBy: reference(r.DecidedBy), Method: r.Method, Verified: r.Verified,
		Delivered: millis(r.Delivered), RedeemBy: millis(r.RedeemBy), RedeemKey: r.RedeemKey, AssertionID: r.AssertionID,
		Released: millis(r.Released), Reported: millis(r.Reported), Previous: r.Previous,
		CreationKey: r.CreationKey, BodyHash: r.BodyHash, Everywhere: r.Everywhere, Local: r.Local, Methods: methodsOf(r.Methods),
	}
}

func (r approvalRow) request() approval.Request {
	return approval.Request{
		ID: r.ID, OrganisationID: r.OrganisationID, ApplicationID: string(r.ApplicationID), MembershipID: r.MembershipID,
		PersonID: r.PersonID, Purpose: r.Purpose, State: r.State, Confirm: r.Confirm, Digits: r.Digits, Salt: r.Salt,
		Asker: r.Asker, Organisation: r.OrganisationName, Place: r.Place,
		Context:    approval.Context{IP: r.IP, UserAgent: r.UserAgent, Browser: r.Browser},
		NewBrowser: r.NewBrowser, Message: r.Message, Details: r.Details.value, ChallengeNonce: r.ChallengeNonce, Challenge: r.Challenge,
		Withheld: r.Withheld, Created: moment(r.Created), Expires: moment(r.Expires), Subject: r.Subject,
		Decided: moment(r.Decided), DecidedBy: string(r.DecidedBy), Method: r.Method, Verified: r.Verified,
		Delivered: moment(r.Delivered), RedeemBy: moment(r.RedeemBy), RedeemKey: r.RedeemKey, AssertionID: r.AssertionID,
		Released: moment(r.Released), Reported: moment(r.Reported), Previous: r.Previous,
		CreationKey: r.CreationKey, BodyHash: r.BodyHash, Everywhere: r.Everywhere, Local: r.Local, Methods: r.Methods.known(),
	}
}

// methods are kept as one text: it is read with each request, and JSON would cost more.
type methods string

func methodsOf(all []approval.Method) methods {
	texts := make([]string, 0, len(all))
	for _, m := range all {
		texts = append(texts, string(m))
	}
	return methods(strings.Join(texts, ","))
}

func (m methods) known() []approval.Method {
	if m == "" {
		return nil
	}
	known := make([]approval.Method, 0, strings.Count(string(m), ",")+1)
	for method := range strings.SplitSeq(string(m), ",") {
		known = append(known, approval.Method(method))
	}
	return known
}

type decisionRow struct {
	DeviceID  string
	JTI       string
	RequestID string
	Verdict   approval.Verdict
	Method    approval.Method
	Verified  approval.Verification
	State     approval.State
	Evidence  string
	At        int64
	RedeemBy  int64
}

// TableName names the table.
func (decisionRow) TableName() string { return "decisions" }

const decisionColumns = "device_id, jti, request_id, verdict, method, verified, state, evidence, at, redeem_by"

func (r *decisionRow) fields() []any {
	return []any{
		&r.DeviceID, &r.JTI, &r.RequestID, (*string)(&r.Verdict), (*string)(&r.Method), (*string)(&r.Verified), (*string)(&r.State), &r.Evidence,
		&r.At, &r.RedeemBy,
	}
}

func (r *decisionRow) values() []any {
	return []any{r.DeviceID, r.JTI, r.RequestID, r.Verdict, r.Method, r.Verified, r.State, r.Evidence, r.At, r.RedeemBy}
}

func decisionRowOf(d approval.Decision) decisionRow {
	return decisionRow{
		DeviceID: d.DeviceID, JTI: d.ID, RequestID: d.RequestID, Verdict: d.Verdict, Method: d.Method, Verified: d.Verified,
		State: d.State, Evidence: d.Evidence, At: millis(d.At), RedeemBy: millis(d.RedeemBy),
	}
}

func (r decisionRow) decision() approval.Decision {
	return approval.Decision{
		ID: r.JTI, RequestID: r.RequestID, DeviceID: r.DeviceID, Verdict: r.Verdict, Method: r.Method, Verified: r.Verified,
		State: r.State, Evidence: r.Evidence, At: moment(r.At), RedeemBy: moment(r.RedeemBy),
	}
}
