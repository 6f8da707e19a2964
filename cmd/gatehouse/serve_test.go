package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/demo"
	"gatehouse/internal/secret"
	"gatehouse/internal/testkit"
)

// serverBinary is the program, built once for the tests that run it.
var serverBinary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "gatehouse-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "gatehouse")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// served is a separate `gatehouse serve`.
type served struct {
	t                  *testing.T
	dir                string
	public, management string
	cmd                *exec.Cmd
	log                *testkit.Log
	client             *http.Client
}

// prepare writes a configuration: the demo's sites over TLS, on a database.
func prepare(t *testing.T, database string) *served {
	t.Helper()
	free := freeAddresses(t, 2)
	s := &served{t: t, dir: t.TempDir(), public: free[0], management: free[1], log: &testkit.Log{}}
	must(t, demo.WriteSites(filepath.Join(s.dir, "sites")))
	must(t, os.WriteFile(filepath.Join(s.dir, "keys"), secret.NewKeyFile(), 0o600))
	roots := s.certify()
	_, port, _ := net.SplitHostPort(s.public)
	must(t, os.WriteFile(filepath.Join(s.dir, "gatehouse.yaml"), fmt.Appendf(nil, `listen: %s
management: %s
tls:
  certificate: cert.pem
  key: key.pem
public:
  port: %s
database: %s
key_file: keys
smtp:
  url: smtp+plain://127.0.0.1:1
`, s.public, s.management, port, database), 0o600))
	s.client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.public)
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// freeAddresses are n different addresses that nobody listens on.
func freeAddresses(t *testing.T, n int) (all []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		defer l.Close() // once all are known: a port that is free again may come twice
		all = append(all, l.Addr().String())
	}
	return all
}

