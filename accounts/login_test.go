package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

// attempt is of somebody with a password that is not the right one.
func attempt(m accounts.Member) accounts.PasswordAttempt {
	return accounts.PasswordAttempt{Email: m.Person.Email, Password: "not the right password", Network: "203.0.113.0/24"}
}

// try gives what became of an attempt, and until when nothing is looked at.
func try(w *ayetest.World, a accounts.PasswordAttempt) (wait time.Duration, err error) {
	_, err = w.Accounts.CheckPassword(w.Context(), a)
	var delay *accounts.DelayError
	if errors.As(err, &delay) && !delay.Until.IsZero() {
		wait = delay.Until.Sub(w.Clock.Now())
	}
	return wait, err
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, bea := w.AddPerson("Ada"), w.AddPerson("Bea")
	w.SetPassword(ada)
	password := ayetest.Password.Reveal()
	tests := []struct {
		name, email, password string
		want                  error
	}{
		{"right", ada.Person.Email, password, nil},
		{"in capitals", "  " + upper(ada.Person.Email), password, nil},
		{"wrong", ada.Person.Email, password + "x", accounts.ErrCredentials},
		{"empty", ada.Person.Email, "", accounts.ErrCredentials},
		{"too long to look at", ada.Person.Email, string(make([]byte, 1<<20)), accounts.ErrCredentials},
		{"of who has none", bea.Person.Email, password, accounts.ErrCredentials},
		{"of who has none, empty", bea.Person.Email, "", accounts.ErrCredentials},
		{"of nobody", "nobody@example.com", password, accounts.ErrCredentials},
		{"no address", "nobody", password, accounts.ErrCredentials},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, err := w.Accounts.CheckPassword(t.Context(), accounts.PasswordAttempt{Email: test.email, Password: secret.Secret(test.password)})
			ayetest.Fails(t, err, test.want)
			ayetest.Same(t, "person", p.ID == ada.Person.ID, test.want == nil)
			ayetest.Same(t, "and nobody else", p.ID == "", test.want != nil)
		})
	}
}

func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 32
		}
	}
	return string(b)
}

// The same password typed on keyboards that compose letters in another way.
func TestPasswordsAreNormalised(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	ayetest.Fails(t, w.Accounts.SetPassword(t.Context(), ada.Person.ID, "caf\u00e9 met een \ufb01ets"), nil)
	_, err := w.Accounts.CheckPassword(t.Context(), accounts.PasswordAttempt{Email: ada.Person.Email, Password: "cafe\u0301 met een fiets"})
	ayetest.Fails(t, err, nil)
}

// TestThreatGuessingPasswords: after five free tries each costs twice the time of the one
// before, and a hundred in a row end it.
func TestThreatGuessingPasswords(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	wrong := attempt(ada)
	for range accounts.FreeTries {
		_, err := try(w, wrong)
		ayetest.Fails(t, err, accounts.ErrCredentials)
	}
	for n, want := range []time.Duration{2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900} {
		wait, err := try(w, wrong)
		ayetest.Fails(t, err, accounts.ErrDelayed)
		ayetest.Same(t, fmt.Sprintf("pause %d", n), wait, want*time.Second)
		w.Clock.Pass(wait - time.Millisecond)
		_, err = try(w, wrong)
		ayetest.Fails(t, err, accounts.ErrDelayed)
		w.Clock.Pass(time.Millisecond)
		_, err = try(w, wrong)
		ayetest.Fails(t, err, accounts.ErrCredentials)
	}
	// The right one is not looked at either, from there; from elsewhere it is.
	right := wrong
	right.Password = ayetest.Password
	_, err := try(w, right)
	ayetest.Fails(t, err, accounts.ErrDelayed)
	right.Network = "198.51.100.0/24"
	_, err = try(w, right)
	ayetest.Fails(t, err, accounts.ErrDelayed) // strangers together have a short pause, wherever they are
	w.Clock.Pass(2 * time.Second)
	_, err = try(w, right)
	ayetest.Fails(t, err, nil)
	// It does not forget what was tried at the other place.
	_, err = try(w, wrong)
	ayetest.Fails(t, err, accounts.ErrDelayed)
}

