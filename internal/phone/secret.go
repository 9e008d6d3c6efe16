package phone

import "log/slog"

// Secret is a text that does not print itself: a key, a code, a push address. This phone
// has its own type for it, because it shares no code with the server.
type Secret string

const redacted = "[secret]"

// Reveal gives the text itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the text from fmt.
func (s Secret) String() string { return redacted }

// GoString hides the text from fmt's %#v.
func (s Secret) GoString() string { return redacted }

// LogValue hides the text from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON hides the text from encoding/json.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
