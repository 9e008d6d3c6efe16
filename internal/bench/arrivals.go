package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// arrivals hears of every push that a stand-in took, on one connection.
type arrivals struct {
	mu      sync.Mutex
	waiting map[string]chan string // by address
	ended   chan struct{}
	err     error
}

// pushesKept is how many pushes to one phone may come before somebody looks.
const pushesKept = 8

// listen begins to hear what a stand-in takes, at its control address. It ends with ctx.
func listen(ctx context.Context, client *http.Client, control string) (*arrivals, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, control+"/deliveries", nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request) //nolint:bodyclose // the goroutine closes it
	if err != nil {
		return nil, fmt.Errorf("the stand-in's deliveries: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("the stand-in's deliveries: it answers %s", response.Status), response.Body.Close())
	}
	a := &arrivals{waiting: map[string]chan string{}, ended: make(chan struct{})}
	go func() {
		defer close(a.ended)
		defer response.Body.Close()
		lines := bufio.NewScanner(response.Body)
		for lines.Scan() {
			a.heard(lines.Bytes())
		}
		a.err = errors.Join(errors.New("the stand-in's deliveries ended"), lines.Err())
	}()
	return a, nil
}

func (a *arrivals) heard(line []byte) {
	var delivery struct {
		Address string `json:"address"`
		Ref     string `json:"ref"`
	}
	if json.Unmarshal(line, &delivery) != nil {
		return
	}
	a.mu.Lock()
	waiting := a.waiting[delivery.Address]
	a.mu.Unlock()
	select {
	case waiting <- delivery.Ref: // nobody waits: the channel is nil, and never ready
	default:
	}
}

// expect begins to keep what comes to an address. It is called before the server is asked:
// a push may be quicker than the answer.
func (a *arrivals) expect(address string) chan string {
	refs := make(chan string, pushesKept)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting[address] = refs
	return refs
}

// forget ends that.
func (a *arrivals) forget(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, address)
}

// wait waits for the push about the request.
func (a *arrivals) wait(ctx context.Context, refs chan string, id string) error {
	for {
		select {
		case ref := <-refs:
			if ref == id {
				return nil
			}
		case <-a.ended:
			return a.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