// TestThreatGuessingPasswordsEverywhere: a hundred wrong ones, from whatever networks, make a
// password unusable until it is reset; but not in a browser that the person uses, and not
// that of anybody else.
func TestThreatGuessingPasswordsEverywhere(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, bea := w.AddPerson("Ada"), w.AddPerson("Bea")
	w.SetPassword(ada)
	w.SetPassword(bea)
	ayetest.Fails(t, w.Accounts.KnowBrowser(t.Context(), ada.Person.ID, "her own"), nil)
	everywhere := func(times int) (looked int) {
		wrong := attempt(ada)
		for i := range times {
			wrong.Network = fmt.Sprint("network ", i)
			if _, err := try(w, wrong); errors.Is(err, accounts.ErrCredentials) {
				looked++
			}
			w.Clock.Pass(2 * time.Second)
		}
		return looked
	}
	ayetest.Same(t, "looked at", everywhere(accounts.PasswordStreak+5), accounts.PasswordStreak)
	w.Clock.Pass(365 * 24 * time.Hour)
	right := attempt(ada)
	right.Password, right.Network = ayetest.Password, "elsewhere"
	wait, err := try(w, right)
	ayetest.Fails(t, err, accounts.ErrDelayed)
	ayetest.Same(t, "for good", wait, 0)
	right.Browser = "somebody's"
	_, err = try(w, right)
	ayetest.Fails(t, err, accounts.ErrDelayed)
	right.Browser = "her own"
	_, err = try(w, right)
	ayetest.Fails(t, err, nil)
	right.Browser = "" // her login elsewhere gives strangers no new tries
	_, err = try(w, right)
	ayetest.Fails(t, err, accounts.ErrDelayed)
	other := right
	other.Email = bea.Person.Email
	_, err = try(w, other)
	ayetest.Fails(t, err, nil)
	w.SetPassword(ada)
	_, err = try(w, right)
	ayetest.Fails(t, err, nil)
}

// TestThreatGuessingFromManyNetworksAtOnce: after five wrong ones strangers are looked at one in two seconds, from however many networks
// they come; who uses a browser of the person's waits for none of them.
func TestThreatGuessingFromManyNetworksAtOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	ayetest.Fails(t, w.Accounts.KnowBrowser(t.Context(), ada.Person.ID, "her own"), nil)
	before, networks := w.Accounts.Hasher.Made(), 0
	for second := range 20 {
		for range 20 {
			networks++
			wrong := attempt(ada)
			wrong.Network = fmt.Sprint("network ", networks)
			if _, err := try(w, wrong); !errors.Is(err, accounts.ErrCredentials) {
				ayetest.Fails(t, err, accounts.ErrDelayed)
			}
		}
		if second == 10 {
			own := attempt(ada)
			own.Password, own.Browser = ayetest.Password, "her own"
			_, err := try(w, own)
			ayetest.Fails(t, err, nil)
		}
		w.Clock.Pass(time.Second)
	}
	ayetest.Same(t, "hashed", w.Accounts.Hasher.Made()-before, accounts.FreeTries+9+1)
}

// The lane of a known browser has an end too: somebody else may sit in front of it.
func TestAKnownBrowserIsCounted(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	ayetest.Fails(t, w.Accounts.KnowBrowser(t.Context(), ada.Person.ID, "her own"), nil)
	ayetest.Fails(t, w.Accounts.KnowBrowser(t.Context(), ada.Person.ID, ""), nil)
	wrong := attempt(ada)
	wrong.Browser = "her own"
	for i := range accounts.FreeTries {
		wrong.Network = fmt.Sprint("network ", i)
		_, err := try(w, wrong)
		ayetest.Fails(t, err, accounts.ErrCredentials)
	}
	wait, err := try(w, wrong)
	ayetest.Fails(t, err, accounts.ErrDelayed)
	ayetest.Same(t, "pause", wait, 2*time.Second)
	wrong.Browser = ""
	_, err = try(w, wrong)
	ayetest.Fails(t, err, accounts.ErrCredentials) // the lane of strangers is another
}

// TestThreatGuessingPasswordsInParallel: of a hundred wrong ones at once five are looked at.
func TestThreatGuessingPasswordsInParallel(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	var looked atomic.Int64
	before := w.Accounts.Hasher.Made()
	ayetest.AtOnce(50, func(int) {
		switch _, err := try(w, attempt(ada)); {
		case errors.Is(err, accounts.ErrCredentials):
			looked.Add(1)
		case !errors.Is(err, accounts.ErrDelayed) && !errors.Is(err, accounts.ErrBusy): // busy: too many of one account
			t.Error(err)
		}
	})
	ayetest.Same(t, "looked at", looked.Load(), accounts.FreeTries)
	ayetest.Same(t, "hashed", w.Accounts.Hasher.Made()-before, accounts.FreeTries)
}

