package bench

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"example.com/aye/internal/bench/bare"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/notify/apns"
	"example.com/aye/notify/fcm"
)

// pushesInFlight is how many pushes are under way at one time: as many as Aye allows.
const pushesInFlight = 64

// The parts of the bare client's pushes that Aye's senders reach at least.
const (
	applePart  = 0.75
	googlePart = 0.8
)

// pushing makes one push to the address.
type pushing func(ctx context.Context, address, reference string) error

// vendors measures the senders to Apple and Google.
func (r *run) vendors(ctx context.Context) error {
	g := r.group(Pushes, "pushes through the senders, to stand-ins")
	roots, lay := map[string]*x509.CertPool{}, []string{}
	for _, vendor := range []string{"apns", "fcm"} {
		s, err := r.launcher.play(ctx, "pushes-"+vendor, vendor)
		if err != nil {
			return err
		}
		defer s.close()
		if roots[vendor], err = bare.ReadRoots(s.roots); err != nil {
			return err
		}
		ours, theirs, err := apple, bareApple, error(nil)
		whose, part := "Apple", applePart
		if vendor == "fcm" {
			ours, theirs, whose, part = google, bareGoogle, "Google", googlePart
		}
		rates, err := r.pushTurns(ctx, vendor, s, roots[vendor], ours, theirs)
		if err != nil {
			return err
		}
		row := g.add(Row{
			Name: "pushes." + vendor + ".per_second", What: "pushes to " + whose + ", 64 in flight", Unit: PerSecond,
			Aye: new(mean(rates[0])), Limit: new(mean(rates[1])), Goal: atLeast(part), Ratios: ratiosOf(rates[0], rates[1]),
		})
		if row.Ratios != nil {
			lay = append(lay, row.Ratios.words("with "+whose))
		}
	}
	g.note("The limit is a bare HTTP/2 client that posts the same bytes to the same stand-in, in turns with the sender. " + r.turnsNote(lay))
	return nil
}

type maker func(ctx context.Context, s *standIn, roots *x509.CertPool) (pushing, func(), error)

// pushTurns measures both in turns, and gives the rates of each.
func (r *run) pushTurns(ctx context.Context, vendor string, s *standIn, roots *x509.CertPool, makers ...maker) ([][]float64, error) {
	rates := make([][]float64, len(makers))
	pushes := make([]pushing, len(makers))
	for i, make := range makers {
		push, end, err := make(ctx, s, roots)
		if err != nil {
			return nil, err
		}
		defer end()
		pushes[i] = push
	}
	turns := turnsIn(r.Duration)
	for turn := range turns {
		for _, i := range inTurn(turn, []int{0, 1}) {
			r.Progress.say("pushes to %s, %s, %d of %d", vendor, []string{"Aye", "bare"}[i], turn+1, turns)
			rate, err := r.pushRate(ctx, vendor+[]string{"", " bare"}[i], pushes[i], r.Duration/time.Duration(turns))
			if err != nil {
				return nil, err
			}
			rates[i] = append(rates[i], rate)
		}
	}
	return rates, nil
}

// pushRate gives how many pushes went out in a second of the duration, warmed up before.
func (r *run) pushRate(ctx context.Context, name string, push pushing, duration time.Duration) (float64, error) {
	var sent atomic.Int64
	stop := make(chan struct{})
	var workers sync.WaitGroup
	for range pushesInFlight {
		workers.Go(func() {
			address, reference := newAddress(), secret.NewID("apr")
			for ctx.Err() == nil {
				select {
				case <-stop:
					return
				default:
				}
				if err := push(ctx, address, reference); err == nil {
					sent.Add(1)
				} else if ctx.Err() == nil {
					r.failures.add(Pushes, name+": "+reasonOf(err))
				}
			}
		})
	}
	defer workers.Wait()
	defer close(stop)
	if err := pause(ctx, duration/10, nil); err != nil {
		return 0, err
	}
	before, from := sent.Load(), time.Now()
	if err := pause(ctx, duration, nil); err != nil {
		return 0, err
	}
	return float64(sent.Load()-before) / time.Since(from).Seconds(), nil
}

// newAddress makes an address that Apple and Google would both take: 32 bytes in hexadecimal.
func newAddress() string {
	address := make([]byte, 32)
	_, _ = rand.Read(address) // never fails
	return hex.EncodeToString(address)
}

// pushLife is how long the pushes live.
const pushLife = 2 * time.Minute

// device is what the pushes name as the phone.
const pushedDevice = "dev_00000000000000000000000000000001"

func message(reference string) notify.Message {
	return notify.Message{
		Kind: notify.MessageApproval, Reference: reference, Device: pushedDevice, Title: "Accept login request?", Expires: time.Now().Add(pushLife),
	}
}

func bareMessage(address, reference string) bare.Message {
	return bare.Message{Address: address, Reference: reference, Device: pushedDevice, Expires: time.Now().Add(pushLife)}
}

func accepted(outcome notify.Outcome) error {
	if outcome.Class != notify.Accepted {
		return fmt.Errorf("%s %s", outcome.Class, outcome.Reason)
	}
	return nil
}

// apple pushes by Aye's sender.
func apple(_ context.Context, s *standIn, roots *x509.CertPool) (pushing, func(), error) {
	key, err := os.ReadFile(s.credentials)
	if err != nil {
		return nil, nil, err
	}
	sender, err := apns.New(apns.Config{
		Key: secret.Secret(key), KeyID: s.keyID, TeamID: s.teamID, Topic: pushApp, Environment: notify.EnvironmentProduction, Host: s.endpoint, RootCAs: roots,
	})
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context, address, reference string) error {
		target := notify.Target{Device: pushedDevice, Provider: notify.ProviderAPNs, App: pushApp, Environment: notify.EnvironmentProduction, Address: secret.Secret(address)}
		return accepted(sender.Send(ctx, target, message(reference)))
	}, sender.Close, nil
}

// google pushes by Aye's sender, with the client that internal/app gives it.
func google(ctx context.Context, s *standIn, roots *x509.CertPool) (pushing, func(), error) {
	account, err := os.ReadFile(s.credentials)
	if err != nil {
		return nil, nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forbidigo // as internal/app does: cloned for its proxy and time limits
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	transport.ForceAttemptHTTP2, transport.MaxIdleConnsPerHost = true, 16
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second}
	sender, err := fcm.New(ctx, fcm.Config{CredentialsJSON: secret.Secret(account), Endpoint: s.endpoint, HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context, address, reference string) error {
		target := notify.Target{Device: pushedDevice, Provider: notify.ProviderFCM, App: pushApp, Kind: notify.AddressToken, Address: secret.Secret(address)}
		return accepted(sender.Send(ctx, target, message(reference)))
	}, transport.CloseIdleConnections, nil
}

// bareApple and bareGoogle post the same, as plainly as Go can.
func bareApple(_ context.Context, s *standIn, roots *x509.CertPool) (pushing, func(), error) {
	token, err := bare.AppleToken(s.credentials, s.keyID, s.teamID)
	if err != nil {
		return nil, nil, err
	}
	pusher := bare.NewPusher(roots)
	return func(ctx context.Context, address, reference string) error {
		return post(ctx, pusher, s, bare.APNsRequest(token, pushApp, bareMessage(address, reference)))
	}, pusher.Close, nil
}

func bareGoogle(ctx context.Context, s *standIn, roots *x509.CertPool) (pushing, func(), error) {
	account, err := bare.ReadGoogleAccount(s.credentials)
	if err != nil {
		return nil, nil, err
	}
	pusher := bare.NewPusher(roots)
	token, err := account.Login(ctx, pusher)
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context, address, reference string) error {
		return post(ctx, pusher, s, bare.FCMRequest(account.Project, token, bareMessage(address, reference)))
	}, pusher.Close, nil
}

func post(ctx context.Context, pusher *bare.Pusher, s *standIn, request bare.PushRequest) error {
	status, err := pusher.Post(ctx, s.endpoint+request.Path, request.Header, request.Body)
	if err == nil && status != http.StatusOK {
		err = &statusError{status, ""}
	}
	return err
}
