//go:build !unix

package gate

import "math"

// OpenFiles is how many files this process may have open; each connection is one.
func OpenFiles() int { return math.MaxInt32 }
