package geo

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"go4.org/netipx"
)

var built = time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)

// place is a record as files of the type City have it.
func place(city, country mmdbtype.Map) mmdbtype.Map {
	r := mmdbtype.Map{
		"location":           mmdbtype.Map{"latitude": mmdbtype.Float64(53.8), "accuracy_radius": mmdbtype.Uint16(20)},
		"registered_country": mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String("Elsewhere")}},
	}
	if city != nil {
		r["city"] = mmdbtype.Map{"geoname_id": mmdbtype.Uint32(1), "names": city}
	}
	if country != nil {
		r["country"] = mmdbtype.Map{"iso_code": mmdbtype.String("XX"), "names": country}
	}
	return r
}

func named(pairs ...string) mmdbtype.Map {
	m := mmdbtype.Map{}
	for i := 0; i < len(pairs); i += 2 {
		m[mmdbtype.String(pairs[i])] = mmdbtype.String(pairs[i+1])
	}
	return m
}

var britain = named("en", "United Kingdom", "de", "Vereinigtes Königreich", "fr", "Royaume-Uni", "pt-BR", "Reino Unido")

// world is where the networks of documentation are, for these tests.
var world = map[string]mmdbtype.Map{
	"192.0.2.0/25":          place(named("en", "Leeds"), britain),
	"192.0.2.128/25":        place(nil, britain),
	"198.51.100.0/26":       place(named("en", "Cologne", "de", "Köln", "fr", "Cologne"), named("en", "Germany", "de", "Deutschland", "fr", "Allemagne")),
	"198.51.100.64/26":      place(named("en", "Singapore"), named("en", "Singapore")),
	"198.51.100.128/26":     place(named("en", "Nowhere Harbour"), nil),
	"198.51.100.192/26":     place(nil, nil),
	"10.0.0.0/8":            place(named("en", "Somebody's Office"), britain),
	"127.0.0.0/8":           place(named("en", "Here"), britain),
	"2001:db8:4c1:7::/64":   place(named("en", "York"), britain),
	"2001:db8:4c1:8::/64":   {"city": mmdbtype.String("Flatland"), "country": mmdbtype.String("FL")},
	"2001:db8:ffff:1::/128": place(named("de", "Nur auf Deutsch"), nil),
}

// written is a file with that world, or with its IPv4 part.
func written(t testing.TB, kind string, version int) []byte {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, BuildEpoch: built.Unix(), IPVersion: version,
		IncludeReservedNetworks: true, DisableIPv4Aliasing: true, Languages: []string{"de", "en", "fr", "pt-BR"}, Description: map[string]string{"en": "For tests"}})
	must(t, err)
	for network, r := range world {
		prefix := netip.MustParsePrefix(network)
		if version == 4 && !prefix.Addr().Is4() {
			continue
		}
		must(t, tree.Insert(netipx.PrefixIPNet(prefix), r))
	}
	var file bytes.Buffer
	_, err = tree.WriteTo(&file)
	must(t, err)
	return file.Bytes()
}

func write(t testing.TB, data []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "places.mmdb")
	must(t, os.WriteFile(path, data, 0o600))
	return path
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestC09WhereAnAddressIs(t *testing.T) {
	p, err := Open(write(t, written(t, "GeoLite2-City", 6)))
	must(t, err)
	if p.Type() != "GeoLite2-City" || !p.Built().Equal(built) {
		t.Errorf("%s, built at %s", p.Type(), p.Built())
	}
	for _, c := range []struct{ lang, address, want string }{
		{"en-GB", "192.0.2.7", "Leeds, United Kingdom"},
		{"en-GB", "::ffff:192.0.2.7", "Leeds, United Kingdom"},
		{"en-GB", "2001:db8:4c1:7::31", "York, United Kingdom"},
		{"", "192.0.2.7", "Leeds, United Kingdom"},
		{"de", "198.51.100.9", "Köln, Deutschland"},
		{"de-AT", "198.51.100.9", "Köln, Deutschland"},
		{"fr", "198.51.100.9", "Cologne, Allemagne"},
		{"cy", "198.51.100.9", "Cologne, Germany"},
		{"de", "192.0.2.7", "Leeds, Vereinigtes Königreich"}, // the city in English only
		{"pt-BR", "192.0.2.200", "Reino Unido"},
		{"en-GB", "192.0.2.200", "United Kingdom"},
		{"en-GB", "198.51.100.80", "Singapore"},
		{"en-GB", "198.51.100.130", "Nowhere Harbour"},
		{"en-GB", "198.51.100.200", ""}, // a record without names
		{"en-GB", "2001:db8:4c1:8::1", ""},
		{"en-GB", "2001:db8:ffff:1::", ""},
		{"en-GB", "203.0.113.1", ""}, // not in the file
		{"en-GB", "10.1.2.3", ""},    // no matter what the file says
		{"en-GB", "127.0.0.1", ""},
		{"en-GB", "::ffff:127.0.0.1", ""},
		{"en-GB", "::1", ""},
		{"en-GB", "fd00::1", ""},
		{"en-GB", "fe80::1%eth0", ""},
		{"en-GB", "224.0.0.1", ""},
		{"en-GB", "0.0.0.0", ""},
		{"en-GB", "", ""},
		{"en-GB", "leeds", ""},
		{"en-GB", "192.0.2.7:443", ""},
	} {
		if got := p.Of(c.lang, c.address); got != c.want {
			t.Errorf("%s in %s: %q, want %q", c.address, c.lang, got, c.want)
		}
	}
}

