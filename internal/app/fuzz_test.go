package app

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// FuzzConfigFile: a file of settings is read, or refused by a word on what is wrong; what is taken is within its bounds.
func FuzzConfigFile(f *testing.F) {
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(dir, "aye.yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := LoadConfig(path, nil, nil)
		if err != nil {
			if !errors.Is(err, ErrConfig) {
				t.Fatal(err)
			}
			return
		}
		holds(t, c)
	})
}

// FuzzEnvironment: the same of the environment, and what no setting is called is refused.
func FuzzEnvironment(f *testing.F) {
	f.Fuzz(func(t *testing.T, name, value string) {
		c, err := LoadConfig("", []string{"PATH=/bin", name + "=" + value}, nil)
		if err != nil {
			if !errors.Is(err, ErrConfig) {
				t.Fatal(err)
			}
			return
		}
		holds(t, c)
		if key, _, _ := strings.Cut(name+"="+value, "="); strings.HasPrefix(key, "AYE_") && key != "AYE_CONFIG" && !strings.HasPrefix(key, "AYE_PHONE_") {
			known := false
			for _, s := range Settings() {
				known = known || s.Env == key
			}
			if !known {
				t.Errorf("%s is taken", key)
			}
		}
	})
}

// holds wants of settings what the rest of the program believes of them.
func holds(t *testing.T, c Config) {
	t.Helper()
	if c.DrainTime < time.Second || c.DrainTime > time.Minute || c.DrainDelay < 0 || c.DrainDelay > 20*time.Second || c.PushWorkers < 1 || c.PushWorkers > 1000 || c.PushQueue < 1 || c.Mail.Port < 1 || c.Mail.Port > 65535 {
		t.Errorf("%+v", c)
	}
	if strings.HasSuffix(c.Origin, "/") || strings.ContainsAny(c.Origin, " \r\n") || !strings.Contains(c.Origin, "://") {
		t.Errorf("the origin %q", c.Origin)
	}
	if _, err := c.proxies(); err != nil {
		t.Error(err)
	}
	if _, wrong := c.SMS.decided(c.Origin); errors.Join(wrong...) != nil {
		t.Error(wrong)
	}
}

// FuzzPlaces: a database of places that is damaged names no place, or one that can be shown; and it ends.
func FuzzPlaces(f *testing.F) {
	names := func(name string) mmdbtype.Map {
		return mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(name)}}
	}
	good, err := os.ReadFile(database(f, "GeoLite2-City", mmdbtype.Map{"city": names("Utrecht"), "country": names("Netherlands")}))
	if err != nil {
		f.Fatal(err)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, at uint16, with []byte, ip string) {
		file := slices.Clone(good)
		copy(file[int(at)%len(file):], with)
		path := filepath.Join(dir, "places.mmdb")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := openPlaces(path)
		if err != nil {
			if !errors.Is(err, ErrConfig) {
				t.Fatal(err)
			}
			return
		}
		defer p.close()
		for _, address := range []string{ip, "203.0.113.7", "2001:db8::1"} {
			if got := p.Place(address); len(got) > 200 {
				t.Errorf("%q is at %q", address, got)
			}
		}
	})
}
