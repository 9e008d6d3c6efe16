package store

import (
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
}

// TableName names the table.
func (approvalRow) TableName() string { return "approvals" }

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
		CreationKey: r.CreationKey, BodyHash: r.BodyHash,
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
		CreationKey: r.CreationKey, BodyHash: r.BodyHash,
	}
}

type decisionRow struct {
	DeviceID  string `gorm:"primaryKey"`
	JTI       string `gorm:"primaryKey;column:jti"`
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
