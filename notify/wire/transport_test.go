package wire_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"example.com/aye/internal/leaktest"
	"example.com/aye/notify/wire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestOnlySilentConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		silence time.Duration // after the last answer
		wait    time.Duration // how long the unanswered push waited
		dials   int
	}{
		"heard of meanwhile":   {time.Second, 3 * time.Second, 1},
		"waited a moment only": {time.Minute, time.Second, 1},
		"silent all the while": {time.Minute, 3 * time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				dials, ends := 0, 0
				transport := wire.Watch(&http.Transport{
					DialContext: func(context.Context, string, string) (net.Conn, error) {
						dials++
						here, there := net.Pipe()
						go answer(there)
						return here, nil
					},
				}, func() { ends++ })
				ask := func() {
					t.Helper()
					request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://vendor/", nil)
					if err != nil {
						t.Fatal(err)
					}
					response, err := transport.RoundTrip(request)
					if err != nil {
						t.Fatal(err)
					}
					_ = response.Body.Close()
				}
				ask()
				<-time.After(test.silence)
				transport.Unanswered(time.Now().Add(-test.wait))
				synctest.Wait()
				ask()
				if dials != test.dials {
					t.Errorf("%d connections, want %d", dials, test.dials)
				}
				transport.CloseIdleConnections()
				synctest.Wait()
				if ends != 2*dials {
					t.Errorf("told of %d changes, want a beginning and an end of %d", ends, dials)
				}
			})
		})
	}
}

// answer says yes to every request.
func answer(conn net.Conn) {
	defer conn.Close()
	for requests := bufio.NewReader(conn); ; {
		if _, err := http.ReadRequest(requests); err != nil {
			return
		}
		if _, err := io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n"); err != nil {
			return
		}
	}
}

func TestNothingToWatch(t *testing.T) {
	t.Parallel()
	var none *wire.Transport
	none.Unanswered(time.Now().Add(-time.Minute))
}
