package app

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/notify/bird"
	"example.com/aye/notify/messagebird"
	"example.com/aye/sms"
)

// maximumPrice is the most that one part of a message may be set to cost.
const maximumPrice sms.Amount = 10_000_000

// builtIn are the prices in euros without any of one's own. The one of the Netherlands is
// MessageBird's of September 2021: a beginning, which the vendor's own reports correct.
var builtIn = []sms.Price{{Country: "NL", Amount: 56_000, From: time.Date(2021, 9, 1, 0, 0, 0, 0, time.UTC)}}

func (c SMS) validate() []error {
	out, errs := c.decided("")
	errs = append(errs,
		within("sms.operator_cap", out.OperatorCap > 0, "0.01 to 100000"),
		within("sms.country", capitals(c.Country, 2), "two capital letters such as NL"),
		within("sms.currency", capitals(c.Currency, 3), "three capital letters such as EUR"))
	for name, endpoint := range map[string]string{"sms.messagebird_endpoint": c.MessageBirdEndpoint, "sms.bird_endpoint": c.BirdEndpoint} {
		if endpoint != "" {
			errs = append(errs, checkOrigin(name, endpoint))
		}
	}
	return errs
}

func capitals(text string, count int) bool {
	return len(text) == count && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// decided is what the operator decided about text messages.
func (c SMS) decided(origin string) (sms.Config, []error) {
	out := sms.Config{Origin: origin, Country: c.Country, Prices: sms.Prices{Currency: c.Currency}}
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	out.Prices.Unknown = amount("sms.unknown_price", c.UnknownPrice, maximumPrice, note)
	out.OperatorCap = amount("sms.operator_cap", c.OperatorCap, sms.MaximumCap, note)
	out.LoginEnds = date("sms.login_ends", c.LoginEnds, note)
	own := map[string]bool{}
	for i, p := range c.Prices {
		name := "sms.prices[" + strconv.Itoa(i) + "]."
		price := sms.Price{
			Country: p.Country, Amount: amount(name+"price", p.Price, maximumPrice, note), From: date(name+"from", p.From, note), Until: date(name+"until", p.Until, note),
		}
		note(within(name+"country", capitals(p.Country, 2), "two capital letters such as NL"))
		note(within(name+"until", price.Until.IsZero() || price.Until.After(price.From), "after from"))
		out.Prices.All, own[p.Country] = append(out.Prices.All, price), true
	}
	if c.Currency == "EUR" { // what is built in is in euros
		out.Prices.All = append(out.Prices.All, slices.DeleteFunc(slices.Clone(builtIn), func(p sms.Price) bool { return own[p.Country] })...)
	}
	return out, errs
}

func amount(name, text string, most sms.Amount, note func(error)) sms.Amount {
	parsed, err := sms.ParseAmount(text)
	if err != nil {
		note(fmt.Errorf("%w: %s: %w", ErrConfig, name, err))
	}
	note(within(name, parsed <= most, "0 to "+strings.TrimSuffix(most.String(), ".00")))
	return parsed
}

func date(name, text string, note func(error)) time.Time {
	if text == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, text)
	note(within(name, err == nil, "a day such as 2027-01-01"))
	return day
}

// textVendors makes what speaks to each vendor.
func textVendors(c SMS, now func() time.Time) (map[sms.Kind]sms.Vendor, error) {
	roots, err := readRoots(c.RootsFile)
	if err != nil {
		return nil, fmt.Errorf("%w: sms.roots_file: %w", ErrConfig, err)
	}
	return map[sms.Kind]sms.Vendor{
		sms.MessageBird: messagebird.New(messagebird.Config{Endpoint: c.MessageBirdEndpoint, RootCAs: roots, Now: now}),
		sms.Bird:        bird.New(bird.Config{Endpoint: c.BirdEndpoint, RootCAs: roots, Now: now}),
	}, nil
}

// textMetrics feeds Prometheus. What messages cost is in the ledger.
type textMetrics struct{ texts *prometheus.CounterVec }

func newTextMetrics(registry prometheus.Registerer) textMetrics {
	m := textMetrics{prometheus.NewCounterVec(
		prometheus.CounterOpts{Name: "aye_text_total", Help: "Text messages by the state that they reached; each counts once in each."}, []string{"provider", "purpose", "state", "reason"})}
	registry.MustRegister(m.texts)
	return m
}

func (m textMetrics) Texted(kind sms.Kind, purpose sms.Purpose, state sms.State, reason sms.Class) {
	m.texts.WithLabelValues(string(kind), string(purpose), string(state), string(reason)).Inc()
}

// settleTexts finds out every few seconds what became of messages of which nothing was heard. It is apart
// from the sweep, because vendors may be slow.
func (a *App) settleTexts(ctx context.Context) {
	every(ctx, textsEvery, func() {
		if err := a.SMS.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "what became of text messages was not found out, and is tried again", slog.String("error", err.Error()))
		}
	})
}

// forgetNumbers forgets each hour the numbers of old messages.
func (a *App) forgetNumbers(ctx context.Context) {
	every(ctx, eraseEvery, func() {
		if err := a.SMS.Mask(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "old phone numbers were not forgotten, and are tried again", slog.String("error", err.Error()))
		}
	})
}

// CheckTexts asks the vendor of the active provider of an organisation, or of the operator where the id
// is empty, whether the key works. left says what is left on the account, where the vendor tells. Without
// an active provider it is [sms.ErrNotFound].
func (a *App) CheckTexts(ctx context.Context, organisationID string) (p sms.Provider, left string, err error) {
	if p, err = a.Store.ActiveProvider(ctx, organisationID); err != nil {
		return p, "", err
	}
	vendor, ok := a.SMS.Vendors[p.Kind]
	if !ok {
		return p, "", fmt.Errorf("nothing here speaks to %s", p.Kind)
	}
	ctx, cancel := context.WithTimeout(ctx, sms.SendTime)
	defer cancel()
	balance, known, err := vendor.Check(ctx, sms.Account{Key: p.Key, Signing: p.Signing, Sender: p.Sender})
	if err != nil || !known {
		return p, "", err
	}
	left = strings.TrimSpace(strconv.FormatFloat(balance.Left, 'f', -1, 64) + " " + balance.Unit)
	if !balance.Prepaid {
		left = "no prepaid account"
	}
	return p, left, nil
}
