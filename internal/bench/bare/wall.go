package bare

import (
	"context"
	"net/http"
)

// ServeWall answers every call with 403 and hears nothing of it, until ctx ends: it has the limits of time and size that Aye has,
// and nothing else. What it costs to be attacked costs at least what it costs to attack this. See [Config] for the addresses and ready.
func ServeWall(ctx context.Context, listen, metrics string, ready func(listen, metrics string)) error {
	l, err := openListeners(ctx, listen, metrics)
	if err != nil {
		return err
	}
	return l.serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }), ready)
}
