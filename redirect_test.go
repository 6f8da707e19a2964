package gatehouse

import (
	"testing"

	"pgregory.net/rapid"
)

func TestRedirectAddressesThatMayBeRegistered(t *testing.T) {
	const web, native, both, never = "web", "native", "both", "never"
	for uri, who := range map[string]string{
		"https://shop.example/cb":             both,
		"https://shop.example:8443/cb?x=1":    both,
		"https://shop.example":                both,
		"http://shop.localhost:8080/cb":       both, // a demo's platform
		"http://localhost:8080/cb":            both,
		"http://127.0.0.1/cb":                 native,
		"http://127.0.0.1:49152/cb":           native,
		"http://[::1]/cb":                     native,
		"com.example.app:/cb":                 native,
		"com.example.app:cb":                  native,
		"http://shop.example/cb":              never,
		"http://127.0.0.2/cb":                 never,
		"http://0.0.0.0/cb":                   never,
		"http://[::1%25eth0]/cb":              never,
		"http://localhost.example/cb":         never,
		"http://notlocalhost/cb":              never,
		"myapp:/cb":                           never, // OAuth 2.1 2.3.1
		"com.example.app://host/cb":           never,
		"com.example.app:":                    never,
		"javascript:alert(1)":                 never,
		"data:text/html,x":                    never,
		"urn:ietf:wg:oauth:2.0:oob":           never,
		"https://shop.example/cb#":            never,
		"https://shop.example/cb#x":           never,
		"https://*.shop.example/cb":           never,
		"https://shop.example/*":              never,
		"https://user@shop.example/cb":        never,
		"https://user:pass@shop.example/cb":   never,
		"https:shop.example/cb":               never,
		"https:///cb":                         never,
		"https://shop.example\\@evil.example": never,
		"https://shop.example/a b":            never,
		"https://shop.example/\tcb":           never,
		"https://shop.example/\ncb":           never,
		"https://shop.exämple/cb":             never,
		"https://shop.example/../cb":          never,
		"https://shop.example/%2e%2E/cb":      never,
		"https://shop.example/./cb":           never,
		"//shop.example/cb":                   never,
		"/cb":                                 never,
		"cb":                                  never,
		"":                                    never,
	} {
		if got, want := RedirectURIGood(uri, false), who == web || who == both; got != want {
			t.Errorf("%q for a web application: %t", uri, got)
		}
		if got, want := RedirectURIGood(uri, true), who == native || who == both; got != want {
			t.Errorf("%q for a native application: %t", uri, got)
		}
	}
}

// nearMisses are addresses that an attacker would like to pass off as https://shop.example/cb?a=1
// (RFC 9700 4.1).
var nearMisses = []string{
	"https://shop.example/cb", "https://shop.example/cb?a=2", "https://shop.example/cb?a=1&b=2", "https://shop.example/cb?a=1&",
	"https://shop.example/cb?a=1#", "https://shop.example/cb?a=1#x", "https://shop.example/cb/?a=1", "https://shop.example/CB?a=1",
	"https://SHOP.example/cb?a=1", "HTTPS://shop.example/cb?a=1", "http://shop.example/cb?a=1", "https://shop.example:443/cb?a=1",
	"https://shop.example:8443/cb?a=1", "https://shop.example./cb?a=1", "https://shop.example//cb?a=1", "https://shop.example/./cb?a=1",
	"https://shop.example/x/../cb?a=1", "https://shop.example/%63b?a=1", "https://shop.example/cb%3Fa=1", "https://shop.example/cb?%61=1",
	"https://shop.example/cb?a=1%00", "https://shop.example/cb?a=1 ", " https://shop.example/cb?a=1", "https://shop.example/cb?a=1\n",
	"https://shop.example/cb?a=1\t", "https://shop.example@evil.example/cb?a=1", "https://evil.example@shop.example/cb?a=1",
	"https://x:y@shop.example/cb?a=1", "https://evil.example/cb?a=1", "https://shop.example.evil.example/cb?a=1",
	"https://evilshop.example/cb?a=1", "https://sub.shop.example/cb?a=1", "https://shop.example/cb/evil?a=1", "https://shop.example/cbx?a=1",
	"https://shop.example/cb;x?a=1", "https://shop.example\\.evil.example/cb?a=1", "https://shop.example/cb\\?a=1",
	"https://shop.example/cb?a=1&redirect=https://evil.example", "//shop.example/cb?a=1", "/cb?a=1", "https:/shop.example/cb?a=1",
	"https:shop.example/cb?a=1", "https://ѕhop.example/cb?a=1", "https://shop.example/cb?a=１", "javascript://shop.example/cb?a=1", "",
}

