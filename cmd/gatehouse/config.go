package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/geo"
	outmail "gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/sms"
	"gatehouse/internal/store"
	"gatehouse/internal/strictyaml"
	"gatehouse/internal/trace"
)

// Config is gatehouse.yaml. GATEHOUSE_ and the path of a key in capitals, joined
// by underscores, overrides it from the environment: GATEHOUSE_SMTP_URL. Paths
// are relative to the file; after LoadConfig they are absolute.
type Config struct {
	// Listen is for visitors, Management for operators who check its health.
	Listen     string    `yaml:"listen,required"`
	Management string    `yaml:"management"`
	TLS        TLSConfig `yaml:"tls"`
	// PlainHTTP leaves TLS to a trusted proxy, or serves loopback without it.
	PlainHTTP bool `yaml:"plain_http"`
	// Public is how visitors reach the server: how links in mail begin.
	Public struct {
		Scheme string `yaml:"scheme,oneof=https|http"`
		Port   int    `yaml:"port"`
	} `yaml:"public"`
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies"`
	// OutboundNetworks may be reached for applications, in addition to the internet.
	OutboundNetworks []netip.Prefix `yaml:"outbound_networks"`
	Database         string         `yaml:"database"`
	SMTP             SMTPConfig     `yaml:"smtp,required"`
	DKIM             *DKIMConfig    `yaml:"dkim"`
	KeyFile          string         `yaml:"key_file,required"`
	Sites            string         `yaml:"sites"`
	SecurityAddress  string         `yaml:"security_address"`
	// OperatorHosts are where operators sign in: hosts of their own. Without them there are no
	// operators' pages. OperatorSender is the address that mail to operators comes from.
	OperatorHosts  []string     `yaml:"operator_hosts"`
	OperatorSender string       `yaml:"operator_sender"`
	Staging        bool         `yaml:"staging"`
	Blocklists     []string     `yaml:"blocklists"`
	GeoIP          string       `yaml:"geoip"`
	Limits         LimitsConfig `yaml:"limits"`
	Log            struct {
		Level slog.Level `yaml:"level,oneof=debug|info|warn|error"`
	} `yaml:"log"`
	Retention    RetentionConfig `yaml:"retention"`
	Bounces      BouncesConfig   `yaml:"bounces"`
	TextMessages TextsConfig     `yaml:"text_messages"`
	Alerts       AlertsConfig    `yaml:"alerts"`
	Tracing      TracingConfig   `yaml:"tracing"`

	// What the settings name, read and ready.
	Keys     *secret.Keys   `yaml:"-"`
	Mail     outmail.SMTP   `yaml:"-"`
	DKIMKeys []outmail.DKIM `yaml:"-"`
	Gateway  *sms.Gateway   `yaml:"-"`
	Traces   trace.Settings `yaml:"-"`
}

// SMTPConfig is how mail is sent.
type SMTPConfig struct {
	// URL is smtp://user:password@host:587 (STARTTLS), smtps://host:465 or
	// smtp+plain://host:25.
	URL string `yaml:"url,required"`
	// Helo is the name that we announce.
	Helo string `yaml:"helo"`
	// CAFile has the certificate authorities for the server, if not the system's.
	CAFile  string        `yaml:"ca_file"`
	Timeout time.Duration `yaml:"timeout"`
	// AllowPlain permits smtp+plain:// to another machine.
	AllowPlain bool `yaml:"allow_plain"`
}

// DKIMConfig is how mail is signed.
type DKIMConfig struct {
	Selector string `yaml:"selector,required"`
	Domain   string `yaml:"domain,required"`
	KeyFile  string `yaml:"key_file,required"`
}

