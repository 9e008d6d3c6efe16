package stage_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"example.com/aye/internal/stage"
)

// What was set up with the stand-ins' keys is in the database, so the next stage on it has them too.
func TestTheVendorsOfTextsKeepTheirKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() *stage.Stage {
		t.Helper()
		s, err := stage.New(t.Context(), stage.Options{Dir: dir, Texts: true})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := open()
	roots, err := os.ReadFile(first.Config.SMS.RootsFile)
	if err != nil || strings.Count(string(roots), "BEGIN CERTIFICATE") != 2 || first.Config.SMS.MessageBirdEndpoint != first.MessageBird.URL() || first.Config.SMS.BirdEndpoint != first.Bird.URL() {
		t.Errorf("%+v, %v", first.Config.SMS, err)
	}
	if _, err = first.AddTextProvider(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if err = first.MessageBird.ReportsDone(t.Context()); err != nil || len(first.MessageBird.Calls()) == 0 {
		t.Errorf("%d reports, %v", len(first.MessageBird.Calls()), err)
	}
	if err = first.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	second := open()
	defer func() {
		if err := second.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	if second.MessageBird.Key() != first.MessageBird.Key() || second.MessageBird.Signing() != first.MessageBird.Signing() || second.Bird.Key() != first.Bird.Key() || second.Bird.Signing() != first.Bird.Signing() {
		t.Error("they have other keys")
	}
}
