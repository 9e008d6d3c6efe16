package bench

import "time"

// Report is all that a run found. The struct is the JSON form.
type Report struct {
	Machine  Machine   `json:"machine"`
	Duration string    `json:"duration"` // of each measurement
	Took     string    `json:"took"`     // the whole run
	Groups   []*Group  `json:"groups"`
	Failures []Failure `json:"failures"`
}

// Machine is where a run was. Numbers of two machines cannot be compared, ratios can.
type Machine struct {
	Processors int    `json:"processors"`
	OpenFiles  int    `json:"open_files"` // that a process may have
	System     string `json:"system"`
	Go         string `json:"go"`
	Version    string `json:"version,omitempty"` // of Aye
}

// Good tells whether everything was as it must be. A goal that was missed is no failure: a
// machine may be busy.
func (r *Report) Good() bool { return len(r.Failures) == 0 }

// Group is what one phase found.
type Group struct {
	Phase Phase  `json:"phase"`
	Title string `json:"title"`
	Rows  []Row  `json:"rows"`
	// Notes say in words what is compared, and how much the numbers vary.
	Notes []string `json:"notes"`
}

// Unit is what a number counts.
type Unit string

// The units. Seconds and bytes are shown to people in whatever size fits.
const (
	PerSecond Unit = "1/s"
	Seconds   Unit = "s"
	Bytes     Unit = "B"
	Count     Unit = ""
)

// Row is one number of Aye's beside its limit. What is not known is left out.
type Row struct {
	// Name is for machines, such as cycles.64.per_second; What is for people.
	Name  string   `json:"name"`
	What  string   `json:"what"`
	Unit  Unit     `json:"unit"`
	Aye   *float64 `json:"aye,omitempty"`
	Limit *float64 `json:"limit,omitempty"`
	// Ratio is Aye's number divided by the limit.
	Ratio *float64 `json:"ratio,omitempty"`
	Goal  *Goal    `json:"goal,omitempty"`
	// Reached tells whether the goal was; it is there where a goal is and could be judged.
	Reached *bool `json:"reached,omitempty"`
	// Ratios is between what the ratio lay in the turns of the measurement, where it had turns.
	Ratios *Ratios `json:"ratios,omitempty"`
	// Asked is how many pages were asked for, Held how many there were: perhaps fewer, where the
	// machine allows no more.
	Asked int `json:"asked,omitempty"`
	Held  int `json:"held,omitempty"`
	// Carried is how many of the held had no connection of their own, but shared some.
	Carried int `json:"carried,omitempty"`
}

// Goal is what a number must reach.
type Goal struct {
	// Of is what must: the ratio, or Aye's number itself.
	Of      GoalOf   `json:"of"`
	AtLeast *float64 `json:"at_least,omitempty"`
	AtMost  *float64 `json:"at_most,omitempty"`
}

// GoalOf is what a goal is about.
type GoalOf string

// A goal is about the ratio to the limit, or about Aye's own number.
const (
	OfRatio  GoalOf = "ratio"
	OfNumber GoalOf = "aye"
)

func atLeast(ratio float64) *Goal { return &Goal{Of: OfRatio, AtLeast: &ratio} }
func atMost(ratio float64) *Goal  { return &Goal{Of: OfRatio, AtMost: &ratio} }

// add puts a row into the group, with the ratio and the judgement worked out.
func (g *Group) add(row Row) *Row {
	if row.Aye != nil && row.Limit != nil && *row.Limit > 0 {
		ratio := *row.Aye / *row.Limit
		row.Ratio = &ratio
	}
	if value := row.judged(); value != nil && row.Held == row.Asked { // with fewer than asked nothing is reached
		reached := (row.Goal.AtLeast == nil || *value >= *row.Goal.AtLeast) && (row.Goal.AtMost == nil || *value <= *row.Goal.AtMost)
		row.Reached = &reached
	}
	g.Rows = append(g.Rows, row)
	return &g.Rows[len(g.Rows)-1]
}

// judged is the number that the goal is about.
func (r Row) judged() *float64 {
	switch {
	case r.Goal == nil:
		return nil
	case r.Goal.Of == OfNumber:
		return r.Aye
	}
	return r.Ratio
}

func (g *Group) note(text string) { g.Notes = append(g.Notes, text) }

// seconds makes a time that was measured; none was where it is zero.
func seconds(d time.Duration) *float64 {
	if d == 0 {
		return nil
	}
	return new(d.Seconds())
}
