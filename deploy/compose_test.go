// Package deploy_test holds the files for operators to what Aye is: settings, commands and metrics that they name are
// there, and what they promise of safety stands in them.
package deploy_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"example.com/aye/internal/app"
)

const (
	many = "../docker-compose.yml"
	one  = "../docker-compose.one.yml"
)

// load reads a compose file as docker compose does, with these variables and profiles.
func load(t *testing.T, file string, options ...cli.ProjectOptionsFn) (*types.Project, error) {
	t.Helper()
	o, err := cli.NewProjectOptions([]string{file}, append([]cli.ProjectOptionsFn{cli.WithName("aye")}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return o.LoadProject(t.Context())
}

func mustLoad(t *testing.T, file string, options ...cli.ProjectOptionsFn) *types.Project {
	t.Helper()
	project, err := load(t, file, options...)
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// cluster is docker-compose.yml with all profiles.
func cluster(t *testing.T) *types.Project {
	t.Helper()
	return mustLoad(t, many, cli.WithEnv([]string{"DOMAIN=aye.example.com"}), cli.WithProfiles([]string{"*"}))
}

// everyService runs for each service of both files.
func everyService(t *testing.T, check func(t *testing.T, s types.ServiceConfig)) {
	t.Parallel()
	for file, project := range map[string]*types.Project{many: cluster(t), one: mustLoad(t, one)} {
		for name, s := range project.Services {
			t.Run(filepath.Base(file)+"/"+name, func(t *testing.T) { check(t, s) })
		}
	}
}

func TestServices(t *testing.T) {
	t.Parallel()
	nodes := []string{"aye-1", "aye-2", "caddy", "nats", "postgres"}
	for name, want := range map[string]struct {
		file     string
		options  []cli.ProjectOptionsFn
		services []string
	}{
		"many":                      {many, []cli.ProjectOptionsFn{cli.WithEnv([]string{"DOMAIN=aye.example.com"})}, nodes},
		"many, with the profile":    {many, []cli.ProjectOptionsFn{cli.WithEnv([]string{"DOMAIN=localhost"}), cli.WithProfiles([]string{"demo"})}, append(slices.Clone(nodes), "stand-ins")},
		"many, with demo.env":       {many, []cli.ProjectOptionsFn{cli.WithEnvFiles("demo.env"), cli.WithDotEnv, cli.WithDefaultProfiles()}, append(slices.Clone(nodes), "stand-ins")},
		"one":                       {one, nil, []string{"aye"}},
		"one, whatever demo.env is": {one, []cli.ProjectOptionsFn{cli.WithEnvFiles("demo.env"), cli.WithDotEnv, cli.WithDefaultProfiles()}, []string{"aye"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mustLoad(t, want.file, want.options...).ServiceNames()
			slices.Sort(got)
			if d := cmp.Diff(want.services, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// Without a name that people can call, phones would be linked to a wrong one for good.
func TestDomainMustBeSaid(t *testing.T) {
	t.Parallel()
	if _, err := load(t, many); err == nil || !strings.Contains(err.Error(), "DOMAIN=aye.example.com in the file .env") {
		t.Errorf("without DOMAIN it says: %v", err)
	}
}

func TestServicesAreWatched(t *testing.T) {
	everyService(t, func(t *testing.T, s types.ServiceConfig) {
		h := s.HealthCheck
		if h == nil || h.Disable || len(h.Test) < 2 || h.Test[0] != "CMD" {
			t.Fatalf("no health check that needs no shell: %+v", h)
		}
		if h.Interval == nil || h.Timeout == nil || h.Retries == nil || h.StartPeriod == nil {
			t.Errorf("the health check leaves a time to chance: %+v", h)
		}
		if s.Restart != "unless-stopped" {
			t.Errorf("restart: %q: it does not come back", s.Restart)
		}
		if s.Logging == nil || s.Logging.Driver != "local" {
			t.Error("its log grows without an end")
		}
		if s.StopGracePeriod == nil {
			t.Error("no stop_grace_period")
		}
	})
}

func TestServicesHaveLimits(t *testing.T) {
	everyService(t, func(t *testing.T, s types.ServiceConfig) {
		if s.MemLimit <= 0 || s.MemSwapLimit != s.MemLimit {
			t.Errorf("mem_limit %d, memswap_limit %d: both must be there, and the same, so that nothing is swapped", s.MemLimit, s.MemSwapLimit)
		}
		if s.PidsLimit <= 0 {
			t.Error("no pids_limit")
		}
		for _, tmpfs := range s.Tmpfs {
			if !strings.Contains(tmpfs, ":size=") {
				t.Errorf("tmpfs %s has no size", tmpfs)
			}
		}
	})
}

// added are capabilities, with the reason in the compose file.
var added = map[string][]string{"caddy": {"NET_BIND_SERVICE"}}

// asRoot are services that are root without any power; the images have folders that are root's.
var asRoot = []string{"caddy"}

func TestServicesAreLocked(t *testing.T) {
	everyService(t, func(t *testing.T, s types.ServiceConfig) {
		if !s.ReadOnly {
			t.Error("not read_only")
		}
		if !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Equal(s.CapAdd, added[s.Name]) {
			t.Errorf("cap_drop %v, cap_add %v", s.CapDrop, s.CapAdd)
		}
		if !slices.Equal(s.SecurityOpt, []string{"no-new-privileges:true"}) {
			t.Errorf("security_opt %v", s.SecurityOpt)
		}
		if s.Privileged || s.NetworkMode == "host" || s.Pid != "" || s.Ipc != "" || len(s.Devices) > 0 {
			t.Error("it reaches into the machine")
		}
		user, _, _ := strings.Cut(s.User, ":")
		if (user == "" || user == "0" || user == "root") != slices.Contains(asRoot, s.Name) {
			t.Errorf("user %q", s.User)
		}
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			if !v.ReadOnly {
				t.Errorf("%s can be written", v.Source)
			}
			if strings.HasSuffix(v.Source, "/secrets/vendors") {
				continue // made by secrets.sh
			}
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("nothing is mounted at %s: %v", v.Target, err)
			}
		}
	})
}

var pinned = regexp.MustCompile(`^[a-z]+:\d+\.\d+(\.\d+)?-[a-z]+$`)

func TestImagesArePinned(t *testing.T) {
	everyService(t, func(t *testing.T, s types.ServiceConfig) {
		if s.Build != nil {
			if s.Image != "aye:local" {
				t.Errorf("what is built here is called %s", s.Image)
			}
			return
		}
		if !pinned.MatchString(s.Image) {
			t.Errorf("%s may be another one tomorrow", s.Image)
		}
	})
}

func TestOnlyCaddyIsPublished(t *testing.T) {
	everyService(t, func(t *testing.T, s types.ServiceConfig) {
		for _, port := range s.Ports {
			switch s.Name {
			case "caddy":
			case "aye":
				if port.HostIP != "127.0.0.1" {
					t.Errorf("port %s is for all the world", port.Published)
				}
			default:
				t.Errorf("port %s is published", port.Published)
			}
		}
	})
}

// Who must talk with whom, and who may talk with the outside.
func TestNetworksAreApart(t *testing.T) {
	t.Parallel()
	project := cluster(t)
	got := map[string][]string{}
	for name, s := range project.Services {
		for network := range s.Networks {
			got[network] = append(got[network], name)
			slices.Sort(got[network])
		}
	}
	want := map[string][]string{
		"public": {"caddy"}, "front": {"aye-1", "aye-2", "caddy", "stand-ins"}, "database": {"aye-1", "aye-2", "postgres"},
		"hints": {"aye-1", "aye-2", "nats"}, "outside": {"aye-1", "aye-2"}, "metrics": {"aye-1", "aye-2"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for name, network := range project.Networks {
		if outside := name == "public" || name == "outside"; network.Internal == outside {
			t.Errorf("network %s: internal is %v", name, network.Internal)
		}
	}
}

func TestStartInOrder(t *testing.T) {
	everyService(t, func(t *testing.T, s types.ServiceConfig) {
		for name, d := range s.DependsOn {
			if d.Condition != types.ServiceConditionHealthy {
				t.Errorf("%s is not waited for until it is well", name)
			}
		}
		var want []string
		switch s.Name {
		case "aye-1", "aye-2":
			want = []string{"nats", "postgres", "stand-ins"}
			if s.DependsOn["stand-ins"].Required {
				t.Error("without the demo it does not start")
			}
		case "caddy":
			want = []string{"aye-1", "aye-2"}
		}
		if got := s.GetDependencies(); len(want) > 0 && !slices.Equal(slices.Sorted(slices.Values(got)), want) {
			t.Errorf("it depends on %v", got)
		}
	})
}

var ayeName = regexp.MustCompile(`\bAYE_[A-Z0-9_]+`)

// beside are variables that begin with AYE_ and are no settings.
var beside = []string{"AYE_CONFIG", "AYE_PASSWORD_FILE"}

// A setting that is misspelt would refuse the start of every node.
func TestNamedSettingsExist(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	for _, s := range app.Settings() {
		there[s.Env] = true
	}
	found := 0
	for _, file := range []string{many, one, "../Dockerfile", "aye.service", "demo.env", "secrets.sh", "postgres/init.sql", "nats.conf", "caddy/Caddyfile", "caddy/demo.caddy"} {
		for _, name := range ayeName.FindAllString(read(t, file), -1) {
			found++
			if !there[name] && !slices.Contains(beside, name) {
				t.Errorf("%s names %s, which is no setting", file, name)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d names were found", found)
	}
}

// environ is what a service's program finds, of the image and of the compose file.
func environ(t *testing.T, s types.ServiceConfig) []string {
	t.Helper()
	all := imageEnvironment(t)
	for name, value := range s.Environment {
		if value != nil && name != "AYE_CONFIG" {
			all = append(all, name+"="+*value)
		}
	}
	return all
}

var imageEnv = regexp.MustCompile(`(?m)^ENV (.*)$`)

func imageEnvironment(t *testing.T) []string {
	t.Helper()
	line := imageEnv.FindStringSubmatch(read(t, "../Dockerfile"))
	if line == nil {
		t.Fatal("the Dockerfile sets nothing")
	}
	return strings.Fields(line[1])
}

// The settings of the nodes are ones that the program takes, and fit what stands around them.
func TestNodesLoadTheirSettings(t *testing.T) {
	t.Parallel()
	project := cluster(t)
	front := project.Networks["front"].Ipam.Config[0]
	caddy := netip.MustParseAddr(project.Services["caddy"].Networks["front"].Ipv4Address)
	if !netip.MustParsePrefix(front.Subnet).Contains(caddy) || netip.MustParsePrefix(front.IPRange).Contains(caddy) {
		t.Errorf("Caddy's address %s must be in %s, and not among those that others get, %s", caddy, front.Subnet, front.IPRange)
	}
	for _, name := range []string{"aye-1", "aye-2"} {
		s := project.Services[name]
		c, err := app.LoadConfig("aye.yaml", environ(t, s), nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.Origin != "https://aye.example.com" || c.KeyFile != "/run/secrets/key" || c.Listen != ":8080" || c.MetricsListen != ":9464" {
			t.Errorf("%s: origin %s, key file %s, listen %s, metrics %s", name, c.Origin, c.KeyFile, c.Listen, c.MetricsListen)
		}
		if !slices.Equal(c.TrustedProxies, []string{caddy.String() + "/32"}) {
			t.Errorf("%s believes %v, and Caddy is %s", name, c.TrustedProxies, caddy)
		}
		if grace := time.Duration(*s.StopGracePeriod); grace < c.DrainDelay+c.DrainTime+5*time.Second {
			t.Errorf("%s is ended after %s, and needs %s to let people go", name, grace, c.DrainDelay+c.DrainTime)
		}
	}
	single := mustLoad(t, one).Services["aye"]
	c, err := app.LoadConfig("", environ(t, single), nil)
	if err != nil {
		t.Fatal(err)
	}
	if grace := time.Duration(*single.StopGracePeriod); grace < c.DrainDelay+c.DrainTime+5*time.Second {
		t.Errorf("the one node is ended after %s, and needs %s", grace, c.DrainDelay+c.DrainTime)
	}
	if len(single.Volumes) != 1 || single.Volumes[0].Target != c.DataDir {
		t.Errorf("data is kept in %s, and %+v is a volume", c.DataDir, single.Volumes)
	}
}

// What stands in aye.yaml to be filled in is taken as it stands.
func TestExampleSettingsLoad(t *testing.T) {
	t.Parallel()
	filled := regexp.MustCompile(`(?m)^# ([a-z_]+:|  )`).ReplaceAllString(read(t, "aye.yaml"), "$1")
	file := filepath.Join(t.TempDir(), "aye.yaml")
	if err := os.WriteFile(file, []byte(filled), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := app.LoadConfig(file, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Push) != 2 || c.Mail.Host == "" || c.AppStore == "" || c.PlayStore == "" {
		t.Errorf("not all is there: %+v", c)
	}
}

var secretName = regexp.MustCompile(`(PASSWORD|SECRET|KEY|TOKEN|CREDENTIALS)$`)

// What is secret comes as a file, to the one service that needs it.
func TestSecretsAreFiles(t *testing.T) {
	t.Parallel()
	project := cluster(t)
	readers := map[string][]string{}
	for name, s := range project.Services {
		for variable, value := range s.Environment {
			if secretName.MatchString(variable) || value != nil && regexp.MustCompile(`://[^/]*:[^/]*@`).MatchString(*value) {
				t.Errorf("%s has a secret in its environment: %s", name, variable)
			}
			if file, ok := strings.CutPrefix(*value, "/run/secrets/"); ok && !slices.ContainsFunc(s.Secrets, func(c types.ServiceSecretConfig) bool { return c.Source == file }) {
				t.Errorf("%s is told of the secret %s and does not get it", name, file)
			}
		}
		for _, c := range s.Secrets {
			readers[c.Source] = append(readers[c.Source], name)
			slices.Sort(readers[c.Source])
		}
	}
	nodes := []string{"aye-1", "aye-2"}
	want := map[string][]string{
		"key": nodes, "database-url": nodes, "nats-login": nodes,
		"database-password": {"postgres"}, "postgres-password": {"postgres"}, "nats-users": {"nats"},
	}
	if d := cmp.Diff(want, readers); d != "" {
		t.Error(d)
	}
}

// The folder of the secrets stands beside the Dockerfile: neither an image nor a commit may take it along.
func TestSecretsAreNotShipped(t *testing.T) {
	t.Parallel()
	for file, names := range map[string][]string{"../.dockerignore": {"secrets", ".env"}, "../.gitignore": {"/secrets/", "/.env"}} {
		for _, name := range names {
			if !slices.Contains(strings.Split(read(t, file), "\n"), name) {
				t.Errorf("%s does not have %s", file, name)
			}
		}
	}
}

// The demo is for the machine itself: nobody else reaches its mailbox.
func TestDemoStaysHere(t *testing.T) {
	t.Parallel()
	project := mustLoad(t, many, cli.WithEnvFiles("demo.env"), cli.WithDotEnv, cli.WithDefaultProfiles())
	for _, port := range project.Services["caddy"].Ports {
		if port.HostIP != "127.0.0.1" {
			t.Errorf("port %s of the demo is for all the world", port.Published)
		}
	}
	if got := project.Services["aye-1"].Environment["AYE_CONFIG"]; got == nil || *got != "/stand-ins/aye.yaml" {
		t.Errorf("the nodes of the demo read %v", got)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
