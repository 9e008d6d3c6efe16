package support_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/otp"
	"example.com/aye/support"
)

// everything gives all texts in what an agent got, secrets too.
func everything(v reflect.Value, seen map[string]bool) {
	kind := v.Kind()
	if kind == reflect.String {
		seen[v.String()] = true
	}
	if kind == reflect.Struct {
		for i := range v.NumField() {
			everything(v.Field(i), seen)
		}
	}
	if kind == reflect.Slice || kind == reflect.Array {
		for i := range v.Len() {
			everything(v.Index(i), seen)
		}
	}
	if kind == reflect.Map {
		for _, key := range v.MapKeys() {
			everything(key, seen)
			everything(v.MapIndex(key), seen)
		}
	}
	if (kind == reflect.Pointer || kind == reflect.Interface) && !v.IsNil() {
		everything(v.Elem(), seen)
	}
}

// Nothing that an agent gets back has a code or a link in it, at whatever moment of a case.
func TestThreatSupportSeesNoCode(t *testing.T) {
	t.Parallel()
	for _, kind := range []support.Kind{support.Lost, support.Forgotten} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.ada = d.WithNumber(d.ada, adasNumber)
			seen := map[string]bool{}
			got := func(v any, err error) {
				t.Helper()
				ayetest.Fails(t, err, nil)
				everything(reflect.ValueOf(v), seen)
			}
			asked := d.Ask(d.ada)
			_, err := d.Approve(d.phone, asked)
			ayetest.Fails(t, err, nil)
			released := d.ReleaseCode(asked)
			looks := func(caseID string) {
				t.Helper()
				for _, agent := range []ayetest.Agent{d.bo, d.cy} {
					got(d.as(agent).Look(t.Context(), d.ada.ID))
					got(d.as(agent).Find(t.Context(), d.ada.Person.Email))
					got(d.as(agent).Case(t.Context(), caseID))
					got(d.as(agent).Cases(t.Context(), true))
					got(d.as(agent).Cases(t.Context(), false))
					got(d.as(agent).Freezes(t.Context()))
				}
			}
			c, err := d.opens(d.bo, d.ada, kind)
			got(c, err)
			looks(c.ID)
			var checks []string
			for _, by := range []support.Channel{support.ByMail, support.ByText} {
				checking, err := d.as(d.bo).Verify(t.Context(), c.ID, by)
				got(checking, err)
				got(d.as(d.bo).Checking(t.Context(), c.ID, checking.ID))
				checks = append(checks, checking.ID)
			}
			got(d.Signs(d.cy, c.ID), nil)
			d.Clock.Pass(support.DefaultWait)
			if kind == support.Forgotten {
				d.Clock.Pass(time.Hour - support.DefaultWait)
			}
			d.sweep()
			looks(c.ID)
			ayetest.Fails(t, d.as(d.bo).SendAgain(t.Context(), c.ID), nil)
			looks(c.ID)

			forbidden := map[string]secret.Secret{"the release code": released, "the stop code": d.Keys.Code("case stop", c.ID), "the stop code of a text": d.Keys.Code("case stop", c.ID, "text")}
			for n := range 3 {
				forbidden[fmt.Sprint("link ", n)] = d.Keys.Code("case link", c.ID, fmt.Sprint(n))
				forbidden[fmt.Sprint("access code ", n)] = otp.AccessCode(d.Keys, c.ID, n)
			}
			for _, id := range checks {
				forbidden["the caller's link "+id], forbidden["the caller's code "+id] = d.Keys.Code("caller check", id), d.Keys.Digits(6, "caller code", id)
			}
			forbidden["the number"] = adasNumber
			for _, l := range d.Announcer.Letters(accounts.LetterNewPhone, d.ada.Person.ID) {
				forbidden["a mailed link"] = l.Token
			}
			for text := range seen {
				for name, code := range forbidden {
					if strings.Contains(text, code.Reveal()) {
						t.Errorf("an agent was shown %s", name)
					}
				}
			}
			if len(seen) < 30 {
				t.Errorf("only %d texts were looked at", len(seen))
			}
		})
	}
}

