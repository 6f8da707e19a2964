package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"time"

	"golang.org/x/crypto/acme"
)

// renewalDue is when a certificate should have been renewed.
const renewalDue = 14 * 24 * time.Hour

// siteHost is a host, and the site that it is of.
type siteHost struct{ host, site string }

// certificate checks our own; if a proxy has it, there is none.
func (d *doctor) certificate() {
	switch c := d.cfg.TLS; {
	case c.ACME.Email != "":
		d.ordered(c.ACME)
	case c.Certificate == "":
		d.add("certificate", well, "none here: plain_http leaves TLS to the proxy", "")
	default:
		d.certificateFile(c)
	}
}

func (d *doctor) certificateFile(c TLSConfig) {
	pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
	if err != nil {
		d.add("certificate", fail, err.Error(), "give a certificate in PEM and its key")
		return
	}
	d.term(&pair, "it is", "it was", "renew it, then send the server SIGHUP")
	for _, h := range d.hosts {
		if pair.Leaf.VerifyHostname(h.host) != nil {
			d.add("certificate", fail, "it is not for "+h.host+" of the site "+h.site, "get one that names every site's hosts")
		}
	}
}

// term checks how long a certificate is good.
func (d *doctor) term(pair *tls.Certificate, is, was, renew string) {
	until := " good until " + pair.Leaf.NotAfter.UTC().Format(time.DateOnly)
	switch left := pair.Leaf.NotAfter.Sub(utc()); {
	case left <= 0:
		d.add("certificate", fail, was+until, renew)
	case left < renewalDue:
		d.add("certificate", warn, is+until+" only", renew)
	case utc().Before(pair.Leaf.NotBefore):
		d.add("certificate", fail, is+" not good before "+pair.Leaf.NotBefore.UTC().Format(time.DateOnly), "check this machine's clock")
	default:
		d.add("certificate", well, is+until, "")
	}
}

// ordered checks what the server orders by itself: that the authority answers, and what is there.
func (d *doctor) ordered(c ACMEConfig) {
	const look = "the server's log says why: it tries again every hour. The authority must reach this server at port 443 of the host"
	ctx, cancel := context.WithTimeout(d.ctx, databaseAnswer)
	defer cancel()
	client, err := acmeHTTP(c.CAFile)
	if err == nil {
		_, err = (&acme.Client{DirectoryURL: c.Directory, HTTPClient: client}).Discover(ctx)
	}
	if err != nil {
		d.add("acme", fail, "the certificate authority does not answer: "+err.Error(), "let this machine reach "+c.Directory)
	} else {
		d.add("acme", well, c.Directory+" answers", "")
	}
	for _, h := range d.hosts {
		pair, err := storedCertificate(c.Folder, h.host)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			d.add("certificate", warn, "there is none for "+h.host+" yet", "start the server, which orders it; then "+look)
		case err != nil:
			d.add("certificate", fail, err.Error(), "run this as the server's account; if it is damaged, remove it and restart the server")
		default:
			d.term(pair, "that for "+h.host+" is", "that for "+h.host+" was", look)
		}
	}
}
