package devices_test

import (
	"context"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

// A phone that tells its address again, as it does at each start, has had it since it first told it.
func TestAnAddressToldAgain(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone := w.Pair(w.AddPerson("Ada"))
	first := get(w, phone)
	w.Clock.Pass(time.Minute)
	again := first.Details
	again.Push.Registered = time.Time{} // as the phone tells it
	d, err := w.Devices.Update(t.Context(), first, again)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "registered", d.Push.Registered, first.Push.Registered)

	// One whose address was retired can still change its name.
	ayetest.Fails(t, w.Devices.Told(t.Context(), first.Target(), notify.Outcome{Class: notify.Dead}), nil)
	details := get(w, phone).Details
	details.Name = "Ada's"
	d, err = w.Devices.Update(t.Context(), get(w, phone), details)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "name", d.Name, "Ada's")
}

// What is known of an address is not written at every push.
func TestToldTheSameAgain(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone := w.Pair(w.AddPerson("Ada"))
	before, _, err := w.Store.AuditHead(t.Context(), w.Organisation.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, w.Devices.Told(t.Context(), get(w, phone).Target(), notify.Outcome{Class: notify.Accepted}), nil)
	after, _, err := w.Store.AuditHead(t.Context(), w.Organisation.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "audited", after, before)
}

func TestARemovalIsToldOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	for _, want := range []bool{true, false} {
		removed, err := w.Devices.Remove(t.Context(), phone.Device, phone.Device.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "removed", removed, want)
	}
	ayetest.Same(t, "told", w.Announcer.Told(ada.Person.ID), []accounts.NoticeKind{accounts.PhoneLinked, accounts.PhoneRemoved})
}

// leaving is a store in which the phone is removed while its call is under way.
type leaving struct{ devices.Store }

func (leaving) Seen(context.Context, string, time.Time) error { return devices.ErrUnknown }

func TestAPhoneThatLeavesDuringItsCall(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone := w.Pair(w.AddPerson("Ada"))
	w.Clock.Pass(time.Hour)
	service := *w.Devices
	service.Store = leaving{w.Store}
	_, err := service.Authenticate(t.Context(), phone.Call("DELETE", "/v1/device", nil, nil))
	ayetest.Fails(t, err, nil)
}

// Of two changes at once the second is of a key that is not there any more.
func TestTwoNewApprovalKeysAtOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone, second := w.Pair(ada), w.Pair(ada)
	before := get(w, phone) // as both calls found it
	for _, want := range []error{nil, devices.ErrUnknown} {
		next := w.NewPhone()
		c := change{
			phone: phone, next: next, kid: phone.Device.ID, code: second.CodeNow().Reveal(),
			claims: jwt.MapClaims{"aud": ayetest.Origin, "approval_key": ayetest.Public(next.ApprovalKey), "jti": secret.NewID("jti")},
			proof:  jwt.MapClaims{"aud": ayetest.Origin, "device_key": ayetest.Thumbprint(phone.Key)},
		}
		_, err := w.Devices.ReplaceApprovalKey(t.Context(), before, c.sign())
		ayetest.Fails(t, err, want)
		w.Clock.Pass(time.Hour)
	}
}
