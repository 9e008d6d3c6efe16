package store

// about says what a change looks at and changes, and so what may be changed beside it.
//
// A room's conditions are looks before writes: "so many tries", "the only pending one", "still a member". They hold
// because nothing changes between the look and the commit. On SQLite one change is made at a time, so that it is always so.
// On PostgreSQL a change that says nothing is alone: it holds the database's one lock. What a login makes many of says
// instead what it is about. It holds that lock together with others of its kind, so that a change alone waits for it, and it
// for a change alone; and it holds its own keys alone. So for each such change must be true: whatever it looks at to
// decide, only changes that are alone or have the same key write. Each says in a comment why.
//
// The rows themselves are no protection: a condition on a row that is changed is looked at again when the row is free, but
// a condition on other rows, or on there being none, is not.
type about struct {
	// beside says that others may be made at the same time: all that are about something else.
	beside bool
	keys   []string
	// request is the one that it changes: it says in which order those of a group change theirs.
	request string
}

// way is a way to make a change.
type way struct {
	store *Store
	about about
	// joins says that PostgreSQL makes the change with others that come at the same time; see [groups]. Such a change asks
	// with conn, and not with gorm: where it does it is made by itself after all.
	joins bool
	// chains are those of the audit log that it appends to.
	chains []string
}

// together joins. Name the chains of the audit log that the change appends to: their ends are then held with the first look. One that is
// not named is held later, in a message more; and where it comes before one that is, all of the group are made by themselves.
func (w way) together(chains ...string) way {
	w.joins, w.chains = true, chains
	return w
}

// alone lets nothing change beside it.
func (s *Store) alone() way { return way{store: s} }

// about lets change beside it what has none of the keys. Without any, that is everything but changes that are alone.
func (s *Store) about(keys ...string) way {
	return way{store: s, about: about{beside: true, keys: keys}}
}

// aboutRequest is about the person of the request, which it changes.
func (s *Store) aboutRequest(requestID, personID string) way {
	w := s.about(keyPerson + personID)
	w.about.request = requestID
	return w
}

// Keys name their kind, and are told apart by it.
const (
	keyPerson   = "person:"
	keyCreation = "creation:"
	keyTries    = "tries:"
	keyAccount  = "account:"
)
