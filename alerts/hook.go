package alerts

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// maximumURL is the longest address.
const maximumURL = 2000

// Set sets the address and the kinds, and gives the secret that signs, which is shown once: a new one where there was no
// hook, or renew asks for it; empty else. It fails with [ErrURL], [ErrKind] or [ErrForbidden].
func (s *Service) Set(ctx context.Context, organisationID, address string, kinds []Kind, renew bool) (Hook, secret.Secret, error) {
	if err := s.may(ctx, organisationID); err != nil {
		return Hook{}, "", err
	}
	u, err := s.parseURL(address)
	if err != nil {
		return Hook{}, "", err
	}
	kinds, err = checkKinds(kinds)
	if err != nil {
		return Hook{}, "", err
	}
	before, err := s.Store.AlertHook(ctx, organisationID)
	if err != nil && !errors.Is(err, ErrNoHook) {
		return Hook{}, "", err
	}
	h, shown := before, secret.Secret("")
	if renew || before.Secret == "" {
		h.Secret = newSecret()
		shown = h.Secret
	}
	if h.URL != address { // what became of alerts says nothing of another receiver
		h.LastAt, h.LastError = time.Time{}, ""
	}
	h.OrganisationID, h.URL, h.Kinds = organisationID, address, kinds
	entry := s.entry(organisationID, map[string]string{"kinds": words(kinds), "host": u.Host, "secret": "kept"})
	if shown != "" {
		entry.Data["secret"] = "new"
	}
	switch {
	case before.Secret == "":
		entry.Tell = s.told(organisationID, "set")
	case shown != "" || h.URL != before.URL || !slices.Equal(kinds, before.Kinds):
		entry.Tell = s.told(organisationID, "changed")
	}
	if err = s.Store.SetAlertHook(ctx, h, entry); err != nil {
		return Hook{}, "", err
	}
	h.Secret = ""
	return h, shown, nil
}

// Hook gives it without the secret, else [ErrNoHook].
func (s *Service) Hook(ctx context.Context, organisationID string) (Hook, error) {
	if err := s.may(ctx, organisationID); err != nil {
		return Hook{}, err
	}
	h, err := s.Store.AlertHook(ctx, organisationID)
	h.Secret = ""
	return h, err
}

// Remove takes it away, with all that waits to be sent to it; [ErrNoHook] where there is none.
func (s *Service) Remove(ctx context.Context, organisationID string) error {
	if err := s.may(ctx, organisationID); err != nil {
		return err
	}
	entry := s.entry(organisationID, map[string]string{"kinds": "none"})
	entry.Tell = s.told(organisationID, "removed")
	removed, err := s.Store.RemoveAlertHook(ctx, organisationID, entry)
	if err == nil && !removed {
		err = ErrNoHook
	}
	return err
}

// told is what those who look after the organisation are told of what was done with its hook: nobody makes its own systems deaf unseen.
// The operator's own is in the installation's audit log alone.
func (s *Service) told(organisationID, what string) []any {
	if organisationID == "" {
		return nil
	}
	return []any{accounts.Notice{OrganisationID: organisationID, Kind: accounts.MemberAlertsChanged, Reason: what, By: s.actor()}}
}

// actor is how the audit log names who acts.
func (s *Service) actor() string {
	if s.by == nil {
		return accounts.Operator
	}
	return s.by.By()
}

// may is nil for the operator, and for who manages the organisation. The operator's own hook is nobody else's.
func (s *Service) may(ctx context.Context, organisationID string) error {
	if s.by == nil {
		return nil
	}
	err := s.by.MayManage(ctx, organisationID)
	if errors.Is(err, accounts.ErrForbidden) {
		return ErrForbidden
	}
	return err
}

// entry says of a hook what it is from now on. The log has the host alone: the address may have a token of the receiver's in it.
func (s *Service) entry(organisationID string, data map[string]string) audit.Entry {
	return audit.Entry{Organisation: organisationID, Actor: s.actor(), Action: "alert-hook.changed", Subject: organisationID, At: s.Now().UTC(), Data: data}
}

// parseURL is [ErrURL] for an address that cannot be used. Where the name leads is looked at again on each connection, when
// it can no longer change.
func (s *Service) parseURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || len(address) > maximumURL || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, ErrURL
	}
	local, private := where(u.Hostname())
	if (u.Scheme == "https" && (s.Private || !private)) || (u.Scheme == "http" && s.Private && local) {
		return u, nil
	}
	return nil, ErrURL
}

// where tells of a host whether it is this machine, and whether it is plainly not a public one.
func where(host string) (local, private bool) {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	ip, err := netip.ParseAddr(host)
	if err != nil {
		local = host == "localhost" || strings.HasSuffix(host, ".localhost")
		return local, local || !strings.Contains(host, ".")
	}
	ip = ip.Unmap()
	return ip.IsLoopback(), !ip.IsGlobalUnicast() || ip.IsPrivate()
}

// checkKinds gives them in their order, each once.
func checkKinds(kinds []Kind) ([]Kind, error) {
	var chosen []Kind
	for _, kind := range All {
		if slices.Contains(kinds, kind) {
			chosen = append(chosen, kind)
		}
	}
	for _, kind := range kinds {
		if !slices.Contains(All, kind) {
			return nil, ErrKind
		}
	}
	return chosen, nil
}

func words(kinds []Kind) string {
	if len(kinds) == 0 {
		return "all"
	}
	all := make([]string, 0, len(kinds))
	for _, kind := range kinds {
		all = append(all, string(kind))
	}
	return strings.Join(all, " ")
}

// newSecret makes the 24 random bytes that Standard Webhooks asks for, in its form.
func newSecret() secret.Secret {
	key := make([]byte, 24)
	_, _ = rand.Read(key)
	return secret.Secret("whsec_" + base64.StdEncoding.EncodeToString(key))
}
