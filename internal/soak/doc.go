// Package soak drives real processes of Aye under load while everything around them fails: the ways to Apple and Google and,
// where there are several nodes, to PostgreSQL and NATS go through a proxy that injects faults; processes are killed without
// warning; clocks jump; disks are full. What every caller saw is written down, and in the end some order of single steps must
// explain all of it: nothing is approved without the matching signature and number, nothing is released twice, nothing is
// approved behind a refusal, a report or its end, and what was acknowledged is still there. `make soak` runs it for ten
// minutes, the ordinary tests for seconds.
package soak
