package apns

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

func TestNotification(t *testing.T) {
	t.Parallel()
	for _, kind := range []notify.Kind{notify.MessageApproval, notify.MessageWithdraw, notify.MessageTest, notify.MessageCase} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			n, err := notification(
				notify.Target{Device: "dev_1", Provider: notify.ProviderAPNs, Address: "00ff"}, "com.example.aye",
				message(kind))
			if err != nil {
				t.Fatal(err)
			}
			body, err := json.Marshal(n)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, string(kind), map[string]any{
				"token": n.DeviceToken, "topic": n.Topic, "push_type": n.PushType, "priority": n.Priority,
				"expiration": n.Expiration.Unix(), "collapse_id": n.CollapseID, "body": json.RawMessage(body),
			})
		})
	}
}

func message(kind notify.Kind) notify.Message {
	m := notify.Message{
		Kind: kind, Reference: "apr_0190b7e7c5b17d6f8f7a3f0c1d2e3f40", Device: "dev_1",
		Title: "Accept login request?", Expires: time.Date(2026, 11, 21, 10, 2, 0, 0, time.UTC),
	}
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
