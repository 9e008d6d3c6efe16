package app

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"example.com/aye/internal/secret"
)

// ErrConfig says that a setting is wrong; the text says which, and what it must be.
var ErrConfig = errors.New("configuration")

// LoadConfig reads the settings: defaults, then the file if path is not empty, then the
// environment (NAME=value, as os.Environ gives), then flags by setting name.
func LoadConfig(path string, environ []string, flags map[string]string) (Config, error) {
	k := koanf.New(".")
	defaults := map[string]any{}
	for _, s := range settings(reflect.TypeFor[Config](), "") {
		if s.Default != "" {
			defaults[s.Name] = s.Default
		}
	}
	if err := k.Load(confmap.Provider(defaults, "."), nil); err != nil {
		return Config{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if path != "" {
		if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
			return Config{}, fmt.Errorf("%w: %s: %w", ErrConfig, path, err)
		}
	}
	fromEnvironment, err := environment(environ)
	if err != nil {
		return Config{}, err
	}
	for _, values := range []map[string]any{fromEnvironment, anyMap(flags)} {
		if err = k.Load(confmap.Provider(values, "."), nil); err != nil {
			return Config{}, fmt.Errorf("%w: %w", ErrConfig, err)
		}
	}
	var c Config
	err = k.UnmarshalWithConf("", &c, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		TagName: "koanf", WeaklyTypedInput: true, ErrorUnused: true,
		DecodeHook: mapstructure.ComposeDecodeHookFunc(mapstructure.StringToTimeDurationHookFunc(), mapstructure.StringToSliceHookFunc(","), dayAsWritten),
	}})
	if err != nil {
		return Config{}, fmt.Errorf("%w: %w; `aye help config` lists every setting", ErrConfig, err)
	}
	for _, list := range [][]string{c.TrustedProxies, c.PhoneOrigins} {
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
	}
	return c, c.validate()
}

// dayAsWritten undoes that YAML reads a day without quotes as a time.
func dayAsWritten(_, to reflect.Type, value any) (any, error) {
	if day, ok := value.(time.Time); ok && to.Kind() == reflect.String {
		return day.Format(time.DateOnly), nil
	}
	return value, nil
}

// Setting is one line of the manual.
type Setting struct {
	Name, Env, Default, Help string
	// List says that it stands in a list, so it can be given in the file only.
	List bool
}

// Settings is the manual, made from [Config].
func Settings() []Setting { return settings(reflect.TypeFor[Config](), "") }

func settings(t reflect.Type, prefix string) []Setting {
	var all []Setting
	for f := range t.Fields() {
		name := prefix + f.Tag.Get("koanf")
		switch {
		case f.Tag.Get("koanf") == "-": // no setting
		case f.Type.Kind() == reflect.Struct:
			all = append(all, settings(f.Type, name+".")...)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			for _, s := range settings(f.Type.Elem(), name+"[].") {
				s.List, s.Env = true, ""
				all = append(all, s)
			}
		default:
			all = append(all, Setting{Name: name, Env: envName(name), Default: f.Tag.Get("default"), Help: f.Tag.Get("help")})
		}
	}
	return all
}

func envName(name string) string { return "AYE_" + strings.ToUpper(strings.ReplaceAll(name, ".", "_")) }

// ofThePhone are the variables of the command `aye phone`, which are no settings of the server.
var ofThePhone = []string{"AYE_PHONE_FILE", "AYE_PHONE_INBOX"}

// ofTests begins the variables that say where the servers are that tests need.
const ofTests = "AYE_TEST_"

// environment finds the settings among the variables. A variable that begins with AYE_ and
// is none is refused: it is a setting that was misspelt, and would be missed.
func environment(environ []string) (map[string]any, error) {
	names := map[string]string{}
	for _, s := range Settings() {
		if s.Env != "" {
			names[s.Env] = s.Name
		}
	}
	values := map[string]any{}
	for _, variable := range environ {
		key, value, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(key, "AYE_") || key == "AYE_CONFIG" || strings.HasPrefix(key, ofTests) {
			continue
		}
		name, ok := names[key]
		if !ok && slices.Contains(ofThePhone, key) {
			continue
		}
		if !ok {
			return nil, fmt.Errorf("%w: there is no setting %s; `aye help config` lists every setting", ErrConfig, key)
		}
		values[name] = value
	}
	return values, nil
}

func anyMap(m map[string]string) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

