package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"gatehouse/internal/trace"
)

// TracingConfig is where traces go, and which are made; without an endpoint, none.
type TracingConfig struct {
	// Endpoint takes OTLP over HTTP, in JSON.
	Endpoint string `yaml:"endpoint"`
	// HeadersFile has what the collector knows us by: a header in each line.
	HeadersFile string `yaml:"headers_file"`
	CAFile      string `yaml:"ca_file"`
	// Ratio is how many requests are traced, from 0 to 1.
	Ratio float64 `yaml:"ratio"`
	// FromProxies takes the trace from trusted proxies.
	FromProxies bool `yaml:"from_proxies"`
}

// tracesPath is where collectors take traces (OTLP 1.x, OTLP/HTTP request).
const tracesPath = "/v1/traces"

func (k *configCheck) tracing() {
	c := &k.Tracing
	if c.Endpoint == "" {
		for _, key := range []string{"headers_file", "ca_file", "ratio", "from_proxies"} {
			if k.doc.Has("tracing." + key) {
				k.doc.Problem("tracing."+key, "is of no use without tracing.endpoint")
			}
		}
		return
	}
	k.Traces = trace.Settings{Ratio: c.Ratio, FromProxies: c.FromProxies}
	u, err := url.Parse(c.Endpoint)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		k.doc.Problem("tracing.endpoint", "must be an address such as https://collector.example:4318, with no password and no query: secrets are for tracing.headers_file")
		return
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = tracesPath
	}
	k.Traces.Endpoint = u.String()
	if c.Ratio < 0 || c.Ratio > 1 {
		k.doc.Problem("tracing.ratio", "is %g, must be 0 to 1", c.Ratio)
	}
	if c.FromProxies && len(k.TrustedProxies) == 0 {
		k.doc.Problem("tracing.from_proxies", "needs trusted_proxies")
	}
	if c.HeadersFile != "" && k.file("tracing.headers_file", &c.HeadersFile) {
		if u.Scheme == "http" && !isLoopback(u.Hostname()) {
			k.doc.Problem("tracing.headers_file", "would be readable over the network: tracing.endpoint must begin with https")
		}
		if k.Traces.Header, err = readHeaders(c.HeadersFile); err != nil {
			k.doc.Problem("tracing.headers_file", "%v", err)
		}
	}
	k.Traces.Client = k.collectorClient()
}

// collectorClient asks the collector, and follows it nowhere else: it sends the headers.
func (k *configCheck) collectorClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if path := &k.Tracing.CAFile; *path != "" && k.file("tracing.ca_file", path) {
		roots := x509.NewCertPool()
		if pem, err := os.ReadFile(*path); err != nil || !roots.AppendCertsFromPEM(pem) {
			k.doc.Problem("tracing.ca_file", "%s holds no certificate in PEM", *path)
		}
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	}
	return &http.Client{Transport: transport, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// readHeaders reads a file of headers. No error quotes a value.
func readHeaders(path string) (http.Header, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o037 != 0 {
		return nil, fmt.Errorf("%s: its mode is %04o, which lets others read it; make it 0600, or 0640 for a group", path, mode)
	}
	header := http.Header{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, found := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if !found || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, errors.New("line " + strconv.Itoa(n) + " is no header: Name: value")
		}
		header[textproto.CanonicalMIMEHeaderKey(name)] = []string{value}
	}
	return header, lines.Err()
}

// tracer makes the traces of this process; nil: there are none.
func (c *Config) tracer(log *slog.Logger) *trace.Tracer {
	if c.Tracing.Endpoint == "" {
		return nil
	}
	s, self := c.Traces, self()
	s.Version, s.Instance, s.Log = self.Version, self.Host+":"+strconv.Itoa(self.PID), log
	return trace.New(s)
}
