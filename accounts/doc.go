// Package accounts knows who is who: organisations, the people that are their members, and
// the applications that ask for approvals.
//
// A person is one identity for the whole installation. A membership joins a person to an
// organisation, and its id is what applications call the user. Somebody who exists already
// becomes a member elsewhere only by accepting the invitation, so that no organisation can
// pull a person in, or learn where else that person belongs.
//
// What can never happen: an application of one organisation sees a member, a setting or a
// request of another; more than two secrets of an application are live; a secret can be
// read back.
package accounts
