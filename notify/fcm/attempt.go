package fcm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// maxAnswer bounds what is read of an answer; FCM's are a few hundred bytes.
const maxAnswer = 64 << 10

// attempt is one request to FCM: what it carries, and what came of it.
type attempt struct {
	bearer string
	end    context.CancelFunc

	status int // 0 when there was no answer
	header http.Header
	body   []byte
	err    error
}

type attemptKey struct{}

// once is the transport under the Firebase library. It adds the access token, keeps the
// answer, and where the library would send again by itself it ends the attempt, because
// the library looks at its context before it does.
type once struct{ base http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (o once) RoundTrip(request *http.Request) (*http.Response, error) {
	a, ok := request.Context().Value(attemptKey{}).(*attempt)
	if !ok {
		return nil, fmt.Errorf("fcm: a request outside an attempt: %s", request.URL.Path)
	}
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+a.bearer)
	response, err := o.base.RoundTrip(request)
	if errors.Is(err, net.ErrClosed) && request.Context().Err() == nil && request.GetBody != nil {
		// It met the silent connection that we closed ourselves a moment ago.
		if request.Body, err = request.GetBody(); err == nil {
			response, err = o.base.RoundTrip(request)
		}
	}
	if err == nil {
		a.body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
		_ = response.Body.Close() // all that is wanted has been read
	}
	if err != nil {
		a.err = err
		a.end()
		return nil, err
	}
	a.status, a.header = response.StatusCode, response.Header
	if a.status == http.StatusServiceUnavailable {
		a.end()
	}
	response.Body = io.NopCloser(bytes.NewReader(a.body))
	return response, nil
}