func TestRedirectAddressesAreComparedCharacterByCharacter(t *testing.T) {
	const registered = "https://shop.example/cb?a=1"
	for _, native := range []bool{false, true} {
		a := Application{Settings: ApplicationSettings{Native: native, RedirectURIs: []string{registered}, PostLogoutRedirectURIs: []string{registered}}}
		if !RedirectURIMatches(a, registered) || !PostLogoutURIMatches(a, registered) {
			t.Error("the registered address does not match")
		}
		for _, uri := range nearMisses {
			if RedirectURIMatches(a, uri) || PostLogoutURIMatches(a, uri) {
				t.Errorf("%q matches", uri)
			}
		}
	}
	if len(nearMisses) < 40 {
		t.Error("too few near misses")
	}
}

// OAuth 2.1 8.4.2, RFC 8252 7.3: only the port of a loopback address may vary.
func TestThePortOfALoopbackAddressIsFree(t *testing.T) {
	a := Application{Settings: ApplicationSettings{Native: true, RedirectURIs: []string{"http://127.0.0.1/cb", "http://[::1]:1/cb"}}}
	for uri, want := range map[string]bool{
		"http://127.0.0.1/cb": true, "http://127.0.0.1:1/cb": true, "http://127.0.0.1:65535/cb": true, "http://[::1]/cb": true, "http://[::1]:9/cb": true,
		"http://127.0.0.1:/cb": false, "http://127.0.0.1:1/cb/": false, "http://127.0.0.1:1/cb?x": false, "http://127.0.0.1:1/cb#": false,
		"http://127.0.0.1:1/CB": false, "https://127.0.0.1:1/cb": false, "http://localhost:1/cb": false, "http://127.0.0.2:1/cb": false,
		"http://x@127.0.0.1:1/cb": false, "http://127.0.0.1:1:2/cb": false, "http://127.0.0.1:x/cb": false, "http://127.1:1/cb": false,
		"http://[::1]:9/": false, "http://[0:0:0:0:0:0:0:1]:9/cb": false, "http://[::ffff:127.0.0.1]:1/cb": false, "HTTP://127.0.0.1:1/cb": false,
	} {
		if got := RedirectURIMatches(a, uri); got != want {
			t.Errorf("%q: %t", uri, got)
		}
	}
	a.Settings.Native = false
	if RedirectURIMatches(a, "http://127.0.0.1:1/cb") {
		t.Error("a web application's port is free")
	}
}

// Any change to a registered address makes it a different one.
func TestAChangedRedirectAddressMatchesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const registered = "https://shop.example/cb?a=1"
		a := Application{Settings: ApplicationSettings{Native: rapid.Bool().Draw(t, "native"), RedirectURIs: []string{registered}}}
		at := rapid.IntRange(0, len(registered)).Draw(t, "at")
		until := rapid.IntRange(at, len(registered)).Draw(t, "until")
		changed := registered[:at] + rapid.String().Draw(t, "in its place") + registered[until:]
		if RedirectURIMatches(a, changed) != (changed == registered) {
			t.Fatalf("%q", changed)
		}
	})
}
