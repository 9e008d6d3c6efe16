//go:build screenshots

package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"example.com/aye/portal/locales"
)

var (
	shots = flag.String("shots", "", "a folder for pictures of every page, for people to look at")
	only  = flag.String("only", "", "the beginning of the names of the stories; empty for all")
)

// TestScreenshots makes the pictures:
//
//	go test -tags screenshots ./portal/storybook -run TestScreenshots -args -shots DIR
func TestScreenshots(t *testing.T) {
	if *shots == "" {
		t.Fatal("say where the pictures go: -args -shots DIR")
	}
	address, ctx := serving(t), open(t)
	for _, one := range stories() {
		if !strings.HasPrefix(one.name, *only) {
			continue
		}
		for _, locale := range locales.All {
			for _, dark := range []bool{false, true} {
				for _, width := range []int64{360, 1280} {
					name := strings.Join([]string{
						strings.ReplaceAll(one.name, "/", "-"), locale, map[bool]string{true: "dark", false: "light"}[dark], map[bool]string{true: "wide", false: "narrow"}[width > 400],
					}, "-")
					looks(t, ctx, width, dark)
					limited, cancel := context.WithTimeout(ctx, patience)
					err := chromedp.Do(limited, chromedp.Navigate(address+"/"+locale+"/"+one.name))
					var png []byte
					if err == nil {
						png, err = chromedp.Run(limited, chromedp.FullScreenshot(100))
					}
					cancel()
					if err == nil {
						err = os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o600)
					}
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
				}
			}
		}
	}
}
