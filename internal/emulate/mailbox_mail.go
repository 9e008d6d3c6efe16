package emulate

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// readMail reads a mail as it came: its headers, and the last part of each kind that it has.
func readMail(r io.Reader) (Mail, error) {
	message, err := mail.ReadMessage(r)
	if err != nil {
		return Mail{}, err
	}
	var words mime.WordDecoder
	var read Mail
	for name, to := range map[string]*string{"Subject": &read.Subject, "From": &read.From} {
		if *to, err = words.DecodeHeader(message.Header.Get(name)); err != nil {
			return Mail{}, err
		}
	}
	return read, read.part(message.Header.Get("Content-Type"), message.Header.Get("Content-Transfer-Encoding"), message.Body, 0)
}

// part reads a body, and those within it.
func (m *Mail) part(contentType, encoding string, body io.Reader, depth int) error {
	if contentType == "" {
		contentType = "text/plain"
	}
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		return m.parts(multipart.NewReader(body, parameters["boundary"]), depth+1)
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	switch kind {
	case "text/plain":
		m.Text = text
	case "text/html":
		m.HTML = text
	}
	return nil
}

// deepest is how many parts may be within one another.
const deepest = 5

func (m *Mail) parts(reader *multipart.Reader, depth int) error {
	if depth > deepest {
		return fmt.Errorf("parts are more than %d deep", deepest)
	}
	for {
		next, err := reader.NextRawPart() // part decodes
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err = m.part(next.Header.Get("Content-Type"), next.Header.Get("Content-Transfer-Encoding"), next, depth); err != nil {
			return err
		}
	}
}
