package secret

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Secret is a text that must not be seen: a token, a code, a key, a phone's push
// address. Every way in which Go prints a value prints "[secret]" instead; the only
// way to the text is [Secret.Reveal], which is easy to search for.
type Secret string

const redacted = "[secret]"

// Reveal gives the text itself.
func (s Secret) Reveal() string { return string(s) }

// Format hides the text from fmt with whatever verb: one that does not fit a text, such as
// %d, would show it in the complaint. Only %p and %w do not ask, and go vet refuses those.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String hides the text from what asks for one.
func (s Secret) String() string { return redacted }

// GoString hides the text from fmt's %#v.
func (s Secret) GoString() string { return redacted }

// MarshalText hides the text from encoding/xml and its kin.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON hides the text from encoding/json.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// LogValue hides the text from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
