package storetest

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
	"example.com/aye/signin"
)

// tenancy is a person with a phone and a session, and what a change of it needs.
type tenancy struct {
	*House
	member accounts.Member
	phone  devices.Device
}

func newTenancy(t *testing.T, h *House, email string) tenancy {
	t.Helper()
	m := h.AddPerson(t, email)
	return tenancy{h, m, h.AddPhone(t, m, pairing.Paired)}
}

// begin stores a session of the person.
func (y tenancy) begin(t *testing.T, level signin.Level, change func(*signin.Session)) signin.Session {
	t.Helper()
	now := y.Clock.Now()
	s := signin.Session{
		ID: secret.NewID("ses"), PersonID: y.member.Person.ID, Level: level, Created: now, Seen: now, Ends: now.Add(time.Hour), Until: now.Add(time.Minute),
		Idle: 10 * time.Minute, IP: "203.0.113.7", Place: "Delft", UserAgent: "Firefox", Browser: "browser", Next: "/apps",
		TokenHash: secret.Hash(secret.NewToken()),
	}
	s.Organisation.ID, s.Member.ID = y.member.OrganisationID, y.member.ID
	switch level {
	case signin.Password:
		s.Purpose = signin.ToEnter
	case signin.Reset:
		s.Purpose = signin.ToReset
	case signin.Full:
		s.OrganisationID = s.Organisation.ID
	case signin.Setup:
	}
	if change != nil {
		change(&s)
	}
	must(t, y.StartSession(t.Context(), s, y.entry(s.Organisation.ID, "session.started")))
	return s
}

// try makes a change, and looks whether one that is refused leaves anything behind.
func (y tenancy) try(t *testing.T, c signin.Change) bool {
	t.Helper()
	before, failure := y.Session(t.Context(), c.From.TokenHash)
	sequence := y.sequence(t)
	held := got(y.ChangeSession(t.Context(), c, y.entry(y.Organisation.ID, "session.changed")))(t)
	if !held {
		after, err := y.Session(t.Context(), c.From.TokenHash)
		same(t, "session", after, before)
		same(t, "found", err == nil, failure == nil)
		same(t, "audit rows", y.sequence(t), sequence)
	}
	return held
}

// ask lets the session wait for a request.
func (y tenancy) ask(t *testing.T, s signin.Session, r approval.Request) signin.Session {
	t.Helper()
	next := s
	next.WaitingID = r.ID
	same(t, "asked", y.try(t, signin.Change{From: s, To: next}), true)
	return next
}

// released is a request of the person that went all the way.
func (y tenancy) released(t *testing.T) approval.Request {
	t.Helper()
	r := y.AskOne(t, y.Request(y.member, secret.NewID("b")))
	y.moves(t, y.Approve(r, y.phone))
	return y.moves(t, y.Redeem(r))
}

// in is the session as a proof leaves it.
func in(s signin.Session) signin.Session {
	s.Level, s.Purpose, s.WaitingID, s.RequestID, s.Method = signin.Full, "", "", s.WaitingID, approval.Push
	s.OrganisationID, s.TokenHash = s.Organisation.ID, secret.Hash(secret.NewToken())
	return s
}

func testSessions(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("kept", func(t *testing.T) { testSessionKept(t, newTenancy(t, h, "kept@example.com")) })
	t.Run("changed", func(t *testing.T) { testSessionChanges(t, newTenancy(t, h, "changed@example.com")) })
	t.Run("proof", func(t *testing.T) {
		testSessionProof(t, newTenancy(t, h, "proof@example.com"), newTenancy(t, h, "other@example.com"))
	})
	t.Run("reported", func(t *testing.T) { testSessionReported(t, newTenancy(t, h, "reported@example.com")) })
	t.Run("ended", func(t *testing.T) {
		testSessionsEnd(t, newTenancy(t, h, "ended@example.com"), newTenancy(t, h, "stays@example.com"))
	})
	t.Run("choices", func(t *testing.T) { testChoices(t, newTenancy(t, h, "choices@example.com")) })
	t.Run("swept", func(t *testing.T) { testSessionsSwept(t, newTenancy(t, h, "swept@example.com")) })
	t.Run("races", func(t *testing.T) { testSessionRaces(t, newTenancy(t, h, "raced@example.com")) })
	must(t, h.VerifyAudit(t.Context()))
}

