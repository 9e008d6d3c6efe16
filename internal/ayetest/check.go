package ayetest

import (
	"errors"
	"reflect"
	"sync"
	"testing"
)

// Fails checks which error it is; nil for none.
func Fails(tb testing.TB, err, want error) {
	tb.Helper()
	if !errors.Is(err, want) || (want == nil && err != nil) {
		tb.Fatalf("the error is %v, want %v", err, want)
	}
}

// Same checks a value.
func Same[T any](tb testing.TB, what string, got, want T) {
	tb.Helper()
	if !reflect.DeepEqual(got, want) {
		tb.Fatalf("%s: %+v, want %+v", what, got, want)
	}
}

// AtOnce lets the work be done that many times at the same moment, and waits for the end.
func AtOnce(times int, work func(i int)) {
	var done sync.WaitGroup
	start := make(chan struct{})
	for i := range times {
		done.Go(func() {
			<-start
			work(i)
		})
	}
	close(start)
	done.Wait()
}
