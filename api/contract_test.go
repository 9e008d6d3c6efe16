package api_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"example.com/aye/accounts"
	"example.com/aye/api"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/sms"
	"example.com/aye/support"
)

var parameter = regexp.MustCompile(`:(\w+)`)

func TestContractHasEveryRoute(t *testing.T) {
	t.Parallel()
	document, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	promised := map[string]bool{}
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			promised[method+" "+path] = true
		}
	}
	for route := range api.Routes() {
		name := parameter.ReplaceAllString(route, "{$1}")
		if !strings.HasPrefix(name, http.MethodOptions) && !promised[name] {
			t.Errorf("openapi.yaml does not have %s", name)
		}
		delete(promised, name)
	}
	for route := range promised {
		t.Errorf("there is no route %s", route)
	}
}

func TestContractIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var served, written any
	w.anybody().get(t, "/v1/openapi.json").want(http.StatusOK).into(&served)
	if err := yaml.Unmarshal(api.Contract(), &written); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(written)
	got, _ := json.Marshal(served)
	if string(again) != string(got) {
		t.Error("what is served is not openapi.yaml")
	}
}

func TestEveryProblemHasAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for code := range api.ProblemCodes() {
		page := w.anybody().get(t, "/problems/"+code).want(http.StatusOK)
		if !strings.Contains(string(page.body), code) {
			t.Errorf("the page of %s does not name it", code)
		}
	}
	w.anybody().get(t, "/problems/no-such-thing").problem(http.StatusNotFound, "not-found")
}

// TestEveryCodeIsAnswered keeps the contract free of codes that nothing answers.
func TestEveryCodeIsAnswered(t *testing.T) {
	t.Parallel()
	answered := map[string]bool{}
	for _, code := range api.Rows() {
		answered[code] = true
	}
	for _, err := range []error{api.FieldError(), errors.New("anything"), echoNotFound, echoNotAllowed} {
		answered[api.CodeOf(err)] = true
	}
	for code := range api.ProblemCodes() {
		if !answered[code] {
			t.Errorf("nothing answers %s", code)
		}
		delete(answered, code)
	}
	for code := range answered {
		t.Errorf("%s has no entry in problems.go", code)
	}
	for _, found := range regexp.MustCompile("- `(\\d+)` (`.*`)").FindAllStringSubmatch(string(api.Contract()), -1) {
		for _, name := range code.FindAllStringSubmatch(found[2], -1) {
			if status, ok := api.ProblemCodes()[name[1]]; !ok || found[1] != statusText(status) {
				t.Errorf("openapi.yaml lists %s with %s; problems.go has it with %d", name[1], found[1], status)
			}
		}
	}
}

