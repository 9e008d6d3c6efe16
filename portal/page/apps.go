package page

import (
	"strings"
	"unicode/utf8"
)

// Apps are the organisation's applications, the first page of who is in.
type Apps struct {
	// Welcome is the person's name in the session of the first sign-in, else empty.
	Welcome string
	Apps    []AppTile
	// Manages offers to make an application where there is none.
	Manages bool
	// Case is what support does about the person.
	Case LiveCase
}

// AppTile is an application with a link.
type AppTile struct {
	Name, Link, Host string
}

// Initial stands where an icon would.
func (a AppTile) Initial() string {
	first, _ := utf8.DecodeRuneInString(a.Name)
	return strings.ToUpper(string(first))
}

// Page names the template.
func (Apps) Page() string { return "apps" }

// Wide uses the whole width.
func (Apps) Wide() bool { return true }
