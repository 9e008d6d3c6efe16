package phone

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Case is help that somebody asked of support in this person's name. A phone shows it whether a push came or not,
// with one thing to do: [Phone.StopCase].
type Case struct {
	ID string `json:"id"`
	// Kind is forgotten or lost.
	Kind         string `json:"kind"`
	State        string `json:"state"`
	Organisation Tenant `json:"organisation"`
	// Agent is the name of who opened it.
	Agent    string    `json:"agent"`
	OpenedAt time.Time `json:"opened_at"`
	// DueAt is when it is carried out; zero while that is not known.
	DueAt time.Time `json:"due_at"`
	// Device is the pairing that told of it.
	Device string `json:"-"`
}

// Cases asks every linked server where support helps in this person's name. It gives what it heard, also
// when it returns an error about the rest.
func (p *Phone) Cases(ctx context.Context) ([]Case, error) {
	linked := p.answered()
	if len(linked) == 0 {
		return nil, ErrNoPairing
	}
	all, problems := []Case{}, []error{}
	for _, r := range linked {
		some, err := p.casesOf(ctx, r)
		all, problems = append(all, some...), append(problems, err)
	}
	return all, errors.Join(problems...)
}

func (p *Phone) casesOf(ctx context.Context, r row) ([]Case, error) {
	if active, err := p.active(ctx, r); err != nil || !active {
		return nil, err
	}
	var answer struct {
		Cases []Case `json:"cases"`
	}
	err := p.call(ctx, r, http.MethodGet, "/v1/device/cases", nil, &answer)
	for i := range answer.Cases {
		answer.Cases[i].Device = r.Device
	}
	return answer.Cases, err
}

// StopCase says "this was not me": the case ends, and support helps nobody in this person's name until an administrator
// has looked. It means the same when it arrives twice, so it is said again where the answer was lost.
func (p *Phone) StopCase(ctx context.Context, id string) (Case, error) {
	r, err := p.told(ctx, id)
	if err != nil {
		return Case{}, err
	}
	var stopped Case
	err = p.insist(ctx, func() error {
		return p.call(ctx, r, http.MethodPost, "/v1/device/cases/"+url.PathEscape(id)+"/stop", nil, &stopped)
	})
	stopped.Device = r.Device
	return stopped, err
}

// told finds the pairing whose server tells of the case. Where there is one pairing, the server itself says whether it knows it.
func (p *Phone) told(ctx context.Context, id string) (row, error) {
	linked := p.answered()
	if len(linked) == 1 {
		return linked[0], nil
	}
	var problems []error
	for _, r := range linked {
		cases, err := p.casesOf(ctx, r)
		problems = append(problems, err)
		for _, c := range cases {
			if c.ID == id {
				return r, nil
			}
		}
	}
	return row{}, errors.Join(append(problems, ErrUnknownCase)...)
}