// sentinels are the errors of the domain by their names in the source.
var sentinels = map[string]map[string]error{
	"accounts": {
		"ErrNotFound": accounts.ErrNotFound, "ErrInvalid": accounts.ErrInvalid, "ErrCredentials": accounts.ErrCredentials,
		// These two come of what only the command line can do: making people and secrets.
		"ErrExists": nil, "ErrSecrets": nil,
		// Said to people alone, on Aye's own pages; so are those of the other rooms without a row.
		"ErrForbidden": nil, "ErrPassword": nil, "ErrDelayed": nil, "ErrBusy": nil, "ErrNoTexts": nil, "ErrTextFailed": nil,
		"ErrWrongCode": nil, "ErrRoster": nil, "ErrLastFactor": nil, "ErrOtherNumber": nil, "ErrRecovering": nil,
	},
	"devices": {
		"ErrUnknown": devices.ErrUnknown, "ErrNotActive": devices.ErrNotActive, "ErrProof": devices.ErrProof,
		"ErrUseNonce": devices.ErrUseNonce, "ErrProofUsed": devices.ErrProofUsed, "ErrInvalid": devices.ErrInvalid,
		"ErrLastFactor": nil,
	},
	"otp": {
		"ErrWrong": otp.ErrWrong, "ErrNone": otp.ErrNone, "ErrTooMany": otp.ErrTooMany,
		"ErrTooManyApps": nil, "ErrName": nil, "ErrLastFactor": nil, "ErrNoFactor": nil,
	},
	"pairing": {
		"ErrNotFound": pairing.ErrNotFound, "ErrUnknownCode": pairing.ErrUnknownCode, "ErrExpired": pairing.ErrExpired, "ErrBurned": pairing.ErrBurned,
		"ErrClosed": pairing.ErrClosed, "ErrClaim": pairing.ErrClaim, "ErrAppTooOld": pairing.ErrAppTooOld, "ErrEnrolRefused": pairing.ErrEnrolRefused,
		"ErrTooMany": pairing.ErrTooMany, "ErrTooManyPhones": pairing.ErrTooManyPhones, "ErrWrongCode": pairing.ErrWrongCode,
		"ErrKeyReused": pairing.ErrKeyReused, "ErrMismatch": pairing.ErrMismatch, "ErrMethod": nil,
	},
	"approval": {
		"ErrNotFound": approval.ErrNotFound, "ErrInvalid": approval.ErrInvalid, "ErrNotEnrolled": approval.ErrNotEnrolled,
		"ErrTapNotAllowed": approval.ErrTapNotAllowed, "ErrNumberRequired": approval.ErrNumberRequired, "ErrTooManyPending": approval.ErrTooManyPending,
		"ErrMismatch": approval.ErrMismatch, "ErrDecision": approval.ErrDecision, "ErrKey": approval.ErrKey, "ErrApprovalKey": approval.ErrApprovalKey,
		"ErrChallenge": approval.ErrChallenge, "ErrNumberMissing": approval.ErrNumberMissing, "ErrDecided": approval.ErrDecided,
		"ErrTooLate": approval.ErrTooLate, "ErrReleaseCode": approval.ErrReleaseCode, "ErrRedeemed": approval.ErrRedeemed, "ErrLapsed": approval.ErrLapsed,
		"ErrNotApproved": approval.ErrNotApproved, "ErrMethod": approval.ErrMethod,
	},
	"support": {
		"ErrNotFound": support.ErrNotFound, "ErrClosed": support.ErrClosed,
		// Said to staff and people on Aye's own pages: the API gives no support, it only lets the phone stop it.
		"ErrForbidden": nil, "ErrRank": nil, "ErrNew": nil, "ErrSame": nil, "ErrLive": nil, "ErrFrozen": nil, "ErrTooMany": nil, "ErrInvalid": nil, "ErrChannel": nil,
		"ErrUnsigned": nil, "ErrLink": nil, "ErrCode": nil,
	},
	"sms": {
		"ErrNotFound": sms.ErrNotFound, "ErrInvalid": sms.ErrInvalid, "ErrNotOpen": sms.ErrNotOpen, "ErrDelayed": sms.ErrDelayed, "ErrVendor": sms.ErrVendor,
		"ErrWrongCode": sms.ErrWrongCode, "ErrTries": sms.ErrTries, "ErrTooMany": sms.ErrTooMany, "ErrReport": sms.ErrReport,
		// No problems: the code counts if it arrives; a report that tells nothing is answered as a good one is.
		"ErrNoAnswer": nil, "ErrReplayed": nil, "ErrNoMessage": nil,
		// Named by the field that it is about.
		"ErrAmount": nil,
	},
}

// TestEveryDomainErrorHasARow reads the sources, so that a new error cannot be forgotten.
func TestEveryDomainErrorHasARow(t *testing.T) {
	t.Parallel()
	rows := api.Rows()
	for room, known := range sentinels {
		declared := declaredErrors(t, "../"+room)
		for name := range declared {
			err, ok := known[name]
			if !ok {
				t.Errorf("%s.%s has no row: decide what it is answered with", room, name)
			} else if err != nil && rows[err] == "" {
				t.Errorf("%s.%s has no row in the table of errors", room, name)
			}
		}
		for name := range known {
			if !declared[name] {
				t.Errorf("%s.%s is no more", room, name)
			}
		}
	}
}

func declaredErrors(t *testing.T, folder string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	packages, err := parser.ParseDir(token.NewFileSet(), folder, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages {
		if strings.HasSuffix(p.Name, "_test") {
			continue
		}
		ast.Inspect(p, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Err") {
				names[spec.Names[0].Name] = true
			}
			return true
		})
	}
	return names
}
