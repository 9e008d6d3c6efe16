package sms

import (
	"strings"
	"unicode/utf16"
)

// How long a part is, in septets and in units of UTF-16; a message of several has a header in each
// (3GPP TS 23.040 section 9.2.3.24.1).
const (
	septets, septetsOfSeveral = 160, 153
	units, unitsOfSeveral     = 70, 67
)

// The default alphabet of 3GPP TS 23.038 section 6.2.1, and what takes two septets by section 6.2.1.1.
const (
	alphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extension = "\f^{}\\[~]|€"
)

// Measure gives how a text is sent, and in how many parts.
func Measure(text string) (Encoding, int) {
	widths, encoding := make([]int, 0, len(text)), GSM7
	for _, r := range text {
		switch {
		case strings.ContainsRune(alphabet, r):
			widths = append(widths, 1)
		case strings.ContainsRune(extension, r):
			widths = append(widths, 2)
		default:
			encoding = UCS2
		}
	}
	if encoding == GSM7 {
		return GSM7, parts(widths, septets, septetsOfSeveral)
	}
	widths = widths[:0]
	for _, r := range text {
		widths = append(widths, utf16.RuneLen(r))
	}
	return UCS2, parts(widths, units, unitsOfSeveral)
}

// parts counts them. What takes two is never cut in half by the end of a part.
func parts(widths []int, single, several int) int {
	whole := 0
	for _, w := range widths {
		whole += w
	}
	if whole <= single {
		return 1
	}
	count, used := 1, 0
	for _, w := range widths {
		if used+w > several {
			count, used = count+1, 0
		}
		used += w
	}
	return count
}
