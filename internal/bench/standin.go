package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
)

// pushApp is the app that phones run.
const pushApp = "com.example.aye"

// standIn plays Google or Apple, as a process of its own.
type standIn struct {
	*process

	endpoint, control  string
	keyID, teamID      string // Apple's
	credentials, roots string // files
}

// play starts a stand-in, fcm or apns, under a name that no other has.
func (l *launcher) play(ctx context.Context, name, vendor string) (*standIn, error) {
	folder := filepath.Join(l.dir, name)
	p, err := l.start(ctx, name, "emulate", vendor, "--dir", folder)
	if err != nil {
		return nil, err
	}
	said, err := p.untilSaid(ctx, "Stop with")
	if err != nil {
		p.close()
		return nil, err
	}
	s := &standIn{process: p, roots: filepath.Join(folder, vendor+".pem"), credentials: filepath.Join(folder, "fcm.json")}
	if vendor == "apns" {
		s.credentials = filepath.Join(folder, "apns.p8")
	}
	for _, each := range []struct {
		pattern *regexp.Regexp
		into    *string
	}{
		{saidEndpoint, &s.endpoint}, {saidControl, &s.control}, {saidKeyID, &s.keyID}, {saidTeamID, &s.teamID},
	} {
		if found := each.pattern.FindStringSubmatch(said); found != nil {
			*each.into = found[1]
		}
	}
	if s.endpoint == "" || s.control == "" {
		p.close()
		return nil, fmt.Errorf("the stand-in %s does not say where it is:\n%s", name, said)
	}
	return s, nil
}

// What a stand-in says of itself, as settings for Aye and as a command.
var (
	saidEndpoint = regexp.MustCompile(`endpoint: (\S+)`)
	saidControl  = regexp.MustCompile(`curl -N (http://[^/\s]+)/inbox`)
	saidKeyID    = regexp.MustCompile(`key_id: (\S+)`)
	saidTeamID   = regexp.MustCompile(`team_id: (\S+)`)
)
