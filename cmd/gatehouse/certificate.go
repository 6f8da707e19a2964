package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"gatehouse/internal/assembly"
	"gatehouse/internal/site"
)

// TLSConfig is where the certificates come from: files, or an authority.
type TLSConfig struct {
	Certificate string     `yaml:"certificate"`
	Key         string     `yaml:"key"`
	ACME        ACMEConfig `yaml:"acme"`
}

// ACMEConfig is how certificates are ordered; without Email they are not.
type ACMEConfig struct {
	// Email is where the authority warns of certificates that expire.
	Email string `yaml:"email"`
	// AcceptTerms is the operator's yes to the authority's terms.
	AcceptTerms bool   `yaml:"accept_terms"`
	Directory   string `yaml:"directory"`
	// Folder keeps the account and the certificates with their keys.
	Folder string `yaml:"folder"`
	// CAFile has the certificate authorities for the directory, if not the system's.
	CAFile string `yaml:"ca_file"`
}

var defaultACME = ACMEConfig{Directory: autocert.DefaultACMEDirectory, Folder: "/var/lib/gatehouse/acme"}

func (k *configCheck) certificate() {
	switch {
	case k.PlainHTTP:
		if k.TLS.Certificate != "" || k.TLS.Key != "" || k.TLS.ACME.Email != "" {
			k.doc.Problem("tls", "is of no use with plain_http: true; remove one of them")
		}
	case k.TLS.ACME.Email != "":
		if k.TLS.Certificate != "" || k.TLS.Key != "" {
			k.doc.Problem("tls.acme", "and certificate and key of tls are two ways to the same; remove one of them")
		}
		k.acme()
	case k.TLS.Certificate == "" || k.TLS.Key == "":
		k.doc.Problem("tls", "needs certificate and key, or acme; behind a proxy that has them, set plain_http: true and trusted_proxies")
	case k.file("tls.certificate", &k.TLS.Certificate) && k.file("tls.key", &k.TLS.Key):
		if _, err := tls.LoadX509KeyPair(k.TLS.Certificate, k.TLS.Key); err != nil {
			k.doc.Problem("tls.certificate", "does not load with tls.key: %v", err)
		}
	}
}

func (k *configCheck) acme() {
	a := &k.TLS.ACME
	if !isAddress(a.Email) {
		k.doc.Problem("tls.acme.email", "is %q, must be an email address such as it@acme.example", a.Email)
	}
	if !a.AcceptTerms {
		k.doc.Problem("tls.acme.accept_terms", "must be true: the authority issues certificates to those who accept its terms")
	}
	if u, err := url.Parse(a.Directory); err != nil || u.Scheme != "https" || u.Host == "" {
		k.doc.Problem("tls.acme.directory", "is %q, must be the https address of an ACME directory", a.Directory)
	}
	a.Folder = k.absolute(a.Folder)
	if info, err := os.Stat(filepath.Dir(a.Folder)); err != nil || !info.IsDir() {
		k.doc.Problem("tls.acme.folder", "the folder %s does not exist", filepath.Dir(a.Folder))
	}
	if k.file("tls.acme.ca_file", &a.CAFile) {
		if _, err := acmeHTTP(a.CAFile); err != nil {
			k.doc.Problem("tls.acme.ca_file", "%s holds no certificate in PEM", a.CAFile)
		}
	}
}

// certificate is the server's: files, read again on SIGHUP so that a renewed one needs no
// restart, or one that is ordered.
type certificate struct {
	cert, key string
	current   atomic.Pointer[tls.Certificate]
	orders    *orders
}

// newCertificate reads the certificate; nil if the configuration has none.
func newCertificate(cfg *Config, log *slog.Logger) (*certificate, error) {
	switch {
	case cfg.TLS.ACME.Email != "":
		orders, err := newOrders(cfg.TLS.ACME, log)
		return &certificate{orders: orders}, err
	case cfg.TLS.Certificate == "":
		return nil, nil
	}
	c := &certificate{cert: cfg.TLS.Certificate, key: cfg.TLS.Key}
	return c, c.reload()
}

func (c *certificate) reload() error {
	if c.orders != nil {
		c.orders.look()
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err == nil {
		c.current.Store(&pair)
	}
	return err
}

// keep orders certificates for the hosts of the sites, until ctx ends.
func (c *certificate) keep(ctx context.Context, sites *site.Sites) {
	if c != nil && c.orders != nil {
		c.orders.serves(sites)
		c.orders.keep(ctx)
	}
}

func (c *certificate) config() *tls.Config {
	switch {
	case c == nil:
		return nil
	case c.orders != nil:
		secure := assembly.TLS(c.orders.get)
		secure.NextProtos = append(secure.NextProtos, acme.ALPNProto)
		return secure
	}
	return assembly.TLS(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil })
}

// ends is when the first certificate expires; the zero time if there is none. Ordered ones are
// renewed weeks before, unless that fails.
func (c *certificate) ends() time.Time {
	switch {
	case c == nil:
		return time.Time{}
	case c.orders != nil:
		return c.orders.ends()
	}
	pair := c.current.Load()
	if pair == nil || pair.Leaf == nil {
		return time.Time{}
	}
	return pair.Leaf.NotAfter
}
