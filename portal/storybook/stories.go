package main

import (
	"slices"
	"time"

	"example.com/aye/portal/page"
)

// story is one page in one state.
type story struct {
	// name is "family/page-state".
	name  string
	frame page.Frame
	view  page.View
}

// stories are all of them, in the order of a person's way through the portal.
func stories() []story {
	return slices.Concat(frameStories(), loginStories(), setupStories(), securityStories(), appsStories(), manageStories(), textStories(), careStories(), supportStories(), problemStories())
}

// now is when all stories happen, so that pictures of them can be compared.
var now = time.Date(2026, time.November, 22, 13, 5, 0, 0, time.UTC)

func clock() time.Time { return now }

// stranger is the frame of who is not logged in.
func stranger(path string) page.Frame { return page.Frame{Path: path} }

// invited is the frame of who follows an organisation's invitation.
func invited(path string) page.Frame {
	return page.Frame{Path: path, Organisation: tulp}
}

// member is the frame of who is logged in at one organisation.
func member(path string) page.Frame {
	return page.Frame{Path: path, Person: "Ada de Vries", Email: "ada@example.com", In: true, Organisation: tulp}
}

// owner is the frame of who may do everything, in several organisations.
func owner(path string) page.Frame {
	f := member(path)
	f.Several, f.Supports, f.Manages = true, true, true
	return f
}

var tulp = page.Organisation{Name: "Tulp & Zoon", Look: "/look.css", Logo: "/logo.svg"}

// Name is for the index.
func (s story) Name() string { return s.name }
