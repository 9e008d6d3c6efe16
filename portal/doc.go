// Package portal is Aye's own pages: people log in, choose their second factor and look after it,
// and administrators look after their organisation. routes.go is the table of contents; package
// page draws, package locales has the words, and package storybook shows every page without a
// database.
//
// A handler reads a form, calls one verb of the domain, and answers with a view or another
// address. Who may call is said by the guards in session.go, beside each route.
//
// What can never happen: a page changes something by being looked at, but that the waiting page
// of the very session that waits finishes its own approved login, and that a session which is
// worth nothing any more ends itself where it is sent to log in; another site's page changes
// anything (http.CrossOriginProtection, SameSite, and no GET that changes); an address of ours
// sends a person to somebody else's site; a token stands in the log.
package portal