func testSessionKept(t *testing.T, y tenancy) {
	ctx := t.Context()
	s := y.begin(t, signin.Full, func(s *signin.Session) {
		s.Method, s.Within, s.Proven, s.ProvenBy, s.Pause, s.Attempt = approval.Push, s.Organisation.ID, s.Created, approval.Push, time.Minute, 3
		s.About = accounts.TextNewPhone
		s.RequestID = y.released(t).ID
	})
	same(t, "session", got(y.Session(ctx, s.TokenHash))(t), s)
	for _, unknown := range []string{"", "wrong", s.ID} {
		_, err := y.Session(ctx, unknown)
		fails(t, err, signin.ErrNone)
	}
	// Not picked yet.
	open := y.begin(t, signin.Full, func(s *signin.Session) { s.OrganisationID = "" })
	same(t, "session", got(y.Session(ctx, open.TokenHash))(t), open)
	y.Clock.Pass(time.Minute)
	later := y.begin(t, signin.Setup, nil)
	list := got(y.SessionsOf(ctx, y.member.Person.ID, y.Clock.Now()))(t)
	same(t, "newest first", []string{list[0].ID, list[1].ID, list[2].ID}, []string{later.ID, open.ID, s.ID})
	same(t, "expired", len(got(y.SessionsOf(ctx, y.member.Person.ID, s.Ends))(t)), 1)

	seen := s.Seen.Add(20 * time.Minute)
	must(t, y.TouchSession(ctx, s.ID, "another token", seen))
	same(t, "session", got(y.Session(ctx, s.TokenHash))(t), s)
	must(t, y.TouchSession(ctx, s.ID, s.TokenHash, seen))
	must(t, y.TouchSession(ctx, s.ID, s.TokenHash, seen.Add(time.Minute)))
	must(t, y.TouchSession(ctx, s.ID, s.TokenHash, s.Created)) // a clock that goes back
	touched := s
	touched.Seen, touched.Pause = seen.Add(time.Minute), 20*time.Minute
	same(t, "session", got(y.Session(ctx, s.TokenHash))(t), touched)
}

