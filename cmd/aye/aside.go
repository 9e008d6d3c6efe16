package main

import (
	"os"
	"runtime"

	"example.com/aye/internal/aside"
)

type asideCommand struct{}

// Run hashes what the server asks for on standard input, until that ends. It does not hear signals: those of a terminal come to it too,
// and the server may have something to finish.
func (asideCommand) Run(env *environment) error { return aside.Serve(env.stdin, env.stdout) }

// again is this program with another command, and nothing where it is not known.
func again(command string) aside.Program {
	file, err := os.Executable()
	if runtime.GOOS == "linux" {
		file, err = "/proc/self/exe", nil // this very one, also when another version was put in its place
	}
	if err != nil {
		return aside.Program{}
	}
	return aside.Program{File: file, Arguments: []string{os.Args[0], command}}
}