// TestThreatFindingOutWhoExists: nobody's address costs the same queries, the same hash, and
// gets the same answers, at the first try and at the hundred and first.
func TestThreatFindingOutWhoExists(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, without := w.AddPerson("Ada"), w.AddPerson("Bea")
	w.SetPassword(ada)
	type work struct {
		reads, writes, hashes int64
		answer                string
		wait                  time.Duration
	}
	spend := func(email string, network int, do func(accounts.PasswordAttempt) (time.Duration, error)) work {
		a := attempt(ada)
		a.Email, a.Network = email, fmt.Sprint(network)
		before, hashes := w.Store.Statistics(), w.Accounts.Hasher.Made()
		wait, err := do(a)
		after := w.Store.Statistics()
		return work{after.Reads - before.Reads, after.Writes - before.Writes, w.Accounts.Hasher.Made() - hashes, fmt.Sprint(err), wait}
	}
	login := func(a accounts.PasswordAttempt) (time.Duration, error) { return try(w, a) }
	reset := func(a accounts.PasswordAttempt) (time.Duration, error) {
		return 0, w.Accounts.AskReset(t.Context(), a.Email)
	}
	for range 2 { // the first mails of an installation look for the data key, whoever they are for
		ayetest.Fails(t, w.Store.Tell(t.Context(), accounts.Letter{Nobody: true}), nil)
	}
	for range accounts.LettersPerHour + 1 {
		want := spend(ada.Person.Email, 0, reset)
		for _, email := range []string{without.Person.Email, "nobody@example.com"} {
			ayetest.Same(t, "a reset for "+email, spend(email, 0, reset), want)
		}
	}
	for n := range accounts.PasswordStreak * 6 / 5 {
		network := n / (accounts.FreeTries + 2) // the last of each network meets its pause
		want := spend(ada.Person.Email, network, login)
		for _, email := range []string{without.Person.Email, "nobody@example.com"} {
			ayetest.Same(t, fmt.Sprint("try ", n, " of ", email), spend(email, network, login), want)
		}
		if n == 0 {
			ayetest.Same(t, "one hash", want.hashes, 1)
		}
		if n%3 > 0 { // each third meets the pause that strangers have together
			w.Clock.Pass(2 * time.Second)
		}
	}
}

// What was made with older parameters is made anew by the first login, and goes on working.
func TestRehash(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	old := *w.Accounts
	old.Hasher = accounts.NewOldHasher(w.Keys)
	ayetest.Fails(t, old.SetPassword(t.Context(), ada.Person.ID, ayetest.Password), nil)
	hash := func() string {
		kept, err := w.Store.PasswordOf(t.Context(), ada.Person.Email, "")
		ayetest.Fails(t, err, nil)
		return kept.Hash
	}
	before, a := hash(), attempt(ada)
	_, err := try(w, a)
	ayetest.Fails(t, err, accounts.ErrCredentials)
	ayetest.Same(t, "a wrong one changes nothing", hash(), before)
	a.Password = ayetest.Password
	for range 2 {
		_, err = try(w, a)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "made anew", hash() != before, true)
	}
	after := hash()
	_, err = try(w, a)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "once", hash(), after)
}

// TestThreatThiefSwapsPasswords: what is kept of somebody's password opens no other account, and
// without the key that is not in the database it opens none.
func TestThreatThiefSwapsPasswords(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, mallory := w.AddPerson("Ada"), w.AddPerson("Mallory")
	w.SetPassword(ada)
	ayetest.Fails(t, w.Accounts.SetPassword(t.Context(), mallory.Person.ID, "mallory knows this one"), nil)
	hash := func(m accounts.Member) string {
		kept, err := w.Store.PasswordOf(t.Context(), m.Person.Email, "")
		ayetest.Fails(t, err, nil)
		return kept.Hash
	}
	other, err := secret.NewKeys(make([]byte, secret.KeySize))
	ayetest.Fails(t, err, nil)
	foreign, err := accounts.NewHasher(other, ayetest.HashMemory).Hash(t.Context(), ada.Person.ID, "mallory knows this one")
	ayetest.Fails(t, err, nil)
	for _, planted := range []string{hash(mallory), foreign, "$argon2id-hmac-sha256$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$x", "nonsense"} {
		ayetest.Fails(t, w.Store.Rehash(t.Context(), ada.Person.ID, hash(ada), planted), nil)
		a := attempt(ada)
		a.Password, a.Network = "mallory knows this one", secret.NewID("net")
		_, err := try(w, a)
		ayetest.Fails(t, err, accounts.ErrCredentials)
	}
}

