package nats

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"example.com/aye/internal/secret"
)

// Config says where NATS is.
type Config struct {
	// URL is one address or several with commas between, nats:// or tls://, with a user and a
	// password in it or without.
	URL secret.Secret
	// CredentialsFile has one of three: a JWT and a seed (.creds), an nkey seed, or user:password.
	// Empty for none. Like the other files it is read anew for each connection.
	CredentialsFile string
	// RootsFile has the certificates to trust, in PEM; empty for the system's.
	RootsFile string
	// CertificateFile and KeyFile are what this server shows, in PEM; empty for nothing.
	CertificateFile, KeyFile string
	// Name is how this node appears at NATS.
	Name string
	Log  *slog.Logger
}

// CheckURL says what is wrong with an address, without repeating it: it may hold a password.
func CheckURL(text secret.Secret) error {
	for address := range strings.SplitSeq(text.Reveal(), ",") {
		u, err := url.Parse(strings.TrimSpace(address))
		if err != nil || (u.Scheme != "nats" && u.Scheme != "tls") || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
			return errors.New("url must be like nats://host:4222 or tls://host:4222, several with commas between; a user and a password in it are written as in any URL (or better stand in credentials_file)")
		}
	}
	return nil
}

// access checks what the settings name, and gives the options by which it is read anew for each connection.
func (c Config) access() ([]client.Option, error) {
	var options []client.Option
	if err := CheckURL(c.URL); err != nil {
		return nil, err
	}
	if c.RootsFile != "" {
		text, err := os.ReadFile(c.RootsFile)
		if err != nil {
			return nil, fmt.Errorf("roots_file cannot be read: %w", err)
		}
		if !x509.NewCertPool().AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("roots_file: %s has no certificate in PEM", c.RootsFile)
		}
		options = append(options, client.RootCAs(c.RootsFile))
	}
	if (c.CertificateFile == "") != (c.KeyFile == "") {
		return nil, errors.New("certificate_file and key_file must be given together")
	}
	if c.CertificateFile != "" {
		if _, err := tls.LoadX509KeyPair(c.CertificateFile, c.KeyFile); err != nil {
			return nil, fmt.Errorf("certificate_file and key_file cannot be used: %w", err)
		}
		options = append(options, client.ClientCert(c.CertificateFile, c.KeyFile))
	}
	if c.CredentialsFile != "" {
		option, err := credentials(c.CredentialsFile)
		if err != nil {
			return nil, err
		}
		options = append(options, option)
	}
	return options, nil
}

func credentials(file string) (client.Option, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("credentials_file cannot be read: %w", err)
	}
	switch content := strings.TrimSpace(string(text)); {
	case strings.Contains(content, "BEGIN NATS USER JWT"):
		if _, err = nkeys.ParseDecoratedJWT(text); err == nil {
			_, err = nkeys.ParseDecoratedUserNKey(text)
		}
		if err != nil {
			return nil, fmt.Errorf("credentials_file: %s has no JWT with its seed: %w", file, err)
		}
		return client.UserCredentials(file), nil
	case strings.HasPrefix(content, "SU"), strings.Contains(content, "NKEY SEED"):
		option, err := client.NkeyOptionFromSeed(file)
		if err != nil {
			return nil, fmt.Errorf("credentials_file: %s has no nkey seed: %w", file, err)
		}
		return option, nil
	case strings.Contains(content, ":") && !strings.Contains(content, "\n"):
		return client.UserInfoHandler(func() (user, password string) { return login(file) }), nil
	}
	return nil, fmt.Errorf("credentials_file: %s must have a JWT with its seed (a .creds file), an nkey seed, or one line user:password", file)
}

// login reads a user and a password. Where the file is gone meanwhile, the server refuses them and says so.
func login(file string) (user, password string) {
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return "", ""
	}
	user, password, _ = strings.Cut(strings.TrimSpace(string(text)), ":")
	return user, password
}
