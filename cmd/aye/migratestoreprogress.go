package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"example.com/aye/store"
)

// progress shows how far a long work has come: as a bar on a terminal, and as plain lines elsewhere.
type progress struct {
	out      io.Writer
	terminal bool
	now      func() time.Time
	// last is what was shown last, and when.
	last  store.Progress
	shown time.Time
	// width is how much of the line must be wiped.
	width int
}

const (
	barEvery  = 100 * time.Millisecond
	lineEvery = 5 * time.Second
	barWidth  = 30
)

func newProgress(out io.Writer, now func() time.Time) *progress {
	p := &progress{out: out, now: now}
	if file, ok := out.(*os.File); ok {
		info, err := file.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// tell is told often, and shows now and then. What ends is always shown.
func (p *progress) tell(at store.Progress) {
	every := lineEvery
	if p.terminal {
		every = barEvery
	}
	begins := at.Phase != p.last.Phase || at.Table != p.last.Table
	ends := at.Done >= at.Total
	p.last = at
	if !ends && (p.now().Sub(p.shown) < every || (begins && !p.terminal)) {
		return
	}
	if ends && at.Total == 0 && at.Table != "" { // an empty table
		return
	}
	p.shown = p.now()
	if p.terminal {
		p.bar(at)
	} else {
		fmt.Fprintln(p.out, line(at))
	}
}

// line says it in words.
func line(at store.Progress) string {
	what := at.Phase
	if at.Table != "" {
		what += " " + at.Table
	}
	if at.Total == 0 {
		return what
	}
	return fmt.Sprintf("%s: %d of %d", what, at.Done, at.Total)
}

func (p *progress) bar(at store.Progress) {
	text := line(at)
	if at.Total > 0 {
		full := int(at.Done * barWidth / at.Total)
		text = fmt.Sprintf("[%s%s] %3d%% %s", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), at.Done*100/at.Total, text)
	}
	fmt.Fprintf(p.out, "\r%s%s", text, strings.Repeat(" ", max(0, p.width-len(text))))
	p.width = len(text)
}

// end leaves the line to what comes.
func (p *progress) end() {
	if p.terminal && p.width > 0 {
		fmt.Fprintf(p.out, "\r%s\r", strings.Repeat(" ", p.width))
	}
}
