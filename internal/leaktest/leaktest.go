// Package leaktest holds a package to leaving no goroutine behind when its tests are over.
package leaktest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long goroutines may take that are ending: goleak gives them less than half a second, in which a connection
// that was just closed is not always gone on a busy machine.
const patience = 10 * time.Second

// Main is what TestMain calls: it runs the tests, and fails where a goroutine stays.
func Main(m *testing.M, options ...goleak.Option) {
	code := m.Run()
	if code == 0 {
		if err := left(patience, options...); err != nil {
			fmt.Fprintln(os.Stderr, "goroutines are left:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// left looks again and again for so long, each time for some tenths of a second.
func left(patience time.Duration, options ...goleak.Option) (err error) {
	for end := time.Now().Add(patience); ; {
		if err = goleak.Find(options...); err == nil || time.Now().After(end) {
			return err
		}
	}
}
