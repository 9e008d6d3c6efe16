package bench

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Progress tells a person how far a run is: a bar on a terminal, else a line for each phase.
// A nil one tells nothing.
type Progress struct {
	out      io.Writer
	terminal bool

	mu    sync.Mutex
	total time.Duration // that all phases take, about
	done  time.Duration // of the phases that are over
	phase time.Duration // that this one takes, about
	began time.Time     // this phase
	part  float64       // of this phase, where it is known better than by its time
	text  string
	stop  chan struct{}
	ended chan struct{}
}

// NewProgress tells out, which is a terminal or is not.
func NewProgress(out io.Writer, terminal bool) *Progress {
	return &Progress{out: out, terminal: terminal}
}

// paintEvery is how often the bar is painted.
const paintEvery = 200 * time.Millisecond

// start begins with what all phases will take, about. End it with end.
func (p *Progress) start(total time.Duration) {
	if p == nil {
		return
	}
	p.total, p.began = total, time.Now()
	p.stop, p.ended = make(chan struct{}), make(chan struct{})
	if !p.terminal {
		fmt.Fprintf(p.out, "This takes about %s.\n", about(total))
		close(p.ended)
		return
	}
	go func() {
		defer close(p.ended)
		tick := time.NewTicker(paintEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.paint()
			case <-p.stop:
				fmt.Fprint(p.out, "\r\x1b[K")
				return
			}
		}
	}()
}

func (p *Progress) end() {
	if p == nil {
		return
	}
	close(p.stop)
	<-p.ended
}

// begin begins a phase that takes about that long.
func (p *Progress) begin(name string, takes time.Duration) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.phase, p.began, p.part, p.text = p.done+p.phase, takes, time.Now(), 0, name
	if !p.terminal {
		fmt.Fprintf(p.out, "%s, about %s\n", name, about(takes))
	}
}

// say tells what is going on in the phase.
func (p *Progress) say(format string, args ...any) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = fmt.Sprintf(format, args...)
}

// at tells how much of the phase is over, 0 to 1, where that is known.
func (p *Progress) at(part float64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.part = part
}

// far is how much of everything is over. It never says that all is.
func (p *Progress) far(now time.Time) float64 {
	part := p.part
	if p.phase > 0 {
		part = max(part, min(now.Sub(p.began).Seconds()/p.phase.Seconds(), 1))
	}
	if p.total <= 0 {
		return 0
	}
	return min((p.done.Seconds()+part*p.phase.Seconds())/p.total.Seconds(), 0.99)
}

const barWidth = 24

func (p *Progress) paint() {
	p.mu.Lock()
	defer p.mu.Unlock()
	far := p.far(time.Now())
	full := int(far * barWidth)
	text := []rune(p.text)
	if len(text) > 60 {
		text = text[:60]
	}
	fmt.Fprintf(p.out, "\r\x1b[K[%s%s] %2.0f %%  %s", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), far*100, string(text))
}

// about rounds a time as people say it.
func about(d time.Duration) string {
	if d >= 90*time.Second {
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.0f s", max(d.Seconds(), 1))
}