// LimitsConfig is how much the server does at once.
type LimitsConfig struct {
	// HashWorkers is how many passwords are hashed at once; 0: one per core.
	HashWorkers   int    `yaml:"hash_workers"`
	HashQueue     int    `yaml:"hash_queue"`
	HashMemoryKiB uint32 `yaml:"hash_memory_kib"`
	HashTime      uint32 `yaml:"hash_time"`
	SignInsByIP   int    `yaml:"sign_ins_per_ip_per_minute"`
	SignInsByName int    `yaml:"sign_ins_per_username_per_minute"`
	SignInsBySite int    `yaml:"sign_ins_per_site_per_minute"`
}

// defaultConfig is the defaults for the file.
func defaultConfig() *Config {
	c := &Config{
		Management:   "127.0.0.1:9090",
		Database:     "sqlite:///var/lib/gatehouse/gatehouse.db",
		SMTP:         SMTPConfig{Timeout: 30 * time.Second},
		Sites:        "sites",
		TLS:          TLSConfig{ACME: defaultACME},
		TextMessages: defaultTexts,
		Retention:    RetentionConfig(gatehouse.DefaultRetention),
		Alerts:       defaultAlerts(),
		Tracing:      TracingConfig{Ratio: 1},
		Limits: LimitsConfig{
			HashQueue:     64,
			HashMemoryKiB: secret.DefaultParams.MemoryKiB,
			HashTime:      secret.DefaultParams.Time,
			SignInsByIP:   signin.DefaultLimits.IP.PerMinute,
			SignInsByName: signin.DefaultLimits.Username.PerMinute,
			SignInsBySite: signin.DefaultLimits.Site.PerMinute,
		},
	}
	return c
}

