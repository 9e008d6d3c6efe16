package approval_test

import (
	"context"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
)

// TestAPhoneThatHangsUp: what follows from an answer is done, also when the phone is gone
// the moment the answer is stored.
func TestAPhoneThatHangsUp(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	asked := w.Ask(ada)
	ctx, hangUp := context.WithCancel(t.Context())
	defer w.Broker.Subscribe(approval.Topic(asked.ID), hangUp)()
	claims := phone.DecisionClaims(asked.Request, approval.Report)
	_, err := w.Approvals.Decide(ctx, phone.Device, asked.ID, phone.SignDecision(phone.Key, claims))
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, ctx.Err(), context.Canceled)
	ayetest.Same(t, "told", w.Announcer.Told(ada.Person.ID), []accounts.NoticeKind{accounts.PhoneLinked, accounts.RequestReported, accounts.MemberReported})
}

// TestReloadingDoesNotGoRoundThePause: a thief who reloads the page is as a thief who waits.
func TestReloadingDoesNotGoRoundThePause(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pause    time.Duration
		withheld bool
	}{
		"with time to answer":    {approval.AnswerTime, true},
		"by mistake, in a hurry": {approval.AnswerTime - time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			ada := w.AddPerson("Ada")
			w.Pair(ada)
			for range approval.StreakBeforeMute {
				w.Ask(ada, ayetest.From("thief"))
				w.Clock.Pass(test.pause)
			}
			ayetest.Same(t, "withheld", w.Ask(ada, ayetest.From("thief")).Withheld, test.withheld)
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		w := ayetest.New(t)
		ada := w.AddPerson("Ada")
		w.Pair(ada)
		for range approval.StreakBeforeMute {
			asked := w.Ask(ada)
			w.Clock.Pass(approval.AnswerTime)
			ayetest.Fails(t, w.Approvals.Cancel(t.Context(), w.Shop, asked.ID), nil)
		}
		ayetest.Same(t, "withheld", w.Ask(ada).Withheld, true)
	})
	t.Run("what was withheld nobody ignored", func(t *testing.T) {
		t.Parallel()
		w := ayetest.New(t)
		ada := w.AddPerson("Ada")
		w.Pair(ada)
		for range 2*approval.StreakBeforeMute + 1 {
			w.Ask(ada, ayetest.From("thief"))
			w.Clock.Pass(approval.AnswerTime)
		}
		w.Clock.Pass(approval.FirstMute) // not doubled by what no phone was told of
		ayetest.Same(t, "withheld", w.Ask(ada, ayetest.From("thief")).Withheld, false)
	})
}

// TestAnotherOrganisationsRequestsDoNotStandInTheWay: three pending requests of one
// organisation keep nobody out of another.
func TestAnotherOrganisationsRequestsDoNotStandInTheWay(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.Pair(ada)
	bank := w.AddOrganisation(func(*accounts.Organisation) {})
	teller := w.AddApplication(bank, "The teller")
	joined := w.Join(bank, ada)
	for range approval.MaxPending {
		w.Ask(ada)
	}
	_, err := w.TryAsk(ada)
	ayetest.Fails(t, err, approval.ErrTooManyPending)
	_, err = w.Approvals.Ask(t.Context(), teller, ayetest.Question(joined))
	ayetest.Fails(t, err, nil)
}

// TestWhatFollowsEnds: what follows from an answer has a time of its own. A question about a
// new phone that was answered is not taken back, and a login never is on this way.
func TestWhatFollowsEnds(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	ends := false
	w.Approvals.Answered = func(ctx context.Context, _ string) error {
		_, ends = ctx.Deadline()
		return nil
	}
	asked, err := w.Approvals.AskNewPhone(t.Context(), approval.NewPhoneQuestion{
		OrganisationID: w.Organisation.ID, MembershipID: ada.ID, Subject: "p", Phone: "New", Life: time.Minute,
	})
	ayetest.Fails(t, err, nil)
	_, err = w.Deny(phone, asked)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "ends", ends, true)
	ayetest.Fails(t, w.Approvals.DropNewPhone(t.Context(), asked.ID), nil)
	ayetest.Same(t, "state", w.State(asked.ID), approval.Denied)
	login := w.Ask(ada)
	ayetest.Fails(t, w.Approvals.DropNewPhone(t.Context(), login.ID), approval.ErrNotFound)
	ayetest.Same(t, "login", w.State(login.ID), approval.Pending)
}

func TestASupersededRequestIsAudited(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.Pair(ada)
	first := w.Ask(ada, ayetest.From("one"))
	w.Ask(ada, ayetest.From("one"))
	rows, err := w.Store.AuditRows(t.Context(), w.Organisation.ID, 0, 100)
	ayetest.Fails(t, err, nil)
	count := 0
	for _, row := range rows {
		if row.Action == "approval.superseded" && row.Subject == first.ID {
			count++
		}
	}
	ayetest.Same(t, "rows", count, 1)
}
