package devices_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pquerna/otp/totp"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/otp"
)

func TestRename(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	for _, name := range []string{"", "  ", "a\nb", "a\u202eb", strings.Repeat("a", 65)} {
		ayetest.Fails(t, w.Devices.Rename(t.Context(), get(w, phone), name, ada.ID), devices.ErrInvalid)
	}
	before := get(w, phone)
	ayetest.Fails(t, w.Devices.Rename(t.Context(), before, " Ada's own ", ada.ID), nil)
	want := before
	want.Name = "Ada's own"
	ayetest.Same(t, "device", get(w, phone), want)
	rows, err := w.Store.AuditRows(t.Context(), w.Organisation.ID, 0, 1000)
	ayetest.Fails(t, err, nil)
	last := rows[len(rows)-1]
	ayetest.Same(t, "audited", []string{last.Action, last.Actor, last.Subject}, []string{"device.renamed", ada.ID, phone.Device.ID})
	_, err = w.Devices.Remove(t.Context(), want, "operator")
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, w.Devices.Rename(t.Context(), want, "Another", ada.ID), devices.ErrUnknown)
}

// A phone without an address can be renamed too: that it has none is no fault of the name.
func TestRenameAPhoneThatCannotBeReached(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone := w.Pair(w.AddPerson("Ada"))
	retired := get(w, phone)
	_, err := w.Store.MarkPush(t.Context(), phone.Device.ID, retired.Push.Address, w.Clock.Now().AddDate(1, 0, 0), devices.PushDead, audit.Entry{
		Organisation: w.Organisation.ID, Actor: "system", Action: "device.push-dead", Subject: phone.Device.ID, At: w.Clock.Now(),
	})
	ayetest.Fails(t, err, nil)
	retired = get(w, phone)
	ayetest.Fails(t, w.Devices.Rename(t.Context(), retired, "Old one", "usr_ada"), nil)
	retired.Name = "Old one"
	ayetest.Same(t, "device", get(w, phone), retired)
}

func TestOnlyASpareIsRemoved(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	spare := func(p *ayetest.Phone) (bool, error) { return w.Devices.RemoveSpare(t.Context(), get(w, p), ada.ID) }
	removed, err := spare(phone)
	ayetest.Fails(t, err, devices.ErrLastFactor)
	ayetest.Same(t, "removed", []any{removed, get(w, phone).Status}, []any{false, devices.Active})
	second, first := w.Pair(ada), get(w, phone)
	for _, want := range []bool{true, false} {
		removed, err = w.Devices.RemoveSpare(t.Context(), first, ada.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "removed", removed, want)
	}
	_, err = spare(second)
	ayetest.Fails(t, err, devices.ErrLastFactor)
	ayetest.Same(t, "told", w.Announcer.Told(ada.Person.ID), []accounts.NoticeKind{accounts.PhoneLinked, accounts.PhoneLinked, accounts.PhoneRemoved})
}

// A person who removes the last phone and the last app at the same moment keeps one of them.
func TestThePhoneAndTheAppAtOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for range 10 {
		ada := w.AddPerson("Ada")
		phone := get(w, w.Pair(ada))
		e, err := w.Codes.BeginApp(t.Context(), ada.Person.ID, "session", "Example", ada.Person.Email)
		ayetest.Fails(t, err, nil)
		code, err := totp.GenerateCode(e.Secret.Reveal(), w.Clock.Now())
		ayetest.Fails(t, err, nil)
		_, err = w.Codes.ActivateApp(t.Context(), ada.Person.ID, "session", e.ID, "Laptop", code)
		ayetest.Fails(t, err, nil)
		var removed, kept atomic.Int64
		count := func(err error) {
			switch {
			case err == nil:
				removed.Add(1)
			case errors.Is(err, devices.ErrLastFactor), errors.Is(err, otp.ErrLastFactor):
				kept.Add(1)
			default:
				t.Error(err)
			}
		}
		ayetest.AtOnce(2, func(i int) {
			if i == 0 {
				_, err := w.Devices.RemoveSpare(t.Context(), phone, ada.ID)
				count(err)
				return
			}
			count(w.Codes.RemoveApp(t.Context(), ada.Person.ID, e.ID, true))
		})
		ayetest.Same(t, "removed and kept", []int64{removed.Load(), kept.Load()}, []int64{1, 1})
	}
}
