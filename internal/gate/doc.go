// Package gate decides who may hold a connection, so that nobody takes the connections of all others: by opening many, by saying
// nothing on them, or by saying it slowly.
//
// A connection is a stranger's until its first request was read whole; then it is busy, idle between two requests, or waits as a
// WebSocket. Where there is no room, who has asked nothing goes first, of the address that has most of such the oldest; then who has
// been idle longest. What is busy or waits is never hung up on. An address is one of IPv4, or a /64 of IPv6, which one machine has.
//
// A proxy that is named as trusted stands for many people: it has no share, and is not hung up on.
package gate