// The desk has no verb to set a password, link a phone or choose an address; a new verb is judged here.
func TestThreatSupportHasNoOtherVerb(t *testing.T) {
	t.Parallel()
	var verbs []string
	for i := range reflect.TypeFor[*support.Desk]().NumMethod() {
		verbs = append(verbs, reflect.TypeFor[*support.Desk]().Method(i).Name)
	}
	want := []string{"Approve", "Cancel", "Case", "Cases", "Checking", "Find", "Freezes", "Lift", "Look", "Open", "Refuse", "SendAgain", "Signing", "Standing", "Verify"}
	slices.Sort(verbs)
	ayetest.Same(t, "verbs", verbs, want)
	var fields []string
	for i := range reflect.TypeFor[support.Opening]().NumField() {
		fields = append(fields, reflect.TypeFor[support.Opening]().Field(i).Name)
	}
	ayetest.Same(t, "what is filled in", fields, []string{"MembershipID", "Kind", "Identified", "Ticket", "Note", "Channel", "Life", "Uses"})
}

// Everything goes to the address and the number that the person had before.
func TestThreatSupportChoosesNoAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ada = d.WithNumber(d.ada, adasNumber)
	c := d.lost(support.Open)
	for _, by := range []support.Channel{support.ByMail, support.ByText} {
		_, err := d.as(d.bo).Verify(t.Context(), c.ID, by)
		ayetest.Fails(t, err, nil)
	}
	d.Signs(d.cy, c.ID)
	d.Clock.Pass(support.DefaultWait)
	d.sweep()
	for _, kind := range []accounts.LetterKind{accounts.LetterCheck, accounts.LetterNewPhone} {
		letters := d.Announcer.Letters(kind, d.ada.Person.ID)
		if len(letters) != 1 || letters[0].Email != "" {
			t.Errorf("%s: %+v", kind, letters)
		}
	}
	text, ok := d.texts.last(support.TextCheck)
	if !ok || text.Person.Number != adasNumber {
		t.Errorf("%+v", text)
	}
}

