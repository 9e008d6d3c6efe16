package approval_test

import (
	"context"
	"testing"

	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/sms"
)

// asksOfTexts writes down what is asked of the text messages.
type asksOfTexts struct {
	approval.Texts

	known []bool
}

func (a *asksOfTexts) SendCode(ctx context.Context, ask sms.Ask) (sms.Posted, error) {
	a.known = append(a.known, ask.Known)
	return a.Texts.SendCode(ctx, ask)
}

// TestTextsKnowTheBrowser: codes for a browser that the person was let in from are counted apart, so that
// a stranger with the password does not use them up.
func TestTextsKnowTheBrowser(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	asks := &asksOfTexts{Texts: w.Approvals.Texts}
	w.Approvals.Texts = asks
	first := w.Ask(ada, ayetest.From("home"))
	ayetest.Fails(t, typeText(w, first, text(w, first)), nil)
	_, err := w.Redeem(first, w.ReleaseCode(first), "")
	ayetest.Fails(t, err, nil)
	w.Clock.Pass(sms.NumberPause)
	text(w, w.Ask(ada, ayetest.From("home")))
	w.Clock.Pass(sms.NumberPause)
	text(w, w.Ask(ada, ayetest.From("stranger's")))
	ayetest.Same(t, "known", asks.known, []bool{false, true, false})
}
