package support

import "example.com/aye/accounts"

// Told is what the person may know of a case.
type Told struct {
	Case
	Organisation accounts.Organisation
	// Agent is the name of who opened it.
	Agent string
}
