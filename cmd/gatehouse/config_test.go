package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	outmail "gatehouse/internal/mail"
	"gatehouse/internal/secret"
)

const goodConfig = `listen: ":8443"
tls:
  certificate: cert.pem
  key: key.pem
database: sqlite://data.db
smtp:
  url: smtp://user:pass%40word@mail.example:587
  helo: portal.example
key_file: keys
security_address: security@portal.example
blocklists: [words.txt]
dkim:
  selector: s1
  domain: portal.example
  key_file: dkim.pem
limits:
  hash_workers: 2
log:
  level: warn
`

// configFolder makes a folder with everything that goodConfig names.
func configFolder(t *testing.T, config string) string {
	t.Helper()
	dir := t.TempDir()
	cert, key := keyPair(t)
	_, signing, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(signing)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"gatehouse.yaml": []byte(config), "cert.pem": cert, "key.pem": key, "keys": secret.NewKeyFile(), "words.txt": []byte("word\n"),
		"dkim.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), "empty.pem": []byte("none"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "open-keys"), secret.NewKeyFile(), 0o644); err != nil { //nolint:gosec // wrong on purpose
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "sites"), 0o700); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "gatehouse.yaml")
}

func keyPair(t *testing.T) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

func TestLoadConfig(t *testing.T) {
	path := configFolder(t, goodConfig)
	c, err := LoadConfig(path, []string{"GATEHOUSE_LOG_LEVEL=debug", "GATEHOUSE_TRUSTED_PROXIES=10.0.0.0/8,fd00::/8", "GATEHOUSE_PUBLIC_PORT=8443", "PATH=/bin"})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	if c.Database != "sqlite://"+filepath.ToSlash(filepath.Join(dir, "data.db")) || c.Sites != filepath.Join(dir, "sites") || c.KeyFile != filepath.Join(dir, "keys") {
		t.Errorf("paths: %s, %s, %s", c.Database, c.Sites, c.KeyFile)
	}
	if c.Mail.Password != "pass@word" || c.Mail.Security != outmail.StartTLS || c.Mail.HELO != "portal.example" || c.Mail.Timeout != 30*time.Second {
		t.Errorf("mail: %s", c.Mail)
	}
	if c.Keys == nil || len(c.DKIMKeys) != 1 || c.Log.Level != slog.LevelDebug || len(c.TrustedProxies) != 2 || c.HashWorkers() != 2 {
		t.Errorf("got %+v", c)
	}
	if e := c.SiteEnv(); e.Scheme != "https" || e.Port != 8443 || c.PlainLoopback() || c.Management != "127.0.0.1:9090" {
		t.Errorf("site env %+v, management %s", e, c.Management)
	}
	if l := c.SignInLimits(); l.IP.Burst != 200 || c.HashParams().Check() != nil || c.Limits.HashQueue != 64 {
		t.Errorf("limits %+v", l)
	}
}

func TestPlainHTTP(t *testing.T) {
	plain := strings.Replace(goodConfig, "tls:\n  certificate: cert.pem\n  key: key.pem\n", "plain_http: true\n", 1)
	for _, c := range []struct {
		name, listen, more string
		scheme             string
		port               int
		loopback           bool
	}{
		{"loopback", "127.0.0.1:8080", "", "http", 8080, true},
		{"loopback by name", "localhost:8080", "public: {port: 80}\n", "http", 80, true},
		{"behind a proxy", ":8080", "trusted_proxies: [10.0.0.0/8]\n", "https", 0, false},
		{"behind a proxy on loopback", "[::1]:8080", "trusted_proxies: ['::1/128']\n", "https", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := LoadConfig(configFolder(t, strings.Replace(plain, ":8443", c.listen, 1)+c.more), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got.Public.Scheme != c.scheme || got.Public.Port != c.port || got.PlainLoopback() != c.loopback {
				t.Errorf("got %+v, loopback %v", got.Public, got.PlainLoopback())
			}
		})
	}
}

