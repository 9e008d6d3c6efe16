package aside_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/aye/internal/ayetest"
)

// All threads of the process have less weight than the server's, also those that came later, and the server's settings are not there.
func TestItYields(t *testing.T) {
	t.Setenv("AYE_KEY", "a secret")
	w := begin(t, program(t, "good"))
	for range 8 {
		w.makes(t)
	}
	folder := fmt.Sprintf("/proc/%d", w.Running())
	threads, err := filepath.Glob(folder + "/task/*/stat")
	ayetest.Fails(t, err, nil)
	for _, thread := range append(threads, folder+"/stat") {
		text, err := os.ReadFile(thread)
		ayetest.Fails(t, err, nil)
		_, rest, _ := strings.Cut(string(text), ") ")
		ayetest.Same(t, thread, strings.Fields(rest)[16], "10") // nice, the 19th field of proc(5)
	}
	if environment, err := os.ReadFile(folder + "/environ"); err != nil || len(environment) != 0 {
		t.Errorf("it knows %q (%v)", environment, err)
	}
}
