package approval_test

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"pgregory.net/rapid"

	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

// model is what a request should be, by the few rules that matter. It knows nothing of how
// the rooms do it.
type model struct {
	state     approval.State
	asked     approval.Asked
	expires   time.Time
	redeemBy  time.Time
	handedOut bool
	releases  int
}

func (m *model) settle(now time.Time) {
	if m.state == approval.Pending && !now.Before(m.expires) {
		m.state = approval.Expired
	}
	if m.state == approval.Approved && !now.Before(m.redeemBy) {
		m.state = approval.Lapsed
	}
}

// TestHistories plays random histories of one person's requests against the model: nothing
// is approved without the signature and the number, nothing after it was denied, reported or
// over, and nothing is released twice.
func TestHistories(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	stranger := newStand(w)
	rapid.Check(t, func(r *rapid.T) {
		p := &play{r: r, stand: newStand(w), stranger: stranger}
		for range rapid.IntRange(1, 14).Draw(r, "steps") {
			p.step()
			p.compare()
		}
	})
	ayetest.Fails(t, w.Store.VerifyAudit(t.Context()), nil)
}

type play struct {
	stand
	r        *rapid.T
	stranger stand
	requests []*model
}

func (p *play) pick() *model {
	for _, m := range p.requests {
		m.settle(p.Clock.Now())
	}
	return p.requests[rapid.IntRange(0, len(p.requests)-1).Draw(p.r, "request")]
}

func (p *play) step() {
	if len(p.requests) == 0 {
		p.ask()
		return
	}
	switch rapid.SampledFrom([]string{"ask", "approve", "approve", "spoiled", "deny", "report", "cancel", "redeem", "redeem", "look", "pass", "sweep"}).Draw(p.r, "what") {
	case "ask":
		p.ask()
	case "approve":
		p.approve(p.pick())
	case "spoiled":
		p.spoiled(p.pick())
	case "deny":
		p.refuse(p.pick(), approval.Deny, approval.Denied)
	case "report":
		p.refuse(p.pick(), approval.Report, approval.Reported)
	case "cancel":
		m := p.pick()
		err := p.Approvals.Cancel(p.Context(), p.Shop, m.asked.ID)
		p.agree("cancel", err == nil, m.state == approval.Pending || m.state == approval.Cancelled)
		if err == nil {
			m.state = approval.Cancelled
		}
	case "redeem":
		p.redeem(p.pick())
	case "look":
		m := p.pick()
		code := p.ReleaseCode(m.asked)
		p.agree("has a code", code != "", m.state == approval.Approved)
		if m.state == approval.Approved && !m.handedOut {
			m.handedOut = true
			if end := p.Clock.Now().Add(approval.ReleaseLife); end.Before(m.redeemBy) {
				m.redeemBy = end
			}
		}
	case "pass":
		p.Clock.Pass(time.Duration(rapid.IntRange(1, 130).Draw(p.r, "seconds")) * time.Second)
	case "sweep":
		ayetest.Fails(p, p.Approvals.Sweep(p.Context()), nil)
	}
}

func (p *play) ask() {
	browser, pending := rapid.SampledFrom([]string{"one", "two", "three", "four"}).Draw(p.r, "browser"), 0
	var older *model
	most := approval.MaxPending
	for _, m := range p.requests {
		m.settle(p.Clock.Now())
		if m.state == approval.Released && m.asked.Context.Browser == browser { // a known one
			most = approval.MaxPending + 1
		}
		if m.state != approval.Pending {
			continue
		}
		if m.asked.Context.Browser == browser {
			older = m
			continue
		}
		pending++
	}
	asked, err := p.TryAsk(p.member, ayetest.From(browser))
	p.agree("ask", err == nil, pending < most)
	if err != nil {
		return
	}
	if older != nil {
		older.state = approval.Superseded
	}
	p.requests = append(p.requests, &model{state: approval.Pending, asked: asked, expires: p.Clock.Now().Add(approval.DefaultLife)})
}

func (p *play) approve(m *model) {
	number, want := m.asked.Number, approval.Approved
	if rapid.Bool().Draw(p.r, "wrong number") {
		number, want = ayetest.Wrong(number), approval.Mismatched
	}
	decided, err := p.Decide(p.phone, m.asked.Request, func(c jwt.MapClaims) { c["num"] = number.Reveal() })
	p.agree("approve", err == nil, m.state == approval.Pending)
	if err == nil {
		p.agree("the right number", decided.State == want, true)
		m.state, m.redeemBy = want, p.Clock.Now().Add(approval.RedeemLife)
	}
}

// spoiled is an approval that must never count.
func (p *play) spoiled(m *model) {
	claims := p.phone.DecisionClaims(m.asked.Request, approval.Approve)
	claims["num"] = m.asked.Number.Reveal()
	phone, sent := p.phone, ""
	switch rapid.IntRange(0, 4).Draw(p.r, "how") {
	case 0:
		sent = p.phone.SignDecision(p.phone.Key, claims)
	case 1:
		sent = ayetest.Sign(p.stranger.phone.ApprovalKey, approval.DecisionType, ayetest.Thumbprint(p.phone.ApprovalKey), claims)
	case 2:
		phone = p.stranger.phone
		claims["iss"] = phone.Device.ID
		sent = phone.SignDecision(phone.ApprovalKey, claims)
	case 3:
		claims["cn"] = secret.NewToken().Reveal()
		sent = p.phone.SignDecision(p.phone.ApprovalKey, claims)
	case 4:
		claims["ctxh"] = ayetest.Hash("what was not shown")
		sent = p.phone.SignDecision(p.phone.ApprovalKey, claims)
	}
	_, err := p.Send(phone, m.asked.Request, sent)
	p.agree("a spoiled approval", err == nil, false)
}

func (p *play) refuse(m *model, verdict approval.Verdict, to approval.State) {
	_, err := p.Send(p.phone, m.asked.Request, p.phone.SignDecision(p.phone.Key, p.phone.DecisionClaims(m.asked.Request, verdict)))
	possible := m.state == approval.Pending || (verdict == approval.Report && m.state != approval.Reported)
	p.agree(string(verdict), err == nil, possible)
	if err == nil {
		m.state = to
	}
}

func (p *play) redeem(m *model) {
	code := p.Keys.Code("release code", m.asked.ID)
	right := rapid.IntRange(0, 3).Draw(p.r, "code") > 0
	if !right {
		code = ayetest.Wrong(code)
	}
	_, err := p.Redeem(m.asked, code, "")
	p.agree("redeem", err == nil, right && m.state == approval.Approved)
	if err == nil {
		m.state = approval.Released
		m.releases++
		p.agree("released once", m.releases == 1, true)
	}
}

func (p *play) agree(what string, is, should bool) {
	if is != should {
		p.r.Fatalf("%s: %t where the model says %t", what, is, should)
	}
}

func (p *play) compare() {
	for i, m := range p.requests {
		m.settle(p.Clock.Now())
		if got := p.State(m.asked.ID); got != m.state {
			p.r.Fatalf("request %d is %s where the model says %s", i, got, m.state)
		}
	}
}
