package soak

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// textTime is how long somebody looks at the phone for a text message.
const textTime = 12 * time.Second

// accepted counts how often each code was accepted; one that proves something proves it once.
type accepted struct {
	mu    sync.Mutex
	codes map[string]int
}

func (a *accepted) add(code string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.codes == nil {
		a.codes = map[string]int{}
	}
	a.codes[code]++
}

// text is a login of somebody without the app: a code goes out, and is typed.
func (l *load) text(ctx context.Context, p *person) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	question, h, ok := l.ask(ctx, p, "a")
	if !ok {
		return
	}
	known := len(p.shop.texts.Texts(p.number))
	l.posts.Add(1)
	status, _, err := l.town.application(ctx, p.shop, http.MethodPost, "/v1/approvals/"+h.id+"/codes", "", `{"method":"sms"}`)
	l.heard(status, err)
	if err == nil && status >= 400 && status < 500 {
		return // no code goes out now, and the reason was said
	}
	code, ok := p.read(ctx, known)
	if !ok {
		return
	}
	switch below(4) {
	case 0: // at both of two nodes at once
		var all sync.WaitGroup
		for i := range 2 {
			all.Go(func() { l.verify(ctx, h, p, atPhone+i, actCode, "sms", code) })
		}
		all.Wait()
	case 1:
		l.verify(ctx, h, p, atPhone, actBadCode, "sms", other(code))
		fallthrough
	default:
		l.verify(ctx, h, p, atPhone, actCode, "sms", code)
	}
	l.page(ctx, h, p, question, false)
}

// read waits for a text behind those that are known, and gives the code in it.
func (p *person) read(ctx context.Context, known int) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, textTime)
	defer cancel()
	for ctx.Err() == nil {
		if all := p.shop.texts.Texts(p.number); len(all) > known {
			return codeIn(all[len(all)-1]), true
		}
		wait(ctx, 20*time.Millisecond)
	}
	return "", false
}

// verify types a code until there is an answer: each time is another try.
func (l *load) verify(ctx context.Context, h *history, p *person, client int, a act, method, code string) {
	proof := h.id + " " + code
	if method == "totp" {
		proof = p.email + " " + code
	}
	for heard, tries := unknown, 0; heard == unknown && tries < 3 && ctx.Err() == nil; tries++ {
		began := time.Now()
		status, _, err := l.town.application(ctx, p.shop, http.MethodPost, "/v1/approvals/"+h.id+"/verify", "", fmt.Sprintf(`{"method":%q,"code":%q}`, method, code))
		l.heard(status, err)
		switch {
		case err == nil && status == http.StatusOK:
			heard = approved
			l.codes.add(proof)
		case err == nil && status < 500:
			heard = refused
		}
		h.note(client, done{a, fmt.Sprint(l.ids.Add(1))}, began, heard)
	}
}

// offline is a login without network at the phone: the code that it shows is typed into two browsers at once, and lets one in.
func (l *load) offline(ctx context.Context, p *person) {
	code, err := p.phone.Code(time.Now())
	if err != nil {
		return
	}
	var all sync.WaitGroup
	for _, browser := range []string{"a", "b"} {
		all.Go(func() {
			question, h, ok := l.ask(ctx, p, browser)
			if ok {
				l.verify(ctx, h, p, atPhone, actCode, "totp", code)
				l.page(ctx, h, p, question, false)
			}
		})
	}
	all.Wait()
}

// twice are the text messages that went out more than once under one name of the ledger, and whether there are more than were
// asked for.
func (w *town) twice(asked int64) (wrong []string) {
	names, count := map[string]int{}, int64(0)
	for _, vendor := range []textVendor{w.vendors.messageBird, w.vendors.bird} {
		for _, text := range vendor.Sent() {
			names[text.Reference]++
			count++
		}
	}
	for name, times := range names {
		if name == "" || times > 1 {
			wrong = append(wrong, fmt.Sprintf("the text message %q went out %d times", name, times))
		}
	}
	if count > asked {
		wrong = append(wrong, fmt.Sprintf("%d text messages went out, and %d were asked for", count, asked))
	}
	return wrong
}
