package aside

import (
	"io"
	"net/rpc"
	"runtime/debug"

	"example.com/aye/accounts"
)

// garbage is how much of it is left lying, in percent of what is in use: each hash takes 19 MiB.
const garbage = 25

// What the two ends call it.
const (
	service = "Aside"
	method  = service + ".Sum"
)

type worker struct{}

// Sum makes a hash.
func (worker) Sum(work accounts.Work, sum *[]byte) error {
	*sum = work.Sum()
	return nil
}

// Serve is the process: it makes the hashes that are asked for, several at one time, until in ends.
func Serve(in io.Reader, out io.Writer) error {
	debug.SetGCPercent(garbage)
	yield()
	server := rpc.NewServer()
	if err := server.RegisterName(service, worker{}); err != nil {
		return err
	}
	server.ServeConn(pipe{in, out, func() error { return nil }})
	return nil
}

// pipe is both directions as one.
type pipe struct {
	io.Reader
	io.Writer

	close func() error
}

// Close implements [io.Closer].
func (p pipe) Close() error { return p.close() }
