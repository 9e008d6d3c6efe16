package store

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// plain puts the sign for something unknown in the place of what PostgreSQL keeps in no text: U+0000, and bytes that are no
// UTF-8. Who asks for an id with such a sign in it finds nothing, as on SQLite, and a browser whose name has one is let in.
func (p *pool) plain(args []any) []any {
	if p.shaken == nil { // SQLite keeps any bytes
		return args
	}
	copied := false
	for i, arg := range args {
		var before string
		switch value := arg.(type) {
		case []string:
			if after := plainTexts(value); after != nil {
				if !copied {
					args, copied = slices.Clone(args), true
				}
				args[i] = after
			}
			continue
		case string:
			before = value
		case reference:
			before = string(value)
		default: // made by us
			continue
		}
		after := plainText(before)
		if after == before {
			continue
		}
		if !copied { // they are the caller's
			args, copied = slices.Clone(args), true
		}
		args[i] = after
	}
	return args
}

// plainTexts gives the texts where one of them must be another.
func plainTexts(texts []string) (after []string) {
	for i, text := range texts {
		if plain := plainText(text); plain != text {
			if after == nil {
				after = slices.Clone(texts)
			}
			after[i] = plain
		}
	}
	return after
}

func plainText(text string) string {
	if utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
}