func TestConfirmPassword(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	confirm := func(password secret.Secret) error {
		return w.Accounts.ConfirmPassword(t.Context(), ada.Person.ID, accounts.PasswordAttempt{Email: "whatever", Password: password, Network: "n"})
	}
	ayetest.Fails(t, confirm(ayetest.Password), nil)
	for range accounts.FreeTries {
		ayetest.Fails(t, confirm("wrong"), accounts.ErrCredentials)
	}
	ayetest.Fails(t, confirm(ayetest.Password), accounts.ErrDelayed)
	ayetest.Fails(t, w.Accounts.ConfirmPassword(t.Context(), "per_none", accounts.PasswordAttempt{}), accounts.ErrNotFound)
}

// crowd takes all places of a line and all of its queue, by strangers who have nothing in common, and gives what makes them go.
func crowd(t *testing.T, enter func(context.Context) (func(), error), places int) (stop func()) {
	t.Helper()
	var leave []func()
	for range places {
		l, err := enter(t.Context())
		ayetest.Fails(t, err, nil)
		leave = append(leave, l)
	}
	waiting, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	refused := make(chan error, accounts.HashQueue+1)
	for range accounts.HashQueue + 1 {
		done.Go(func() {
			_, err := enter(waiting)
			refused <- err
		})
	}
	ayetest.Fails(t, <-refused, accounts.ErrBusy) // one more than may wait
	return func() {
		cancel() // who waits may go, and leaves the place to others
		done.Wait()
		ayetest.Fails(t, <-refused, context.Canceled)
		for _, l := range leave {
			l()
		}
	}
}

// strangers fill the line for those whose browser is not known.
func strangers(t *testing.T, h *accounts.Hasher) (stop func()) {
	t.Helper()
	places, _ := h.Places()
	return crowd(t, func(ctx context.Context) (func(), error) {
		return h.Enter(ctx, secret.NewID("acc"), secret.NewID("net"))
	}, places)
}

// So many passwords are looked at together, so many wait, and the others hear at once that there is no room. Strangers never have
// more than half of the processors.
func TestHashingHasAnEnd(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, h := w.AddPerson("Ada"), w.Accounts.Hasher
	w.SetPassword(ada)
	unknown, known := h.Places()
	ayetest.Same(t, "places of strangers", unknown, max(1, runtime.NumCPU()/2))
	ayetest.Same(t, "places of others", known, runtime.NumCPU())
	stop, stopKnown := strangers(t, h), crowd(t, h.EnterKnown, known)
	a := attempt(ada)
	a.Password = ayetest.Password
	for range 2 * accounts.FreeTries {
		_, err := try(w, a)
		ayetest.Fails(t, err, accounts.ErrBusy)
	}
	ayetest.Fails(t, w.Accounts.SetPassword(t.Context(), ada.Person.ID, ayetest.Password), accounts.ErrBusy)
	stop()
	stopKnown()
	_, err := try(w, a) // what found no room was not counted
	ayetest.Fails(t, err, nil)
}

// TestThreatStrangersFillTheLine: while strangers have all places and wait for more, people get in with the browsers that they use, and
// choose passwords.
func TestThreatStrangersFillTheLine(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	ayetest.Fails(t, w.Accounts.KnowBrowser(t.Context(), ada.Person.ID, "her own"), nil)
	defer strangers(t, w.Accounts.Hasher)()
	a := attempt(ada)
	a.Password = ayetest.Password
	_, err := try(w, a)
	ayetest.Fails(t, err, accounts.ErrBusy)
	a.Browser = "her own"
	_, err = try(w, a)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, w.Accounts.SetPassword(t.Context(), ada.Person.ID, ayetest.Password), nil)
}

