package deploy_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/aye/internal/app"
)

// unit is aye.service: what stands behind each name, in order.
func unit(t *testing.T) map[string][]string {
	t.Helper()
	all, section := map[string][]string{}, ""
	for line := range strings.SplitSeq(read(t, "aye.service"), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			section = line
		default:
			name, value, ok := strings.Cut(line, "=")
			if !ok || section == "" {
				t.Fatalf("what is %q?", line)
			}
			all[section+name] = append(all[section+name], value)
		}
	}
	return all
}

// What the unit takes from the program. Each is explained beside it.
func TestUnitIsLocked(t *testing.T) {
	t.Parallel()
	u := unit(t)
	for name, want := range map[string]string{
		"NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "AmbientCapabilities": "", "RestrictSUIDSGID": "yes",
		"ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes", "PrivateUsers": "yes", "ProtectProc": "invisible",
		"ProtectHostname": "yes", "ProtectClock": "yes", "ProtectKernelTunables": "yes", "ProtectKernelModules": "yes", "ProtectKernelLogs": "yes",
		"ProtectControlGroups": "yes", "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX", "RestrictNamespaces": "yes", "RestrictRealtime": "yes",
		"LockPersonality": "yes", "MemoryDenyWriteExecute": "yes", "SystemCallArchitectures": "native", "SystemCallErrorNumber": "EPERM",
		"LimitCORE": "0", "MemorySwapMax": "0", "User": "aye", "StateDirectoryMode": "0700", "UMask": "0077",
	} {
		if got := u["[Service]"+name]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, and not %q", name, got, want)
		}
	}
	if got := u["[Service]SystemCallFilter"]; !slices.Equal(got, []string{"@system-service", "~@privileged @resources"}) {
		t.Errorf("SystemCallFilter is %q", got)
	}
	if slices.Contains(u["[Service]ProcSubset"], "pid") {
		t.Error("Go could not read the kernel's length of the line of connections, and would take 128")
	}
}

// The unit fits the settings that it gives, and the ones that are the default.
func TestUnitFitsTheSettings(t *testing.T) {
	t.Parallel()
	u := unit(t)
	if u["[Service]Environment"] == nil {
		t.Fatal("no settings")
	}
	var environ []string
	for _, e := range u["[Service]Environment"] {
		if !strings.HasPrefix(e, "AYE_CONFIG=") {
			environ = append(environ, e)
		}
	}
	c, err := app.LoadConfig("", environ, nil)
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ := strings.Cut(u["[Service]LoadCredential"][0], ":")
	if c.KeyFile != "%d/"+name {
		t.Errorf("the key is the credential %s, and Aye looks for %s", name, c.KeyFile)
	}
	if seconds, convErr := strconv.Atoi(u["[Service]TimeoutStopSec"][0]); convErr != nil || time.Duration(seconds)*time.Second <= 80*time.Second {
		t.Errorf("TimeoutStopSec=%s: drain_delay and drain_time may be 80 seconds", u["[Service]TimeoutStopSec"][0])
	}
}

var (
	upstreams = regexp.MustCompile(`(?m)^\s*reverse_proxy (.+) \{?$`)
	address   = regexp.MustCompile(`^([a-z0-9-]+):(\d+)$`)
)

// Caddy asks services that there are, at the ports where they listen.
func TestCaddyKnowsTheNodes(t *testing.T) {
	t.Parallel()
	project := cluster(t)
	main := upstreams.FindAllStringSubmatch(read(t, "caddy/Caddyfile"), -1)
	if len(main) != 1 || main[0][1] != "aye-1:8080 aye-2:8080" {
		t.Errorf("Caddy asks %v", main)
	}
	if c, err := app.LoadConfig("", imageEnvironment(t), nil); err != nil || c.Listen != ":8080" {
		t.Errorf("the nodes listen on %s (%v)", c.Listen, err)
	}
	for _, found := range upstreams.FindAllStringSubmatch(read(t, "caddy/demo.caddy"), -1) {
		a := address.FindStringSubmatch(found[1])
		if a == nil {
			t.Errorf("who is %s?", found[1])
			continue
		}
		if _, ok := project.Services[a[1]]; !ok {
			t.Errorf("there is no service %s", a[1])
		}
	}
}

// Caddy notices that a node leaves while it still answers.
func TestCaddyNoticesWhoLeaves(t *testing.T) {
	t.Parallel()
	text := read(t, "caddy/Caddyfile")
	c, err := app.LoadConfig("", imageEnvironment(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	interval, err := time.ParseDuration(regexp.MustCompile(`health_interval (\S+)`).FindStringSubmatch(text)[1])
	if err != nil {
		t.Fatal(err)
	}
	fails, err := strconv.Atoi(regexp.MustCompile(`health_fails (\d+)`).FindStringSubmatch(text)[1])
	if err != nil {
		t.Fatal(err)
	}
	if noticed := time.Duration(fails) * interval; noticed >= c.DrainDelay {
		t.Errorf("Caddy notices after %s that a node leaves, which takes no connection any more after %s", noticed, c.DrainDelay)
	}
}

// What Caddy must say for pages that wait, and for callers whose address counts.
func TestCaddyKeepsPagesWaiting(t *testing.T) {
	t.Parallel()
	text := read(t, "caddy/Caddyfile")
	for _, line := range []string{
		"health_uri /readyz", "flush_interval -1", "stream_close_delay 10m", "lb_policy least_conn", "lb_try_duration 5s", "keepalive 60s",
	} {
		if !regexp.MustCompile(`(?m)^\t+` + line + `( #.*)?$`).MatchString(text) {
			t.Errorf("the Caddyfile does not say %s", line)
		}
	}
	if said := regexp.MustCompile(`(?m)^\s*(trusted_proxies|header_up|encode)`).FindString(text); said != "" {
		t.Errorf("the Caddyfile says %s: callers could give themselves another address, or answers be held back", strings.TrimSpace(said))
	}
	grace, err := time.ParseDuration(regexp.MustCompile(`grace_period (\S+)`).FindStringSubmatch(text)[1])
	if err != nil {
		t.Fatal(err)
	}
	if stop := time.Duration(*cluster(t).Services["caddy"].StopGracePeriod); stop <= grace {
		t.Errorf("Caddy is ended after %s, and lets calls end for %s", stop, grace)
	}
}
