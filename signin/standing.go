package signin

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
)

// home is an organisation in which a person is an active member.
type home struct {
	organisation accounts.Organisation
	member       accounts.Member
}

// standing is where a person belongs, and which second factors there are.
type standing struct {
	// homes are ordered by name.
	homes []home
	// everywhere says that there is a factor that counts in every organisation, phone that it is a phone.
	everywhere, phone bool
	// texts says that the person chose text messages, whether one can be sent or not.
	texts bool
	// local are the homes for which alone a phone counts.
	local []home
	// recovering is the support case by which the person lost all of that, until a first one is linked again.
	recovering string
}

// standing looks at how the person stands now.
func (s *Service) standing(ctx context.Context, personID string) (standing, error) {
	memberships, err := s.Directory.Memberships(ctx, personID)
	if err != nil {
		return standing{}, err
	}
	var st standing
	for _, membership := range memberships {
		var h home
		h.organisation, h.member, err = s.Directory.MemberOf(ctx, membership.OrganisationID, accounts.UserReference{ID: membership.ID})
		if errors.Is(err, accounts.ErrNotFound) {
			continue // ended that very moment
		}
		if err != nil {
			return standing{}, err
		}
		st.homes = append(st.homes, h)
		st.everywhere = st.everywhere || h.member.Person.Apps > 0
		st.texts = st.texts || !h.member.Person.Texts.IsZero()
		st.recovering = h.member.Person.Recovering
	}
	slices.SortStableFunc(st.homes, func(a, b home) int { return cmp.Compare(a.organisation.Name, b.organisation.Name) })
	phones, err := s.Phones.Of(ctx, personID)
	if err != nil {
		return standing{}, err
	}
	for _, phone := range phones {
		if !phone.Local {
			st.everywhere, st.phone = true, true
		} else if h, ok := st.home(phone.OrganisationID); ok {
			st.local = append(st.local, h)
		}
	}
	return st, nil
}

// enrolled tells whether the person counts as somebody with a second factor: else the password alone could link a
// phone. Who is recovering does too, and has none.
func (st standing) enrolled() bool { return st.linked() || st.recovering != "" }

// linked tells whether the person has a second factor. Recovery codes alone are none. Who chose text
// messages has one, also while none can be sent.
func (st standing) linked() bool { return st.everywhere || st.texts || len(st.local) > 0 }

// relinks tells whether the session may link a first factor for who is recovering: the case whose link began it is the
// one by which the person is, and nothing is linked yet.
func (st standing) relinks(session Session) bool {
	return session.CaseID != "" && session.CaseID == st.recovering && !st.linked()
}

// giver is an organisation that sent the person a temporary code, as a place to come in by that; the one chosen last
// where there are more.
func (st standing) giver(last string, now time.Time) (home, bool) {
	gave := standing{homes: slices.DeleteFunc(slices.Clone(st.homes), func(h home) bool { return !h.member.HasAccess(now) })}
	if len(gave.homes) == 0 {
		return home{}, false
	}
	return gave.asker(last), true
}

// accessUntil is until when the temporary code counts by which somebody gets in, and the longest that the session lasts. It was
// looked up before the code was typed: one that is used up has no time any more. Where the answer to that call was lost, the time for
// the second factor is all there is.
func (st standing) accessUntil(session Session) time.Time {
	if until := session.Member.AccessUntil; !until.IsZero() {
		return until
	}
	if h, ok := st.home(session.Organisation.ID); ok && !h.member.AccessUntil.IsZero() {
		return h.member.AccessUntil
	}
	return session.Until
}

// enters is the organisation in whose name somebody is asked who wants to get in: one that sent a temporary code, for the
// phone that may be at hand after all answers there as well. It is not, where the person's factor is taken by another
// one alone, so that no organisation keeps the person out of the others by sending a code.
func (st standing) enters(last string, now time.Time) home {
	best := st.asker(last)
	if gave, ok := st.giver(last, now); ok && (st.takes(gave) || !st.takes(best)) {
		return gave
	}
	return best
}

// takes tells whether a factor of the person can answer in the organisation's name. Text messages go to nobody who belongs
// to several.
func (st standing) takes(h home) bool { return st.reaches(h) || st.here(h) }

// typed tells whether there is no phone to ask, so that all that can come is a code which takes its time.
func (st standing) typed() bool { return st.texts && !st.phone && len(st.local) == 0 }

