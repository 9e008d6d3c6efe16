package messagebird_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/aye/sms"
)

func TestLookByID(t *testing.T) {
	t.Parallel()
	v := newVendor(t, says(http.StatusOK, messageWith(`"status":"delivered","messagePartCount":1,"price":{"amount":0.056,"currency":"EUR"}`)))
	got, err := v.Look(t.Context(), account, id, text.Reference, now)
	want := sms.Outcome{State: sms.Delivered, VendorID: id, Parts: 1, Price: 56_000, Currency: "EUR", At: now}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if came := v.requests(); len(came) != 1 || came[0].method != http.MethodGet || came[0].path != "/messages/"+id {
		t.Errorf("%+v", came)
	}
}

func TestLookByIDFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		id     string
		want   error // nil for an error that settles nothing
	}{
		"not there":             {says(404, errorsOf(e(20, "null"))), id, sms.ErrNoMessage},
		"no such endpoint":      {says(404, errorsOf(e(98, "null"))), id, sms.ErrVendor},
		"wrong key":             {says(401, errorsOf(e(2, "access_key"))), id, sms.ErrVendor},
		"another message":       {says(200, strings.ReplaceAll(messageWith(fresh), id, "x"+id)), id, nil},
		"another reference":     {says(200, strings.ReplaceAll(messageWith(fresh), text.Reference, "sms_2")), id, nil},
		"a 404 of a proxy":      {says(404, "<html>"), id, sms.ErrVendor},
		"down":                  {says(503, ""), id, nil},
		"cut":                   {cut, id, nil},
		"a way to another page": {says(200, messageWith(fresh)), "../balance", nil},
	} {
		v := newVendor(t, test.answer)
		_, err := v.Look(t.Context(), account, test.id, text.Reference, now)
		if err == nil || (test.want != nil) != (errors.Is(err, sms.ErrNoMessage) || errors.Is(err, sms.ErrVendor)) || (test.want != nil && !errors.Is(err, test.want)) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		if came := v.requests(); len(came) > 1 || (test.id != id && len(came) != 0) {
			t.Errorf("%s: %+v", name, came)
		}
	}
}

// A message without a reference of its own, as the SDK's fixtures have them, is believed by its id.
func TestLookWithoutReference(t *testing.T) {
	t.Parallel()
	v := newVendor(t, says(http.StatusOK, strings.ReplaceAll(messageWith(fresh), `"`+text.Reference+`"`, "null")))
	if got, err := v.Look(t.Context(), account, id, text.Reference, now); err != nil || got.State != sms.Sent {
		t.Errorf("%+v %v", got, err)
	}
}

// list is an account's list of so many messages, one a minute, the newest first. The message that is looked for stands
// at place; -1 for nowhere.
type list struct {
	messages, place int
	// total is what the list says of itself; -1 for nothing.
	total int
	// most is how many it gives at once.
	most int
}

func (l list) answer(rw http.ResponseWriter, r *http.Request) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	var items []string
	for n := offset; n < min(offset+min(limit, l.most), l.messages); n++ {
		reference := "sms_" + strconv.Itoa(n)
		if n == l.place {
			reference = text.Reference
		}
		created := now.Add(-time.Duration(n) * time.Minute).Format(time.RFC3339)
		items = append(items, fmt.Sprintf(`{"id":"id%d","reference":%q,"createdDatetime":%q,"recipients":{"items":[{"status":"delivered"}]}}`, n, reference, created))
	}
	total := ""
	if l.total >= 0 {
		total = fmt.Sprintf(`"totalCount":%d,`, l.total)
	}
	says(http.StatusOK, fmt.Sprintf(`{"offset":%d,"limit":%d,"count":%d,%s"items":[%s]}`, offset, limit, len(items), total, strings.Join(items, ",")))(rw, r)
}

func TestLookByReference(t *testing.T) {
	t.Parallel()
	hour := now.Add(-time.Hour)
	for name, test := range map[string]struct {
		list  list
		since time.Time
		want  error
		id    string
		pages int
	}{
		"the newest":                   {list{100, 0, 100, 30}, hour, nil, "id0", 1},
		"on the second page":           {list{100, 40, 100, 30}, hour, nil, "id40", 2},
		"pages are shorter":            {list{100, 40, 100, 10}, hour, nil, "id40", 5},
		"the list does not count":      {list{100, 40, -1, 30}, hour, nil, "id40", 2},
		"an hour, and some for clocks": {list{300, 64, 300, 30}, hour, nil, "id64", 3},
		"the vendor's clock is late":   {list{100, 20, 100, 10}, now.Add(-570 * time.Second), nil, "id20", 3},
		"not within the time":          {list{300, 299, 300, 30}, hour, sms.ErrNoMessage, "", 4},
		"the list ends":                {list{45, -1, 45, 30}, hour, sms.ErrNoMessage, "", 2},
		"it ends with the page":        {list{30, -1, 30, 30}, hour, sms.ErrNoMessage, "", 1},
		"it ends without counting":     {list{45, -1, -1, 30}, hour, sms.ErrNoMessage, "", 3},
		"nothing there":                {list{0, -1, 0, 30}, hour, sms.ErrNoMessage, "", 1},
		"more than is looked through":  {list{5000, 4000, 5000, 30}, now.Add(-4 * 24 * time.Hour), nil, "", 35},
	} {
		v := newVendor(t, test.list.answer)
		got, err := v.Look(t.Context(), account, "", text.Reference, test.since)
		switch {
		case test.id != "":
			if err != nil || got.VendorID != test.id || got.State != sms.Delivered {
				t.Errorf("%s: %+v %v", name, got, err)
			}
		case test.want != nil:
			if !errors.Is(err, test.want) {
				t.Errorf("%s: %v", name, err)
			}
		default: // it may be there: nothing is settled
			if err == nil || errors.Is(err, sms.ErrNoMessage) || errors.Is(err, sms.ErrVendor) {
				t.Errorf("%s: %v", name, err)
			}
		}
		came := v.requests()
		if len(came) != test.pages {
			t.Errorf("%s: %d pages, want %d", name, len(came), test.pages)
		}
		first, err := url.Parse(came[0].path)
		if err != nil || first.Path != "/messages" || first.RawQuery != "direction=mt&limit=30&offset=0" {
			t.Errorf("%s: %s", name, came[0].path)
		}
	}
}

func TestLookByReferenceFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer  http.HandlerFunc
		refused bool
	}{
		"wrong key":    {says(401, errorsOf(e(2, "access_key"))), true},
		"too many":     {says(429, ""), true},
		"down":         {says(500, ""), false},
		"cut":          {cut, false},
		"a login page": {says(200, "<html>"), false},
		"other JSON":   {says(200, `{}`), false},
		"null":         {says(200, `{"items":null}`), false},
	} {
		_, err := newVendor(t, test.answer).Look(t.Context(), account, "", text.Reference, now)
		if err == nil || errors.Is(err, sms.ErrNoMessage) || errors.Is(err, sms.ErrVendor) != test.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}
