//go:build screenshots

package demo_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var shots = flag.String("shots", "", "a folder for pictures of every page, for people to look at")

// TestScreenshots makes the pictures:
//
//	go test -tags screenshots ./internal/demo -run TestScreenshots -args -shots DIR
func TestScreenshots(t *testing.T) {
	if *shots == "" {
		t.Fatal("say where the pictures go: -args -shots DIR")
	}
	for _, language := range []string{"en", "nl"} {
		walkThrough(t, language, func(b *tab, scene string) {
			for _, dark := range []bool{false, true} {
				for _, width := range []int64{390, 1280} {
					b.looks(width, 860, 1, dark)
					name := strings.Join([]string{scene, language, map[bool]string{true: "dark", false: "light"}[dark], map[bool]string{true: "wide", false: "narrow"}[width > 400]}, "-")
					if err := os.WriteFile(filepath.Join(*shots, name+".png"), b.Whole(), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}