// testSessionChanges: a change holds only while the session is as it was seen.
func testSessionChanges(t *testing.T, y tenancy) {
	other := y.AddOrganisation(t, "Other")
	foreign := y.AddPerson(t, "foreign@example.com")
	picks := func(s *signin.Session) { s.TokenHash = secret.Hash(secret.NewToken()) }
	tests := []struct {
		name     string
		from, to func(*signin.Session)
		level    signin.Level
		want     bool
	}{
		{"as seen", func(*signin.Session) {}, picks, signin.Full, true},
		{"another token", func(s *signin.Session) { s.TokenHash = "old" }, picks, signin.Full, false},
		{"another id", func(s *signin.Session) { s.ID = "ses_none" }, picks, signin.Full, false},
		{"another person", func(s *signin.Session) { s.PersonID = foreign.Person.ID }, picks, signin.Full, false},
		{"another level", func(s *signin.Session) { s.Level = signin.Reset }, picks, signin.Full, false},
		{"another purpose", func(s *signin.Session) { s.Purpose = signin.ToProve }, picks, signin.Full, false},
		{"another attempt", func(s *signin.Session) { s.Attempt++ }, picks, signin.Full, false},
		{"waits for something", func(s *signin.Session) { s.WaitingID = "apr_none" }, picks, signin.Full, false},
		{"no member there", func(*signin.Session) {}, func(s *signin.Session) { s.Organisation.ID, s.OrganisationID = other.ID, other.ID }, signin.Full, false},
		{"in somebody else's name", func(*signin.Session) {}, func(s *signin.Session) { s.Member.ID = foreign.ID }, signin.Full, false},
		{"from password to full without a proof", func(*signin.Session) {}, func(s *signin.Session) { s.Level, s.Purpose = signin.Full, "" }, signin.Password, false},
		{"from setup to full without a proof", func(*signin.Session) {}, func(s *signin.Session) { s.Level = signin.Full }, signin.Setup, false},
		{"from reset to full", func(*signin.Session) {}, func(s *signin.Session) { s.Level, s.Purpose = signin.Full, "" }, signin.Reset, true},
		{"waits for what nobody asked", func(*signin.Session) {}, func(s *signin.Session) { s.WaitingID = y.AskOne(t, y.Request(foreign, "b")).ID }, signin.Password, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := y.begin(t, test.level, nil)
			from, to := s, s
			test.from(&from)
			test.to(&to)
			same(t, "held", y.try(t, signin.Change{From: from, To: to}), test.want)
		})
	}
	t.Run("all of it", func(t *testing.T) {
		s := y.begin(t, signin.Reset, nil)
		to := in(s)
		r := y.released(t)
		now := y.Clock.Now()
		to.RequestID, to.Within, to.Method, to.Until, to.Ends, to.Proven, to.ProvenBy = r.ID, s.Organisation.ID, approval.TOTP, now.Add(1), now.Add(time.Minute), now, approval.TOTP
		to.Until, to.Idle, to.IP, to.Place, to.UserAgent, to.Browser, to.Attempt = now, time.Minute, "198.51.100.1", "Gouda", "Opera", "b2", 7
		to.About = accounts.TextRelink
		same(t, "held", y.try(t, signin.Change{From: s, To: to}), true)
		same(t, "session", got(y.Session(t.Context(), to.TokenHash))(t), to)
		_, err := y.Session(t.Context(), s.TokenHash)
		fails(t, err, signin.ErrNone)
	})
	t.Run("ended membership", func(t *testing.T) {
		left := newTenancy(t, y.House, "left@example.com")
		s := left.begin(t, signin.Full, nil)
		same(t, "ended", got(y.EndMembership(t.Context(), left.member.ID, false, y.entry(y.Organisation.ID, "member.ended")))(t), true)
		same(t, "held", left.try(t, signin.Change{From: s, To: in(s)}), false)
	})
}

