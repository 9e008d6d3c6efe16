package bench

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"example.com/aye/internal/bench/bare"
)

const (
	// pacePerSecond is how many logins begin a second beside the pages that wait.
	pacePerSecond = 50

	// How long nothing happens before the memory is looked at; less where a measurement is short.
	restAfterAsking     = 2 * time.Second
	restAfterConnecting = 3 * time.Second

	// The goals, and the numbers of pages that they are for; few are those that many are compared with.
	waitersOfCommit   = 5_000
	releaseByCommit   = 3
	waitersOfRelease  = 50_000
	fewWaiters        = 1_000
	releaseByFew      = 2
	bytesOfWaiter     = 8192.0
	waitersThatMatter = 5000 // with fewer, what a page costs is lost in what all else does
)

// found is what came of a number of pages.
type found struct {
	asked, held  int
	carried      int     // of the held: streams, for want of files
	connects     float64 // a second
	memory, heap float64 // bytes of each page
	renewed      int
	release      measured
	commits      latencies
	hub          hubFound
}

// waiters measures what pages that wait cost, and what they cost others.
func (r *run) waiters(ctx context.Context) error {
	g := r.group(Waiters, "pages that wait, and 50 logins a second beside them")
	var before []*found
	for i, asked := range r.Waiters {
		follows := i < len(r.Waiters)-1 || r.runs(Growth) || r.runs(Kills)
		f, err := r.waitersWith(ctx, asked, follows)
		if err != nil {
			return err
		}
		if f.held > 0 {
			if f.hub, err = r.hub(ctx, f.held); err != nil {
				return err
			}
		}
		f.rows(g, before)
		before = append(before, f)
	}
	g.note("Bytes are the growth of the server's memory from when all were asked to when all waited. Beside the release stand single durable commits, " +
		"made at the same time and pace by the generator in a file of the same disk; beside bytes and connecting stands a bare hub with the same number, " +
		"whose pages heard what they were told in the time from told to heard.")
	return nil
}

// waitersWith measures a number of pages at a server that was just started: one that had
// others before would show less growth than there is.
func (r *run) waitersWith(ctx context.Context, asked int, follows bool) (*found, error) {
	f := &found{asked: asked}
	t, err := r.startFor(ctx, asked)
	if err != nil {
		return nil, err
	}
	defer r.aye.stop()
	defer t.close()
	c := &crowd{target: t, people: r.aye.quiet, failed: func(err error) { r.failures.add(Waiters, reasonOf(err)) }}
	if err = c.ask(ctx, asked, r.Progress); err != nil {
		return nil, err
	}
	staying, leave := context.WithCancel(ctx)
	defer c.close()
	defer leave()
	if err = r.gather(ctx, staying, c, f); err != nil {
		return nil, err
	}
	r.Progress.say("logins beside %d pages", f.held)
	if err = r.beside(ctx, t, f); err != nil {
		return nil, err
	}
	f.renewed = int(c.renewed.Load())
	leave()
	c.close()
	if follows {
		err = c.takeBack(ctx, r.Progress)
	}
	return f, err
}

// gather lets the crowd wait, and looks at what that costs.
func (r *run) gather(ctx, staying context.Context, c *crowd, f *found) error {
	f.held = len(c.seats)
	f.carried = f.held - r.direct(f.held)
	if f.held == 0 {
		return nil
	}
	before, err := r.settled(ctx, c.target, restAfterAsking)
	if err != nil {
		return err
	}
	if f.connects, err = c.connect(staying, r.Progress); err != nil {
		return err
	}
	after, err := r.settled(ctx, c.target, restAfterConnecting)
	if err != nil {
		return err
	}
	f.memory = grown(before, after, metricMemory) / float64(f.held)
	f.heap = (grown(before, after, metricHeap) + grown(before, after, metricStacks)) / float64(f.held)
	if waiting, known := after.sum(metricWaiters); known && int(waiting) != f.held {
		r.failures.add(Waiters, fmt.Sprintf("the server holds %.0f pages where %d are connected", waiting, f.held))
	}
	return nil
}

// settled waits until a server that has nothing to do has come to rest, and looks at it.
func (r *run) settled(ctx context.Context, t *target, rest time.Duration) (samples, error) {
	if err := pause(ctx, min(rest, r.Duration), nil); err != nil {
		return nil, err
	}
	return t.counters(ctx)
}

// grown is by how much a value grew.
func grown(before, after samples, name string) float64 {
	from, _ := before.sum(name)
	to, _ := after.sum(name)
	return to - from
}

// beside makes logins and single commits at the same pace.
func (r *run) beside(ctx context.Context, t *target, f *found) error {
	committer, err := bare.OpenCommitter(ctx, filepath.Join(r.dir, "beside-"+strconv.Itoa(f.asked)+".db"))
	if err != nil {
		return err
	}
	defer committer.Close()
	var committing sync.WaitGroup
	var commitErr, paceErr error
	committing.Go(func() {
		_, paceErr = pace(ctx, pacePerSecond, r.Duration, func() bool {
			began := time.Now()
			commitErr = committer.Commit(ctx)
			f.commits = append(f.commits, time.Since(began))
			return commitErr == nil
		})
	})
	f.release, err = r.load(Waiters, t).paced(ctx, pacePerSecond, r.Duration)
	committing.Wait()
	return cmp.Or(err, commitErr, paceErr)
}

