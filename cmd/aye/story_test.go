package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/aye/internal/porttest"
)

// TestMain makes this test binary the program itself, so that the stories drive real
// processes, which can be killed.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"aye": main})
}

// TestStories runs each story of testdata against the real binary.
func TestStories(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup:               setUp,
		Cmds:                commands,
	})
}

// setUp gives each story a folder and a port.
func setUp(e *testscript.Env) error {
	addresses, err := porttest.Free(1)
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(addresses[0])
	e.Setenv("PORT", port)
	e.Setenv("ORIGIN", "http://localhost:"+port)
	e.Setenv("AYE_ORIGIN", "http://localhost:"+port)
	e.Setenv("AYE_LISTEN", "127.0.0.1:"+port)
	e.Setenv("AYE_METRICS_LISTEN", "")
	e.Setenv("AYE_DATA_DIR", filepath.Join(e.WorkDir, "data"))
	return err
}

// commands are what stories can say beside what testscript knows.
var commands = map[string]func(*testscript.TestScript, bool, []string){
	"ready": ready, "http": call, "field": field, "match": match, "waitfor": waitFor, "aside": asides,
}

// patience bounds every wait of a story.
const patience = time.Minute

// retry tries until it works, or patience ends.
func retry(ts *testscript.TestScript, what string, try func() error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(patience)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s: %v", what, err)
		}
		<-tick.C
	}
}

// ready waits until the server answers that it is.
func ready(ts *testscript.TestScript, _ bool, _ []string) {
	retry(ts, "server", func() error {
		response, err := client.Get(ts.Getenv("ORIGIN") + "/readyz")
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", response.StatusCode)
		}
		return nil
	})
}

var client = &http.Client{Timeout: 35 * time.Second}

// call makes a call of the application: http METHOD PATH STATUS [BODY] [HEADER:VALUE ...].
// The answer is in the file answer.json.
func call(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: http METHOD PATH STATUS [BODY] [HEADER:VALUE ...]")
	}
	body := ""
	if len(args) > 3 {
		body = args[3]
	}
	request, err := http.NewRequest(args[0], ts.Getenv("ORIGIN")+args[1], strings.NewReader(body))
	ts.Check(err)
	if id := ts.Getenv("CLIENT"); id != "" {
		request.SetBasicAuth(id, ts.Getenv("SECRET"))
	}
	request.Header.Set("Content-Type", "application/json")
	for _, header := range args[min(4, len(args)):] {
		name, value, _ := strings.Cut(header, ":")
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answer.json"), answer, 0o600))
	if fmt.Sprint(response.StatusCode) != args[2] {
		ts.Fatalf("status %d where %s was expected: %s", response.StatusCode, args[2], answer)
	}
}

// field puts a field of a JSON file into a variable: field FILE a.b.0 NAME.
func field(ts *testscript.TestScript, _ bool, args []string) {
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &value))
	for name := range strings.SplitSeq(args[1], ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			var at int
			_, err := fmt.Sscan(name, &at)
			ts.Check(err)
			value = v[at]
		}
	}
	ts.Setenv(args[2], fmt.Sprint(value))
}

// match puts what a pattern's first group finds in a file into a variable: match FILE PATTERN NAME.
func match(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile(args[0]))
	if len(found) < 2 {
		ts.Fatalf("%s does not match %s:\n%s", args[0], args[1], ts.ReadFile(args[0]))
	}
	ts.Setenv(args[2], found[1])
}

// waitFor waits until a file has a text: waitfor FILE TEXT.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	retry(ts, "waitfor "+args[0], func() error {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && !bytes.Contains(text, []byte(args[1])) {
			err = fmt.Errorf("%q is not in it yet:\n%s", args[1], text)
		}
		return err
	})
}
