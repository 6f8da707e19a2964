package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"gatehouse/internal/testkit"
)

// authority is Pebble, the ACME server that Let's Encrypt tests clients with. It asks the hosts
// that it certifies at the port of the server under test.
type authority struct {
	directory, management string
	client                *http.Client
	cmd                   *exec.Cmd
}

// startAuthority builds Pebble and runs it with the certificate of the served folder.
func startAuthority(t *testing.T, s *served) *authority {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "pebble")
	build := exec.Command("go", "build", "-o", binary, "github.com/letsencrypt/pebble/v2/cmd/pebble")
	build.Dir = "../../internal/testkit/pebble"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("Pebble: %v\n%s", err, out)
	}
	free := freeAddresses(t, 2)
	_, port, _ := net.SplitHostPort(s.public)
	file := filepath.Join(s.dir, "pebble.json")
	must(t, os.WriteFile(file, fmt.Appendf(nil, `{"pebble": {"listenAddress": %q, "managementListenAddress": %q, "certificate": %q, "privateKey": %q,
		"httpPort": 1, "tlsPort": %s, "retryAfter": {"authz": 1, "order": 1}, "keyAlgorithm": "ecdsa",
		"profiles": {"default": {"description": "90 days", "validityPeriod": 7776000}}}}`,
		free[0], free[1], filepath.Join(s.dir, "cert.pem"), filepath.Join(s.dir, "key.pem"), port), 0o600))
	a := &authority{directory: "https://" + free[0] + "/dir", management: "https://" + free[1], client: s.client}
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(filepath.Join(s.dir, "cert.pem"))
	must(t, err)
	roots.AppendCertsFromPEM(pem)
	a.client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	a.cmd = exec.Command(binary, "-config", file, "-dnsserver", loopbackDNS(t))
	a.cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	a.cmd.Stdout, a.cmd.Stderr = &testkit.Log{}, &testkit.Log{}
	must(t, a.cmd.Start())
	t.Cleanup(a.stop)
	testkit.Eventually(t, "Pebble", func() bool {
		res, err := a.client.Get(a.directory)
		if err == nil {
			res.Body.Close()
		}
		return err == nil
	})
	return a
}

func (a *authority) stop() {
	a.cmd.Process.Kill() //nolint:errcheck // it may have ended
	a.cmd.Wait()         //nolint:errcheck
}

// roots are those of the certificates that it issues.
func (a *authority) roots(t *testing.T) *x509.CertPool {
	t.Helper()
	_, pem := fetch(t, a.client, a.management+"/roots/0")
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(pem)) {
		t.Fatalf("no root: %s", pem)
	}
	return roots
}

// loopbackDNS answers, over TCP, that every name is this machine.
func loopbackDNS(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answerNames(conn)
		}
	}()
	return l.Addr().String()
}

// answerNames answers the questions of a connection: each has its length before it (RFC 1035, 4.2.2).
func answerNames(conn net.Conn) {
	defer conn.Close()
	for {
		length, buffer := make([]byte, 2), make([]byte, 1500)
		if _, err := io.ReadFull(conn, length); err != nil {
			return
		}
		question := buffer[:min(len(buffer), int(binary.BigEndian.Uint16(length)))]
		var m dnsmessage.Message
		if _, err := io.ReadFull(conn, question); err != nil || m.Unpack(question) != nil || len(m.Questions) != 1 {
			return
		}
		m.Response, m.Additionals = true, nil
		if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
		}
		answer, err := m.Pack()
		if err != nil {
			return
		}
		conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)) //nolint:errcheck // it asks again
	}
}

// shows is the certificate that the server shows for a host; nil if the handshake fails.
func (s *served) shows(host string, roots *x509.CertPool) *x509.Certificate {
	dialer := tls.Dialer{Config: &tls.Config{ServerName: host, RootCAs: roots}}
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	conn, err := dialer.DialContext(ctx, "tcp", s.public)
	if err != nil {
		return nil
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
}

// The server orders a certificate for each host of its sites before anybody asks, keeps it over a
// restart, and has none for a name that is not its own.
func TestCertificatesByACME(t *testing.T) {
	s := prepare(t, "sqlite://gatehouse.db")
	ca := startAuthority(t, s)
	config := filepath.Join(s.dir, "gatehouse.yaml")
	replaceInFile(t, config, "  certificate: cert.pem\n  key: key.pem\n",
		"  acme:\n    email: it@portal.example\n    accept_terms: true\n    directory: "+ca.directory+"\n    folder: acme\n    ca_file: cert.pem\n")
	s.start()
	stored := func(host string) bool {
		_, err := os.Stat(filepath.Join(s.dir, "acme", host))
		return err == nil
	}
	testkit.Eventually(t, "certificates: "+s.log.String(), func() bool { return stored("uk.localhost") && stored("au.localhost") })
	roots := ca.roots(t)
	first := s.shows("uk.localhost", roots)
	if first == nil || first.VerifyHostname("uk.localhost") != nil {
		t.Fatalf("uk.localhost is shown %v\n%s", first, s.log)
	}
	if s.shows("stranger.localhost", roots) != nil || stored("stranger.localhost") {
		t.Error("a certificate for the host of no site")
	}
	if info, err := os.Stat(filepath.Join(s.dir, "acme", "uk.localhost")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the certificate's key: %v %v", info, err)
	}
	s.doctorOnCertificates(t, "ok")

	ca.stop()
	must(t, s.cmd.Process.Signal(os.Interrupt))
	must(t, s.cmd.Wait())
	s.start()
	if again := s.shows("uk.localhost", roots); again == nil || again.SerialNumber.Cmp(first.SerialNumber) != 0 {
		t.Errorf("after a restart %v\n%s", again, s.log)
	}
	s.doctorOnCertificates(t, "FAIL") // Pebble is gone
}

// doctorOnCertificates runs the doctor, which finds the certificates well, and the authority as told.
func (s *served) doctorOnCertificates(t *testing.T, authority health) {
	t.Helper()
	binary, err := serverBinary()
	must(t, err)
	out, _ := exec.Command(binary, "doctor", "--json", "--config", filepath.Join(s.dir, "gatehouse.yaml")).Output()
	var findings []finding
	must(t, json.Unmarshal(out, &findings))
	certified := 0
	for _, f := range findings {
		if f.Check == "acme" && f.State != authority {
			t.Errorf("the authority: %+v", f)
		}
		if f.Check == "certificate" && f.State == well && strings.Contains(f.Detail, ".localhost is good until") {
			certified++
		}
	}
	if certified < 2 {
		t.Errorf("certificates: %+v", findings)
	}
}

// An authority that cannot be reached stops nothing but https, and is not asked again and again by
// those who connect.
func TestAnAuthorityThatCannotBeReached(t *testing.T) {
	s := prepare(t, "sqlite://gatehouse.db")
	replaceInFile(t, filepath.Join(s.dir, "gatehouse.yaml"), "  certificate: cert.pem\n  key: key.pem\n",
		"  acme: {email: it@portal.example, accept_terms: true, directory: \"https://127.0.0.1:1/dir\", folder: acme}\n")
	s.start()
	testkit.Eventually(t, "the complaint", func() bool { return strings.Contains(s.log.String(), "certificate not ordered") })
	for range 3 {
		if s.shows("uk.localhost", nil) != nil {
			t.Error("a certificate from nobody")
		}
	}
	if n := strings.Count(s.log.String(), `"certificate not ordered","host":"uk.localhost"`); n != 1 {
		t.Errorf("ordered %d times for one host", n)
	}
}