// Nobody acts on themself, or on somebody of an equal or higher role, in whatever verb.
func TestThreatSupportRanks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	roles := []accounts.Role{accounts.RoleMember, accounts.RoleSupport, accounts.RoleAdministrator, accounts.RoleOwner}
	people := map[accounts.Role]accounts.Member{}
	for _, role := range roles {
		m := d.AddMember(d.Organisation, "Some "+string(role), role)
		d.SetPassword(m)
		m, err := d.Accounts.Member(t.Context(), d.Organisation.ID, ayetest.Named(m))
		ayetest.Fails(t, err, nil)
		people[role] = m
	}
	for i, own := range roles {
		agent := d.AgentOf(d.Organisation, own)
		_, err := d.opens(agent, agent.Member, support.Forgotten)
		if err == nil {
			t.Errorf("%s helped themself", own)
		}
		for j, role := range roles {
			card, err := d.as(agent).Look(t.Context(), people[role].ID)
			switch {
			case own == accounts.RoleMember:
				ayetest.Fails(t, err, support.ErrForbidden)
				_, err = d.opens(agent, people[role], support.Lost)
				ayetest.Fails(t, err, support.ErrForbidden)
			case j < i:
				ayetest.Fails(t, err, nil)
				ayetest.Fails(t, card.Refused, nil)
				c, failed := d.opens(agent, people[role], support.Lost)
				ayetest.Fails(t, failed, nil)
				ayetest.Fails(t, d.as(agent).Cancel(t.Context(), c.ID), nil)
			default:
				ayetest.Fails(t, err, nil)
				ayetest.Fails(t, card.Refused, support.ErrRank)
				_, err = d.opens(agent, people[role], support.Lost)
				ayetest.Fails(t, err, support.ErrRank)
			}
		}
	}
	// Each other verb, for a case about somebody of the same role.
	owner := d.Agent(accounts.RoleOwner)
	c, err := d.opens(owner, people[accounts.RoleSupport], support.Lost)
	ayetest.Fails(t, err, nil)
	for name, verb := range verbs(d, d.bo, c.ID) {
		if err = verb(); !errors.Is(err, support.ErrRank) && (name != "cancel" || !errors.Is(err, support.ErrForbidden)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	view, err := d.as(d.bo).Case(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	if view.MayApprove || view.MayCancel || view.MaySend || view.MayVerify {
		t.Errorf("%+v", view)
	}
}

// verbs are all that change a case.
func verbs(d *desk, a ayetest.Agent, caseID string) map[string]func() error {
	ctx, desk := d.Context(), d.as(a)
	return map[string]func() error{
		"approve":  func() error { _, err := desk.Approve(ctx, caseID); return err },
		"signing":  func() error { _, err := desk.Signing(ctx, caseID); return err },
		"refuse":   func() error { return desk.Refuse(ctx, caseID) },
		"cancel":   func() error { return desk.Cancel(ctx, caseID) },
		"send":     func() error { return desk.SendAgain(ctx, caseID) },
		"verify":   func() error { _, err := desk.Verify(ctx, caseID, support.ByMail); return err },
		"checking": func() error { _, err := desk.Checking(ctx, caseID, secret.NewID("chk")); return err },
	}
}

// What is in another organisation is not told from what never was: people, cases, checks and freezes.
func TestThreatSupportOtherOrganisations(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, eve := d.another(accounts.RoleOwner)
	c := d.lost(support.Open)
	_, err := d.as(d.bo).Verify(t.Context(), c.ID, support.ByMail)
	ayetest.Fails(t, err, nil)
	check := d.Announcer.LastLetter(accounts.LetterCheck, d.ada.Person.ID)
	id, _, _ := strings.Cut(check.Reveal(), ".")

	ctx, desk := t.Context(), d.as(eve)
	found, err := desk.Find(ctx, d.ada.Person.Email)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "found", len(found), 0)
	same := func(name string, there, nowhere error) {
		t.Helper()
		ayetest.Fails(t, there, support.ErrNotFound)
		ayetest.Same(t, name, there.Error(), nowhere.Error())
	}
	_, there := desk.Look(ctx, d.ada.ID)
	_, nowhere := desk.Look(ctx, secret.NewID("usr"))
	same("look", there, nowhere)
	_, there = d.opens(eve, d.ada, support.Lost)
	_, nowhere = d.opens(eve, accounts.Member{ID: secret.NewID("usr")}, support.Lost)
	same("open", there, nowhere)
	_, there = desk.Case(ctx, c.ID)
	_, nowhere = desk.Case(ctx, secret.NewID("case"))
	same("case", there, nowhere)
	absent := verbs(d, eve, secret.NewID("case"))
	for name, verb := range verbs(d, eve, c.ID) {
		same(name, verb(), absent[name]())
	}
	_, there = desk.Checking(ctx, c.ID, id)
	same("checking", there, support.ErrNotFound)
	_, err = d.Support.Stop(ctx, d.stopToken(d.ada))
	ayetest.Fails(t, err, nil)
	freezes, err := d.as(d.bo).Freezes(ctx)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "freezes", len(freezes), 1)
	same("lift", desk.Lift(ctx, freezes[0].ID), desk.Lift(ctx, secret.NewID("frz")))
	mine, err := desk.Freezes(ctx)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "freezes elsewhere", len(mine), 0)
	for _, live := range []bool{true, false} {
		cases, err := desk.Cases(ctx, live)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "cases", len(cases), 0)
	}
	if n := slices.DeleteFunc(d.rows(d.Organisation.ID), func(r audit.Row) bool { return r.Actor != eve.ID }); len(n) > 0 {
		t.Errorf("%+v", n)
	}
}