func TestConfigProblems(t *testing.T) {
	const listen, certificates = `listen: ":8443"`, "tls:\n  certificate: cert.pem\n  key: key.pem\n"
	for _, c := range []struct{ name, old, by, want string }{
		{"unknown key", "key_file: keys", "keyfile: keys", "gatehouse.yaml:9: keyfile: is not a known key; did you mean key_file?"},
		{"missing key", "key_file: keys\n", "", "gatehouse.yaml:1: key_file: is missing"},
		{"missing mail", "smtp:\n  url: smtp://user:pass%40word@mail.example:587\n  helo: portal.example\n", "", "smtp: is missing"},
		{"wrong type", "hash_workers: 2", "hash_workers: two", `gatehouse.yaml:17: limits.hash_workers: is "two", must be a whole number`},
		{"listen", listen, `listen: "8443"`, `gatehouse.yaml:1: listen: is "8443", must be an address and a port`},
		{"listen port", listen, `listen: ":84430"`, "gatehouse.yaml:1: listen:"},
		{"listen name", listen, `listen: "portal.example:443"`, "gatehouse.yaml:1: listen:"},
		{"management", listen, listen + "\nmanagement: :8443", "gatehouse.yaml:2: management: is the same address as listen"},
		{"bounces", listen, listen + "\nbounces: {listen: mail.example}", `gatehouse.yaml:2: bounces.listen: is "mail.example", must be an address and a port`},
		{"bounces twice", listen, listen + "\nbounces: {listen: ':8443'}", "gatehouse.yaml:2: bounces.listen: is the address of another listener"},
		{"text messages over plain http", listen, listen + "\ntext_messages: {url: 'http://gateway.example/', body: '{{json .Text}}'}", "text_messages: url: it has to begin with https://"},
		{"text messages without a secret", listen, listen + "\ntext_messages: {url: 'https://gateway.example/', headers: {Authorization: '{{env \"SMS_TOKEN\"}}'}}", "the environment has no SMS_TOKEN"},
		{"text messages to nowhere", listen, listen + "\ntext_messages: {body: x}", "gatehouse.yaml:2: text_messages.url: is missing"},
		{"text messages without end", listen, listen + "\ntext_messages: {url: 'https://gateway.example/', timeout: 10m}", "text_messages.timeout: is 10m0s, must be 1s to 1m"},
		{"bounces and health", listen, listen + "\nbounces: {listen: '127.0.0.1:9090'}", "gatehouse.yaml:2: bounces.listen: is the address of another listener"},
		{"no TLS", certificates, "", "gatehouse.yaml:1: tls: needs certificate and key"},
		{"half TLS", "  key: key.pem\n", "", "gatehouse.yaml:2: tls: needs certificate and key"},
		{"TLS file", "cert.pem", "none.pem", "gatehouse.yaml:3: tls.certificate: open "},
		{"ACME and files", "  key: key.pem\n", "  key: key.pem\n  acme: {email: it@a.example, accept_terms: true, folder: acme}\n", "tls.acme: and certificate and key of tls are two ways"},
		{"ACME without a yes", certificates, "tls:\n  acme: {email: it@a.example, folder: acme}\n", "tls.acme.accept_terms: must be true"},
		{"ACME by nobody", certificates, "tls:\n  acme: {email: somebody, accept_terms: true, folder: acme}\n", "tls.acme.email: is"},
		{"ACME over http", certificates, "tls:\n  acme: {email: it@a.example, accept_terms: true, folder: acme, directory: \"http://ca.example/\"}\n", "tls.acme.directory: is"},
		{"ACME kept nowhere", certificates, "tls:\n  acme: {email: it@a.example, accept_terms: true, folder: nowhere/acme}\n", "tls.acme.folder: the folder "},
		{"ACME behind a proxy", certificates, "plain_http: true\ntrusted_proxies: [10.0.0.1/32]\ntls:\n  acme: {email: it@a.example, accept_terms: true}\n", "tls: is of no use with plain_http"},
		{"TLS pair", "cert.pem", "empty.pem", "gatehouse.yaml:3: tls.certificate: does not load with tls.key"},
		{"TLS and plain", listen, listen + "\nplain_http: true", "tls: is of no use with plain_http"},
		{"plain to the public", certificates, "plain_http: true\n", "gatehouse.yaml:2: plain_http: needs trusted_proxies"},
		{"http to the public", listen, listen + "\npublic: {scheme: http}", "gatehouse.yaml:2: public.scheme: http is only for"},
		{"https nobody speaks", listen + "\n" + certificates, "listen: 127.0.0.1:80\nplain_http: true\npublic: {scheme: https}\n", "gatehouse.yaml:3: public.scheme: https needs the proxy"},
		{"scheme", listen, listen + "\npublic: {scheme: gopher}", `public.scheme: is "gopher", must be one of: https, http`},
		{"port", listen, listen + "\npublic: {port: 70000}", "gatehouse.yaml:2: public.port: is 70000"},
		{"proxy", listen, listen + "\ntrusted_proxies: [10.0.0.1]", `gatehouse.yaml:2: trusted_proxies[0]: is "10.0.0.1", must be a network`},
		{"database", "sqlite://data.db", "mysql://x", "gatehouse.yaml:5: database: must be sqlite:///"},
		{"database file", "sqlite://data.db", "sqlite://", "gatehouse.yaml:5: database: must be"},
		{"database folder", "sqlite://data.db", "sqlite://none/data.db", "database: the folder "},
		{"database with options", "sqlite://data.db", "sqlite://data.db?mode=ro", "gatehouse.yaml:5: database: must be"},
		{"database password", "sqlite://data.db", "postgres://u:p%zz@h/n", "gatehouse.yaml:5: database: cannot be read as a URL"},
		{"postgres host", "sqlite://data.db", "postgres:///n", "database: names no host"},
		{"traces with a password", listen, listen + "\ntracing: {endpoint: 'https://u:secret@c.example'}", "gatehouse.yaml:2: tracing.endpoint: must be an address"},
		{"traces of nobody", listen, listen + "\ntracing: {ratio: 0.5}", "gatehouse.yaml:2: tracing.ratio: is of no use without"},
		{"more traces than requests", listen, listen + "\ntracing: {endpoint: 'https://c.example', ratio: 2}", "gatehouse.yaml:2: tracing.ratio: is 2, must be 0 to 1"},
		{"traces from any proxy", listen, listen + "\ntracing: {endpoint: 'https://c.example', from_proxies: true}", "gatehouse.yaml:2: tracing.from_proxies: needs trusted_proxies"},
		{"headers over the network", listen, listen + "\ntracing: {endpoint: 'http://c.example', headers_file: words.txt}", "gatehouse.yaml:2: tracing.headers_file: would be readable over the network"},
		{"headers for everybody", listen, listen + "\ntracing: {endpoint: 'https://c.example', headers_file: open-keys}", "its mode is 0644"},
		{"no headers", listen, listen + "\ntracing: {endpoint: 'https://c.example', headers_file: words.txt}", "gatehouse.yaml:2: tracing.headers_file: line 1 is no header"},
		{"the collector's authorities", listen, listen + "\ntracing: {endpoint: 'https://c.example', ca_file: empty.pem}", "gatehouse.yaml:2: tracing.ca_file: "},
		{"SMTP scheme", "smtp://user", "mail://user", "gatehouse.yaml:7: smtp.url: "},
		{"SMTP in the clear", "smtp://user:pass%40word@mail", "smtp+plain://mail", "gatehouse.yaml:7: smtp.url: smtp+plain:// sends mail readable"},
		{"SMTP timeout", "helo: portal.example", "timeout: 10m", "gatehouse.yaml:8: smtp.timeout: is 10m0s"},
		{"SMTP authorities", "helo: portal.example", "ca_file: empty.pem", "gatehouse.yaml:8: smtp.ca_file: "},
		{"key file", "key_file: keys", "key_file: none", "gatehouse.yaml:9: key_file: open "},
		{"key file mode", "key_file: keys", "key_file: open-keys", "its mode is 0644"},
		{"key file content", "key_file: keys", "key_file: cert.pem", "gatehouse.yaml:9: key_file: "},
		{"folder as file", "words.txt", "sites", "gatehouse.yaml:11: blocklists[0]: read "},
		{"places", "security_address:", "geoip: none.mmdb\nsecurity_address:", "gatehouse.yaml:10: geoip: open "},
		{"security address", "security@portal.example", "security", "gatehouse.yaml:10: security_address: is \"security\""},
		{"DKIM", "  selector: s1\n", "", "gatehouse.yaml:12: dkim.selector: is missing"},
		{"DKIM key", "dkim.pem", "cert.pem", "gatehouse.yaml:15: dkim.key_file: "},
		{"sites", listen, listen + "\nsites: none", "gatehouse.yaml:2: sites: the folder "},
		{"hash memory", "hash_workers: 2", "hash_memory_kib: 4096", "gatehouse.yaml:17: limits.hash_memory_kib: "},
		{"hash time", "hash_workers: 2", "hash_time: 0", "gatehouse.yaml:17: limits.hash_time: "},
		{"rate", "hash_workers: 2", "sign_ins_per_site_per_minute: 0", "limits.sign_ins_per_site_per_minute: is 0, must be 1 to"},
		{"alerts to nobody", listen, listen + "\nalerts: {mail: [security]}", `gatehouse.yaml:2: alerts.mail[0]: is "security"`},
		{"alerts below nothing", listen, listen + "\nalerts: {guesses: -1}", "gatehouse.yaml:2: alerts.guesses: is -1, must be 0 to 10000"},
		{"alerts at once", listen, listen + "\nalerts: {mail_age: 5s}", "gatehouse.yaml:2: alerts.mail_age: is 5s, must be 0, or 1m0s"},
		{"alerts over plain http", listen, listen + "\nalerts: {webhook: {url: 'http://desk.example/'}}", "alerts.webhook.url: cannot be called"},
		{"alerts signed with nothing", listen, listen + "\nalerts: {webhook: {url: 'https://desk.example/'}}", "alerts.webhook.secret: must be whsec_"},
		{"alerts signed with a word", listen, listen + "\nalerts: {webhook: {url: 'https://desk.example/', secret: whsec_c2hvcnQ=}}", "alerts.webhook.secret: must be whsec_"},
		{"alerts signed for nobody", listen, listen + "\nalerts: {webhook: {secret: whsec_c2hvcnQ=}}", "alerts.webhook.secret: is of no use"},
		{"retention", listen, listen + "\nretention: {events: 10d}", "gatehouse.yaml:2: retention.events: is shorter than 100d"},
		{"log level", "level: warn", "level: loud", `log.level: is "loud", must be one of: debug, info, warn, error`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(goodConfig, c.old) {
				t.Fatalf("the good file has no %q", c.old)
			}
			_, err := LoadConfig(configFolder(t, strings.Replace(goodConfig, c.old, c.by, 1)), nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			for _, password := range []string{"pass%40word", "pass@word", "p%zz"} {
				if err != nil && strings.Contains(err.Error(), password) {
					t.Errorf("the error holds a password: %v", err)
				}
			}
		})
	}
}

