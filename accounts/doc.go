// Package accounts knows who is who: organisations with their rules, the people that are their
// members, and the applications that ask for approvals; the passwords of people, the links
// that are mailed to them, and their phone numbers.
//
// A person is one identity for the whole installation. A membership joins a person to an
// organisation, and its id is what applications call the user. Somebody who exists already
// becomes a member elsewhere only by accepting the invitation, so that no organisation can
// pull a person in, or learn where else that person belongs. What a person does to the own
// account stands in the installation's audit chain and in that of no organisation.
//
// A password is kept as argon2id under a key that is not in the database. Each try is counted
// before it is looked at, under a name that an address has whether somebody has it or nobody.
// Strangers wait longer with each wrong one, and after a hundred nobody gets in from where
// the person never was, until a mailed link; a browser that the person used is counted apart.
//
// A link works once, for half an hour, an invitation for a week. A new password ends all links
// of a person, a new address those that went to the old one.
//
// What can never happen: an application of one organisation sees a member, a setting or a
// request of another; more than two secrets of an application are live; a secret can be
// read back; somebody calls as the portal; a member changes an organisation without being its
// administrator at that moment; an organisation loses its last owner by what a member does;
// the answer to a password or to "forgotten" tells whether somebody has the address; who lost all second factors by a
// support case makes text messages the first new one.
package accounts
