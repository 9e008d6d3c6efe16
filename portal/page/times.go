package page

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"example.com/aye/portal/locales"
)

// date and moment are said in UTC, and the script turns them into the reader's own time: the
// server does not know where the reader is.
func (s speaker) date(at time.Time) (template.HTML, error) {
	if at.IsZero() {
		return s.never()
	}
	said, err := s.dateText(at)
	return stamped(at, "date", said), err
}

func (s speaker) moment(at time.Time) (template.HTML, error) {
	if at.IsZero() {
		return s.never()
	}
	said, err := s.momentText(at)
	return stamped(at, "moment", said), err
}

func (s speaker) never() (template.HTML, error) {
	said, err := s.text("time.never")
	return template.HTML(template.HTMLEscapeString(said)), err //nolint:gosec // escaped
}

func stamped(at time.Time, kind, said string) template.HTML {
	return template.HTML(fmt.Sprintf(`<time datetime=%q data-local=%q>%s</time>`, //nolint:gosec // escaped
		at.UTC().Format(time.RFC3339), kind, template.HTMLEscapeString(said)))
}

func (s speaker) dateText(at time.Time) (string, error) {
	months, err := s.text("time.months")
	if err != nil {
		return "", err
	}
	at = at.UTC()
	return s.text("time.date", "Day", at.Day(), "Month", strings.Fields(months)[at.Month()-1], "Year", at.Year())
}

// month says a month with its year, and shortMonth the month alone.
func (s speaker) month(at time.Time) (string, error) {
	date, err := s.dateText(at)
	_, month, _ := strings.Cut(date, " ")
	return month, err
}

func (s speaker) shortMonth(at time.Time) (string, error) {
	months, err := s.text("manage.texts.costs.months")
	if err != nil {
		return "", err
	}
	return strings.Fields(months)[at.UTC().Month()-1], nil
}

func (s speaker) momentText(at time.Time) (string, error) {
	date, err := s.dateText(at)
	if err != nil {
		return "", err
	}
	return s.text("time.moment", "Date", date, "Clock", at.UTC().Format("15:04 UTC"))
}

// Day is a time of which only the date is said.
type Day time.Time

const day = 24 * time.Hour

// ago says how long ago it was, and after a week the date.
func (s speaker) ago(at time.Time) (template.HTML, error) {
	since := s.now().Sub(at)
	if at.IsZero() || since >= 7*day {
		return s.date(at)
	}
	id, count := "time.now", 0
	switch {
	case since >= day:
		id, count = "time.days-ago", int(since/day)
	case since >= time.Hour:
		id, count = "time.hours-ago", int(since/time.Hour)
	case since >= time.Minute:
		id, count = "time.minutes-ago", int(since/time.Minute)
	}
	said, err := s.text(id, locales.Count, count)
	return stamped(at, "title", said), err
}

// lasting says a duration in its largest unit, rounded up: who waits that long is not too early.
func (s speaker) lasting(d time.Duration) (string, error) {
	unit, id := time.Second, "time.seconds"
	switch {
	case d > 2*day:
		unit, id = day, "time.days"
	case d > 90*time.Minute:
		unit, id = time.Hour, "time.hours"
	case d >= time.Minute:
		unit, id = time.Minute, "time.minutes"
	}
	return s.text(id, locales.Count, max(1, int(math.Ceil(float64(d)/float64(unit)))))
}

// clock writes what is left as minutes and seconds.
func clock(left time.Duration) string {
	return time.Time{}.Add(max(left, 0).Round(time.Second)).Format("4:05")
}