func TestPlacesOfTheConfiguration(t *testing.T) {
	c, err := LoadConfig(configFolder(t, goodConfig), nil)
	must(t, err)
	if places, err := c.Places(); places != nil || err != nil {
		t.Errorf("without a file: %v, %v", places, err)
	}
	path := configFolder(t, goodConfig+"geoip: places.mmdb\n")
	file := filepath.Join(filepath.Dir(path), "places.mmdb")
	must(t, os.WriteFile(file, placesFile(t, utc(), "Leeds"), 0o600))
	c, err = LoadConfig(path, nil)
	must(t, err)
	if places, err := c.Places(); err != nil || c.GeoIP != file || places.Of("en-GB", "192.0.2.7") != "Leeds" {
		t.Errorf("%s: %v", c.GeoIP, err)
	}
	must(t, os.WriteFile(file, []byte("no places"), 0o600))
	c, err = LoadConfig(path, nil)
	must(t, err)
	if _, err := c.Places(); err == nil || !strings.HasPrefix(err.Error(), "geoip: "+file) {
		t.Errorf("a file of something else: %v", err)
	}
}

// placesFile is a file that knows where the networks of documentation are.
func placesFile(t *testing.T, built time.Time, city string) []byte {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "GeoLite2-City", BuildEpoch: built.Unix(), IncludeReservedNetworks: true,
		Description: map[string]string{"en": "For tests"}, Languages: []string{"en"}})
	must(t, err)
	_, network, err := net.ParseCIDR("192.0.2.0/24")
	must(t, err)
	must(t, tree.Insert(network, mmdbtype.Map{"city": mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(city)}}}))
	var file bytes.Buffer
	_, err = tree.WriteTo(&file)
	must(t, err)
	return file.Bytes()
}