// One agent alone never finishes: not with a second membership, and not as who opened it.
func TestThreatSupportOneAgentAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	operators := d.OperatorSupport()
	second := d.joins(operators, d.bo.Member, accounts.RoleOwner)
	both := ayetest.Agent{Member: second, Phone: d.bo.Phone}
	for _, kind := range []support.Kind{support.Lost, support.Forgotten} {
		c, err := d.opens(d.bo, d.ada, kind)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "state", d.Case(c.ID).State, support.Open)
		for _, agent := range []ayetest.Agent{d.bo, both} {
			_, err = d.as(agent).Approve(t.Context(), c.ID)
			ayetest.Fails(t, err, support.ErrSame)
			_, err = d.as(agent).Signing(t.Context(), c.ID)
			ayetest.Fails(t, err, support.ErrSame)
		}
		d.Clock.Pass(support.DefaultWait - minute)
		d.sweep()
		d.state(c.ID, support.Open)
		d.Clock.Pass(minute)
		d.sweep()
	}
	if !d.works(d.ada) || len(d.Announcer.Letters(accounts.LetterAccess, d.ada.Person.ID)) > 0 {
		t.Error("one agent finished alone")
	}
}

// The person never approves the own case, by whatever membership.
func TestThreatSupportOwnCase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	operators := d.OperatorSupport()
	d.joins(operators, d.ada, accounts.RoleSupport)
	c := d.lost(support.Open)
	memberships, err := d.Accounts.Memberships(t.Context(), d.ada.Person.ID)
	ayetest.Fails(t, err, nil)
	for _, m := range memberships {
		if _, err = d.as(ayetest.Agent{Member: m, Phone: d.phone}).Approve(t.Context(), c.ID); err == nil {
			t.Errorf("%s approved the own case", m.Role)
		}
	}
}

// The second approver's signature is that of a phone, with the number typed: a code does not count, nor does one tap or a refusal.
func TestThreatSupportUnsigned(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.lost(support.Open)
	code := func(asked approval.Asked) {
		portal, err := d.Accounts.PortalOf(t.Context(), d.Organisation.ID)
		ayetest.Fails(t, err, nil)
		_, err = d.Approvals.Verify(t.Context(), portal, asked.ID, approval.TOTP, d.cy.Phone.CodeNow())
		ayetest.Fails(t, err, nil)
	}
	answers := map[string]func(approval.Asked){
		"nothing": func(approval.Asked) {},
		"no": func(asked approval.Asked) {
			_, err := d.Deny(d.cy.Phone, asked)
			ayetest.Fails(t, err, nil)
		},
		"another number": func(asked approval.Asked) {
			_, err := d.Decide(d.cy.Phone, asked.Request, func(claims jwt.MapClaims) { claims["num"] = wrongNumber(asked) })
			ayetest.Fails(t, err, nil)
		},
		"another's phone": func(asked approval.Asked) {
			if _, err := d.Approve(d.bo.Phone, asked); err == nil {
				t.Error("the opener's phone answered")
			}
		},
	}
	_, err := d.signs(d.cy, c.ID, code)
	ayetest.Fails(t, err, support.ErrUnsigned)
	d.state(c.ID, support.Open)
	for name, answer := range answers {
		_, err = d.signs(d.cy, c.ID, answer)
		ayetest.Fails(t, err, nil)
		if state := d.Case(c.ID).State; state != support.Open {
			t.Errorf("%s: the case is %s", name, state)
		}
	}
}

func wrongNumber(asked approval.Asked) string {
	number := []byte(asked.Number.Reveal())
	number[0] = '0' + (number[0]-'0'+1)%10
	return string(number)
}

