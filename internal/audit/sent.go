package audit

import (
	"cmp"
	"slices"
)

// Later holds the rows to checkpoints that left the house after they were copied: those that are there must fit, and none
// is missed. It comes before the first row.
func (c *Check) Later(points []Checkpoint) error {
	known := texts(c.points)
	all, err := c.join(c.points, points)
	if err != nil {
		return err
	}
	c.points, c.sent = all, append(c.sent, points...)
	for _, p := range points {
		if !known[p.Text] {
			known[p.Text], c.late[p.Text] = true, true
			c.ahead = append(c.ahead, p)
		}
	}
	c.ahead = slices.DeleteFunc(c.ahead, func(p Checkpoint) bool { return p.Sequence < c.sequence })
	slices.SortStableFunc(c.ahead, bySequence)
	return c.meet()
}

func bySequence(a, b Checkpoint) int { return cmp.Compare(a.Sequence, b.Sequence) }

func texts(points []Checkpoint) map[string]bool {
	all := make(map[string]bool, len(points))
	for _, p := range points {
		all[p.Text] = true
	}
	return all
}

// compared tells behind the last row what became of the checkpoints that left the house.
func (c *Check) compared() (found Comparison) {
	seen := map[string]bool{}
	for _, p := range c.sent {
		switch {
		case seen[p.Text]:
		case c.met[p.Text], c.own[p.Text] && p.Sequence < c.report.Floor:
			found.Compared++
		case c.late[p.Text] && p.Sequence > c.sequence:
			found.Later++
		default:
			found.Outside++
		}
		seen[p.Text] = true
	}
	return found
}
