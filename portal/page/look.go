package page

import (
	"fmt"
	"math"
	"strconv"
)

// colour is of the sRGB screen, each part from 0 to 1.
type colour [3]float64

var (
	white = colour{1, 1, 1}
	black = colour{}
	// The grounds that links stand on, see portal.css.
	lightGround = parse("#f3f5f6")
	darkGround  = parse("#182027")
)

// Look is the style sheet for an organisation's colour, "#rrggbb". The colour is taken as near as
// it can be read: darker on light pages and lighter on dark ones until the contrast is enough
// (WCAG 2.2, 1.4.3), so that nobody can choose a colour that hides the words.
func Look(hex string) string {
	chosen, ok := read(hex)
	if !ok {
		return ""
	}
	return fmt.Sprintf(":root{%s}\n@media (prefers-color-scheme:dark){:root{%s}}\n", accent(chosen, lightGround, white, black), accent(chosen, darkGround, darkGround, white))
}

// enough is the contrast that small letters need, and a little more, because washes take some.
const enough = 5.2

func accent(chosen, ground, wash, towards colour) string {
	readable := chosen
	var ink, behind colour
	for step := 0; step <= 100; step++ {
		readable = mix(chosen, towards, float64(step)/100)
		behind = mix(wash, readable, 0.12)
		if contrast(readable, ground) >= enough && contrast(readable, behind) >= enough {
			break
		}
	}
	if ink = white; contrast(black, readable) > contrast(white, readable) {
		ink = black
	}
	return fmt.Sprintf("--accent:%s;--accent-ink:%s;--accent-wash:%s", readable, ink, behind)
}

// String is how style sheets write it.
func (c colour) String() string {
	part := func(p float64) int { return int(math.Round(p * 255)) }
	return fmt.Sprintf("#%02x%02x%02x", part(c[0]), part(c[1]), part(c[2]))
}

func parse(hex string) colour { c, _ := read(hex); return c }

func read(hex string) (c colour, ok bool) {
	if len(hex) != 7 || hex[0] != '#' {
		return c, false
	}
	for i := range c {
		part, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return c, false
		}
		c[i] = float64(part) / 255
	}
	return c, true
}

func mix(from, to colour, share float64) (c colour) {
	for i := range c {
		c[i] = from[i] + (to[i]-from[i])*share
	}
	return c
}

// contrast is that of WCAG 2.2, from 1 to 21.
func contrast(a, b colour) float64 {
	light, dark := luminance(a), luminance(b)
	if light < dark {
		light, dark = dark, light
	}
	return (light + 0.05) / (dark + 0.05)
}

func luminance(c colour) float64 {
	linear := func(p float64) float64 {
		if p <= 0.04045 {
			return p / 12.92
		}
		return math.Pow((p+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}
