package page

import (
	"fmt"
	"html/template"
)

// icons are line drawings of 24 by 24, one path each. They stand beside words and are hidden
// from screen readers.
var icons = map[string]string{
	"alert":   "M12 4 2.8 20h18.4L12 4zm0 6v4.5m0 2.7v.1",
	"apps":    "M4 4h6.5v6.5H4zM13.5 4H20v6.5h-6.5zM4 13.5h6.5V20H4zM13.5 13.5H20V20h-6.5z",
	"arrow":   "M5 12h14m-6-6 6 6-6 6",
	"check":   "m5 12.5 4.7 4.7L19.5 7",
	"clock":   "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zm0 4V12l3 2",
	"code":    "M4 6.5h16v11H4zM8 10v4m4-4v4m4-4v4",
	"coins":   "M4 7c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zm0 0v10c0 1.7 3.6 3 8 3s8-1.3 8-3V7M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3",
	"cross":   "m6 6 12 12M18 6 6 18",
	"globe":   "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM3.5 12h17M12 3.5c5 5 5 12 0 17-5-5-5-12 0-17z",
	"info":    "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zm0 7.5v5m0-8.4v.1",
	"key":     "M15.5 3.5a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12 12l-8 8m2-2 2.5 2.5M9 15l2 2",
	"lock":    "M6 10.5h12V20H6zM8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5",
	"mail":    "M3.5 6h17v12h-17zm0 .5L12 13l8.5-6.5",
	"message": "M4 5h16v11.5H10.5L6 20.5v-4H4zM8 9.5h8M8 12.5h5",
	"people":  "M9 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2.5 20a6.5 6.5 0 0 1 13 0M15.5 5a3.3 3.3 0 0 1 0 6.3M18 14.5a6 6 0 0 1 3.5 5.5",
	"person":  "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
	"phone":   "M7.5 2.5h9v19h-9zM11 18.5h2",
	"plus":    "M12 5v14M5 12h14",
	"printer": "M7 9V3.5h10V9M7 17H3.5V9h17v8H17M7 14h10v6.5H7z",
	"shield":  "M12 3 4.5 6v5.5c0 4.6 3.1 7.9 7.5 9.5 4.4-1.6 7.5-4.9 7.5-9.5V6L12 3zm-3.3 9 2.4 2.4 4.3-4.6",
}

func icon(name string) (template.HTML, error) {
	path, ok := icons[name]
	if !ok {
		return "", fmt.Errorf("no icon %q", name)
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="` + path + `"/></svg>`), nil //nolint:gosec // ours
}