func TestNoPlaces(t *testing.T) {
	var p *Places
	if p.Of("en", "192.0.2.7") != "" || p.Reload() != nil || !p.Built().IsZero() || p.Type() != "" {
		t.Error("without a file there is a place")
	}
}

func TestAFileOfCountriesAndIPv4(t *testing.T) {
	p, err := Open(write(t, written(t, "DBIP-Country-Lite", 4)))
	must(t, err)
	if got := p.Of("en", "192.0.2.200"); got != "United Kingdom" {
		t.Errorf("got %q", got)
	}
	if code, name := p.Country("de", "192.0.2.200"); code != "XX" || name == "" {
		t.Errorf("the country is %q, %q", code, name)
	}
	if code, name := p.Country("de", "198.18.0.1"); code != "" || name != "" {
		t.Errorf("an unknown address is in %q, %q", code, name)
	}
	if got := p.Of("en", "2001:db8:4c1:7::31"); got != "" {
		t.Errorf("an IPv6 address is in %q", got)
	}
}

func TestWhatCannotBeOpened(t *testing.T) {
	whole := written(t, "GeoLite2-City", 6)
	_, err := Open(filepath.Join(t.TempDir(), "none.mmdb"))
	wants(t, err, "none.mmdb: no such file")
	_, err = Open(t.TempDir())
	wants(t, err, "is a directory")
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":        {nil, "places.mmdb: "},
		"text":         {[]byte("Leeds is in the United Kingdom"), "places.mmdb: "},
		"cut short":    {whole[:len(whole)/2], "places.mmdb: "},
		"without head": {whole[len(whole)/2:], "places.mmdb: "},
		"another type": {written(t, "GeoLite2-ASN", 6), `is of the type "GeoLite2-ASN", must be City or Country`},
		"damaged":      {damaged(whole), "is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(write(t, c.data))
			wants(t, err, c.want)
		})
	}
}

// damaged has a tree with a first node that points outside the file.
func damaged(whole []byte) []byte {
	data := bytes.Clone(whole)
	copy(data, bytes.Repeat([]byte{0xff}, 7))
	return data
}

func wants(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// If any byte of a file is wrong, the file is refused, or its words are wrong: nothing
// panics, and it returns nothing but texts.
func TestADamagedFileEndsNothing(t *testing.T) {
	whole := written(t, "GeoLite2-City", 6)
	refused, taken := 0, 0
	for i := range whole {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			data := bytes.Clone(whole)
			data[i] ^= flip
			p, err := Open(write(t, data))
			if err != nil {
				refused++
				continue
			}
			taken++
			for network := range world {
				p.Of("de", netip.MustParsePrefix(network).Addr().Next().String())
			}
		}
	}
	if refused == 0 || taken == 0 {
		t.Errorf("%d refused, %d taken: nothing was tried", refused, taken)
	}
}

func TestReload(t *testing.T) {
	path := write(t, written(t, "GeoLite2-City", 6))
	p, err := Open(path)
	must(t, err)
	must(t, os.WriteFile(path, []byte("half a file"), 0o600)) // over the old one, which is in use
	if p.Reload() == nil || p.Of("en", "192.0.2.7") != "Leeds, United Kingdom" {
		t.Error("a broken file replaced the good one")
	}
	must(t, os.WriteFile(path, written(t, "GeoLite2-Country", 6), 0o600))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if p.Of("en", "192.0.2.7") != "Leeds, United Kingdom" {
					t.Error("no place while the file is replaced")
				}
				if err := p.Reload(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if p.Type() != "GeoLite2-Country" {
		t.Errorf("still a file of the type %s", p.Type())
	}
}
