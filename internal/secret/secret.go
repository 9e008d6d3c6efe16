package secret

import (
	"encoding/json"
	"log/slog"
)

// Secret is a text that must not be seen: a token, a code, a key, a phone's push
// address. Every way in which Go prints a value prints "[secret]" instead; the only
// way to the text is [Secret.Reveal], which is easy to search for.
type Secret string

const redacted = "[secret]"

// Reveal gives the text itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the text from fmt.
func (s Secret) String() string { return redacted }

// GoString hides the text from fmt's %#v.
func (s Secret) GoString() string { return redacted }

// MarshalJSON hides the text from encoding/json.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// LogValue hides the text from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
