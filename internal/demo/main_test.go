package demo_test

import (
	"testing"

	"example.com/aye/internal/browser"
)

func TestMain(m *testing.M) { browser.Main(m) }
