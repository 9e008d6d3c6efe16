package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// abuseByQuiet is how many times as long as without an attack the others' logins may take, of a hundred the slowest.
	abuseByQuiet = 2
	// abuseTurns is how often each attack is made: those without it, aimed aside, and at Aye take turns.
	abuseTurns = 4
)

// suffered is what came of the logins of others, without an attack, beside one on somebody else, and under one.
type suffered struct {
	quiet, aside, under measured
	atWall, atAye       fought
}

// abuse lets people log in at a steady pace: in quiet, beside an attack on a bare server of this machine that refuses everything,
// and under the same attack. Who attacks takes the processor from who is attacked here, as nowhere else; what that alone costs shows
// beside the bare server.
func (r *run) abuse(ctx context.Context) error {
	t, err := r.startAye(ctx, sitting)
	if err != nil {
		return err
	}
	defer r.aye.stop()
	defer t.close()
	wall, err := r.launcher.limit(ctx, "wall", bareSettings{Wall: true})
	if err != nil {
		return err
	}
	defer wall.close()
	g := r.group(Abuse, fmt.Sprintf("%d logins a second, and somebody who tries to keep them out", pacePerSecond))
	for _, a := range r.attacks() {
		s, err := r.suffer(ctx, t, wall.listen, a)
		if err != nil {
			return err
		}
		s.rows(g, a)
	}
	g.note("Who attacks is a process of its own, with up to 1,000 addresses (127.0.0.0/8) in as many networks, and has the same processors as the server " +
		"and those who log in. So the same attack is made on a bare server too, of the same HTTP library with the same limits of time and size, that " +
		"answers everything with 403: what is lost there, the attacker takes from everybody on this machine, whoever is attacked.")
	return nil
}

// attacks are those that were asked for.
func (o *Options) attacks() []attack {
	return slices.DeleteFunc(slices.Clone(attacks), func(a attack) bool { return len(o.Attacks) > 0 && !slices.Contains(o.Attacks, a.name) })
}

// suffer measures logins without the attack, beside it and under it, in turns.
func (r *run) suffer(ctx context.Context, t *target, wall string, a attack) (s suffered, err error) {
	for turn := range abuseTurns {
		r.Progress.say("logins in quiet")
		m, err := r.besideAttack(ctx, t, a, victim{}, nil)
		if err != nil {
			return s, err
		}
		s.quiet = joined([]measured{s.quiet, m})
		r.Progress.say("logins beside %s on another server", a.what)
		if m, err = r.besideAttack(ctx, t, a, victim{Host: wall, Origin: t.origin, Turn: turn}, &s.atWall); err != nil {
			return s, err
		}
		s.aside = joined([]measured{s.aside, m})
		r.Progress.say("logins under %s", a.what)
		if m, err = r.besideAttack(ctx, t, a, victim{Host: t.host, Origin: t.origin, Turn: turn}, &s.atAye); err != nil {
			return s, err
		}
		s.under = joined([]measured{s.under, m})
	}
	return s, nil
}

// abuseRest is how long nothing happens after a turn: what was closed goes.
const abuseRest = time.Second

// besideAttack measures logins for a part of the time, while the attack on the victim goes on; on nobody where that has no host.
func (r *run) besideAttack(ctx context.Context, t *target, a attack, v victim, came *fought) (measured, error) {
	var all attackers
	if v.Host != "" {
		var err error
		if all, err = r.launcher.attack(ctx, a, v); err != nil {
			return measured{}, err
		}
		if err = pause(ctx, min(a.before, r.Duration), nil); err != nil {
			_, stopErr := all.stop()
			return measured{}, errors.Join(err, stopErr)
		}
	}
	m, err := r.load(Abuse, t).paced(ctx, pacePerSecond, r.Duration/abuseTurns)
	if all != nil {
		total, stopErr := all.stop()
		*came, err = came.then(total), errors.Join(err, stopErr)
	}
	return m, errors.Join(err, pause(ctx, min(abuseRest, r.Duration), nil))
}

// rows tells what was found.
func (s *suffered) rows(g *Group, a attack) {
	quiet, aside, under := s.quiet.wholes.at(p50, p99), s.aside.wholes.at(p50, p99), s.under.wholes.at(p50, p99)
	row := func(name, what string, aye, limit time.Duration, goal *Goal) {
		g.add(Row{Name: "abuse." + a.name + "." + name, What: what, Unit: Seconds, Aye: seconds(aye), Limit: seconds(limit), Goal: goal})
	}
	g.add(Row{Name: "abuse." + a.name + ".logins", What: a.what + ": logins", Unit: Count, Aye: new(float64(s.under.logins)), Limit: new(float64(s.quiet.logins))})
	row("p50", "p50, quiet as the limit", under[0], quiet[0], nil)
	row("p99", "p99, quiet as the limit", under[1], quiet[1], atMost(abuseByQuiet))
	row("aside.p99", "p99 beside the attack on the bare server", aside[1], quiet[1], nil)
	row("beside.p99", "p99, that as the limit", under[1], aside[1], atMost(abuseByQuiet))
	g.note(fmt.Sprintf("%s: %s on Aye, %s on the bare server.", a.what, s.atAye, s.atWall))
	for _, m := range []measured{s.quiet, s.aside, s.under} {
		if m.late > time.Second/pacePerSecond {
			g.note(fmt.Sprintf("The generator was up to %s behind its pace there.", m.late.Round(time.Millisecond)))
		}
	}
}

// String is for the report.
func (f fought) String() string {
	text := grouped(fmt.Sprint(f.Times)) + " times"
	if f.Most > 0 {
		return text + ", " + grouped(fmt.Sprint(f.Most)) + " at one time at most"
	}
	return text + fmt.Sprintf(" (%s answered, of these %s with no, %s with not now)", grouped(fmt.Sprint(f.Answered)), grouped(fmt.Sprint(f.Refused)), grouped(fmt.Sprint(f.Limited)))
}