func TestConfigEnvironmentProblems(t *testing.T) {
	for _, c := range []struct{ entry, want string }{
		{"GATEHOUSE_SMTP_ULR=x", "environment: GATEHOUSE_SMTP_ULR: is not a setting; did you mean GATEHOUSE_SMTP_URL?"},
		{"GATEHOUSE_LIMITS_HASH_WORKERS=many", "environment: GATEHOUSE_LIMITS_HASH_WORKERS: is \"many\", must be a whole number"},
		{"GATEHOUSE_KEY_FILE=none", "environment: GATEHOUSE_KEY_FILE: open "},
		{"GATEHOUSE_SMTP_URL=smtp+plain://mail.example", "environment: GATEHOUSE_SMTP_URL: smtp+plain:// sends"},
		{"GATEHOUSE_BLOCKLISTS=words.txt,none.txt", "environment: GATEHOUSE_BLOCKLISTS: open "},
	} {
		_, err := LoadConfig(configFolder(t, goodConfig), []string{c.entry})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.entry, err, c.want)
		}
	}
	if _, err := LoadConfig(filepath.Join(t.TempDir(), "none.yaml"), nil); err == nil || !strings.Contains(err.Error(), "none.yaml: cannot be read") {
		t.Errorf("a missing file: %v", err)
	}
}
