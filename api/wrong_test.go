package api_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// wrongSeed begins every choice: the same number makes the same request, but for the ids of this world.
	wrongSeed = 20261122
	// wrongCount is how many wrong requests an ordinary run sends, wrongSoak how many where AYE_SOAK is set.
	wrongCount, wrongSoak = 10_000, 100_000
	wrongCallers          = 4
	// wrongPatience bounds one answer. Nothing that is wrong waits for anything.
	wrongPatience = 20 * time.Second
	// largeHead is how large a head must be for net/http to refuse it.
	largeHead = 16 << 10
	// wrongEnough failures show what is the matter.
	wrongEnough = 400
)

// TestWrongRequests sends requests each of which is wrong in at least one way, to every operation of the
// contract, over real connections. Each is answered in time with a problem of the contract and no 5xx;
// afterwards the database is as it was, and what waited for a person still waits, and can be approved.
//
// A failure names the number of the request: AYE_WRONG=<number> sends that one alone.
func TestWrongRequests(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	maker := &wrongMaker{victim: v, operations: operations(t)}
	numbers := wrongNumbers(t)
	before := v.look()
	start, slowest := time.Now(), new(atomic.Int64)
	var senders sync.WaitGroup
	queue := make(chan int, wrongCallers)
	for range wrongCallers {
		senders.Go(func() {
			line := &wireLine{address: v.server}
			defer line.hangUp()
			for number := range queue {
				request := maker.request(number)
				began := time.Now()
				v.judge(t, request, line.send(request))
				slowest.Store(max(slowest.Load(), int64(time.Since(began))))
			}
		})
	}
	for _, number := range numbers {
		if queue <- number; v.wrong.Load() > wrongEnough {
			break
		}
	}
	close(queue)
	senders.Wait()
	t.Logf("%d wrong requests of %d operations with seed %d in %v, the slowest %v", len(numbers), len(maker.operations), wrongSeed,
		time.Since(start).Round(time.Millisecond), time.Duration(slowest.Load()).Round(time.Millisecond))
	v.unchanged(before, v.look())
	v.log.clean(t)
	v.goesOn()
}

// wrongNumbers are those of the requests that are sent.
func wrongNumbers(t *testing.T) []int {
	t.Helper()
	if one := os.Getenv("AYE_WRONG"); one != "" {
		number, err := strconv.Atoi(one)
		if err != nil {
			t.Fatal(err)
		}
		return []int{number}
	}
	count := wrongCount
	if os.Getenv("AYE_SOAK") != "" {
		count = wrongSoak
	}
	numbers := make([]int, count)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

// judge holds an answer to what every wrong request is owed.
func (v *victim) judge(t *testing.T, r *wrongRequest, got wireAnswer) {
	t.Helper()
	complain := func(format string, args ...any) {
		v.wrong.Add(1)
		t.Errorf("request %d of seed %d, to %s, %s: %s\nsent: %.3000q\ngot: %.2000q\nAYE_WRONG=%d go test ./api -run '^TestWrongRequests$' repeats it",
			r.number, wrongSeed, r.operation, strings.Join(r.faults, ", "), fmt.Sprintf(format, args...), r.wire(), got.text, r.number)
	}
	if got.err != nil {
		complain("no answer: %v", got.err)
		return
	}
	if got.status < http.StatusBadRequest || got.status >= http.StatusInternalServerError {
		complain("answered %d", got.status)
		return
	}
	sent, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.wire())))
	if err != nil { // net/http said so before Aye saw it
		if got.status != http.StatusBadRequest || got.header.Get("X-Request-Id") != "" {
			complain("answered %d, but cannot be read: %v", got.status, err)
		}
		return
	}
	if got.status == http.StatusRequestHeaderFieldsTooLarge && len(r.wire())-len(r.body) > largeHead {
		return // it too
	}
	if kind := got.header.Get("Content-Type"); kind != "application/problem+json" {
		complain("answered with %q", kind)
		return
	}
	response := &http.Response{StatusCode: got.status, Header: got.header}
	if r.elsewhere || strings.HasSuffix(sent.URL.Path, "/") { // to the contract's router an address is the same with a slash behind it
		err = inspectAnywhere(sent, response, got.body)
	} else {
		err = inspect(sent, r.body, response, got.body)
	}
	if err != nil {
		complain("does not keep the contract: %v", err)
	}
}

// wrongRequest is a request as it goes over the wire.
type wrongRequest struct {
	number    int
	operation string
	faults    []string
	// elsewhere says that it is to no operation.
	elsewhere      bool
	method, target string
	header         [][2]string
	body           []byte
}

// wire gives its bytes.
func (r *wrongRequest) wire() []byte {
	out := new(bytes.Buffer)
	fmt.Fprintf(out, "%s %s HTTP/1.1\r\nHost: aye.example.com\r\n", r.method, r.target)
	for _, line := range r.header {
		fmt.Fprintf(out, "%s: %s\r\n", line[0], line[1])
	}
	if len(r.body) > 0 {
		fmt.Fprintf(out, "Content-Length: %d\r\n", len(r.body))
	}
	out.WriteString("\r\n")
	out.Write(r.body)
	return out.Bytes()
}

// wireAnswer is what came back.
type wireAnswer struct {
	status int
	header http.Header
	body   []byte
	// text is the beginning of it all, as it came.
	text []byte
	err  error
}

// wireLine is a connection that is kept while the server keeps it.
type wireLine struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
}

func (l *wireLine) hangUp() {
	if l.conn != nil {
		_ = l.conn.Close()
		l.conn = nil
	}
}

// send sends a request and reads its answer. The server may have ended a connection that waited, so a
// kept one is tried first, and then another.
func (l *wireLine) send(r *wrongRequest) wireAnswer {
	kept := l.conn != nil
	got := l.try(r)
	if got.err != nil && kept {
		l.hangUp()
		got = l.try(r)
	}
	if got.err != nil {
		l.hangUp()
	}
	return got
}

func (l *wireLine) try(r *wrongRequest) wireAnswer {
	if l.conn == nil {
		conn, err := net.DialTimeout("tcp", l.address, wrongPatience)
		if err != nil {
			return wireAnswer{err: err}
		}
		l.conn, l.in = conn, bufio.NewReader(conn)
	}
	_ = l.conn.SetDeadline(time.Now().Add(wrongPatience))
	_, unsent := l.conn.Write(r.wire()) // who answers early reads no further
	response, err := readAnswer(l.in, r.method)
	if err != nil {
		return wireAnswer{err: fmt.Errorf("%w (%w)", err, unsent)}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	got := wireAnswer{status: response.StatusCode, header: response.Header, body: body, err: err}
	got.text = fmt.Appendf(nil, "%d %v %s", got.status, got.header, body)
	if response.Close || unsent != nil {
		l.hangUp()
	}
	return got
}

// readAnswer passes over the interim answers.
func readAnswer(in *bufio.Reader, method string) (*http.Response, error) {
	for {
		response, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil || response.StatusCode >= http.StatusOK || response.StatusCode == http.StatusSwitchingProtocols {
			return response, err
		}
	}
}

// set replaces a header, add lets it stand twice.
func (r *wrongRequest) set(name, value string) {
	r.drop(name)
	r.add(name, value)
}

func (r *wrongRequest) add(name, value string) { r.header = append(r.header, [2]string{name, value}) }

func (r *wrongRequest) drop(name string) {
	r.header = slices.DeleteFunc(r.header, func(line [2]string) bool { return strings.EqualFold(line[0], name) })
}
