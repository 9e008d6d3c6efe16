package audit

import (
	"context"
	"maps"
)

// Origin is where somebody sits who does something: the address, and what the browser calls itself.
type Origin struct{ IP, UserAgent string }

// The names under which an origin stands among the personal values of a row.
const (
	PersonalIP      = "ip"
	PersonalBrowser = "browser"
)

// maxOrigin is how much is kept of what a browser calls itself: it may say what it likes.
const maxOrigin = 512

type originKey struct{}

// WithOrigin makes every row that is written under the context tell where it was done from.
func WithOrigin(ctx context.Context, origin Origin) context.Context {
	return context.WithValue(ctx, originKey{}, origin)
}

// OriginOf gives it, and the zero Origin where nobody said.
func OriginOf(ctx context.Context) Origin {
	origin, _ := ctx.Value(originKey{}).(Origin)
	return origin
}

// personal gives the values by the names of a row.
func (o Origin) personal() map[string]string {
	values := map[string]string{}
	for name, value := range map[string]string{PersonalIP: o.IP, PersonalBrowser: o.UserAgent} {
		if value != "" {
			values[name] = value[:min(len(value), maxOrigin)]
		}
	}
	return values
}

// From gives the entry with the origin among its personal values; what the entry says itself counts.
func (e Entry) From(origin Origin) Entry {
	if origin == (Origin{}) {
		return e
	}
	values := origin.personal()
	maps.Copy(values, e.Personal)
	e.Personal = values
	return e
}
