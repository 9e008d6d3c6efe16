package emulate

import (
	"testing"

	"example.com/aye/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }
