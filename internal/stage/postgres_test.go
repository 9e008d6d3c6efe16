package stage_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/demo"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/stage"
)

// TestTwoNodesOnPostgreSQL plays the main job at two servers that share a database and nothing else, behind a balancer: one
// links the phone, is asked and redeems; at the other the page waits and the phone decides.
func TestTwoNodesOnPostgreSQL(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var nodes []*url.URL
	answered := map[int]int{}
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		node := 0
		if strings.HasSuffix(r.In.URL.Path, "/events") || strings.HasSuffix(r.In.URL.Path, "/decision") {
			node = 1
		}
		mu.Lock()
		defer mu.Unlock()
		answered[node]++
		r.SetURL(nodes[node])
		r.Out.Host = r.In.Host
	}})
	origin := "http://localhost:" + front.Listener.Addr().String()[strings.LastIndex(front.Listener.Addr().String(), ":")+1:]
	dir, database := t.TempDir(), secret.Secret(ayetest.Database(t))
	open := func() *stage.Stage {
		s, err := stage.New(t.Context(), stage.Options{Dir: dir, Database: database, Change: func(c *app.Config) { c.Origin = origin }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if failure := s.Close(context.WithoutCancel(t.Context())); failure != nil {
				t.Error(failure)
			}
		})
		at, err := url.Parse(s.Origin)
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, at)
		return s
	}
	first, second := open(), open()
	front.Start()
	defer front.Close()

	const email, page = "ada@example.com", "https://shop.example.com"
	a := first.App.Accounts
	organisation, err := a.CreateOrganisation(t.Context(), accounts.Organisation{Name: "Example", Profile: accounts.Standard, Locale: "en"})
	ayetest.Fails(t, err, nil)
	_, _, err = a.AddMember(t.Context(), organisation.ID, accounts.Person{Email: email, Display: "Ada"}, accounts.RoleMember)
	ayetest.Fails(t, err, nil)
	// What one node writes the other reads.
	application, clientSecret, err := second.App.Accounts.CreateApplication(t.Context(), accounts.Application{OrganisationID: organisation.ID, Name: "Shop", Origins: []string{page}, MayEnrol: true})
	ayetest.Fails(t, err, nil)
	handset, err := phone.Open("")
	ayetest.Fails(t, err, nil)
	handset.Inbox = first.FCM.ControlURL()
	var address [32]byte
	_, _ = rand.Read(address[:]) // never fails
	var steps bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err = demo.Once{
		Shop: demo.ShopConfig{
			AyeURL: origin, ClientID: application.ID, ClientSecret: clientSecret, Origin: page, Name: "Shop", People: []string{email}, HTTP: &http.Client{Timeout: 20 * time.Second},
		},
		Phone: handset, Email: email, Step: func(what string) { fmt.Fprintln(&steps, what) },
		Details: phone.Details{
			Model: "Pixel 9", Platform: "android", OSVersion: "16", AppVersion: "1.0.0", Locale: "en",
			Push: phone.Push{Provider: "fcm", App: stage.PushApp, Kind: "token", Address: phone.Secret(hex.EncodeToString(address[:]))},
		},
	}.Run(ctx)
	if err != nil {
		t.Fatalf("%v, after:\n%s", err, steps.String())
	}
	if answered[0] < 4 || answered[1] < 2 {
		t.Errorf("the nodes answered %v calls", answered)
	}
	ayetest.Fails(t, second.App.Store.VerifyAudit(t.Context()), nil)
	rows, err := second.App.Store.AuditRows(t.Context(), organisation.ID, 0, 100)
	ayetest.Fails(t, err, nil)
	var actions []string
	for _, row := range rows {
		actions = append(actions, row.Action)
	}
	for _, want := range []string{"approval.asked", "approval.approved", "approval.released"} {
		if !slices.Contains(actions, want) {
			t.Errorf("the log has %v", actions)
		}
	}
}
