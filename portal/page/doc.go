// Package page draws the portal's pages: a view, which is a plain struct of values, becomes HTML
// in one of the languages. It knows no service, no session and no HTTP, so that the storybook can
// show every page in every state without a database.
//
// What a page may rely on: everything in it is escaped, no page has a script or a style of its
// own, and a text that is missing is an error and never an empty place.
package page