// testSessionProof: only a released request that this very session asked, for what it proves
// now, makes it full.
func testSessionProof(t *testing.T, y, other tenancy) {
	finish := func(s signin.Session) signin.Change {
		return signin.Change{From: s, To: in(s), Proof: s.WaitingID}
	}
	t.Run("released", func(t *testing.T) {
		s := y.ask(t, y.begin(t, signin.Password, func(s *signin.Session) { s.Pause = time.Minute }), y.released(t))
		c := finish(s)
		same(t, "held", y.try(t, c), true)
		c.To.Pause = 0 // the person is there
		same(t, "session", got(y.Session(t.Context(), c.To.TokenHash))(t), c.To)
		same(t, "twice", y.try(t, c), false)
	})
	t.Run("not released", func(t *testing.T) {
		r := y.AskOne(t, y.Request(y.member, "not released"))
		s := y.ask(t, y.begin(t, signin.Password, nil), r)
		same(t, "pending", y.try(t, finish(s)), false)
		y.moves(t, y.Approve(r, y.phone))
		same(t, "approved", y.try(t, finish(s)), false)
		y.moves(t, y.Redeem(r))
		same(t, "released", y.try(t, finish(s)), true)
	})
	t.Run("not the one it waits for", func(t *testing.T) {
		s := y.ask(t, y.begin(t, signin.Password, nil), y.released(t))
		again := s
		again.WaitingID, again.Attempt = "", 1
		same(t, "again", y.try(t, signin.Change{From: s, To: again}), true)
		c := finish(s)
		c.From = y.ask(t, again, y.AskOne(t, y.Request(y.member, "second")))
		same(t, "held", y.try(t, c), false)
	})
	t.Run("another session's", func(t *testing.T) {
		r := y.released(t)
		y.ask(t, y.begin(t, signin.Password, nil), r)
		s := y.begin(t, signin.Password, nil)
		next := s
		next.WaitingID = r.ID
		same(t, "asked", y.try(t, signin.Change{From: s, To: next}), false)
		c := signin.Change{From: s, To: in(next), Proof: r.ID}
		same(t, "held", y.try(t, c), false)
		began := y.begin(t, signin.Password, func(s *signin.Session) { s.WaitingID = r.ID })
		same(t, "held", y.try(t, finish(began)), false)
	})
	t.Run("another person's", func(t *testing.T) {
		r := other.released(t)
		s := y.begin(t, signin.Password, nil)
		same(t, "held", y.try(t, signin.Change{From: s, To: in(s), Proof: r.ID}), false)
	})
	t.Run("of an earlier proof", func(t *testing.T) {
		s := y.ask(t, y.begin(t, signin.Password, nil), y.released(t))
		c := finish(s)
		same(t, "held", y.try(t, c), true)
		proving := c.To
		proving.Purpose = signin.ToProve
		same(t, "proving", y.try(t, signin.Change{From: c.To, To: proving}), true)
		forged := proving
		forged.WaitingID = s.WaitingID
		same(t, "put there", y.try(t, signin.Change{From: proving, To: forged}), false)
	})
	t.Run("asked for another purpose", func(t *testing.T) {
		s := y.ask(t, y.begin(t, signin.Reset, nil), y.released(t))
		forged := s
		forged.Level, forged.Purpose = signin.Full, signin.ToProve
		same(t, "put there", y.try(t, signin.Change{From: s, To: forged}), true)
		same(t, "held", y.try(t, finish(forged)), false)
	})
}

// testSessionReported: nothing changes in a session of which the person said "this was not me".
func testSessionReported(t *testing.T, y tenancy) {
	r := y.released(t)
	s := y.ask(t, y.begin(t, signin.Password, nil), r)
	same(t, "reported", got(y.Session(t.Context(), s.TokenHash))(t).Reported, false)
	full := in(s)
	same(t, "held", y.try(t, signin.Change{From: s, To: full, Proof: r.ID}), true)
	waits := y.ask(t, y.begin(t, signin.Password, nil), y.released(t))
	y.moves(t, y.Report(r, y.phone))
	same(t, "reported", got(y.Session(t.Context(), full.TokenHash))(t).Reported, true)
	same(t, "the other", got(y.Session(t.Context(), waits.TokenHash))(t).Reported, false)
	picked := full
	picked.TokenHash = secret.Hash(secret.NewToken())
	same(t, "held", y.try(t, signin.Change{From: full, To: picked}), false)

	reported := got(y.Backend.Request(t.Context(), waits.WaitingID))(t)
	y.moves(t, y.Report(reported, y.phone))
	same(t, "held", y.try(t, signin.Change{From: waits, To: in(waits), Proof: waits.WaitingID}), false)
	// One that is in ends; one that waits stays to say so.
	why := audit.Entry{Actor: "system", Action: "session.ended", At: y.Clock.Now(), Data: map[string]string{"why": "reported"}}
	ended := got(y.EndSessions(t.Context(), signin.Ending{PersonID: y.member.Person.ID, RequestID: waits.WaitingID}, why))(t)
	same(t, "ended", ended, 0)
	ended = got(y.EndSessions(t.Context(), signin.Ending{PersonID: y.member.Person.ID, RequestID: r.ID}, why))(t)
	same(t, "ended", ended, 1)
}

