package aside

import (
	"os"
	"strconv"
	"syscall"
)

// nice is the process's: where all want the processor at one time it has a tenth of what another has, and all of it where nobody does.
// It is never without any, so a hash may be late and does come.
const nice = 10

// yield gives all threads of this process less weight. On Linux each has its own, and has it from the one that made it, so they are
// looked for until there is no new one. Where the system forbids that (a unit may), the process has the same weight as others.
func yield() {
	done := map[int]bool{}
	for before := -1; before < len(done); {
		before = len(done)
		all, _ := os.ReadDir("/proc/self/task")
		for _, each := range all {
			if thread, err := strconv.Atoi(each.Name()); err == nil && !done[thread] {
				_ = syscall.Setpriority(syscall.PRIO_PROCESS, thread, nice)
				done[thread] = true
			}
		}
	}
}
