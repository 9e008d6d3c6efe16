package apns

import (
	"net/http"
	"testing"
	"time"

	"example.com/aye/notify"
)

func TestOnlyTwoReasonsRetireAnAddress(t *testing.T) {
	t.Parallel()
	for reason := range judgements {
		for _, status := range []int{400, 403, 404, 405, 410, 413, 429, 500, 503} {
			got := classify(status, reason, time.Unix(1, 0), http.Header{}, time.Time{})
			mayDie := status == http.StatusGone && (reason == "Unregistered" || reason == "ExpiredToken")
			if (got.Class == notify.Dead) != mayDie {
				t.Errorf("%d %s: %s", status, reason, got.Class)
			}
			if !mayDie && !got.Since.IsZero() {
				t.Errorf("%d %s: has a time of death", status, reason)
			}
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add(410, "Unregistered", "30")
	f.Add(503, "", "Sat, 21 Nov 2026 10:01:00 GMT")
	f.Fuzz(func(t *testing.T, status int, reason, after string) {
		header := http.Header{}
		header.Set("Retry-After", after)
		got := classify(status, reason, time.Unix(1, 0), header, time.Unix(1_800_000_000, 0))
		if got.Class == "" || got.Class == notify.Accepted || got.Detail == "" || got.Status != status || got.After < 0 {
			t.Errorf("%+v", got)
		}
		if got.Class == notify.Dead && status != http.StatusGone {
			t.Errorf("retired by %d %q", status, reason)
		}
		if got.Reason != notify.CleanReason(got.Reason) {
			t.Errorf("reason %q", got.Reason)
		}
	})
}

func FuzzHexadecimal(f *testing.F) {
	f.Add("00ff")
	f.Add("../x")
	f.Fuzz(func(t *testing.T, address string) {
		if !hexadecimal(address) {
			return
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://host/3/device/"+address, nil)
		if err != nil || request.URL.Path != "/3/device/"+address || request.URL.RawQuery != "" {
			t.Errorf("%q leads to %v, %v", address, request, err)
		}
	})
}
