package notify_test

import (
	"strings"
	"testing"
	"time"

	"example.com/aye/notify"
)

func TestRouteOfTarget(t *testing.T) {
	t.Parallel()
	tests := map[notify.Target]notify.Route{
		{Provider: "fcm", App: "a", Environment: "sandbox"}:  {Provider: "fcm", App: "a"},
		{Provider: "apns", App: "a", Environment: "sandbox"}: {Provider: "apns", App: "a", Environment: "sandbox"},
		{Provider: "none"}: {Provider: "none"},
	}
	for target, want := range tests {
		if got := target.Route(); got != want {
			t.Errorf("%+v: %+v", target, got)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	tests := map[string]time.Duration{
		"":                              0,
		"30":                            30 * time.Second,
		"0":                             0,
		"-5":                            0,
		"soon":                          0,
		"99999999999999":                0,
		"Sat, 21 Nov 2026 10:01:00 GMT": time.Minute,
		"Sat, 21 Nov 2026 09:00:00 GMT": 0,
	}
	for value, want := range tests {
		if got := notify.RetryAfter(value, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func FuzzCleanReason(f *testing.F) {
	for _, seed := range []string{"", "Unregistered", "THIRD_PARTY_AUTH_ERROR", "a\nb", "<html>", strings.Repeat("A", 41)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, code string) {
		got := notify.CleanReason(code)
		if got == "" || len(got) > notify.MaxReason || strings.ContainsAny(got, "\n\r\t \"'<>{}=") {
			t.Errorf("%q became %q", code, got)
		}
		if notify.CleanReason(got) != got {
			t.Errorf("%q is not stable", got)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("30")
	f.Add("Sat, 21 Nov 2026 10:01:00 GMT")
	f.Fuzz(func(t *testing.T, value string) {
		if got := notify.RetryAfter(value, time.Unix(1_800_000_000, 0)); got < 0 {
			t.Errorf("%q: %v", value, got)
		}
	})
}
