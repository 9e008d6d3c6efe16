package soak

import (
	"testing"
	"time"
)

// TestModel: the judge itself is judged by histories that can, and that cannot, be.
func TestModel(t *testing.T) {
	t.Parallel()
	type step struct {
		act   act
		key   string
		heard state
	}
	tests := map[string]struct {
		steps []step
		can   bool
	}{
		"a login":                             {[]step{{actApprove, "1", approved}, {actRedeem, "a", released}, {actLook, "", released}}, true},
		"approved behind a refusal":           {[]step{{actDeny, "1", denied}, {actApprove, "2", approved}}, false},
		"approved behind a report":            {[]step{{actReport, "1", reported}, {actApprove, "2", approved}}, false},
		"approved behind the wrong number":    {[]step{{actWrong, "1", mismatched}, {actApprove, "2", approved}}, false},
		"approved behind its end":             {[]step{{actLook, "", expired}, {actApprove, "2", approved}}, false},
		"the wrong number approves":           {[]step{{actWrong, "1", approved}}, false},
		"released twice":                      {[]step{{actApprove, "1", approved}, {actRedeem, "a", released}, {actRedeem, "b", released}}, false},
		"one redeem answered twice":           {[]step{{actApprove, "1", approved}, {actRedeem, "a", released}, {actRedeem, "a", released}}, true},
		"one decision answered twice":         {[]step{{actApprove, "1", approved}, {actApprove, "1", approved}, {actRedeem, "a", released}}, true},
		"a refusal behind an approval":        {[]step{{actApprove, "1", approved}, {actDeny, "2", denied}}, false},
		"released without an approval":        {[]step{{actRedeem, "a", released}}, false},
		"an acknowledged approval is lost":    {[]step{{actApprove, "1", approved}, {actLook, "", pending}}, false},
		"an acknowledged approval lapses":     {[]step{{actApprove, "1", approved}, {actLook, "", lapsed}, {actRedeem, "a", refused}}, true},
		"an acknowledged redeem is lost":      {[]step{{actApprove, "1", approved}, {actRedeem, "a", released}, {actLook, "", approved}}, false},
		"an answer was lost, and it happened": {[]step{{actApprove, "1", unknown}, {actLook, "", approved}}, true},
		"an answer was lost, and it did not":  {[]step{{actApprove, "1", unknown}, {actLook, "", expired}}, true},
		"seen approved by nobody":             {[]step{{actLook, "", approved}}, false},
		"a code approves":                     {[]step{{actCode, "1", approved}, {actRedeem, "a", released}}, true},
		"a code is too late":                  {[]step{{actCode, "1", refused}, {actLook, "", pending}}, true},
		"a code is accepted twice":            {[]step{{actCode, "1", approved}, {actCode, "2", approved}}, false},
		"a code approves behind a refusal":    {[]step{{actDeny, "1", denied}, {actCode, "2", approved}}, false},
		"a wrong code approves":               {[]step{{actBadCode, "1", approved}}, false},
		"a wrong code changes nothing":        {[]step{{actBadCode, "1", refused}, {actLook, "", approved}}, false},
		"refused for nothing":                 {[]step{{actReport, "1", refused}}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &history{id: name, from: time.Now()}
			for i, s := range test.steps {
				h.note(i, done{s.act, s.key}, time.Now(), s.heard)
			}
			if h.explained() != test.can {
				t.Errorf("can be: %v\n%s", !test.can, h)
			}
		})
	}
}
