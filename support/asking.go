package support

import (
	"context"
	"errors"
	"strings"

	"example.com/aye/accounts"
	"example.com/aye/approval"
)

// asking is the question to the approver's phone.
type asking struct {
	service *Service
	agent   Agent
	portal  accounts.Application
	// key begins those of all requests by which this agent is asked about this case.
	key      string
	question approval.Question
}

// asking makes the question. Its key names the request before, so that two pages at once ask one question, and a new one
// is asked when that has ended.
func (d *Desk) asking(ctx context.Context, st Standing, about matter, part role, before string) (asking, error) {
	portal, err := d.service.Directory.PortalOf(ctx, st.Organisation.ID)
	if err != nil {
		return asking{}, err
	}
	opener, err := d.service.nameOf(ctx, about.OpenerPersonID)
	if err != nil {
		return asking{}, err
	}
	message, details := about.toSign(st, opener)
	browser := d.agent.Browser
	if browser == "" {
		browser = about.ID
	}
	key := "case:" + about.ID + ":" + st.Member.ID + ":"
	return asking{service: d.service, agent: d.agent, portal: portal, key: key, question: approval.Question{
		User: accounts.UserReference{ID: st.Member.ID}, Careful: true, OneMore: true, Life: approval.MaximumLife,
		Message: message, Details: details, CreationKey: key + string(part) + ":" + before,
		Context: approval.Context{IP: d.agent.IP, UserAgent: d.agent.UserAgent, Browser: browser},
	}}, nil
}

// own looks at a request, and tells whether it asks this agent about this case.
func (a asking) own(ctx context.Context, requestID string) (approval.View, bool, error) {
	if requestID == "" {
		return approval.View{}, false, nil
	}
	view, err := a.service.Asker.View(ctx, a.portal.ID, requestID)
	if errors.Is(err, approval.ErrNotFound) {
		return approval.View{}, false, nil // another organisation's agent
	}
	return view, err == nil && view.MembershipID == a.agent.MembershipID && strings.HasPrefix(view.CreationKey, a.key), err
}

// withdraw takes a request back that nobody is to answer any more, whichever organisation's agent was asked.
func (s *Service) withdraw(ctx context.Context, c Case, requestID string) error {
	if requestID == "" {
		return nil
	}
	for _, organisationID := range []string{c.OrganisationID, s.OperatorOrganisation} {
		if organisationID == "" {
			continue
		}
		portal, err := s.Directory.PortalOf(ctx, organisationID)
		if err != nil {
			return err
		}
		err = s.Asker.Cancel(ctx, portal, requestID)
		if errors.Is(err, approval.ErrNotFound) {
			continue
		}
		if errors.Is(err, approval.ErrDecided) {
			err = nil
		}
		return err
	}
	return nil
}
