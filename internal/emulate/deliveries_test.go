package emulate

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// openStream begins to listen and gives the lines. It returns when the stand-in has begun too.
func openStream(t *testing.T, control string) *bufio.Scanner {
	t.Helper()
	plain := &http.Client{Transport: &http.Transport{}}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, control+"/deliveries", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := plain.Do(request) // the header is flushed after the listening began
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		response.Body.Close()
		plain.CloseIdleConnections()
	})
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || kind != "application/x-ndjson" {
		t.Fatalf("%s, %s", response.Status, kind)
	}
	return bufio.NewScanner(response.Body)
}

func wantHeard(t *testing.T, lines *bufio.Scanner, want Heard) {
	t.Helper()
	if !lines.Scan() {
		t.Fatalf("the stream ended: %v", lines.Err())
	}
	var got Heard
	if err := json.Unmarshal(lines.Bytes(), &got); err != nil {
		t.Fatalf("%q: %v", lines.Text(), err)
	}
	if got != want {
		t.Errorf("heard %+v, want %+v", got, want)
	}
}

func TestDeliveriesOfApple(t *testing.T) {
	t.Parallel()
	a, client := startAPNs(t)
	token := providerToken(t, a, nil)
	ask(t, client, a, token, `{"aye":{"type":"approval","ref":"apr_0","device":"dev_0"}}`, nil) // before anybody listens
	first, second := openStream(t, a.ControlURL()), openStream(t, a.ControlURL())
	ask(t, client, a, token, `{"aps":{},"aye":{"type":"approval","ref":"apr_1","device":"dev_1","expires":1}}`, nil)
	ask(t, client, a, token, `{"another":"app"}`, nil)
	for _, lines := range []*bufio.Scanner{first, second} {
		wantHeard(t, lines, Heard{Address: phone, Type: "approval", Ref: "apr_1", Device: "dev_1"})
		wantHeard(t, lines, Heard{Address: phone})
	}
}

func TestDeliveriesOfGoogle(t *testing.T) {
	t.Parallel()
	f, client := startFCM(t)
	_, answer := login(t, client, f, grant, sign(t, f, nil))
	access, _ := answer["access_token"].(string)
	lines := openStream(t, f.ControlURL())
	body := `{"message":{"token":"` + android + `","data":{"aye":"1","type":"withdraw","ref":"apr_2","device":"dev_2","title":"x"},"android":{"priority":"high","ttl":"60s","collapse_key":"r"}}}`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.URL()+"/v1/projects/"+project+"/messages:send", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+access)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatal(response.Status)
	}
	wantHeard(t, lines, Heard{Address: android, Type: "withdraw", Ref: "apr_2", Device: "dev_2"})
}

func TestAReaderThatHangsIsLetGo(t *testing.T) {
	t.Parallel()
	var boxes inboxes
	slow := boxes.listen()
	for range mostUnread + 1 {
		boxes.add("a", Delivery{})
	}
	if queue, kept := boxes.take(slow); len(queue) != mostUnread || kept {
		t.Errorf("%d unread, kept up: %v", len(queue), kept)
	}
	boxes.leave(slow)
	boxes.add("a", Delivery{})
	if queue, _ := boxes.take(slow); len(queue) != 0 {
		t.Errorf("%d came after it left", len(queue))
	}
}
