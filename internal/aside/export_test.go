package aside

import "time"

// Hurry makes it lose patience sooner.
func (p *Process) Hurry(patience time.Duration) { p.patience = patience }

// Running is the number of the process that it has, 0 without one.
func (p *Process) Running() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil {
		return 0
	}
	return p.current.command.Process.Pid
}

// Rest is how long none is started after one that failed.
const Rest = rest
