package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// asides waits until so many processes hash aside for the story's server: aside COUNT. They are known by the folder that they run in.
func asides(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: aside COUNT")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	folder, err := filepath.EvalSymlinks(ts.MkAbs("."))
	ts.Check(err)
	retry(ts, "hashing aside", func() error {
		all, err := filepath.Glob("/proc/[0-9]*")
		if err != nil {
			return err
		}
		count := 0
		for _, process := range all {
			line, _ := os.ReadFile(filepath.Join(process, "cmdline")) // who has ended is nobody
			where, _ := os.Readlink(filepath.Join(process, "cwd"))
			if where == folder && strings.HasSuffix(string(line), "\x00aside\x00") {
				count++
			}
		}
		if count != want {
			return fmt.Errorf("%d of %d", count, want)
		}
		return nil
	})
}
