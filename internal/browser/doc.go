// Package browser is a real browser for tests: Chromium, with a profile of its own for each
// person in them. A wait has a long end, and no pause: it looks until it is so.
package browser
