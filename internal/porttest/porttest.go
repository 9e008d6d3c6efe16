// Package porttest finds ports for servers that a test starts as processes of their own, or stops and starts again where
// they were.
//
// A port that the system chooses, and that is given back until the server comes, may be gone by then: it gives the same ones to
// everybody else who asks for any, and all tests do. These are below the ones that it chooses from.
package porttest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net"
)

// lowest and highest are above what known services have, and below what Linux, macOS and Windows choose from.
const lowest, highest = 15_000, 32_000

// tries is how many may be taken in a row.
const tries = 100

// Free gives addresses on which nobody listens.
func Free(count int) (addresses []string, err error) {
	var held []net.Listener // all at one time, so that none comes twice
	defer func() {
		for _, l := range held {
			err = errors.Join(err, l.Close())
		}
	}()
	for len(held) < count {
		l, failed := listen()
		if failed != nil {
			return nil, failed
		}
		held, addresses = append(held, l), append(addresses, l.Addr().String())
	}
	return addresses, nil
}

func listen() (l net.Listener, err error) {
	for range tries {
		offset, failed := rand.Int(rand.Reader, big.NewInt(highest-lowest))
		if failed != nil {
			return nil, failed
		}
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", lowest+offset.Int64())); err == nil { //nolint:noctx // it is there at once
			return l, nil
		}
	}
	return nil, err
}
