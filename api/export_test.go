package api

import (
	"example.com/aye/accounts"
	"example.com/aye/sms"
)

// What tests outside this package need of the inside.

// Routes are the routes as "METHOD /path/:id".
func Routes() map[string]bool {
	all := map[string]bool{}
	for _, r := range new(Server).routes() {
		all[r.method+" "+r.path] = true
	}
	return all
}

// Rows is the table of errors.
func Rows() map[error]string {
	rows := map[error]string{}
	for _, row := range codes {
		rows[row.err] = row.code
	}
	return rows
}

// ProblemCodes are the codes that have a page, with their status.
func ProblemCodes() map[string]int {
	all := map[string]int{}
	for _, p := range problems {
		all[p.code] = p.status
	}
	return all
}

// CodeOf is what the error is answered with.
func CodeOf(err error) string {
	code, _ := codeOf(err)
	return code
}

// FieldError is an error about one field.
func FieldError() error { return invalidField("/field", "must be right") }

// TextManager is what an application may do with text messages.
func TextManager(a accounts.Application) sms.Authority { return textManager{a} }

// Contract is openapi.yaml.
func Contract() []byte { return contract }
