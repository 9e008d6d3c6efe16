// Package support helps people who lost or forgot their phone, and gets an impostor on the line nowhere.
//
// A case is what an agent begins for a person. An agent is a member whose role is support, administrator or
// owner. There are two kinds.
//
//	forgotten   open ──▶ sent ──▶ done                the code works once, for hours, at this organisation
//	lost        open ──▶ waiting ──▶ revoked ──▶ done   all that is old is revoked; a link leads to a new phone
//	both        open ──▶ refused | expired              the second approver said no, or nobody came
//	            open, waiting ──▶ cancelled             the agent took it back
//	            waiting ──▶ expired                     nobody could carry it out for days after its time
//	            any but done for days ──▶ stopped       "stop, this was not me": frozen for an administrator
//
// A case of somebody who lost the phone is approved by a second agent on their own phone, with the number
// typed, and that signature is evidence of the case. A forgotten phone needs the second agent only where the first
// one is no administrator. After the approval of a lost phone a time is waited, which depends on
// what the caller has shown; see [Wait]. Meanwhile the person hears of it on every way there is, each with
// a way to stop it. At its end everything old is revoked in one step, and a link goes by mail that works
// once, for half an hour, and only after the password.
//
// A person who belongs to several organisations is reset only after the operator's support has signed
// too. No organisation is told that: a case may always be looked at by the operator.
//
// Who lost everything by a case counts as somebody with a second factor until a new one is linked
// ([accounts.Person.Recovering]): the password alone links nothing.
//
// What can never happen: an agent sees a code or a link, sets a password, links a phone or names an
// address; acts on themself, or on somebody of an equal or higher role, or in another organisation; a case goes on
// by what one person did, however many memberships they have; a lost phone's case is carried out that two settled agents did not
// open and approve: two people whose roles the operator gave, or who have had them for a week
// ([accounts.Member.Settled]), so that who may give roles makes up no second person, nor anybody small whom they want to
// reset; a case is carried out that was stopped, or before its time, or long after it, or that nobody signed on a phone
// of their own; a code goes another way than the one that was approved; a stopped person is helped again before an
// administrator said so; more cases go through an agent's or an organisation's hands than the limits say, or
// one agent uses up what the others have. Two settled agents who conspire can reset a member, and their colleagues hear of it.
//
// What there is against a case that should not be: the person's stop, the colleagues who are told, the alerts, and the log.
package support
