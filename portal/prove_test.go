package portal_test

import (
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/portal"
)

// TestTextsAbout: what the person is on the way to says what a text message is for, and so who pays.
func TestTextsAbout(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]accounts.TextPurpose{
		"/security/push": accounts.TextRelink, "/security/push/done": accounts.TextRelink,
		"/security/apps": accounts.TextAuthenticator, "/security/apps/new": accounts.TextAuthenticator,
		"/security/phones/link": accounts.TextNewPhone, "/security/phones/replace": accounts.TextNewPhone, "/security/phones": accounts.TextSecurity,
		"/security/number": accounts.TextNewNumber, "/security/number/code": accounts.TextNewNumber,
		"/security": accounts.TextSecurity, "/security/password": accounts.TextSecurity, "/manage/rules": accounts.TextSecurity, "": accounts.TextSecurity,
		"/login?next=/security/push": accounts.TextSecurity,
	} {
		ayetest.Same(t, next, portal.TextsAbout(next), want)
	}
}
