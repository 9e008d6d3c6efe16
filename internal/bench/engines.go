package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"

	"example.com/aye/internal/bench/bare"
)

// natsProgram is what is started where several nodes need NATS and nobody says where it is.
const natsProgram = "nats-server"

// engines makes Aye's database on PostgreSQL, and finds NATS or starts it.
func (r *run) engines(ctx context.Context) (err error) {
	if r.Postgres == "" {
		return nil
	}
	if r.database, err = bare.MakeDatabase(ctx, r.Postgres, "aye"); err != nil {
		return err
	}
	if !r.Keep {
		r.closes = append(r.closes, func() { _ = r.database.Drop() })
	}
	if r.Nodes == 1 {
		return nil
	}
	r.hints = r.NATS
	if r.hints != "" {
		return nil
	}
	program, err := exec.LookPath(natsProgram)
	if err != nil {
		return fmt.Errorf("several nodes need NATS: say where it is with --nats, or install %s: %w", natsProgram, err)
	}
	addresses, err := freeAddresses(ctx, 1)
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(addresses[0])
	if err != nil {
		return err
	}
	p, err := r.launcher.startProgram(ctx, program, "nats", "-a", "127.0.0.1", "-p", port)
	if err != nil {
		return err
	}
	r.closes = append(r.closes, p.close)
	r.hints = "nats://" + addresses[0]
	return p.until(ctx, "ready", func() bool {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addresses[0])
		return err == nil && errors.Join(conn.Close()) == nil
	})
}
