package portal

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
)

// FuzzLocal: where a person is sent on to is an address of this portal, as browsers read it.
func FuzzLocal(f *testing.F) {
	base, _ := url.Parse("https://aye.example.com/login?next=x")
	f.Fuzz(func(t *testing.T, next string) {
		got := local(next)
		if got == "" {
			return
		}
		// A browser drops tabs and line breaks, takes \\ for /, and blanks around an address away.
		read := strings.NewReplacer("\t", "", "\r", "", "\n", "", "\\", "/").Replace(strings.TrimFunc(got, func(r rune) bool { return r <= ' ' }))
		there, err := base.Parse(read)
		if got != next || err != nil || there.Host != base.Host || there.Scheme != base.Scheme || strings.HasPrefix(read, "//") {
			t.Errorf("%q leads to %v, %v", next, there, err)
		}
	})
}

// FuzzRules: whatever the form says, what goes on to be stored is what the domain takes, and all else is said beside its field.
func FuzzRules(f *testing.F) {
	before := accounts.Organisation{ID: "org_1", Name: "Tulip", Profile: accounts.Standard, Locale: "en", Methods: []accounts.SecondFactor{accounts.TOTP}}
	f.Fuzz(func(t *testing.T, form string) {
		values, err := url.ParseQuery(form)
		if err != nil {
			return
		}
		fields := map[string]string{}
		for name := range values {
			fields[name] = values.Get(name)
		}
		after, faults := rulesOf(before, fields)
		if err := after.ValidateRules(); err != nil && !faults.Failed() {
			t.Errorf("%q is stored, and %v", form, err)
		}
		if after.ID != before.ID || after.Name != before.Name {
			t.Errorf("the form changes what is none of its fields: %+v", after)
		}
		if from := after.SecondFactorFrom; !from.IsZero() && (from.Year() < 2000 || from.Year() > 2100) {
			t.Errorf("from %v", from)
		}
	})
}

// FuzzDay: a day is one of the calendar, and an address of the log has what the fields had.
func FuzzDay(f *testing.F) {
	f.Fuzz(func(t *testing.T, text, whom string) {
		faults := page.Faults{}
		day := dayOf(text, "from", faults)
		if faults.Failed() != (day.IsZero() && text != "") {
			t.Errorf("%q is %v", text, day)
		}
		if !day.IsZero() && day.Format(time.DateOnly) != text {
			t.Errorf("%q is %v", text, day)
		}
		address, err := url.Parse(auditAddress(map[string]string{"from": text, "whom": whom}, 0))
		if err != nil || address.Path != "/manage/audit" || address.Query().Get("whom") != whom || address.Query().Get("from") != text || address.Fragment != "" {
			t.Errorf("%q and %q become %v, %v", text, whom, address, err)
		}
	})
}

// FuzzForm: a form is read whole, as another reader reads it, or it is refused; nothing of half a form counts.
func FuzzForm(f *testing.F) {
	f.Fuzz(func(t *testing.T, kind, body string) {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		request.Header.Set(echo.HeaderContentType, kind)
		c := echo.New().NewContext(request, httptest.NewRecorder())
		called := false
		err := read(0, func(c echo.Context) error {
			called = true
			_ = form(c, "password")
			return nil
		})(c)
		if called != (err == nil) {
			t.Fatalf("read and refused: %v", err)
		}
		if err != nil {
			if err != errForm && err != errTooLarge { //nolint:errorlint // as they are
				t.Fatal(err)
			}
			return
		}
		if len(body) > maxBody {
			t.Errorf("%d bytes are taken", len(body))
		}
		if media, _, _ := strings.Cut(kind, ";"); strings.EqualFold(strings.TrimSpace(media), echo.MIMEApplicationForm) {
			values, err := url.ParseQuery(body)
			if err != nil || values.Get("password") != request.PostForm.Get("password") {
				t.Errorf("%q is read as %v, %v", body, request.PostForm, err)
			}
		}
	})
}
