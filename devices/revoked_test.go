package devices_test

import (
	"testing"

	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/otp"
)

// TestThreatAPhoneAfterTheCase: a phone that a support case took is believed in nothing any more: neither a call that it
// makes, nor one that it made before and sends again, nor a decision, nor a code.
func TestThreatAPhoneAfterTheCase(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone, pending := w.Pair(ada), w.NewPhone()
	_, err := w.Claim(pending, w.Open(ada)) // which the first was not asked about yet
	ayetest.Fails(t, err, nil)
	prepared, known := phone.Call("GET", "/v1/device", nil, nil), get(w, phone)
	asked := w.Ask(ada)
	decision := phone.DecisionClaims(asked.Request, approval.Approve)
	decision["num"] = asked.Number.Reveal()
	w.Revoke(ada)

	for name, call := range map[string]devices.Call{
		"new": phone.Call("GET", "/v1/device", nil, nil), "signed before": prepared, "not yet linked": pending.Call("GET", "/v1/device", nil, nil),
	} {
		_, err = w.Devices.Authenticate(t.Context(), call)
		if ayetest.Fails(t, err, devices.ErrUnknown); t.Failed() {
			t.Fatal(name)
		}
	}
	// A call that was let in at the last moment changes nothing.
	_, err = w.Devices.Update(t.Context(), known, known.Details)
	ayetest.Fails(t, err, devices.ErrUnknown)
	if _, err = w.Approvals.Decide(t.Context(), known, asked.ID, phone.SignDecision(phone.ApprovalKey, decision)); err == nil {
		t.Fatal("the request is approved")
	}
	ayetest.Same(t, "state", w.State(asked.ID), approval.Cancelled)
	ayetest.Fails(t, w.Codes.Prove(t.Context(), ada.Person.ID, phone.CodeNow().Reveal(), ""), otp.ErrNone)
	_, err = w.TryAsk(ada)
	ayetest.Fails(t, err, approval.ErrNotEnrolled)
	device, err := w.Store.Device(t.Context(), phone.Device.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "address", device.Reachable(), false)
}

// TestAPhoneThatACaseRemoved: where it is asked for, such a phone is still known, so that it can say "this was not me"; one that was not
// let in yet, or that the person removed, is not. It proves each call as ever.
func TestAPhoneThatACaseRemoved(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone, another, pending := w.Pair(ada), w.Pair(ada), w.NewPhone()
	_, failed := w.Claim(pending, w.Open(ada))
	ayetest.Fails(t, failed, nil)
	_, failed = w.Devices.Remove(t.Context(), get(w, another), ada.ID)
	ayetest.Fails(t, failed, nil)
	c, _ := w.Revoke(ada)
	call := func(p *ayetest.Phone, removed bool) (devices.Device, devices.Call, error) {
		made := p.Call("POST", "/v1/device/cases/"+c.ID+"/stop", nil, nil)
		made.Changes, made.Removed = true, removed
		known, err := w.Devices.Authenticate(t.Context(), made)
		return known, made, err
	}
	known, made, err := call(phone, true)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "known", []string{known.ID, known.RemovedCase, string(known.Status)}, []string{phone.Device.ID, c.ID, "removed"})
	_, err = w.Devices.Authenticate(t.Context(), made)
	ayetest.Fails(t, err, devices.ErrProofUsed)
	for _, p := range []*ayetest.Phone{another, pending} {
		_, _, err = call(p, true)
		ayetest.Fails(t, err, devices.ErrUnknown)
	}
	_, _, err = call(phone, false)
	ayetest.Fails(t, err, devices.ErrUnknown)
}
