package accounts

import (
	_ "embed" // the list
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// The list is in lower case; where it comes from stands beside it.
//
//go:embed passwords/common.txt
var commonList string

var commonPasswords = sync.OnceValue(func() map[string]struct{} {
	words := strings.Fields(commonList)
	all := make(map[string]struct{}, len(words))
	for _, word := range words {
		all[word] = struct{}{}
	}
	return all
})

// common tells whether a text in lower case is a password that is tried early: one of the list,
// also with digits or punctuation around it, or a few characters over and over.
func common(text string) bool {
	if listed(text) || listed(strings.TrimFunc(text, func(r rune) bool { return !unicode.IsLetter(r) })) {
		return true
	}
	piece := period(text)
	return listed(piece) || (utf8.RuneCountInString(piece) < MinimumPasswordBesideFactor && 2*len(piece) <= len(text))
}

func listed(text string) bool {
	_, found := commonPasswords()[text]
	return found
}

// period is the shortest beginning of the text that, over and over, makes the text; at the end a part of it may stand.
func period(text string) string {
	runes := []rune(text)
	for n := 1; n < len(runes); n++ {
		same := true
		for i := n; i < len(runes) && same; i++ {
			same = runes[i] == runes[i-n]
		}
		if same {
			return string(runes[:n])
		}
	}
	return text
}