// The agent's page shows the number to who asked alone, and the request is about this case and no other.
func TestThreatSupportSignatureOfAnotherCase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	bea := d.helped("Bea")
	first := d.lost(support.Open)
	second, err := d.opens(d.bo, bea, support.Lost)
	ayetest.Fails(t, err, nil)
	signing, err := d.as(d.cy).Approve(t.Context(), first.ID)
	ayetest.Fails(t, err, nil)
	if !strings.Contains(fmt.Sprint(signing.Asked.Details), first.ID) || !strings.Contains(signing.Asked.Message, "Ada") {
		t.Errorf("the phone shows %s %v", signing.Asked.Message, signing.Asked.Details)
	}
	d.yes(d.cy)(signing.Asked)
	other, err := d.as(d.cy).Signing(t.Context(), second.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", other.State, "")
	d.state(second.ID, support.Open)
}

// Nothing is given to a session without a second factor, or with one that support sent itself.
func TestThreatSupportSession(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for method, want := range map[approval.Method]error{
		approval.Push: nil, approval.TOTP: nil, approval.SMS: support.ErrForbidden, approval.Recovery: support.ErrForbidden,
		approval.Temporary: support.ErrForbidden, "": support.ErrForbidden, "password": support.ErrForbidden,
	} {
		desk := d.Support.As(support.Agent{OrganisationID: d.Organisation.ID, MembershipID: d.bo.ID, Method: method})
		_, err := desk.Look(t.Context(), d.ada.ID)
		ayetest.Fails(t, err, want)
	}
}

// The role is looked up: what the session came with may be an hour old.
func TestThreatSupportRoleOfNow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	desk := d.as(d.bo)
	_, err := desk.Look(t.Context(), d.ada.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, d.Accounts.SetRole(t.Context(), d.bo.Member, accounts.RoleMember), nil)
	_, err = desk.Look(t.Context(), d.ada.ID)
	ayetest.Fails(t, err, support.ErrForbidden)
	desk = d.as(d.cy)
	ayetest.Fails(t, d.Accounts.EndMembership(t.Context(), d.cy.Member), nil)
	_, err = desk.Find(t.Context(), d.ada.Person.Email)
	ayetest.Fails(t, err, support.ErrForbidden)
}

// One case too many in an hour freezes the agent, whoever the cases are about; an administrator lifts it.
func TestThreatSupportLimitsAgents(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	hook(t, d)
	for range support.CasesPerAgent {
		c, err := d.opens(d.bo, d.ada, support.Lost)
		ayetest.Fails(t, err, nil)
		ayetest.Fails(t, d.as(d.bo).Cancel(t.Context(), c.ID), nil)
	}
	_, err := d.opens(d.bo, d.ada, support.Lost)
	frozen(t, err, support.FrozenAgent)
	d.Clock.Pass(2 * time.Hour) // it does not go by itself
	for name, verb := range map[string]func() error{
		"open": func() error { _, failed := d.opens(d.bo, d.ada, support.Lost); return failed },
		"look": func() error { _, failed := d.as(d.bo).Look(t.Context(), d.ada.ID); return failed },
		"find": func() error { _, failed := d.as(d.bo).Find(t.Context(), "Ada"); return failed },
	} {
		if err = verb(); !errors.Is(err, support.ErrFrozen) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ayetest.Fails(t, d.Alerts.Sweep(t.Context()), nil)
	if !slices.Contains(d.Alerted.Kinds(), alerts.SupportFrozen) || !slices.Contains(d.Announcer.Told(d.bo.Person.ID), accounts.SupportFrozen) {
		t.Error("nobody was told")
	}
	administrator := d.Agent(accounts.RoleAdministrator)
	freezes, err := d.as(administrator).Freezes(t.Context())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "freezes", len(freezes), 1)
	ayetest.Same(t, "name", freezes[0].Name, d.bo.Person.Display)
	ayetest.Fails(t, d.as(d.cy).Lift(t.Context(), freezes[0].ID), support.ErrForbidden)
	ayetest.Fails(t, d.as(administrator).Lift(t.Context(), freezes[0].ID), nil)
	_, err = d.opens(d.bo, d.ada, support.Lost)
	ayetest.Fails(t, err, nil)
}