// careful tells whether the person must be asked as carefully as can be, whoever asks: what is
// approved can open the strictest of the organisations.
func (st standing) careful() bool {
	return slices.ContainsFunc(st.homes, func(h home) bool {
		return h.member.Role.Privileged() || h.organisation.Profile == accounts.Strict
	})
}

func (st standing) home(organisationID string) (home, bool) {
	at := slices.IndexFunc(st.homes, func(h home) bool { return h.organisation.ID == organisationID })
	if at < 0 {
		return home{}, false
	}
	return st.homes[at], true
}

// asker is the organisation in whose name the person is asked. Its rules take a factor of the
// person, or at least a recovery code, so that none can keep the person out of the others; then it
// is the one chosen last, then one that takes recovery codes too, then the first by name.
func (st standing) asker(last string) home {
	best, most := st.homes[0], -1
	for _, h := range st.homes {
		takes, score := st.takes(h), 0
		for _, holds := range []bool{takes, takes || h.recovers(), h.organisation.ID == last, h.recovers()} {
			if score *= 2; holds {
				score++
			}
		}
		if score > most {
			best, most = h, score
		}
	}
	return best
}

// reaches tells whether a factor that counts everywhere can answer in the organisation's name.
func (st standing) reaches(h home) bool {
	return st.phone || (st.everywhere && h.organisation.Allows(accounts.TOTP))
}

// here tells whether a phone counts for the organisation alone.
func (st standing) here(h home) bool {
	return slices.ContainsFunc(st.local, func(l home) bool { return l.organisation.ID == h.organisation.ID })
}

// recovers tells whether a recovery code of the person is taken there.
func (h home) recovers() bool {
	return h.member.Person.RecoveryCodes > 0 && h.organisation.Allows(accounts.Recovery)
}

// counts tells whether a factor that is local to the organisation, or to none, proves the person
// well enough to change what holds everywhere: a phone that an application linked does so only
// for who has nothing better.
func (st standing) counts(local string) bool { return local == "" || !st.everywhere }

// open tells whether somebody without a second factor gets in somewhere.
func (st standing) open(now time.Time) bool {
	return slices.ContainsFunc(st.homes, func(h home) bool { return !h.organisation.Requires(now) })
}

// meets tells whether the organisation takes the way in which a person got in.
func (h home) meets(method approval.Method, now time.Time) bool {
	switch method {
	case "":
		return !h.organisation.Requires(now)
	case approval.Push:
		return true
	case approval.TOTP:
		return h.organisation.Allows(accounts.TOTP)
	case approval.SMS:
		return h.organisation.Allows(accounts.SMS)
	case approval.Recovery:
		return h.organisation.Allows(accounts.Recovery)
	case approval.Temporary: // which counts for one organisation alone, and that one gave it
		return true
	}
	return false
}

// barred tells why the session cannot act in the organisation; nil where it can.
func (s Session) barred(h home, now time.Time) error {
	if s.Within != "" && s.Within != h.organisation.ID {
		return ErrWithin
	}
	if !h.meets(s.Method, now) {
		return ErrMethodNotAllowed
	}
	// The hours before count too: a session that stood open for an hour elsewhere is not let in
	// where a quarter of that is the most.
	if idle, life := h.organisation.Sessions(h.member.Role); !now.Before(s.Created.Add(life)) || s.Pause > idle {
		return ErrTooOld
	}
	return nil
}

// at lets the session stand in the organisation, under its rules.
func (s *Session) at(h home) {
	s.Organisation, s.Member = h.organisation, h.member
	idle, life := h.organisation.Sessions(h.member.Role)
	s.Idle, s.Ends = idle, s.Created.Add(life)
}

// enter makes the session full: in the only organisation where it can act, else in none yet and
// under the strictest rules of all.
func (st standing) enter(session *Session, now time.Time) error {
	session.Level, session.Purpose, session.WaitingID, session.Pause = Full, "", "", 0
	var can []home
	for _, h := range st.homes {
		if session.barred(h, now) == nil {
			can = append(can, h)
		}
	}
	if len(can) == 0 {
		return ErrMethodNotAllowed
	}
	stand := can[0]
	for _, h := range can {
		if h.organisation.ID == session.Organisation.ID {
			stand = h // the one that asked
		}
	}
	session.at(stand)
	if len(can) == 1 {
		session.OrganisationID = stand.organisation.ID
		return nil
	}
	for _, h := range st.homes {
		idle, life := h.organisation.Sessions(h.member.Role)
		session.Idle, session.Ends = min(session.Idle, idle), earlier(session.Ends, session.Created.Add(life))
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