// rows tells what was found, and compares it with what was found before with nobody waiting, and with few.
func (f *found) rows(g *Group, before []*found) {
	name, with := "waiters."+strconv.Itoa(f.asked)+".", ", "+f.count()+" wait"
	row := func(row Row) {
		row.Name, row.What, row.Asked, row.Held, row.Carried = name+row.Name, row.What+with, f.asked, f.held, f.carried
		g.add(row)
	}
	if f.held > 0 {
		f.crowdRows(row)
	}
	release, commit := f.release.releases.at(p50, p95, p99), f.commits.at(p50, p95, p99)
	for i, p := range []string{"p50", "p95", "p99"} {
		each := Row{Name: "release." + p, What: "decision to release " + p, Unit: Seconds, Aye: seconds(release[i]), Limit: seconds(commit[i])}
		if p == "p99" && f.asked == waitersOfCommit {
			each.Goal = atMost(releaseByCommit)
		}
		row(each)
	}
	for _, other := range before {
		if other.asked == f.asked || other.asked != 0 && other.asked != fewWaiters {
			continue
		}
		name, beside := "alone", "beside 0"
		if other.asked == fewWaiters {
			name, beside = "few", "beside "+grouped(strconv.Itoa(fewWaiters))
		}
		was := other.release.releases.at(p50, p99)
		row(Row{Name: "release.p50." + name, What: "release p50, " + beside, Unit: Seconds, Aye: seconds(release[0]), Limit: seconds(was[0])})
		each := Row{Name: "release.p99." + name, What: "release p99, " + beside, Unit: Seconds, Aye: seconds(release[2]), Limit: seconds(was[1])}
		if f.asked == waitersOfRelease && other.asked == fewWaiters {
			each.Goal = atMost(releaseByFew)
		}
		row(each)
	}
	f.notes(g)
}

// count is how many waited, and of how many where there should have been more.
func (f *found) count() string {
	held := grouped(strconv.Itoa(f.held))
	if f.held < f.asked {
		held += " of " + grouped(strconv.Itoa(f.asked))
	}
	return held
}

func (f *found) crowdRows(row func(Row)) {
	if f.carried > 0 {
		row(Row{Name: "carried", What: "of these carried", Aye: new(float64(f.carried))})
	}
	bytes := Row{Name: "bytes", What: "bytes a page", Unit: Bytes, Aye: new(f.memory), Limit: new(f.hub.bytes)}
	if f.asked >= waitersThatMatter && f.carried == 0 { // a stream is not what the goal is about
		bytes.Goal = &Goal{Of: OfNumber, AtMost: new(bytesOfWaiter)}
	}
	row(bytes)
	row(Row{Name: "heap", What: "heap and stack a page", Unit: Bytes, Aye: new(f.heap)})
	row(Row{Name: "connects", What: "pages connected", Unit: PerSecond, Aye: new(f.connects), Limit: new(f.hub.connects)})
	told := f.hub.told.at(p50, p99)
	row(Row{Name: "told.p50", What: "told to heard p50", Unit: Seconds, Limit: seconds(told[0])})
	row(Row{Name: "told.p99", What: "told to heard p99", Unit: Seconds, Limit: seconds(told[1])})
}

func (f *found) notes(g *Group) {
	asked := grouped(strconv.Itoa(f.asked))
	if f.held < f.asked {
		g.note(fmt.Sprintf("Of %s pages %s were held, because asking took too long. Nothing counts as reached with fewer.", asked, grouped(strconv.Itoa(f.held))))
	}
	if f.carried > 0 {
		g.note(fmt.Sprintf("With %s, %s pages had no connection of their own, because this machine allows %s open files for a process. They were carried, "+
			"at the bare hub too, as streams of yamux over %d connections that they shared, into the same server, which upgraded, held and pinged each as it "+
			"does others; only the gate did not count them. In a page's bytes stands its stream in the place of its connection, so no goal is set for them; "+
			"what the kernel keeps of connections is in none. Raise the limit with ulimit -n or LimitNOFILE=, and fewer are carried.",
			asked, grouped(strconv.Itoa(f.carried)), grouped(strconv.Itoa(openFiles())), shared(f.carried, 1)))
	}
	if f.renewed > 0 {
		g.note(fmt.Sprintf("With %s, %d pages ended meanwhile and were renewed.", asked, f.renewed))
	}
	if f.release.late > time.Second/pacePerSecond {
		g.note(fmt.Sprintf("With %s, the generator was up to %s behind its pace.", asked, f.release.late.Round(time.Millisecond)))
	}
	if f.release.used {
		g.note(fmt.Sprintf("With %s, there was nobody left who may be asked, so it was measured for %s alone.", asked, f.release.took.Round(time.Millisecond)))
	}
}
