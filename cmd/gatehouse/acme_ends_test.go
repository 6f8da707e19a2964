package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"testing"
	"time"
)

// Operators are warned of the first certificate that ends, of hosts that are served: an order that
// fails leaves the old one to run out, or a host without any.
func TestTheEndOfOrderedCertificatesIsKnown(t *testing.T) {
	o, err := newOrders(ACMEConfig{Folder: t.TempDir(), Directory: "https://authority.example/"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c := &certificate{orders: o}
	hosts := []string{"one.example", "two.example", "three.example"}
	o.mu.Lock()
	o.hosts = func() []string { return hosts }
	o.mu.Unlock()
	if at := c.ends(); !at.IsZero() {
		t.Errorf("before anything was ordered: %s", at)
	}
	now := time.Now()
	got := func(host string, end time.Time) {
		o.tried(host, &tls.Certificate{Leaf: &x509.Certificate{NotAfter: end}}, nil)
	}
	got("one.example", now.Add(90*24*time.Hour))
	got("two.example", now.Add(5*24*time.Hour))
	got("stranger.example", now)
	if at := c.ends(); !at.Equal(now.Add(5 * 24 * time.Hour)) {
		t.Errorf("the first ends at %s", at)
	}
	o.tried("two.example", nil, errors.New("no renewal")) // it still has the old one
	if at := c.ends(); !at.Equal(now.Add(5 * 24 * time.Hour)) {
		t.Errorf("after a failed renewal: %s", at)
	}
	o.tried("three.example", nil, errors.New("no order"))
	if at := c.ends(); at.IsZero() || at.After(now.Add(24*time.Hour)) {
		t.Errorf("a host without any: %s", at)
	}
	hosts = hosts[:1]
	if at := c.ends(); !at.Equal(now.Add(90 * 24 * time.Hour)) {
		t.Errorf("of hosts that are still served: %s", at)
	}
}
