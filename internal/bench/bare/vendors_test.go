package bare

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/aye/internal/emulate"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/notify/apns"
	"example.com/aye/notify/fcm"
)

// What is pushed here is what Aye's own senders push.
var (
	theMessage = notify.Message{Kind: notify.MessageApproval, Reference: requestID(1), Device: "dev_1", Title: title, Expires: time.Now().Add(90 * time.Second)}
	ours       = Message{Address: strings.Repeat("ab", 32), Reference: theMessage.Reference, Device: theMessage.Device, Expires: theMessage.Expires}
	target     = notify.Target{Kind: notify.AddressToken, Address: secret.Secret(ours.Address)}
)

// recorder keeps the last request.
type recorder struct {
	base   http.RoundTripper
	header http.Header
	body   []byte
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Path != "/token" {
		body, err := request.GetBody()
		if err != nil {
			return nil, err
		}
		r.header = request.Header
		if r.body, err = io.ReadAll(body); err != nil {
			return nil, err
		}
	}
	return r.base.RoundTrip(request)
}

func TestFCM(t *testing.T) {
	t.Parallel()
	google, err := emulate.StartFCM(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer google.Close()
	credentials, err := google.ServiceAccountJSON()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "fcm.json")
	if err = os.WriteFile(path, []byte(credentials.Reveal()), 0o600); err != nil {
		t.Fatal(err)
	}
	account, err := ReadGoogleAccount(path)
	if err != nil {
		t.Fatal(err)
	}
	pusher := NewPusher(google.CA())
	defer pusher.Close()
	token, err := account.Login(t.Context(), pusher)
	if err != nil {
		t.Fatal(err)
	}
	push := FCMRequest(account.Project, token, ours)
	if status, failure := pusher.Post(t.Context(), google.URL()+push.Path, push.Header, push.Body); failure != nil || status != http.StatusOK {
		t.Fatalf("%d %v", status, failure)
	}
	client := google.HTTPClient()
	defer client.CloseIdleConnections()
	last := &recorder{base: client.Transport}
	sender, err := fcm.New(t.Context(), fcm.Config{CredentialsJSON: credentials, Endpoint: google.URL(), HTTPClient: &http.Client{Transport: last}})
	if err != nil {
		t.Fatal(err)
	}
	if outcome := sender.Send(t.Context(), target, theMessage); outcome.Class != notify.Accepted {
		t.Fatalf("%+v", outcome)
	}
	var a, b struct{ Message map[string]any }
	if json.Unmarshal(push.Body, &a) != nil || json.Unmarshal(last.body, &b) != nil {
		t.Fatalf("%s", last.body)
	}
	for _, message := range []map[string]any{a.Message, b.Message} {
		delete(message["android"].(map[string]any), "ttl") // the one that was made later may be a second shorter
	}
	if !reflect.DeepEqual(a, b) || len(push.Body) != len(last.body) {
		t.Errorf("here  %s\nthere %s", push.Body, last.body)
	}
	for name, there := range last.header {
		if here := push.Header[name]; len(here) != 1 || (name != "Authorization" && !reflect.DeepEqual(here, there)) {
			t.Errorf("%s: %q, there %q", name, here, there)
		}
	}
}

func TestAPNs(t *testing.T) {
	t.Parallel()
	apple, err := emulate.StartAPNs(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer apple.Close()
	key, err := apple.Key()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "apns.p8")
	if err = os.WriteFile(path, []byte(key.Reveal()), 0o600); err != nil {
		t.Fatal(err)
	}
	const topic = "com.example.aye"
	token, err := AppleToken(path, apple.KeyID(), apple.TeamID())
	if err != nil {
		t.Fatal(err)
	}
	pusher := NewPusher(apple.CA())
	defer pusher.Close()
	push := APNsRequest(token, topic, ours)
	if status, failure := pusher.Post(t.Context(), apple.URL()+push.Path, push.Header, push.Body); failure != nil || status != http.StatusOK {
		t.Fatalf("%d %v", status, failure)
	}
	sender, err := apns.New(apns.Config{
		Key: key, KeyID: apple.KeyID(), TeamID: apple.TeamID(), Topic: topic,
		Environment: notify.EnvironmentProduction, Host: apple.URL(), RootCAs: apple.CA(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	if outcome := sender.Send(t.Context(), target, theMessage); outcome.Class != notify.Accepted {
		t.Fatalf("%+v", outcome)
	}
	both := apple.Inbox(ours.Address)
	if len(both) != 2 {
		t.Fatalf("%d arrived", len(both))
	}
	for i := range both {
		both[i].ID, both[i].Number, both[i].Received = "", 0, time.Time{}
	}
	if !reflect.DeepEqual(both[0], both[1]) {
		t.Errorf("here  %+v\nthere %+v", both[0], both[1])
	}
}
