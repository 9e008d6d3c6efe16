package sms_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"example.com/aye/sms"
)

// The table of 3GPP TS 23.038 section 6.2.1, row by row, as Unicode's own mapping has it.
const gsm = "@£$¥èéùìòÇ\nØø\rÅå" + "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ" + " !\"#¤%&'()*+,-./" + "0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNO" + "PQRSTUVWXYZÄÖÑÜ§" + "¿abcdefghijklmno" + "pqrstuvwxyzäöñüà"

func TestMeasure(t *testing.T) {
	t.Parallel()
	repeat := strings.Repeat
	for _, test := range []struct {
		name, text string
		encoding   sms.Encoding
		parts      int
	}{
		{"nothing", "", sms.GSM7, 1},
		{"the alphabet", gsm, sms.GSM7, 1},
		{"what takes two", "\f^{}\\[~]|€", sms.GSM7, 1},
		{"a code", "123456 is your code to log in to Tulp & Zoon.\n\n@aye.example.com #123456", sms.GSM7, 1},

		{"160", repeat("a", 160), sms.GSM7, 1},
		{"161", repeat("a", 161), sms.GSM7, 2},
		{"306", repeat("a", 306), sms.GSM7, 2},
		{"307", repeat("a", 307), sms.GSM7, 3},
		{"459", repeat("a", 459), sms.GSM7, 3},
		{"460", repeat("a", 460), sms.GSM7, 4},
		{"80 euros", repeat("€", 80), sms.GSM7, 1},
		{"80 euros and one", repeat("€", 80) + "a", sms.GSM7, 2},
		// 76 pairs are 152 septets: the 77th would be cut in half by the end of the part.
		{"152 euros", repeat("€", 152), sms.GSM7, 2},
		{"153 euros", repeat("€", 153), sms.GSM7, 3},

		{"one letter that is not in it", "ç", sms.UCS2, 1}, // the small one is not, the capital is
		{"a quote", "’", sms.UCS2, 1},
		{"a backtick", "`", sms.UCS2, 1},
		{"a tab", "\t", sms.UCS2, 1},
		{"70", repeat("ł", 70), sms.UCS2, 1},
		{"71", repeat("ł", 71), sms.UCS2, 2},
		{"134", repeat("ł", 134), sms.UCS2, 2},
		{"135", repeat("ł", 135), sms.UCS2, 3},
		{"one changes all", repeat("a", 70) + "ł", sms.UCS2, 2},
		{"35 faces", repeat("😀", 35), sms.UCS2, 1},
		{"36 faces", repeat("😀", 36), sms.UCS2, 2},
		// 33 pairs are 66 units: the 34th would be cut in half.
		{"66 faces", repeat("😀", 66), sms.UCS2, 2},
		{"67 faces", repeat("😀", 67), sms.UCS2, 3},
		{"no text at all", "\xff", sms.UCS2, 1},
	} {
		if encoding, parts := sms.Measure(test.text); encoding != test.encoding || parts != test.parts {
			t.Errorf("%s: %s in %d, want %s in %d", test.name, encoding, parts, test.encoding, test.parts)
		}
	}
}

// FuzzMeasure holds the parts to what must be so, by another way of counting.
func FuzzMeasure(f *testing.F) {
	for _, seed := range []string{"", gsm, "€", strings.Repeat("€", 200), strings.Repeat("😀a", 99), "\xff\x00", strings.Repeat("a€", 107)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		encoding, parts := sms.Measure(text)
		plain := strings.Trim(text, gsm+"\f^{}\\[~]|€") == ""
		size, single, several := len(utf16.Encode([]rune(text))), 70, 67
		if encoding == sms.GSM7 {
			size, single, several = 0, 160, 153
			for _, r := range text {
				size++
				if strings.ContainsRune("\f^{}\\[~]|€", r) {
					size++
				}
			}
		}
		switch {
		case plain && encoding != sms.GSM7:
			t.Fatalf("%q is sent as %s", text, encoding)
		case encoding == sms.GSM7 && strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(gsm+"\f^{}\\[~]|€", r) }):
			t.Fatalf("%q is sent as %s", text, encoding)
		case (parts == 1) != (size <= single):
			t.Fatalf("%d in %d parts", size, parts)
		case parts > 1 && (parts*several < size || (parts-1)*(several-1) >= size):
			t.Fatalf("%d in %d parts", size, parts) // at most one place is left free at the end of a part
		}
	})
}
