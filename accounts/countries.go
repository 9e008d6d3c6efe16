package accounts

import (
	"maps"
	"slices"

	"github.com/nyaruka/phonenumbers"
)

// Countries gives those of which phone numbers are known, as two letters of ISO 3166-1, sorted.
func Countries() []string {
	return slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions()))
}
