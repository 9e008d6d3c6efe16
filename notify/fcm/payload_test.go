package fcm

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/aye/notify"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestPayload(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		address string
		kind    notify.Kind
		expires time.Time
	}{
		"approval":     {notify.AddressToken, notify.MessageApproval, now.Add(119*time.Second + 300*time.Millisecond)},
		"withdraw":     {notify.AddressToken, notify.MessageWithdraw, now.Add(time.Minute)},
		"test":         {notify.AddressToken, notify.MessageTest, now.Add(time.Minute)},
		"case":         {notify.AddressToken, notify.MessageCase, now.Add(24 * time.Hour)},
		"installation": {notify.AddressFID, notify.MessageApproval, now.Add(time.Minute)},
		"late":         {notify.AddressToken, notify.MessageApproval, now.Add(-time.Minute)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, payload(
				notify.Target{Device: "dev_1", Provider: notify.ProviderFCM, Kind: test.address, Address: "an-address"},
				message(test.kind, test.expires), now))
		})
	}
}

func message(kind notify.Kind, expires time.Time) notify.Message {
	m := notify.Message{Kind: kind, Reference: "apr_0190b7e7c5b17d6f8f7a3f0c1d2e3f40", Device: "dev_1", Title: "Accept login request?", Expires: expires}
	if kind == notify.MessageCase {
		m.Reference, m.Title = "case_0190b7e7c5b17d6f8f7a3f0c1d2e3f41", "Somebody asked support for help in your name"
	}
	return m
}

func golden(t *testing.T, name string, value any) {
	t.Helper()
	got, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	file := filepath.Join("testdata", name+".json")
	if *update {
		if err = os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(bytes.TrimSpace(want)), string(bytes.TrimSpace(got))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
