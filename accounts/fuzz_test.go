package accounts_test

import (
	"bytes"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/aye/accounts"
)

// FuzzNormalNumber: what is taken is a mobile number in E.164 of one country, and stays what it is.
func FuzzNormalNumber(f *testing.F) {
	f.Fuzz(func(t *testing.T, number, locale string) {
		normal, err := accounts.NormalNumber(number, locale)
		if err != nil {
			if !errors.Is(err, accounts.ErrInvalid) || normal != "" {
				t.Fatalf("%q %v", normal, err)
			}
			return
		}
		if !strings.HasPrefix(normal, "+") || len(normal) > 16 || strings.Trim(normal[1:], "0123456789") != "" {
			t.Fatalf("%q is not E.164", normal)
		}
		for _, language := range []string{"", "nl", "en"} {
			if again, err := accounts.NormalNumber(normal, language); err != nil || again != normal {
				t.Errorf("%q becomes %q in %q, %v", normal, again, language, err)
			}
		}
		if len(accounts.CountryOf(normal)) != 2 {
			t.Errorf("%q is of no country", normal)
		}
		masked := accounts.MaskedNumber(normal)
		if !strings.HasSuffix(masked, normal[len(normal)-2:]) || strings.Count(masked, "•") != 6 {
			t.Errorf("%q is shown as %q", normal, masked)
		}
	})
}

// FuzzNormalEmail: what is taken is one address without anything around it, and compares equal to itself however it is written.
func FuzzNormalEmail(f *testing.F) {
	f.Fuzz(func(t *testing.T, address string) {
		normal, err := accounts.NormalEmail(address)
		if err != nil {
			if !errors.Is(err, accounts.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if len(normal) > 254 || !utf8.ValidString(normal) || strings.ContainsAny(normal, " \t\r\n<>,;\"") || strings.Count(normal, "@") != 1 {
			t.Errorf("%q becomes %q", address, normal)
		}
		for _, same := range []string{normal, " " + normal + " ", strings.TrimSpace(address)} {
			if again, err := accounts.NormalEmail(same); err != nil || again != normal {
				t.Errorf("%q becomes %q, then %q, %v", address, normal, again, err)
			}
		}
	})
}

// FuzzReadRoster: every line is either a person or wrong, none is both or neither; and what is shown of one is short.
func FuzzReadRoster(f *testing.F) {
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, wrong, err := accounts.ReadRoster(bytes.NewReader(text))
		if err != nil {
			roster := new(accounts.RosterError)
			if !errors.As(err, &roster) || len(rows)+len(wrong) > 0 || utf8.RuneCountInString(roster.Value) > 61 {
				t.Fatalf("%d rows, %d wrong, %v", len(rows), len(wrong), err)
			}
			return
		}
		if len(rows)+len(wrong) > accounts.MaxRosterLines {
			t.Fatalf("%d lines", len(rows)+len(wrong))
		}
		lines := map[int]bool{}
		last := bytes.Count(text, []byte("\n")) + bytes.Count(text, []byte("\r")) + 1
		for _, row := range rows {
			if lines[row.Line] || row.Line < 2 || row.Line > last {
				t.Errorf("line %d", row.Line)
			}
			lines[row.Line] = true
			for _, value := range []string{row.Email, row.Name, string(row.Role), row.Language} {
				if value != strings.TrimSpace(value) || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
					t.Errorf("%q", value)
				}
			}
		}
		for _, one := range wrong {
			if lines[one.Line] || one.Line < 2 || one.Line > last || utf8.RuneCountInString(one.Value) > 61 {
				t.Errorf("%+v", one)
			}
		}
	})
}

// FuzzNewLogo: nothing is taken that a browser could take for a page or a script.
func FuzzNewLogo(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		logo, err := accounts.NewLogo(data)
		if err != nil {
			if !errors.Is(err, accounts.ErrInvalid) || logo.Data != nil {
				t.Fatal(err)
			}
			return
		}
		begin := map[string]string{"image/png": "\x89PNG", "image/jpeg": "\xff\xd8\xff", "image/webp": "RIFF"}[logo.Type]
		if begin == "" || !bytes.HasPrefix(data, []byte(begin)) || !bytes.Equal(logo.Data, data) || len(data) > accounts.MaxLogo {
			t.Errorf("%d bytes are taken for %q", len(data), logo.Type)
		}
	})
}

// FuzzNetworkOf: an address belongs to its own network, and so do its neighbours; what is none has a count too.
func FuzzNetworkOf(f *testing.F) {
	f.Fuzz(func(t *testing.T, ip string) {
		got := accounts.NetworkOf(ip)
		address, err := netip.ParseAddr(ip)
		if err != nil {
			if got != "unknown" {
				t.Errorf("%q is in %q", ip, got)
			}
			return
		}
		network, err := netip.ParsePrefix(got)
		if err != nil || !network.Contains(address.Unmap().WithZone("")) || (network.Bits() != 24 && network.Bits() != 64) {
			t.Fatalf("%q is in %q, %v", ip, got, err)
		}
		if first := accounts.NetworkOf(network.Addr().String()); first != got {
			t.Errorf("%q is in %q, its first address in %q", ip, got, first)
		}
	})
}

// FuzzApplication: an origin that is taken is one that a browser can send, and an address is one of the web.
func FuzzApplication(f *testing.F) {
	f.Fuzz(func(t *testing.T, name, origin, address string) {
		a := accounts.Application{Name: name, Origins: []string{origin}, WebhookURL: address, Link: address}
		if err := a.Validate(); err != nil {
			if !errors.Is(err, accounts.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		u, err := url.Parse(origin)
		if err != nil || u.Path+u.RawQuery+u.Fragment != "" || u.User != nil || strings.ToLower(origin) != origin || strings.Contains(origin, "*") || strings.ContainsAny(origin, " \\@?#") || u.Hostname() == "" {
			t.Errorf("no browser sends the origin %q", origin)
		}
		if (u.Scheme == "https" && u.Port() == "443") || (u.Scheme == "http" && u.Port() == "80") || strings.HasSuffix(origin, ":") {
			t.Errorf("browsers leave the port out of %q", origin)
		}
		if slices.ContainsFunc([]byte(origin), func(b byte) bool { return b <= ' ' || b >= 0x7f }) {
			t.Errorf("browsers write %q in other letters", origin)
		}
		if !a.Allows(origin) || a.Allows("") || a.Allows(origin+".evil.example") || a.Allows("null") {
			t.Errorf("%q", origin)
		}
		if address == "" {
			return
		}
		if u, err = url.Parse(address); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
			t.Errorf("%q is called", address)
		}
	})
}

// FuzzVersion: versions that are taken can be put in an order.
func FuzzVersion(f *testing.F) {
	f.Fuzz(func(t *testing.T, least, version string) {
		if !accounts.ValidVersion(least) || !accounts.ValidVersion(version) {
			return
		}
		if len(version) > 64 || strings.ContainsAny(version, " \n\x00") {
			t.Errorf("%q", version)
		}
		takes := func(least, version string) bool {
			return accounts.Organisation{MinimumAppVersion: least}.TakesApp(version)
		}
		if !takes(least, least) || (!takes(least, version) && !takes(version, least)) {
			t.Errorf("%q and %q have no order", least, version)
		}
	})
}
