package app

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

func TestPlaces(t *testing.T) {
	t.Parallel()
	names := func(name string) mmdbtype.Map {
		return mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(name)}}
	}
	country := mmdbtype.Map{"country": names("Netherlands")}
	city := mmdbtype.Map{"country": names("Netherlands"), "city": names("Utrecht")}
	for kind, record := range map[string]mmdbtype.Map{"GeoLite2-City": city, "GeoLite2-Country": country} {
		want := map[string]string{"GeoLite2-City": "Utrecht, Netherlands", "GeoLite2-Country": "Netherlands"}[kind]
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p, err := openPlaces(database(t, kind, record))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = p.close() }()
			for ip, place := range map[string]string{"203.0.113.7": want, "198.51.100.1": "", "": "", "2001:db8::1": ""} {
				if got := p.Place(ip); got != place {
					t.Errorf("%s is at %q, want %q", ip, got, place)
				}
			}
		})
	}
	for name, file := range map[string]string{"no file": "none.mmdb", "of something else": database(t, "GeoLite2-ASN", mmdbtype.Map{})} {
		if _, err := openPlaces(file); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if p, err := openPlaces(""); err != nil || p.Place("203.0.113.7") != "" {
		t.Error("without a file nothing is known", err)
	}
}

func database(t testing.TB, kind string, record mmdbtype.Map) string {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, IncludeReservedNetworks: true, RecordSize: 24})
	if err != nil {
		t.Fatal(err)
	}
	_, network, _ := net.ParseCIDR("203.0.113.0/24")
	if err = tree.Insert(network, record); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), kind+".mmdb"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if _, err := tree.WriteTo(file); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}
