package api

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/skip2/go-qrcode"
)

type qrJSON struct {
	PNG string `json:"png"`
	SVG string `json:"svg"`
}

// modulePixels is the size of a module of the PNG: a reader needs three or four, and a
// screen with many pixels shows it half as large.
const modulePixels = 8

// newQR draws the code in both forms, in black on white with the quiet zone that readers
// need (ISO/IEC 18004: four modules).
func newQR(text string) (qrJSON, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return qrJSON{}, fmt.Errorf("qr code: %w", err)
	}
	png, err := code.PNG(-modulePixels)
	if err != nil {
		return qrJSON{}, fmt.Errorf("qr code: %w", err)
	}
	return qrJSON{PNG: "data:image/png;base64," + base64.StdEncoding.EncodeToString(png), SVG: svg(code.Bitmap())}, nil
}

// svg draws each run of black modules of a row as one rectangle of a single path.
func svg(modules [][]bool) string {
	var path strings.Builder
	for y, row := range modules {
		for x := 0; x < len(row); {
			run := 0
			for x+run < len(row) && row[x+run] {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x, y, run, run)
			}
			x += max(run, 1)
		}
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges" role="img" aria-label="QR code"><path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="%[2]s"/></svg>`, len(modules), path.String())
}
