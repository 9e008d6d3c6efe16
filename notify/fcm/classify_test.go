package fcm

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"firebase.google.com/go/v4/messaging"
	"google.golang.org/api/option"

	"example.com/aye/notify"
)

// TestOnlyGooglesPlainWordRetiresAnAddress is the line that keeps a wrong project file, or
// a proxy in between, from wiping every phone.
func TestOnlyGooglesPlainWordRetiresAnAddress(t *testing.T) {
	t.Parallel()
	const detail = `"details":[{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"UNREGISTERED"}]`
	tests := map[string]struct {
		status int
		body   string
		want   notify.Class
	}{
		"the word":                      {404, `{"error":{"status":"NOT_FOUND",` + detail + `}}`, notify.Dead},
		"behind another detail":         {404, `{"error":{"details":[{"@type":"x"},` + strings.TrimPrefix(detail, `"details":[`) + `}}`, notify.Dead},
		"404 without the word":          {404, `{"error":{"status":"NOT_FOUND"}}`, notify.Misconfigured},
		"404 of a proxy":                {404, `<html>not found</html>`, notify.Misconfigured},
		"the word in another's detail":  {404, `{"error":{"details":[{"@type":"x","errorCode":"UNREGISTERED"}]}}`, notify.Misconfigured},
		"the word under another status": {400, `{"error":{` + detail + `}}`, notify.Suspect},
		"the word under 500":            {500, `{"error":{` + detail + `}}`, notify.Retry},
		"nothing":                       {400, ``, notify.Suspect},
		"too large":                     {413, ``, notify.Rejected},
	}
	for name, test := range tests {
		if got := classify(test.status, http.Header{}, []byte(test.body), time.Time{}); got.Class != test.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add(404, `{"error":{"details":[{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"UNREGISTERED"}]}}`, "30")
	f.Add(503, `<html>`, "Sat, 21 Nov 2026 10:01:00 GMT")
	f.Add(200, ``, "")
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		header := http.Header{}
		header.Set("Retry-After", after)
		got := classify(status, header, []byte(body), time.Unix(1_800_000_000, 0))
		if got.Class == "" || got.Class == notify.Accepted || got.Detail == "" || got.Status != status || got.After < 0 {
			t.Errorf("%+v", got)
		}
		if got.Class == notify.Dead && (status != http.StatusNotFound || !strings.Contains(body, "errorCode") && !strings.Contains(strings.ToLower(body), "errorcode")) {
			t.Errorf("retired by %d %q", status, body)
		}
		if got.Reason != notify.CleanReason(got.Reason) {
			t.Errorf("reason %q", got.Reason)
		}
	})
}

// TestConstructorFitsTheLibrary fails when an update of the library changes what newClient
// relies on.
func TestConstructorFitsTheLibrary(t *testing.T) {
	t.Parallel()
	client, err := newClient(t.Context(), messaging.NewClient, "project", option.WithHTTPClient(&http.Client{}))
	if err != nil || client == nil {
		t.Fatalf("client %v, error %v", client, err)
	}
	type changed struct {
		ProjectID string
		Version   int
		Opts      []option.ClientOption
	}
	_, err = newClient(t.Context(), func(context.Context, *changed) (*messaging.Client, error) {
		t.Error("the constructor was called")
		return nil, nil
	}, "project")
	if err == nil {
		t.Error("a changed configuration was not noticed")
	}
}