// LoadConfig reads the file with overrides from the environment, and checks everything
// that can be checked without the network. The error is a *strictyaml.Error that names
// file, line and key of everything that is wrong; it never contains a password.
func LoadConfig(path string, environ []string) (*Config, error) {
	c := defaultConfig()
	environ, err := withCredentials(environ)
	if err != nil {
		return nil, err
	}
	doc, err := strictyaml.ReadEnv(path, "GATEHOUSE", environ, c)
	if doc == nil {
		return nil, err
	}
	base, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	k := &configCheck{Config: c, doc: doc, base: base}
	k.addresses()
	k.bounces()
	k.certificate()
	k.database()
	k.smtp()
	k.files()
	k.limits()
	k.texts(environ)
	k.operators()
	k.retention()
	k.alerts()
	k.tracing()
	if err := doc.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

// SiteEnv is what the sites need to know.
func (c *Config) SiteEnv() site.LoadEnv {
	return site.LoadEnv{Scheme: c.Public.Scheme, Port: c.Public.Port, Staging: c.Staging,
		Operators: site.OperatorHosts{Hosts: c.OperatorHosts, Sender: c.OperatorSender, Support: c.SecurityAddress}}
}

// PlainLoopback reports whether visitors on this machine are served without TLS.
func (c *Config) PlainLoopback() bool { return c.PlainHTTP && c.Public.Scheme == "http" }

// HashParams and HashWorkers are for secret.NewHasher.
func (c *Config) HashParams() secret.Params {
	p := secret.DefaultParams
	p.MemoryKiB, p.Time = c.Limits.HashMemoryKiB, c.Limits.HashTime
	return p
}

// HashWorkers is how many passwords are hashed at once.
func (c *Config) HashWorkers() int {
	if c.Limits.HashWorkers > 0 {
		return c.Limits.HashWorkers
	}
	return cores
}

// Places knows roughly where addresses are; nil if no file is configured.
func (c *Config) Places() (*geo.Places, error) {
	if c.GeoIP == "" {
		return nil, nil
	}
	places, err := geo.Open(c.GeoIP)
	if err != nil {
		return nil, fmt.Errorf("geoip: %w", err)
	}
	return places, nil
}

// SignInLimits keeps the bursts in proportion to the rates.
func (c *Config) SignInLimits() signin.Limits {
	scale := func(r signin.Rate, perMinute int) signin.Rate {
		return signin.Rate{Burst: max(1, r.Burst*perMinute/r.PerMinute), PerMinute: perMinute}
	}
	d := signin.DefaultLimits
	return signin.Limits{
		RecoveryIP: d.RecoveryIP, RecoveryName: d.RecoveryName, Company: d.Company,
		Account: signin.Rate{Burst: d.Account.Burst * max(1, c.Limits.SignInsByName/d.Username.PerMinute), PerMinute: d.Account.PerMinute * max(1, c.Limits.SignInsByName/d.Username.PerMinute)},

		IP:       scale(d.IP, c.Limits.SignInsByIP),
		Username: scale(d.Username, c.Limits.SignInsByName),
		Site:     scale(d.Site, c.Limits.SignInsBySite),
	}
}

// configCheck checks a configuration and makes its paths absolute.
type configCheck struct {
	*Config
	doc  *strictyaml.Doc
	base string
}

func (k *configCheck) addresses() {
	loopback, port := k.address("listen", k.Listen)
	k.address("management", k.Management)
	if k.Listen == k.Management {
		k.doc.Problem("management", "is the same address as listen; it must not be public")
	}
	direct := loopback && len(k.TrustedProxies) == 0
	if k.Public.Scheme == "" {
		if k.Public.Scheme = "https"; k.PlainHTTP && direct {
			k.Public.Scheme = "http"
		}
	}
	if k.PlainHTTP && !loopback && len(k.TrustedProxies) == 0 {
		k.doc.Problem("plain_http", "needs trusted_proxies, which say https to visitors, or a listen address on loopback")
	}
	if k.Public.Scheme == "http" && !(k.PlainHTTP && direct) {
		k.doc.Problem("public.scheme", "http is only for plain_http on loopback without trusted_proxies; must be https")
	}
	if k.Public.Scheme == "https" && k.PlainHTTP && direct {
		k.doc.Problem("public.scheme", "https needs the proxy that speaks it in trusted_proxies, such as 127.0.0.1/32")
	}
	if k.Public.Port < 0 || k.Public.Port > 65535 {
		k.doc.Problem("public.port", "is %d, must be 1 to 65535, or 0 for the scheme's own", k.Public.Port)
	}
	if k.Public.Port == 0 && k.PlainLoopback() {
		k.Public.Port = port // nothing is in between
	}
}

// address checks a listen address, and says whether it is on loopback.
func (k *configCheck) address(key, value string) (loopback bool, port int) {
	host, portText, err := net.SplitHostPort(value)
	number, errPort := strconv.ParseUint(portText, 10, 16)
	ip, errIP := netip.ParseAddr(host)
	if err != nil || errPort != nil || errIP != nil && host != "" && host != "localhost" {
		k.doc.Problem(key, "is %q, must be an address and a port such as 127.0.0.1:8443, [::1]:8443 or :8443", value)
	}
	return host == "localhost" || errIP == nil && ip.IsLoopback(), int(number)
}

func (k *configCheck) database() {
	const rule = "must be sqlite:///path/to/file or postgres://user:password@host/name"
	path, lite := store.SQLitePath(k.Database)
	u, err := url.Parse(k.Database)
	switch {
	case lite && path != "" && !strings.ContainsAny(path, "?#"):
		path = k.absolute(path)
		if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
			k.doc.Problem("database", "the folder %s does not exist", filepath.Dir(path))
		}
		k.Database = (&url.URL{Scheme: "sqlite", Path: path}).String()
	case !lite && err != nil:
		k.doc.Problem("database", "cannot be read as a URL; write %%40 for an @ in the password, %%2F for a /; %s", rule)
	case !lite && (u.Scheme == "postgres" || u.Scheme == "postgresql"):
		if u.Host == "" && u.RawQuery == "" {
			k.doc.Problem("database", "names no host; %s", rule)
		}
	default:
		k.doc.Problem("database", "%s", rule)
	}
}

