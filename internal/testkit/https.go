package testkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net"
	"sync"
	"time"
)

// OverHTTPS makes a server answer over https, as every real one does. Its clients trust the
// certificate, and so does BrowserWithKeys.
func OverHTTPS() ServerOption { return func(s *serverSetup) { s.secure = true } }

// siteCertificate is the certificate of this process's servers.
var siteCertificate = sync.OnceValues(func() (tls.Certificate, error) { return selfSigned("localhost", "*.localhost") })

// serving is the configuration of a server; nil: plain http.
func (s serverSetup) serving() (*tls.Config, error) {
	if !s.secure {
		return nil, nil
	}
	made, err := siteCertificate()
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{made}, NextProtos: []string{"h2", "http/1.1"}}, err
}

// scheme is how visitors reach the sites.
func (s serverSetup) scheme() string {
	if s.secure {
		return "https"
	}
	return "http"
}

// TrustServers is a client's configuration: it trusts this process's servers.
func TrustServers() (*tls.Config, error) {
	made, err := siteCertificate()
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(made.Leaf)
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, nil
}

// siteKeyHash names the key of that certificate, as Chromium wants it.
func siteKeyHash() (string, error) {
	made, err := siteCertificate()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(made.Leaf.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:]), nil
}

// selfSigned makes a certificate for this machine under some names.
func selfSigned(names ...string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: names[len(names)-1]},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: names,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}
