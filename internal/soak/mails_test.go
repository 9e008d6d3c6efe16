package soak

import (
	"context"
	"encoding/binary"
	"net/netip"
	"regexp"
	"sync"
	"time"

	"example.com/aye/internal/emulate"
)

// mailTime is how long mails that are due may take in the end. What a killed process had in hand is taken up again after two minutes.
const mailTime = 3 * time.Minute

// source is an address of its own for each request (RFC 3849), and sources is how all of them look.
func source(number int64) string {
	address := [16]byte{0x20, 0x01, 0x0d, 0xb8}
	binary.BigEndian.PutUint64(address[8:], uint64(number))
	return netip.AddrFrom16(address).String()
}

var sources = regexp.MustCompile(`2001:db8::[0-9a-f:]+`)

// post is what came by mail about requests, by where they came from.
type post struct {
	mu    sync.Mutex
	count map[string]int
}

// watch reads the mails to these people until ctx ends.
func (m *post) watch(ctx context.Context, from *emulate.Mailbox, to []*person) {
	m.count = map[string]int{}
	for _, p := range to {
		go func() {
			for {
				mail, err := from.Next(ctx, p.email)
				if err != nil {
					return
				}
				m.mu.Lock()
				m.count[sources.FindString(mail.Text)]++
				m.mu.Unlock()
			}
		}()
	}
}

// came tells how many mails came about a request.
func (m *post) came(h *history) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.count[h.address]
}

// missing waits until each acknowledged report was told of, and counts those that were not in the end. due is how many there are.
func (m *post) missing(ctx context.Context, all []*history, patience time.Duration) (due, missing int) {
	for end := time.Now().Add(patience); ; wait(ctx, 200*time.Millisecond) {
		due, missing = 0, 0
		for _, h := range all {
			if h.acknowledged(actReport) > 0 {
				due++
				if m.came(h) == 0 {
					missing++
				}
			}
		}
		if missing == 0 || time.Now().After(end) || ctx.Err() != nil {
			return due, missing
		}
	}
}

// unasked counts the requests that a mail came about, and nobody reported.
func (m *post) unasked(all []*history) (count int) {
	for _, h := range all {
		if m.came(h) > 0 && !h.tried(actReport) {
			count++
		}
	}
	return count
}