func (k *configCheck) smtp() {
	if k.SMTP.Timeout < time.Second || k.SMTP.Timeout > 5*time.Minute {
		k.doc.Problem("smtp.timeout", "is %s, must be 1s to 5m", k.SMTP.Timeout)
	}
	server, err := outmail.ParseSMTPURL(k.SMTP.URL)
	if err != nil {
		k.doc.Problem("smtp.url", "%v", err)
	} else if server.Security == outmail.Plain && !k.SMTP.AllowPlain && !isLoopback(server.Host) {
		k.doc.Problem("smtp.url", "smtp+plain:// sends mail readable over the network; use smtp:// or smtps://, or set smtp.allow_plain: true")
	}
	if k.SMTP.Helo != "" {
		server.HELO = k.SMTP.Helo
	}
	server.Timeout = k.SMTP.Timeout
	if k.SMTP.CAFile != "" && k.file("smtp.ca_file", &k.SMTP.CAFile) {
		server.Roots = x509.NewCertPool()
		if pem, err := os.ReadFile(k.SMTP.CAFile); err != nil || !server.Roots.AppendCertsFromPEM(pem) {
			k.doc.Problem("smtp.ca_file", "%s holds no certificate in PEM", k.SMTP.CAFile)
		}
	}
	k.Mail = server
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (k *configCheck) files() {
	if k.file("key_file", &k.KeyFile) {
		var err error
		if k.Keys, err = secret.LoadKeys(k.KeyFile); err != nil {
			k.doc.Problem("key_file", "%v", err)
		}
	}
	if d := k.DKIM; d != nil && k.file("dkim.key_file", &d.KeyFile) {
		key, err := outmail.LoadDKIM(d.Domain, d.Selector, d.KeyFile)
		if err != nil {
			k.doc.Problem("dkim.key_file", "%v", err)
		}
		k.DKIMKeys = []outmail.DKIM{key}
	}
	for i := range k.Blocklists {
		k.file("blocklists["+strconv.Itoa(i)+"]", &k.Blocklists[i])
	}
	k.file("geoip", &k.GeoIP) // Places checks the content: that takes a while
	k.Sites = k.absolute(k.Sites)
	if info, err := os.Stat(k.Sites); err != nil || !info.IsDir() {
		k.doc.Problem("sites", "the folder %s does not exist", k.Sites)
	}
	if k.SecurityAddress != "" && !isAddress(k.SecurityAddress) {
		k.doc.Problem("security_address", "is %q, must be an email address such as security@portal.example", k.SecurityAddress)
	}
}

// isAddress reports whether a text is an email address and nothing else.
func isAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text
}

// file makes a path absolute and reports whether there is a readable file.
func (k *configCheck) file(key string, path *string) bool {
	if *path == "" {
		return false // missing, and reported as such
	}
	*path = k.absolute(*path)
	f, err := os.Open(*path)
	if err == nil {
		_, err = f.Read(make([]byte, 1)) // a folder opens, but does not read
		f.Close()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		k.doc.Problem(key, "%v", err)
		return false
	}
	return true
}

func (k *configCheck) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(k.base, path)
}

func (k *configCheck) limits() {
	l := k.Limits
	count := func(key string, v, low, high int) {
		if v < low || v > high {
			k.doc.Problem("limits."+key, "is %d, must be %d to %d", v, low, high)
		}
	}
	count("hash_workers", l.HashWorkers, 0, 1024)
	count("hash_queue", l.HashQueue, 0, 100_000)
	count("sign_ins_per_ip_per_minute", l.SignInsByIP, 1, 1_000_000)
	count("sign_ins_per_username_per_minute", l.SignInsByName, 1, 1_000_000)
	count("sign_ins_per_site_per_minute", l.SignInsBySite, 1, 1_000_000)
	if err := k.HashParams().Check(); err != nil {
		key := "limits.hash_memory_kib"
		if l.HashMemoryKiB >= secret.DefaultParams.MemoryKiB && k.doc.Has("limits.hash_time") {
			key = "limits.hash_time"
		}
		k.doc.Problem(key, "%v", err)
	}
}