func frozen(t *testing.T, err error, what support.Frozen) {
	t.Helper()
	var f *support.FrozenError
	if !errors.As(err, &f) || f.What != what {
		t.Fatalf("the error is %v, want frozen %s", err, what)
	}
}

// A frozen administrator does not lift the own freeze, nor by another membership.
func TestThreatSupportLiftsNothingOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	administrator := d.Agent(accounts.RoleAdministrator)
	for range support.CasesPerAgent {
		c, err := d.opens(administrator, d.ada, support.Lost)
		ayetest.Fails(t, err, nil)
		ayetest.Fails(t, d.as(administrator).Cancel(t.Context(), c.ID), nil)
	}
	_, err := d.opens(administrator, d.ada, support.Lost)
	frozen(t, err, support.FrozenAgent)
	freezes, err := d.as(d.cy).Freezes(t.Context())
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, d.as(administrator).Lift(t.Context(), freezes[0].ID), support.ErrFrozen)
	second := d.joins(d.OperatorSupport(), administrator.Member, accounts.RoleOwner)
	ayetest.Fails(t, d.as(ayetest.Agent{Member: second}).Lift(t.Context(), freezes[0].ID), support.ErrForbidden)
}

// One case too many in a day freezes the organisation's support: nothing is opened, approved or sent any more. The operator lifts it.
func TestThreatSupportLimitsOrganisations(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	bea := d.helped("Bea")
	waits, err := d.opens(d.bo, bea, support.Lost)
	ayetest.Fails(t, err, nil)
	var agents []ayetest.Agent
	for range support.CasesPerOrganisation / support.CasesPerAgent {
		agents = append(agents, d.Agent(accounts.RoleSupport))
	}
	_, err = d.opens(d.bo, bea, support.Lost) // what opens nothing counts for nothing
	ayetest.Fails(t, err, support.ErrLive)
	for i := range support.CasesPerOrganisation - 1 {
		agent := agents[i%len(agents)]
		c, failed := d.opens(agent, d.ada, support.Lost)
		ayetest.Fails(t, failed, nil)
		ayetest.Fails(t, d.as(agent).Cancel(t.Context(), c.ID), nil)
	}
	_, err = d.opens(d.cy, d.ada, support.Lost)
	frozen(t, err, support.FrozenOrganisation)
	_, err = d.as(d.cy).Approve(t.Context(), waits.ID)
	frozen(t, err, support.FrozenOrganisation)
	freezes, err := d.as(d.cy).Freezes(t.Context())
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, d.as(d.Agent(accounts.RoleOwner)).Lift(t.Context(), freezes[0].ID), support.ErrForbidden)
	operator := d.AgentOf(d.OperatorSupport(), accounts.RoleSupport)
	ayetest.Fails(t, d.as(operator).Lift(t.Context(), freezes[0].ID), nil)
	_, err = d.opens(d.cy, d.ada, support.Lost)
	ayetest.Fails(t, err, nil)
}

// Who is looked up is counted, and cannot be leafed through.
func TestThreatSupportLimitsLooks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var err error
	for i := range support.LooksPerAgent {
		if i%2 == 0 {
			_, err = d.as(d.bo).Find(t.Context(), "nobody like that")
		} else {
			_, err = d.as(d.bo).Look(t.Context(), secret.NewID("usr"))
			if errors.Is(err, support.ErrNotFound) {
				err = nil
			}
		}
		ayetest.Fails(t, err, nil)
	}
	_, err = d.as(d.bo).Look(t.Context(), d.ada.ID)
	ayetest.Fails(t, err, support.ErrTooMany)
	_, err = d.as(d.bo).Find(t.Context(), "Ada")
	ayetest.Fails(t, err, support.ErrTooMany)
	d.Clock.Pass(time.Hour)
	_, err = d.as(d.bo).Look(t.Context(), d.ada.ID)
	ayetest.Fails(t, err, nil)
	for _, short := range []string{"", "ab", "  a  "} {
		_, err = d.as(d.cy).Find(t.Context(), short)
		ayetest.Fails(t, err, support.ErrInvalid)
	}
	ayetest.Same(t, "looked", d.row(d.Organisation.ID, "support.looked").Subject, d.ada.ID)
	ayetest.Same(t, "searched", d.row(d.Organisation.ID, "support.searched").Actor, d.bo.ID)
}