func (c Config) validate() error {
	checks := []error{
		checkOrigin("origin", c.Origin),
		within("drain_time", c.DrainTime >= time.Second && c.DrainTime <= time.Minute, "1s to 60s"),
		within("drain_delay", c.DrainDelay >= 0 && c.DrainDelay <= 20*time.Second, "0s to 20s"),
		within("push_workers", c.PushWorkers >= 1 && c.PushWorkers <= 1000, "1 to 1000"),
		within("push_queue", c.PushQueue >= 1 && c.PushQueue <= 1_000_000, "1 to 1000000"),
		within("connections", c.Connections == 0 || c.Connections >= 100 && c.Connections <= 1_000_000, "0, or 100 to 1000000"),
		within("address_share", c.AddressShare >= 10 && c.AddressShare <= 1_000_000, "10 to 1000000"),
		within("mail.port", c.Mail.Port >= 1 && c.Mail.Port <= 65535, "1 to 65535"),
		within("log_level", slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel), "debug, info, warn or error"),
		within("log_format", c.LogFormat == "json" || c.LogFormat == "text", "json or text"),
		within("tls_certificate and tls_key", (c.TLSCertificate == "") == (c.TLSKey == ""), "given together"),
		within("mail.from", c.Mail.Host == "" || c.Mail.From != "", "given where mail.host is"),
	}
	if _, err := c.proxies(); err != nil {
		checks = append(checks, err)
	}
	checks = append(checks, c.SMS.validate()...)
	checks = append(checks, c.Audit.validate()...)
	checks = append(checks, c.Database.validate()...)
	checks = append(checks, c.NATS.validate(c.Database)...)
	checks = append(checks, c.Tracing.validate()...)
	for _, origin := range c.PhoneOrigins {
		checks = append(checks, checkOrigin("phone_origins", origin))
	}
	for i, p := range c.Push {
		name := "push[" + strconv.Itoa(i) + "]."
		checks = append(checks,
			within(name+"provider", p.Provider == "fcm" || p.Provider == "apns", "fcm or apns"),
			within(name+"app", p.App != "", "the package name or bundle id"),
			within(name+"credentials_file", p.CredentialsFile != "", "a file"))
		if p.Provider == "apns" {
			checks = append(checks,
				within(name+"environment", p.Environment == "production" || p.Environment == "sandbox", "production or sandbox"),
				within(name+"key_id and team_id", len(p.KeyID) == 10 && len(p.TeamID) == 10, "10 characters each"))
		}
	}
	return errors.Join(checks...)
}

// checkOrigin is for one that is compared with what browsers and phones say: it must be
// spelt as they spell it.
func checkOrigin(name, origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin || (u.Scheme != "https" && u.Scheme != "http") {
		return within(name, false, "like https://aye.example.com, with nothing behind it")
	}
	host := u.Hostname()
	local := host == "localhost" || host == "127.0.0.1" || host == "::1"
	return within(name, u.Scheme == "https" || local, "https, except for localhost: codes and tickets travel there")
}

func within(name string, ok bool, must string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%w: %s must be %s", ErrConfig, name, must)
}

func (c Config) proxies() ([]*net.IPNet, error) {
	var networks []*net.IPNet
	for _, text := range c.TrustedProxies {
		_, network, err := net.ParseCIDR(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%w: trusted_proxies: %q must be a network such as 10.0.0.0/8", ErrConfig, text)
		}
		networks = append(networks, network)
	}
	return networks, nil
}

// keys finds the key-encryption key where the settings say it is.
func (c Config) keys() (*secret.Keys, error) {
	switch {
	case c.Key != "":
		return secret.ParseKeys(c.Key.Reveal())
	case c.KeyFile != "":
		// Never made here: a secret that was not mounted must not become a new key, with which
		// nothing in the database can be opened.
		if _, err := os.Stat(c.KeyFile); err != nil {
			return nil, fmt.Errorf("%w: key_file: %w", ErrConfig, err)
		}
		return secret.LoadKeys(c.KeyFile)
	}
	path := filepath.Join(c.DataDir, "key")
	if c.Database.set() && missing(path) {
		return nil, fmt.Errorf("%w: key_file must be given with PostgreSQL: every server needs the same key, so none makes one; make it with: head -c 32 /dev/urandom | base64", ErrConfig)
	}
	if missing(path) && !missing(c.database()) {
		return nil, fmt.Errorf("%w: %s is there but its key %s is not: put the key back, nothing else opens what is sealed", ErrConfig, c.database(), path)
	}
	return secret.LoadKeys(path)
}

func (c Config) database() string { return filepath.Join(c.DataDir, "aye.db") }

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func (c Config) mailPassword() (secret.Secret, error) {
	if c.Mail.PasswordFile == "" {
		return c.Mail.Password, nil
	}
	text, err := os.ReadFile(c.Mail.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("%w: mail.password_file: %w", ErrConfig, err)
	}
	return secret.Secret(strings.TrimRight(string(text), "\r\n")), nil
}

// SettingNames are those that a flag can give.
func SettingNames() []string {
	var names []string
	for _, s := range Settings() {
		if !s.List {
			names = append(names, s.Name)
		}
	}
	sort.Strings(names)
	return names
}
