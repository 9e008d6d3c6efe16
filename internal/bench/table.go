package bench

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The columns of the table, in characters; all of it is readable at 100.
const (
	whatWidth   = 46
	numberWidth = 12
	ratioWidth  = 8
	lineWidth   = 98
)

// Table writes the report for people.
func (r *Report) Table(w io.Writer) error {
	var b strings.Builder
	for _, group := range r.Groups {
		group.table(&b)
	}
	fmt.Fprintf(&b, "%d processors, %s, %s; each measurement lasted %s, all of it %s.\n",
		r.Machine.Processors, r.Machine.System, r.Machine.Go, r.Duration, r.Took)
	if len(r.Failures) == 0 {
		b.WriteString("Everything was answered as it must be.\n")
	} else {
		b.WriteString("\nNOT AS IT MUST BE\n")
		for _, failure := range r.Failures {
			fmt.Fprintf(&b, "%7d  %s: %s\n", failure.Count, failure.Phase, failure.Reason)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (g *Group) table(b *strings.Builder) {
	line(b, strings.ToUpper(string(g.Phase))+": "+g.Title, "", "", "", "")
	line(b, "", "Aye", "limit", "ratio", "goal")
	for _, row := range g.Rows {
		line(b, row.What, row.Unit.show(row.Aye), row.Unit.show(row.Limit), showRatio(row.Ratio), row.showGoal())
	}
	for _, note := range g.Notes {
		wrap(b, note)
	}
	b.WriteByte('\n')
}

// line writes the columns, the first to the left and the others to the right.
func line(b *strings.Builder, what, aye, limit, ratio, goal string) {
	text := padRight(what, whatWidth) + padLeft(aye, numberWidth) + padLeft(limit, numberWidth) + padLeft(ratio, ratioWidth) + "  " + goal
	b.WriteString(strings.TrimRight(text, " ") + "\n")
}

func padRight(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

func padLeft(s string, width int) string {
	return strings.Repeat(" ", max(1, width-utf8.RuneCountInString(s))) + s
}

// wrap writes a note in lines that fit, set in a little.
func wrap(b *strings.Builder, note string) {
	length := 0
	for word := range strings.FieldsSeq(note) {
		size := utf8.RuneCountInString(word)
		switch {
		case length == 0:
			b.WriteString("  ")
			length = 2
		case length+1+size > lineWidth:
			b.WriteString("\n  ")
			length = 2
		default:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += size
	}
	b.WriteByte('\n')
}

const unknown = "-"

// show writes a number for people.
func (u Unit) show(value *float64) string {
	if value == nil {
		return unknown
	}
	v := *value
	switch u {
	case PerSecond:
		return short(v) + " /s"
	case Seconds:
		return showSeconds(v)
	case Bytes:
		return showBytes(v)
	case Count:
	}
	return short(v)
}

func showSeconds(v float64) string {
	switch {
	case v >= 1:
		return short(v) + " s"
	case v >= 0.001:
		return short(v*1e3) + " ms"
	}
	return short(v*1e6) + " µs"
}

func showBytes(v float64) string {
	switch {
	case v >= 1<<20:
		return short(v/(1<<20)) + " MiB"
	case v >= 100<<10:
		return short(v/(1<<10)) + " KiB"
	}
	return short(v) + " B"
}

// short writes three digits that count, or more where a number is large, in groups.
func short(v float64) string {
	switch size := math.Abs(v); {
	case size >= 100 || v == float64(int64(v)):
		return grouped(strconv.FormatFloat(v, 'f', 0, 64))
	case size >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// grouped puts a comma between thousands.
func grouped(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

func showRatio(ratio *float64) string {
	if ratio == nil {
		return unknown
	}
	return part(*ratio)
}

// part writes a ratio, always with a fraction where it is small.
func part(v float64) string {
	if v < 10 {
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return short(v)
}

func (r Row) showGoal() string {
	if r.Goal == nil {
		return unknown
	}
	show := func(v *float64) string {
		if r.Goal.Of == OfNumber {
			return r.Unit.show(v)
		}
		return part(*v)
	}
	var parts []string
	if r.Goal.AtLeast != nil {
		parts = append(parts, "≥ "+show(r.Goal.AtLeast))
	}
	if r.Goal.AtMost != nil {
		parts = append(parts, "≤ "+show(r.Goal.AtMost))
	}
	text := strings.Join(parts, ", ")
	switch {
	case r.Held < r.Asked:
		return text + " too few"
	case r.Reached == nil:
		return text
	case *r.Reached:
		return text + " yes"
	}
	return text + " NO"
}