func (s *served) certify() *x509.CertPool {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(s.t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"uk.localhost", "au.localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(s.t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	must(s.t, err)
	must(s.t, os.WriteFile(filepath.Join(s.dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(s.t, os.WriteFile(filepath.Join(s.dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	cert, err := x509.ParseCertificate(der)
	must(s.t, err)
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return roots
}

func (s *served) start() {
	s.t.Helper()
	binary, err := serverBinary()
	must(s.t, err)
	s.cmd = exec.Command(binary, "serve", "--config", filepath.Join(s.dir, "gatehouse.yaml"))
	s.cmd.Stderr, s.cmd.Stdout = s.log, s.log
	must(s.t, s.cmd.Start())
	process := s.cmd
	s.t.Cleanup(func() {
		process.Process.Kill() //nolint:errcheck // it may have ended
		process.Wait()         //nolint:errcheck
	})
	testkit.Eventually(s.t, "the server: "+s.log.String(), func() bool {
		res, err := http.Get("http://" + s.management + "/readyz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == 200
	})
}

// get asks a site over TLS.
func (s *served) get(url string) (*http.Response, string) {
	s.t.Helper()
	return fetch(s.t, s.client, url)
}

func fetch(t *testing.T, client *http.Client, url string) (*http.Response, string) {
	t.Helper()
	res, err := client.Get(url)
	must(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	return res, string(body)
}

func TestServe(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := prepare(t, url)
		must(t, os.WriteFile(filepath.Join(s.dir, "places.mmdb"), placesFile(t, utc(), "Leeds"), 0o600))
		replaceInFile(t, filepath.Join(s.dir, "gatehouse.yaml"), "key_file: keys\n", "key_file: keys\ngeoip: places.mmdb\n")
		s.start()
		origin := "https://uk.localhost:" + strings.Split(s.public, ":")[1]

		res, body := s.get(origin + "/sign-in")
		if res.StatusCode != 200 || res.ProtoMajor != 2 || !strings.Contains(body, "Sign in to Meridian UK") {
			t.Errorf("over TLS: %d %s", res.StatusCode, res.Proto)
		}
		if got := res.Header.Get("Strict-Transport-Security"); !strings.Contains(got, "max-age=63072000") {
			t.Errorf("HSTS %q", got)
		}
		if got := res.Header.Get("Set-Cookie"); !strings.HasPrefix(got, "__Host-gatehouse-signin=") || !strings.Contains(got, "Secure") {
			t.Errorf("cookie %q", got)
		}

		_, metrics := fetch(t, http.DefaultClient, "http://"+s.management+"/metrics")
		for _, want := range []string{`gatehouse_sign_ins_total{result="ok"} 0`, "gatehouse_hashes_waiting", "gatehouse_mail_oldest_seconds",
			"gatehouse_sessions 0", `gatehouse_http_request_duration_seconds_count{method="GET",route="GET /sign-in",status="200"} 1`, "gatehouse_database_up 1", `gatehouse_argon2_info{kernel="`} {
			if !strings.Contains(metrics, want) {
				t.Errorf("metrics lack %s", want)
			}
		}
		s.reloads(origin)

		must(t, s.cmd.Process.Signal(syscall.SIGTERM))
		if err := s.cmd.Wait(); err != nil {
			t.Errorf("told to stop, it ended with %v\n%s", err, s.log)
		}
	})
}

// reloads changes two site folders, one of them for the worse, and breaks the places.
func (s *served) reloads(origin string) {
	s.t.Helper()
	for range 3 { // the tagline, and the keys of its translations
		replaceInFile(s.t, filepath.Join(s.dir, "sites/meridian-uk/site.yaml"), "For resellers and their teams.", "Now for everyone.")
	}
	replaceInFile(s.t, filepath.Join(s.dir, "sites/meridian-au/site.yaml"), "name: Meridian Australia", "nonsense: true\nname: Meridian Australia")
	must(s.t, os.WriteFile(filepath.Join(s.dir, "places.mmdb"), []byte("half a file"), 0o600))
	must(s.t, s.cmd.Process.Signal(syscall.SIGHUP))
	testkit.Eventually(s.t, "the changed site", func() bool {
		_, body := s.get(origin + "/sign-in")
		return strings.Contains(body, "Now for everyone.")
	})
	res, _ := s.get(strings.Replace(origin, "uk.", "au.", 1) + "/sign-in")
	if res.StatusCode != 200 {
		s.t.Errorf("the broken site: %d; the old one was to go on", res.StatusCode)
	}
	testkit.Eventually(s.t, "the complaint", func() bool {
		return strings.Contains(s.log.String(), "meridian-au/site.yaml") && strings.Contains(s.log.String(), "nonsense") &&
			strings.Contains(s.log.String(), "places not reloaded")
	})
}

func replaceInFile(t *testing.T, path, old, replacement string) {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("%s has no %q", path, old)
	}
	must(t, os.WriteFile(path, bytes.Replace(text, []byte(old), []byte(replacement), 1), 0o600))
}

// Problems at startup are reported in one line, with what to do; nothing is started.
func TestServeRefusesToStart(t *testing.T) {
	binary, err := serverBinary()
	must(t, err)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	sqlite := "sqlite:///" + strings.TrimPrefix(filepath.Join(t.TempDir(), "x.db"), "/")
	broken := filepath.Join(t.TempDir(), "broken.db")
	must(t, os.WriteFile(broken, bytes.Repeat([]byte("not a database "), 500), 0o600))
	for _, c := range []struct {
		name, old, replacement, says string
		database                     string
		status                       int
	}{
		{"the port is taken", "listen: ", "listen: " + taken.Addr().String() + " #", "another process", sqlite, 1},
		{"unknown key", "listen: ", "lisen: x\nlisten: ", "gatehouse.yaml:1: lisen", sqlite, 2},
		{"no such key file", "key_file: keys", "key_file: nowhere", "key_file", sqlite, 2},
		{"database that is none", "", "", "database", "sqlite://" + broken, 1},
		{"database that does not answer", "", "", "database", "postgres://nobody@127.0.0.1:1/none", 1},
	} {
		s := prepare(t, c.database)
		if c.old != "" {
			replaceInFile(t, filepath.Join(s.dir, "gatehouse.yaml"), c.old, c.replacement)
		}
		out, err := exec.Command(binary, "serve", "--config", filepath.Join(s.dir, "gatehouse.yaml")).CombinedOutput()
		exit, ok := err.(*exec.ExitError)
		if !ok || exit.ExitCode() != c.status || !strings.Contains(strings.ToLower(string(out)), strings.ToLower(c.says)) {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
		if strings.Contains(string(out), "goroutine") {
			t.Errorf("%s: a stack\n%s", c.name, out)
		}
	}
}
