package bird_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/aye/sms"
)

func TestLookByID(t *testing.T) {
	t.Parallel()
	v := newVendor(t, says(http.StatusOK, messageWith(`"status":"delivered","segments":{"count":1},"cost":{"amount":"0.0560","currency_code":"EUR"}`)))
	got, err := v.Look(t.Context(), account, id, text.Reference, now)
	want := sms.Outcome{State: sms.Delivered, VendorID: id, Parts: 1, Price: 56_000, Currency: "EUR", At: now}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if came := v.requests(); len(came) != 1 || came[0].method != http.MethodGet || came[0].path != "/v1/sms/messages/"+id {
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
		"not there":             {says(404, e("not_found_error", "E01006", "NotFound", "")), id, sms.ErrNoMessage},
		"not there, bare":       {says(404, `{"type":"not_found"}`), id, sms.ErrNoMessage},
		"wrong key":             {says(401, e("auth_error", "E01003", "Unauthorized", "")), id, sms.ErrVendor},
		"a 404 of a proxy":      {says(404, "<html>"), id, sms.ErrVendor},
		"another message":       {says(200, strings.ReplaceAll(messageWith(fresh), id, "sms_2")), id, nil},
		"another reference":     {says(200, strings.ReplaceAll(messageWith(fresh), text.Reference, "sms_2")), id, nil},
		"down":                  {says(503, ""), id, nil},
		"cut":                   {cut, id, nil},
		"a way to another page": {says(200, messageWith(fresh)), "../webhooks", nil},
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

// pageOf is a page of the list with messages of these references.
func pageOf(next string, references ...string) http.HandlerFunc {
	var items []string
	for n, reference := range references {
		items = append(items, fmt.Sprintf(`{"id":"sms_%d","status":"delivered","tags":[{"name":"other","value":"x"},{"name":"reference","value":%q}]}`, n, reference))
	}
	cursor := "null"
	if next != "" {
		cursor = `"` + next + `"`
	}
	return says(http.StatusOK, `{"data":[`+strings.Join(items, ",")+`],"next_cursor":`+cursor+`,"prev_cursor":null}`)
}

func TestLookByReference(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		pages []http.HandlerFunc
		found bool
		none  bool
		calls int
	}{
		"by the tag":            {[]http.HandlerFunc{pageOf("", text.Reference)}, true, false, 1},
		"none":                  {[]http.HandlerFunc{pageOf("")}, false, true, 1},
		"a list without tags":   {[]http.HandlerFunc{pageOf("c1", "a", "b"), pageOf("c2", "c"), pageOf("", "d", text.Reference)}, true, false, 3},
		"and not in it":         {[]http.HandlerFunc{pageOf("c1", "a", "b"), pageOf("", "c")}, false, true, 2},
		"a list without end":    {[]http.HandlerFunc{pageOf("c1", "a")}, false, false, 25},
		"only one that is like": {[]http.HandlerFunc{pageOf("", text.Reference+"0", strings.ToUpper(text.Reference))}, false, true, 1},
	} {
		v := newVendor(t, test.pages...)
		got, err := v.Look(t.Context(), account, "", text.Reference, now.Add(-time.Hour))
		switch {
		case test.found:
			if err != nil || got.State != sms.Delivered || got.VendorID == "" {
				t.Errorf("%s: %+v %v", name, got, err)
			}
		case err == nil || errors.Is(err, sms.ErrNoMessage) != test.none || errors.Is(err, sms.ErrVendor):
			t.Errorf("%s: %v", name, err)
		}
		came := v.requests()
		if len(came) != test.calls {
			t.Fatalf("%s: %d calls", name, len(came))
		}
		want := url.Values{"tag": {"reference:" + text.Reference}, "created_after": {"2026-11-22T08:25:00Z"}, "limit": {"20"}}
		for n, r := range came {
			address, err := url.Parse(r.path)
			if n > 0 {
				want.Set("starting_after", fmt.Sprintf("c%d", min(n, len(test.pages))))
			}
			if err != nil || address.Path != "/v1/sms/messages" || cmp.Diff(want, address.Query()) != "" {
				t.Errorf("%s: %s", name, r.path)
			}
		}
	}
}

func TestLookByReferenceFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer  http.HandlerFunc
		refused bool
	}{
		"wrong key":        {says(401, e("auth_error", "E01003", "Unauthorized", "")), true},
		"too many":         {says(429, ""), true},
		"no such endpoint": {says(404, e("not_found_error", "E01006", "NotFound", "")), false},
		"down":             {says(500, ""), false},
		"cut":              {cut, false},
		"a login page":     {says(200, "<html>"), false},
		"other JSON":       {says(200, `{}`), false},
		"null":             {says(200, `{"data":null}`), false},
	} {
		_, err := newVendor(t, test.answer).Look(t.Context(), account, "", text.Reference, now)
		if err == nil || errors.Is(err, sms.ErrNoMessage) || errors.Is(err, sms.ErrVendor) != test.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	v := newVendor(t, pageOf("", ""))
	if _, err := v.Look(t.Context(), account, "", "", now); !errors.Is(err, sms.ErrNoMessage) || len(v.requests()) != 0 {
		t.Errorf("without a reference: %v", err)
	}
}
