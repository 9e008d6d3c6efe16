package soak

import (
	"context"
	"fmt"
	"strings"
	"time"
)

const (
	// allFaults is how long a soak must last for each kind to happen, for each kind.
	allFaults = 3 * time.Second
	// leastLogins must be let in each second, and leastPace is the part of them while a vendor is bad, at least.
	leastLogins = 2
	leastPace   = 0.25
	// allMails is how long a soak must last to wait for each mail that is due: what a killed process had in hand is late.
	allMails = 30 * time.Second
)

// outcome is what came of a soak.
type outcome struct {
	lasts    time.Duration
	load     *load
	injector *injector
	mails    post
	texters  int

	decisions, redeems, codes int
	due, missing              int // mails
	lost, wrong               int
	verified                  bool
	first                     string // the first history that nothing explains
	failures                  []string
}

// judge counts what nothing explains: what was acknowledged and is not there any more, and all else.
func (o *outcome) judge(ctx context.Context, w *town) {
	for _, h := range o.load.histories {
		o.decisions += h.acknowledged(actApprove, actWrong, actDeny, actReport, actCancel)
		o.redeems += h.acknowledged(actRedeem)
		o.codes += h.acknowledged(actCode)
		if h.explained() {
			continue
		}
		if o.first == "" {
			o.first = h.String()
		}
		if h.forgotten() {
			o.lost++
		} else {
			o.wrong++
		}
	}
	for code, times := range o.load.codes.codes {
		if times > 1 {
			o.wrong++
			o.failures = append(o.failures, fmt.Sprintf("the code %q was accepted %d times", code, times))
		}
	}
	// Three accounts and each number were proven by a text before.
	again := w.twice(o.load.posts.Load() + int64(o.texters) + 3)
	o.wrong, o.failures = o.wrong+len(again), append(o.failures, again...)
	if o.lasts >= allMails {
		o.due, o.missing = o.mails.missing(ctx, o.load.histories, mailTime)
		o.lost += o.missing
	} else {
		o.due, o.missing = o.mails.missing(ctx, o.load.histories, 0)
	}
	o.wrong += o.mails.unasked(o.load.histories)
}

// check gives all that is not as it must be. A soak in which too little happened proves nothing.
func (o *outcome) check() (failures []string) {
	failures = append(failures, o.failures...)
	failures = append(failures, o.injector.failures...)
	if o.lost+o.wrong > 0 {
		failures = append(failures, fmt.Sprintf("%d lost, %d wrong; the first:\n%s", o.lost, o.wrong, o.first))
	}
	least := func(what string, there, least int) {
		if there < least {
			failures = append(failures, fmt.Sprintf("%d %s, and %d are needed: this proves nothing", there, what, least))
		}
	}
	least("redeems", o.redeems, int(o.lasts.Seconds())*leastLogins)
	least("codes", o.codes, o.texters)
	least("mails that were due", o.due, int(o.lasts.Seconds()/10))
	if *quiet || *only != "" {
		return failures
	}
	least("faults", o.injector.count(""), int(o.lasts.Seconds()/5))
	if kinds := len(o.injector.tallies); o.lasts >= time.Duration(kinds)*allFaults {
		failures = append(failures, o.injector.unfelt()...)
		if o.load.misdated.Load() == 0 {
			failures = append(failures, "clocks were wrong, and no answer was")
		}
	}
	if bad, calm, lasted := o.injector.pace(); lasted > 10*time.Second && bad < leastPace*calm {
		failures = append(failures, fmt.Sprintf("%.1f were let in each second while a vendor was bad, and %.1f while nothing was", bad, calm))
	}
	return failures
}

// table is what people read.
func (o *outcome) table() string {
	verified, bad, calm := "no", 0.0, 0.0
	if o.verified {
		verified = "yes"
	}
	bad, calm, _ = o.injector.pace()
	return fmt.Sprintf("| | requests | cycles | faults | kills | acknowledged decisions | acknowledged redeems | codes | text messages | reports told by mail | lost | wrong | audit log verified |\n"+
		"|---|---|---|---|---|---|---|---|---|---|---|---|---|\n| %s | %d | %d | %d | %d | %d | %d | %d | %d | %d of %d | %d | %d | %s |\n\n"+
		"Let in each second: %.0f while nothing was wrong, %.0f while a vendor was bad. Calls without an answer: %d. Answers with a wrong time: %d; phones that were told that theirs was wrong: %d.\n",
		o.lasts, o.load.asked.Load(), o.load.logins.Load(), o.injector.count(""), o.injector.count("kill"), o.decisions, o.redeems, o.codes, o.load.posts.Load(), o.due-o.missing, o.due,
		o.lost, o.wrong, verified, calm, bad, o.load.unanswered.Load(), o.load.misdated.Load(), o.load.disbelieved.Load())
}

// count is how many faults there were whose names begin so.
func (j *injector) count(prefix string) (all int) {
	for _, t := range j.tallies {
		if strings.HasPrefix(t.name, prefix) {
			all += t.times
		}
	}
	return all
}
