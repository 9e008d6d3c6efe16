package page

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
)

// Whatever colour an organisation chooses, words in it and on it can be read (WCAG 2.2, 1.4.3).
func TestLookCanBeRead(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`--(accent|accent-ink|accent-wash):(#[0-9a-f]{6})`)
	for red := 0; red < 256; red += 15 {
		for green := 0; green < 256; green += 15 {
			for blue := 0; blue < 256; blue += 15 {
				chosen := fmt.Sprintf("#%02x%02x%02x", red, green, blue)
				for i, sheet := range strings.Split(Look(chosen), "\n")[:2] {
					found := map[string]colour{}
					for _, one := range named.FindAllStringSubmatch(sheet, -1) {
						found[one[1]] = parse(one[2])
					}
					grounds := [][]colour{{parse("#f3f5f6"), white}, {parse("#10161b"), parse("#182027")}}[i]
					for what, ratio := range map[string]float64{
						"on the page": contrast(found["accent"], grounds[0]), "on a card": contrast(found["accent"], grounds[1]),
						"on the wash": contrast(found["accent"], found["accent-wash"]), "on a button": contrast(found["accent-ink"], found["accent"]),
					} {
						if ratio < 4.5 {
							t.Fatalf("%s, sheet %d: %.2f %s", chosen, i, ratio, what)
						}
					}
				}
			}
		}
	}
}

// Only a colour becomes a style sheet.
func TestLookTakesColoursAlone(t *testing.T) {
	t.Parallel()
	for _, hex := range []string{"", "red", "#fff", "#12345g", "123456#", "#123456;}body{display:none", "# 12345", "#+12345", "#1_3456"} {
		if sheet := Look(hex); sheet != "" {
			t.Errorf("%q became %s", hex, sheet)
		}
	}
}

// The contrast is that of the standard's own examples.
func TestContrast(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#767676", "#ffffff", 4.54}, {"#ff0000", "#ffffff", 4.0}} {
		if got := contrast(parse(one.a), parse(one.b)); math.Abs(got-one.want) > 0.01 {
			t.Errorf("%s on %s: %.2f, want %.2f", one.a, one.b, got, one.want)
		}
	}
}
