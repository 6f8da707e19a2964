// Package outbound makes requests to addresses that somebody else has provided: where an
// application has its keys, where it is told about a sign-out, where its cards come from.
//
// With such an address, a stranger can make this server query its own neighbours: a metadata
// service, a database's status page, a printer (server-side request forgery; ASVS 15.3.2,
// RFC 9700 4.9). So every connection is judged by the IP address that it is really made to,
// after the name lookup and before anything is sent: changing a name's address between check
// and use gains nothing. Redirects are not followed, proxies from the environment are not
// used, and an answer is read only up to its maximum length.
package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Error says in plain words why a request failed. It contains nothing of the answer: the
// author of the address must not learn what is behind it.
type Error struct {
	Reason string // no-address, refused-address, unreachable, timeout, redirect, status, too-long, wrong-type
	Detail string // for the operator
}

func (e *Error) Error() string { return "outbound request: " + e.Reason + ": " + e.Detail }

// Policy is what a client may do.
type Policy struct {
	// Allowed are networks that may be reached although they are not on the internet: the
	// operator's own, if platforms run next to Gatehouse.
	Allowed []netip.Prefix
	// PlainLoopback lets http reach this machine itself, for trying out an installation on
	// loopback. Everything else is https.
	PlainLoopback bool
	// Timeout is how long a request may take in all, names and handshakes included.
	Timeout time.Duration
	// Longest is the maximum size of an answer in bytes.
	Longest int64
}

// Client makes requests according to a policy; nil: none at all. It keeps no connections:
// requests are rare, and a kept connection would be one more thing that outlives its
// permission.
type Client struct {
	policy Policy
	http   *http.Client
}

// New is a client for a policy; roots are the certificate authorities it trusts, nil: the
// system's.
func New(p Policy, roots *tls.Config) *Client {
	c := &Client{policy: p}
	dialer := &net.Dialer{Timeout: p.Timeout, ControlContext: c.judge}
	c.http = &http.Client{
		Timeout: p.Timeout,
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would connect to what this client must not
			DialContext:            c.dial(dialer),
			TLSClientConfig:        roots,
			ForceAttemptHTTP2:      true,
			DisableKeepAlives:      true,
			MaxResponseHeaderBytes: 16 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// dial connects. Names below .localhost are this machine's, and not every resolver knows
// that (RFC 6761 6.3): if this machine may be reached at all, they are not looked up.
func (c *Client) dial(dialer *net.Dialer) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err == nil && c.policy.PlainLoopback && strings.HasSuffix(host, ".localhost") {
			address = net.JoinHostPort("127.0.0.1", port)
		}
		return dialer.DialContext(ctx, network, address)
	}
}

// Check reports what is wrong with an address before it is stored, as far as can be
// told without a request: nil if it may be tried.
func (p Policy) Check(address string) *Error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return &Error{"no-address", "it is no URL"}
	case u.User != nil:
		return &Error{"no-address", "it holds a username"}
	case u.Fragment != "" || strings.HasSuffix(address, "#"):
		return &Error{"no-address", "it has a fragment"}
	case u.Scheme != "https" && !(u.Scheme == "http" && p.PlainLoopback && loopbackName(u.Hostname())):
		return &Error{"no-address", "it does not begin with https://"}
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !p.reachable(ip) {
		return &Error{"refused-address", fmt.Sprintf("%s is an address inside a network", ip)}
	}
	return nil
}

func loopbackName(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// Check is Policy.Check with the client's policy.
func (c *Client) Check(address string) *Error {
	if c == nil {
		return (Policy{}).Check(address)
	}
	return c.policy.Check(address)
}

// Get fetches a document of one of the media types.
func (c *Client) Get(ctx context.Context, address string, types ...string) ([]byte, error) {
	r, err := c.request(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", strings.Join(types, ", "))
	return c.send(r, types)
}

// GetAs is Get with a bearer token. "No content" (204) is an answer as well, without a body.
func (c *Client) GetAs(ctx context.Context, token, address string, types ...string) ([]byte, error) {
	r, err := c.request(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", strings.Join(types, ", "))
	r.Header.Set("Authorization", "Bearer "+token)
	return c.send(r, types)
}

// Post submits a form. Any successful answer will do, and its body is not read.
func (c *Client) Post(ctx context.Context, address string, form url.Values) error {
	r, err := c.request(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	_, err = c.send(r, nil)
	return err
}

// PostJSON submits JSON with further headers. Any successful answer will do, and its body is not read.
func (c *Client) PostJSON(ctx context.Context, address string, body []byte, headers map[string]string) error {
	r, err := c.request(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	_, err = c.send(r, nil)
	return err
}

func (c *Client) request(ctx context.Context, method, address string, body io.Reader) (*http.Request, error) {
	if problem := c.Check(address); problem != nil {
		return nil, problem
	}
	if c == nil {
		return nil, &Error{"unreachable", "this program makes no requests"}
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, &Error{"no-address", err.Error()}
	}
	r.Header.Set("User-Agent", "Gatehouse")
	return r, nil
}

// send makes the request, and reads the answer if types are given.
func (c *Client) send(r *http.Request, types []string) ([]byte, error) {
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, explain(err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return nil, &Error{"redirect", fmt.Sprintf("it answered %d; write down the address it leads to", answer.StatusCode)}
	case answer.StatusCode < 200 || answer.StatusCode >= 300:
		return nil, &Error{"status", fmt.Sprintf("it answered %d", answer.StatusCode)}
	case len(types) == 0, answer.StatusCode == http.StatusNoContent:
		return nil, nil
	case !ofType(answer.Header.Get("Content-Type"), types):
		return nil, &Error{"wrong-type", fmt.Sprintf("the answer is not %s", strings.Join(types, " or "))}
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(io.LimitReader(answer.Body, c.policy.Longest+1)); err != nil {
		return nil, explain(err)
	}
	if int64(body.Len()) > c.policy.Longest {
		return nil, &Error{"too-long", fmt.Sprintf("the answer has more than %d KiB", c.policy.Longest>>10)}
	}
	return body.Bytes(), nil
}

func ofType(header string, types []string) bool {
	media, _, _ := strings.Cut(header, ";")
	for _, t := range types {
		if strings.EqualFold(strings.TrimSpace(media), t) {
			return true
		}
	}
	return false
}

// explain turns a network error into one of ours.
func explain(err error) error {
	var refused *Error
	var slow net.Error
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &slow) && slow.Timeout():
		return &Error{"timeout", "it did not answer in time"}
	}
	var named *url.Error
	if errors.As(err, &named) { // the address may contain a secret
		err = named.Err
	}
	return &Error{"unreachable", err.Error()}
}

// judge checks the address that a socket is about to be connected to.
func (c *Client) judge(_ context.Context, network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !strings.HasPrefix(network, "tcp") {
		return &Error{"refused-address", network + " " + address}
	}
	if !c.policy.reachable(to.Addr()) {
		return &Error{"refused-address", fmt.Sprintf("%s is an address inside a network; outbound_networks can allow it", to.Addr())}
	}
	return nil
}