// TestThreatGuessingHoldsUpNobody: what strangers have hashed, whoever they say they are, is hashed apart, so that it takes no
// processor from logins. What is known, or chosen by who was let in, waits for no other process.
func TestThreatGuessingHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, bea, cid := w.AddPerson("Ada"), w.AddPerson("Bea"), w.AddPerson("Cid")
	w.SetPassword(ada)
	h := w.Accounts.Hasher
	w.Accounts.Hasher = accounts.NewOldHasher(w.Keys)
	w.SetPassword(cid) // will be hashed anew
	w.Accounts.Hasher = h
	ayetest.Fails(t, w.Accounts.KnowBrowser(t.Context(), ada.Person.ID, "her own"), nil)
	var apart int64
	h.Apart = func(work accounts.Work) []byte {
		apart++
		return work.Sum()
	}
	right := func(m accounts.Member, browser string) accounts.PasswordAttempt {
		a := attempt(m)
		a.Password, a.Browser = ayetest.Password, browser
		return a
	}
	for _, test := range []struct {
		name    string
		attempt accounts.PasswordAttempt
		want    error
		hashes  int64
		apart   bool
	}{
		{"wrong", attempt(ada), accounts.ErrCredentials, 1, true},
		{"right", right(ada, ""), nil, 1, true},
		{"right in an unknown browser", right(ada, "another"), nil, 1, true},
		{"of who has none", attempt(bea), accounts.ErrCredentials, 1, true},
		{"of nobody", accounts.PasswordAttempt{Email: "nobody@example.com"}, accounts.ErrCredentials, 1, true},
		{"kept in an older way", right(cid, ""), nil, 2, true},
		{"right in a known browser", right(ada, "her own"), nil, 1, false},
	} {
		made, before := h.Made(), apart
		_, err := try(w, test.attempt)
		ayetest.Fails(t, err, test.want)
		ayetest.Same(t, test.name+": hashes", h.Made()-made, test.hashes)
		want := int64(0)
		if test.apart {
			want = test.hashes
		}
		ayetest.Same(t, test.name+": of these apart", apart-before, want)
	}
	before := apart
	w.SetPassword(bea)
	ayetest.Same(t, "apart, of one who chooses", apart-before, 0)
}

// TestThreatOneFillsTheLine: whoever guesses at one account, or from one network, leaves room in the line for strangers who do neither.
func TestThreatOneFillsTheLine(t *testing.T) {
	t.Parallel()
	for name, same := range map[string]func(i int) (account, network string){
		"one account": func(int) (string, string) { return "one", secret.NewID("net") },
		"one network": func(int) (string, string) { return secret.NewID("acc"), "one" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := ayetest.New(t).Accounts.Hasher
			waiting, stop := context.WithCancel(t.Context())
			defer stop()
			refused := make(chan error, 2*accounts.HashQueue)
			var done sync.WaitGroup
			for i := range 2 * accounts.HashQueue {
				done.Go(func() {
					account, network := same(i)
					if _, err := h.Enter(waiting, account, network); err != nil { // who got in stays
						refused <- err
					}
				})
			}
			for range 2*accounts.HashQueue - accounts.HashQueueEach {
				ayetest.Fails(t, <-refused, accounts.ErrBusy)
			}
			stop()
			done.Wait()
		})
	}
}

// TestThreatGuessingCostsNothing: what is not looked at anyway takes no place, so that it is answered at once while all are taken, and costs
// neither a hash nor a write.
func TestThreatGuessingCostsNothing(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	for range accounts.FreeTries {
		_, err := try(w, attempt(ada))
		ayetest.Fails(t, err, accounts.ErrCredentials)
	}
	defer strangers(t, w.Accounts.Hasher)()
	before, hashes := w.Store.Statistics(), w.Accounts.Hasher.Made()
	for range 10 {
		wait, err := try(w, attempt(ada))
		ayetest.Fails(t, err, accounts.ErrDelayed)
		ayetest.Same(t, "pause", wait, 2*time.Second)
	}
	ayetest.Same(t, "written", w.Store.Statistics().Writes-before.Writes, 0)
	ayetest.Same(t, "hashed", w.Accounts.Hasher.Made()-hashes, 0)
}

func TestNetworkOf(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]string{
		"203.0.113.7": "203.0.113.0/24", "::ffff:203.0.113.7": "203.0.113.0/24", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "unknown", "nonsense": "unknown", "203.0.113.7:80": "unknown",
	} {
		ayetest.Same(t, ip, accounts.NetworkOf(ip), want)
	}
}
