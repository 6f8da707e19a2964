package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"gatehouse/internal/site"
)

const (
	// certificatesEvery is how often each host's certificate is looked at.
	certificatesEvery = time.Hour
	// orderAgain is how long an order that failed is not repeated, no matter how many connect: certificate
	// authorities close the account for a while after a few (Let's Encrypt: five in an hour).
	orderAgain = 15 * time.Minute
)

// orders gets certificates for the hosts of all sites by ACME (RFC 8555), proving each host at the
// server's own port (RFC 8737), and renews them. Nobody can make it order for another host.
type orders struct {
	manager autocert.Manager
	log     *slog.Logger
	again   chan struct{}

	mu    sync.Mutex
	hosts func() []string
	wait  map[string]time.Time // by host: when an order may be tried again
	until map[string]time.Time // by host: what has been logged
}

func newOrders(c ACMEConfig, log *slog.Logger) (*orders, error) {
	client, err := acmeHTTP(c.CAFile)
	if err != nil {
		return nil, err
	}
	o := &orders{log: log, again: make(chan struct{}, 1), wait: map[string]time.Time{}, until: map[string]time.Time{}}
	o.manager = autocert.Manager{
		Prompt: autocert.AcceptTOS, // the setting accept_terms says so
		Cache:  autocert.DirCache(c.Folder),
		Email:  c.Email,
		Client: &acme.Client{DirectoryURL: c.Directory, HTTPClient: client, UserAgent: "gatehouse"},
		HostPolicy: func(_ context.Context, host string) error {
			if !slices.Contains(o.ours(), host) {
				return fmt.Errorf("%s is the host of no site", host)
			}
			return nil
		},
	}
	return o, nil
}

// acmeHTTP talks to a certificate authority, which may have a certificate of its own making.
func acmeHTTP(caFile string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		roots := x509.NewCertPool()
		if err != nil || !roots.AppendCertsFromPEM(pem) {
			return nil, errors.Join(fmt.Errorf("tls.acme.ca_file: %s holds no certificate in PEM", caFile), err)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}, nil
}

// serves says whose hosts they are; before that there are none.
func (o *orders) serves(sites *site.Sites) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hosts = func() []string { return certifiedHosts(sites) }
}

// certifiedHosts are the hosts that visitors reach over https.
func certifiedHosts(sites *site.Sites) []string {
	all := sites.All()
	if own := sites.Operators(); own != nil {
		all = append(slices.Clone(all), own)
	}
	var hosts []string
	for _, st := range all {
		hosts = append(hosts, st.Hosts...)
	}
	return hosts
}

func (o *orders) ours() []string {
	o.mu.Lock()
	hosts := o.hosts
	o.mu.Unlock()
	if hosts == nil {
		return nil
	}
	return hosts()
}

// get is the certificate for a handshake, ordered if there is none yet.
func (o *orders) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}) {
		return o.manager.GetCertificate(hello) // the authority, which looks for its token
	}
	host := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	if hosts := o.ours(); host == "" && len(hosts) > 0 {
		host = hosts[0] // mail systems with a report name nobody
	}
	if err := o.mayTry(host); err != nil {
		return nil, err
	}
	// All are for ECDSA, which every browser of the last ten years has: half as many orders.
	cert, err := o.manager.GetCertificate(&tls.ClientHelloInfo{ServerName: host, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}})
	o.tried(host, cert, err)
	return cert, err
}

func (o *orders) mayTry(host string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if until := o.wait[host]; time.Now().Before(until) {
		return fmt.Errorf("there is no certificate for %s yet; it is ordered again at %s", host, until.UTC().Format(time.TimeOnly))
	}
	return nil
}

// tried notes how an order ended, and logs what is new.
func (o *orders) tried(host string, cert *tls.Certificate, err error) {
	if !slices.Contains(o.ours(), host) {
		return // a stranger's name fills no memory and no log
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		if time.Now().Before(o.wait[host]) { // it waited for the same order as another, which has noted this
			return
		}
		o.wait[host] = time.Now().Add(orderAgain)
		o.log.Error("certificate not ordered", "host", host, "error", err.Error())
		return
	}
	delete(o.wait, host)
	if cert.Leaf != nil && !cert.Leaf.NotAfter.Equal(o.until[host]) {
		o.until[host] = cert.Leaf.NotAfter
		o.log.Info("certificate", "host", host, "until", cert.Leaf.NotAfter.UTC())
	}
}

// keep orders what is missing before a visitor has to wait for it, until ctx ends. Renewal is the
// manager's own work from then on.
func (o *orders) keep(ctx context.Context) {
	tick := time.NewTicker(certificatesEvery)
	defer tick.Stop()
	for {
		for _, host := range o.ours() {
			if ctx.Err() == nil {
				o.get(&tls.ClientHelloInfo{ServerName: host}) //nolint:errcheck // it has logged it
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-o.again:
		}
	}
}

// ends is when the first certificate of a host that is served ends; the zero time: nothing has been
// ordered yet. A host whose order has failed, and which has none, has nothing left.
func (o *orders) ends() (first time.Time) {
	hosts := o.ours()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, host := range hosts {
		end := o.until[host]
		if end.IsZero() {
			end = o.wait[host]
		}
		if !end.IsZero() && (first.IsZero() || end.Before(first)) {
			first = end
		}
	}
	return first
}

// look has keep look again: there may be new sites.
func (o *orders) look() {
	select {
	case o.again <- struct{}{}:
	default: // it is about to
	}
}

// storedCertificate is what was ordered for a host, from the folder.
func storedCertificate(folder, host string) (*tls.Certificate, error) {
	data, err := os.ReadFile(filepath.Join(folder, host))
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(data, data)
	return &pair, err
}
