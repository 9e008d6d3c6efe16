// Package broker tells every waiter that something changed. It only hints, and a hint may
// be lost: the database is the truth. So a waiter subscribes, then reads the state, then
// waits for a hint to read it again.
package broker