func testSessionsEnd(t *testing.T, y, stays tenancy) {
	kept := stays.begin(t, signin.Full, nil)
	other := y.AddOrganisation(t, "Another")
	hash := secret.Hash(secret.NewToken())
	got(y.AddMember(t.Context(), y.House.member(other, y.member.Person.Email), hash, y.entry(other.ID, "member.added")))(t)
	there := got(y.AcceptInvitation(t.Context(), hash, time.Time{}, audit.Entry{Actor: "person", Action: "member.accepted", At: y.Clock.Now()}))(t)
	why := audit.Entry{Actor: "usr_1", Action: "session.ended", At: y.Clock.Now(), Data: map[string]string{"why": "test"}}
	tests := []struct {
		name   string
		ending func(full, elsewhere, password, proven signin.Session) signin.Ending
		left   []int
	}{
		{"all", func(_, _, _, _ signin.Session) signin.Ending { return signin.Ending{} }, nil},
		{"one", func(f, _, _, _ signin.Session) signin.Ending { return signin.Ending{ID: f.ID} }, []int{1, 2, 3}},
		{"all but one", func(f, _, _, _ signin.Session) signin.Ending { return signin.Ending{Except: f.ID} }, []int{0}},
		{"a membership's", func(_, _, _, _ signin.Session) signin.Ending { return signin.Ending{MembershipID: there.ID} }, []int{0, 2, 3}},
		{"one of another", func(_, _, _, _ signin.Session) signin.Ending { return signin.Ending{ID: kept.ID} }, []int{0, 1, 2, 3}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			all := []signin.Session{y.begin(t, signin.Full, nil)}
			all = append(all, y.begin(t, signin.Full, func(s *signin.Session) {
				s.Organisation.ID, s.OrganisationID, s.Member.ID = other.ID, other.ID, there.ID
			}), y.begin(t, signin.Password, nil), y.begin(t, signin.Full, func(s *signin.Session) {
				s.Method, s.RequestID = approval.Push, y.released(t).ID
			}))
			ending := test.ending(all[0], all[1], all[2], all[3])
			ending.PersonID = y.member.Person.ID
			ended := got(y.EndSessions(t.Context(), ending, why))(t)
			same(t, "ended", ended, len(all)-len(test.left))
			var left []int
			for i, s := range all {
				if _, err := y.Session(t.Context(), s.TokenHash); err == nil {
					left = append(left, i)
				}
			}
			same(t, "left", left, test.left)
			got(y.EndSessions(t.Context(), signin.Ending{PersonID: y.member.Person.ID}, why))(t)
		})
	}
	t.Run("each has a row where it stood", func(t *testing.T) {
		s := y.begin(t, signin.Full, func(s *signin.Session) {
			s.Organisation.ID, s.OrganisationID, s.Member.ID = other.ID, other.ID, there.ID
		})
		y.written(t, 0, func() {
			same(t, "ended", got(y.EndSessions(t.Context(), signin.Ending{PersonID: y.member.Person.ID}, why))(t), 1)
		})
		sequence, _, err := y.AuditHead(t.Context(), other.ID)
		must(t, err)
		row := got(y.AuditRows(t.Context(), other.ID, sequence-1, 1))(t)[0]
		same(t, "row", []string{row.Actor, row.Action, row.Subject, row.Data["user"], row.Data["why"]}, []string{"usr_1", "session.ended", s.ID, there.ID, "test"})
	})
	t.Run("of nobody", func(t *testing.T) {
		same(t, "ended", got(y.EndSessions(t.Context(), signin.Ending{ID: kept.ID}, why))(t), 0)
		same(t, "ended", got(y.EndSessions(t.Context(), signin.Ending{}, why))(t), 0)
	})
	t.Run("with a change", func(t *testing.T) {
		s, gone := y.begin(t, signin.Full, nil), y.begin(t, signin.Password, nil)
		to := s
		to.TokenHash = secret.Hash(secret.NewToken())
		same(t, "refused", y.try(t, signin.Change{From: to, To: to, Others: &why}), false)
		got(y.Session(t.Context(), gone.TokenHash))(t)
		y.written(t, 2, func() { same(t, "held", y.try(t, signin.Change{From: s, To: to, Others: &why}), true) })
		_, err := y.Session(t.Context(), gone.TokenHash)
		fails(t, err, signin.ErrNone)
		got(y.Session(t.Context(), to.TokenHash))(t)
	})
	got(y.Session(t.Context(), kept.TokenHash))(t)
}