// The caller is asked so often in a case, and so many codes are looked at.
func TestThreatSupportLimitsChecks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.lost(support.Open)
	for range support.ChecksPerCase {
		_, err := d.as(d.bo).Verify(t.Context(), c.ID, support.ByMail)
		ayetest.Fails(t, err, nil)
		d.Clock.Pass(support.CheckLife)
	}
	d.Pusher.Taken(notify.MessageApproval)
	for _, by := range []support.Channel{support.ByMail, support.ByPush} {
		_, err := d.as(d.bo).Verify(t.Context(), c.ID, by)
		ayetest.Fails(t, err, support.ErrTooMany)
	}
	ayetest.Same(t, "pushes", len(d.Pusher.Taken(notify.MessageApproval)), 0)
}

// What a frozen agent opened is not carried out before somebody has looked, nor approved.
func TestThreatSupportFrozenOpener(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	waits := d.lost(support.Waiting)
	bea := d.helped("Bea")
	open, err := d.opens(d.bo, bea, support.Lost)
	ayetest.Fails(t, err, nil)
	di := d.helped("Di")
	for range support.CasesPerAgent - 2 {
		c, failed := d.opens(d.bo, di, support.Lost)
		ayetest.Fails(t, failed, nil)
		ayetest.Fails(t, d.as(d.bo).Cancel(t.Context(), c.ID), nil)
	}
	_, err = d.opens(d.bo, di, support.Lost)
	frozen(t, err, support.FrozenAgent)
	_, err = d.as(d.cy).Approve(t.Context(), open.ID)
	frozen(t, err, support.FrozenAgent)
	d.Clock.Pass(support.DefaultWait)
	d.sweep()
	d.state(waits.ID, support.Waiting)
	freezes, err := d.as(d.cy).Freezes(t.Context())
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, d.as(d.Agent(accounts.RoleAdministrator)).Lift(t.Context(), freezes[0].ID), nil)
	d.Clock.Pass(support.LateWait)
	d.sweep()
	d.state(waits.ID, support.Revoked)
}

// A case of an agent who is none any more is approved by nobody.
func TestThreatSupportOpenerLeft(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.lost(support.Open)
	signing, err := d.as(d.cy).Approve(t.Context(), c.ID)
	ayetest.Fails(t, err, nil)
	d.yes(d.cy)(signing.Asked)
	ayetest.Fails(t, d.Accounts.SetRole(t.Context(), d.bo.Member, accounts.RoleMember), nil)
	_, err = d.as(d.cy).Signing(t.Context(), c.ID)
	ayetest.Fails(t, err, support.ErrClosed)
	_, err = d.as(d.Agent(accounts.RoleOwner)).Approve(t.Context(), c.ID)
	ayetest.Fails(t, err, support.ErrClosed)
	d.state(c.ID, support.Open)
}

// A check is looked at in its own case alone: another one's id opens nothing.
func TestThreatSupportCheckOfAnotherCase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	o, eve := d.another(accounts.RoleOwner)
	c := d.lost(support.Open)
	checking, err := d.as(d.bo).Verify(t.Context(), c.ID, support.ByMail)
	ayetest.Fails(t, err, nil)
	hers := d.AddMember(o, "Hers", accounts.RoleMember)
	own, err := d.opens(eve, hers, support.Forgotten)
	ayetest.Fails(t, err, nil)
	_, err = d.as(eve).Checking(t.Context(), own.ID, checking.ID)
	ayetest.Fails(t, err, support.ErrNotFound)
}
