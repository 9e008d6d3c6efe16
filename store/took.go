package store

import "time"

// What [Config.Took] is told of.
const (
	// TookRead is one statement that reads.
	TookRead = "read"
	// TookChange is a change, from asking for it to its commit, or to hearing that there is none.
	TookChange = "change"
)

// timed tells how long each change took.
type timed struct {
	maker
	took func(kind string, took time.Duration, err error)
}

func (t timed) do(c *change) error {
	began := time.Now()
	err := t.maker.do(c)
	t.took(TookChange, time.Since(began), err)
	return err
}

// timing puts a watch on the maker, where somebody wants to know.
func timing(m maker, took func(kind string, took time.Duration, err error)) maker {
	if took == nil {
		return m
	}
	return timed{m, took}
}