func testChoices(t *testing.T, y tenancy) {
	ctx, person := t.Context(), y.member.Person.ID
	same(t, "choice", got(y.LastChoice(ctx, person, "one"))(t), "")
	choose := func(m accounts.Member, browser string) {
		t.Helper()
		y.Clock.Pass(time.Second)
		s := y.begin(t, signin.Full, func(s *signin.Session) { s.Browser = browser })
		to := s
		to.Organisation.ID, to.OrganisationID, to.Member.ID = m.OrganisationID, m.OrganisationID, m.ID
		same(t, "held", y.try(t, signin.Change{From: s, To: to, Chosen: true}), true)
	}
	other := y.AddOrganisation(t, "Chosen")
	hash := secret.Hash(secret.NewToken())
	got(y.AddMember(ctx, y.House.member(other, y.member.Person.Email), hash, y.entry(other.ID, "member.added")))(t)
	there := got(y.AcceptInvitation(ctx, hash, time.Time{}, audit.Entry{Actor: "person", Action: "member.accepted", At: y.Clock.Now()}))(t)
	choose(y.member, "one")
	choose(there, "two")
	same(t, "here", got(y.LastChoice(ctx, person, "one"))(t), y.member.OrganisationID)
	same(t, "there", got(y.LastChoice(ctx, person, "two"))(t), other.ID)
	same(t, "anywhere", got(y.LastChoice(ctx, person, "three"))(t), other.ID)
	choose(there, "one")
	same(t, "here", got(y.LastChoice(ctx, person, "one"))(t), other.ID)
	same(t, "somebody else", got(y.LastChoice(ctx, "per_none", "one"))(t), "")
}

func testSessionsSwept(t *testing.T, y tenancy) {
	ctx := t.Context()
	for range 3 {
		s := y.begin(t, signin.Full, func(s *signin.Session) { s.Browser = secret.NewID("b") })
		y.ask(t, y.begin(t, signin.Password, nil), y.released(t))
		same(t, "held", y.try(t, signin.Change{From: s, To: s, Chosen: true}), true)
	}
	count := func() int { return len(got(y.SessionsOf(ctx, y.member.Person.ID, time.Time{}))(t)) }
	now := y.Clock.Now()
	same(t, "more", got(y.SweepSessions(ctx, now, time.Time{}, 1000))(t), false)
	same(t, "left", count(), 6)
	same(t, "more", got(y.SweepSessions(ctx, now.Add(time.Hour), time.Time{}, 5))(t), true)
	for got(y.SweepSessions(ctx, now.Add(time.Hour), time.Time{}, 5))(t) {
		continue
	}
	same(t, "left", count(), 0)
	same(t, "choice", got(y.LastChoice(ctx, y.member.Person.ID, ""))(t), y.member.OrganisationID)
	for got(y.SweepSessions(ctx, now, now, 2))(t) {
		continue
	}
	same(t, "choice", got(y.LastChoice(ctx, y.member.Person.ID, ""))(t), "")
}

func testSessionRaces(t *testing.T, y tenancy) {
	s := y.ask(t, y.begin(t, signin.Password, nil), y.released(t))
	y.written(t, 1, func() {
		same(t, "finish", race(t, func(int) (bool, error) {
			return y.ChangeSession(t.Context(), signin.Change{From: s, To: in(s), Proof: s.WaitingID}, y.entry(y.Organisation.ID, "race.won"))
		}), 1)
	})
	one := y.begin(t, signin.Full, nil)
	y.written(t, 1, func() {
		same(t, "end", race(t, func(int) (bool, error) {
			ended, err := y.EndSessions(t.Context(), signin.Ending{PersonID: one.PersonID, ID: one.ID}, y.entry("", "session.ended"))
			return ended > 0, err
		}), 1)
	})
}
