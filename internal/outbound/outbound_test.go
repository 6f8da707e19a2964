package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

var loopback = netip.MustParsePrefix("127.0.0.0/8")

func reason(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	if err != nil {
		return "other: " + err.Error()
	}
	return ""
}

func TestAddressesInsideNetworksAreRefused(t *testing.T) {
	for _, address := range []string{
		"127.0.0.1", "127.8.9.10", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254",
		"192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.170", "192.0.2.1", "198.18.0.1", "198.19.255.255",
		"198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "fc00::1", "fd12:3456::1",
		"fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "100::1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
		"64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:c0a8:101::", "::ffff:0:7f00:1", "5f00::1", "3fff::1",
	} {
		if (Policy{}).reachable(netip.MustParseAddr(address)) {
			t.Errorf("%s may be asked", address)
		}
	}
	for _, address := range []string{"1.1.1.1", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1",
		"2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::"} {
		if !(Policy{}).reachable(netip.MustParseAddr(address)) {
			t.Errorf("%s may not be asked", address)
		}
	}
	allowed := Policy{Allowed: networks("10.20.0.0/16", "fd00:1::/32")}
	for address, want := range map[string]bool{"10.20.1.2": true, "::ffff:10.20.1.2": true, "10.21.0.1": false, "fd00:1::5": true, "fd00:2::5": false, "127.0.0.1": false} {
		if allowed.reachable(netip.MustParseAddr(address)) != want {
			t.Errorf("with networks of the operator, %s: %t", address, !want)
		}
	}
}

func TestAddressesThatCannotBeTried(t *testing.T) {
	for address, want := range map[string]string{
		"https://orders.example/jwks": "", "https://orders.example:8443/jwks?v=1": "", "https://127.0.0.1/": "refused-address",
		"https://[::1]/": "refused-address", "https://[::ffff:10.0.0.1]/": "refused-address", "http://orders.example/": "no-address",
		"http://127.0.0.1/": "no-address", "http://localhost/": "no-address", "//orders.example/": "no-address", "orders.example": "no-address",
		"": "no-address", "file:///etc/passwd": "no-address", "gopher://orders.example/": "no-address", "https:orders.example": "no-address",
		"https://user@orders.example/": "no-address", "https://orders.example/#a": "no-address", "https://orders.example/#": "no-address", "https:///path": "no-address",
	} {
		got := ""
		if problem := (Policy{}).Check(address); problem != nil {
			got = problem.Reason
		}
		if got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
	trying := Policy{PlainLoopback: true}
	for address, fine := range map[string]bool{"http://orders.localhost:8080/": true, "http://127.0.0.1/": true, "http://orders.example/": false, "http://10.0.0.1/": false, "http://localhost.example/": false} {
		if (trying.Check(address) == nil) != fine {
			t.Errorf("on loopback, %q: %t", address, !fine)
		}
	}
}

// serve is a server on loopback with a certificate, and a client's policy and authorities
// that reach it.
func serve(t *testing.T, h http.HandlerFunc) (address string, p Policy, roots *tls.Config) {
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s.URL, Policy{Allowed: []netip.Prefix{loopback}, Timeout: 5 * time.Second, Longest: 64 << 10}, &tls.Config{RootCAs: pool, ServerName: "example.com"}
}

func TestADocumentIsFetched(t *testing.T) {
	address, p, roots := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "Application/JSON; charset=utf-8")
		w.Write([]byte(`{"keys":[]}`))
	})
	got, err := New(p, roots).Get(t.Context(), address+"/jwks", "application/json")
	if err != nil || string(got) != `{"keys":[]}` {
		t.Errorf("%s %v", got, err)
	}
}

func TestNoClientAsksNobody(t *testing.T) {
	var none *Client
	if _, err := none.Get(t.Context(), "https://orders.example/jwks", "application/json"); reason(err) != "unreachable" {
		t.Error(err)
	}
	if problem := none.Check("http://127.0.0.1/"); problem == nil {
		t.Error("loopback is fine")
	}
}

func TestAFormIsHandedOver(t *testing.T) {
	address, p, roots := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("logout_token") != "a.b.c" || r.Method != http.MethodPost {
			w.WriteHeader(400)
		}
	})
	if err := New(p, roots).Post(t.Context(), address, url.Values{"logout_token": {"a.b.c"}}); err != nil {
		t.Error(err)
	}
	if err := New(p, roots).Post(t.Context(), address, url.Values{"logout_token": {"other"}}); reason(err) != "status" {
		t.Error(err)
	}
}

// What a socket is connected to counts, and not what its name resolved to earlier:
// "localhost" is a name like any other until it is looked up.
func TestANameThatLeadsInsideIsRefusedAtTheSocket(t *testing.T) {
	asked := false
	address, p, roots := serve(t, func(http.ResponseWriter, *http.Request) { asked = true })
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(address, "https://"))
	p.Allowed = nil
	for _, a := range []string{address, "https://localhost:" + port, "https://LOCALHOST.:" + port, "https://2130706433:" + port, "https://0x7f.1:" + port, "https://127.1:" + port, "https://[::ffff:7f00:1]:" + port} {
		if _, err := New(p, roots).Get(t.Context(), a, "application/json"); err == nil || asked {
			t.Errorf("%s was asked: %v", a, err)
		}
	}
	if _, err := New(p, roots).Get(t.Context(), "https://localhost:"+port, "application/json"); reason(err) != "refused-address" {
		t.Error(err)
	}
}

func TestAnswersThatAreNotTaken(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a redirect, also inside": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		}, "redirect"},
		"an error": {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }, "status"},
		"a page":   {func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("<html>")) }, "wrong-type"},
		"10 MB": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Write(make([]byte, 10<<20))
		}, "too-long"},
		"silence": {func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			panic(http.ErrAbortHandler) // or an empty answer overtakes the end of the connection
		}, "timeout"},
		"an answer that never ends": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			panic(http.ErrAbortHandler) // as above
		}, "timeout"},
		"a header that never ends": {func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) }, "unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, p, roots := serve(t, c.answer)
			p.Timeout = time.Second
			body, err := New(p, roots).Get(t.Context(), address, "application/json")
			if reason(err) != c.want || body != nil {
				t.Errorf("%d bytes, %v", len(body), err)
			}
		})
	}
}

func TestACertificateOfSomebodyElseIsRefused(t *testing.T) {
	address, p, _ := serve(t, func(http.ResponseWriter, *http.Request) {})
	if _, err := New(p, nil).Get(t.Context(), address, "application/json"); reason(err) != "unreachable" {
		t.Error(err)
	}
}

func TestErrorsDoNotRepeatTheAddress(t *testing.T) {
	_, err := New(Policy{Timeout: time.Second, Allowed: []netip.Prefix{loopback}}, nil).Get(t.Context(), "https://127.0.0.1:1/?key=hidden", "application/json")
	if reason(err) != "unreachable" || strings.Contains(err.Error(), "hidden") {
		t.Error(err)
	}
}
