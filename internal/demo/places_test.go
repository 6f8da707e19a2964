package demo

import (
	"bytes"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"go4.org/netipx"
)

// writePlaces names the variable with which this test writes places.mmdb:
//
//	GATEHOUSE_WRITE_PLACES=yes go test ./internal/demo -run TestPlaces
const writePlaces = "GATEHOUSE_WRITE_PLACES"

// others are names in other languages, if they differ.
var others = map[string]map[string]string{
	"United Kingdom": {"de": "Vereinigtes Königreich", "fr": "Royaume-Uni"}, "Australia": {"de": "Australien", "fr": "Australie"},
	"Ireland": {"de": "Irland", "fr": "Irlande"}, "France": {"de": "Frankreich"}, "Germany": {"de": "Deutschland", "fr": "Allemagne"},
	"New Zealand": {"de": "Neuseeland", "fr": "Nouvelle-Zélande"}, "Canada": {"de": "Kanada"},
	"London": {"fr": "Londres"}, "Cologne": {"de": "Köln"},
}

func inLanguages(name string) mmdbtype.Map {
	all := mmdbtype.Map{"en": mmdbtype.String(name)}
	for lang, other := range others[name] {
		all[mmdbtype.String(lang)] = mmdbtype.String(other)
	}
	return mmdbtype.Map{"names": all}
}

func allCities() []city { return slices.Concat(britain, australia, abroad) }

// prefix is a city's network.
func (c city) prefix() netip.Prefix {
	if strings.Contains(c.network, ":") {
		return netip.MustParsePrefix(c.network + "/64")
	}
	return netip.MustParsePrefix(c.network + strconv.Itoa(c.first) + "/27")
}

// The file of places has the demo's cities, in the networks reserved for examples.
func TestPlaces(t *testing.T) {
	if os.Getenv(writePlaces) != "" {
		tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Demo-City", BuildEpoch: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).Unix(),
			RecordSize: 24, IncludeReservedNetworks: true, DisableIPv4Aliasing: true, Languages: []string{"de", "en", "fr"},
			Description: map[string]string{"en": "Made-up places for the demo of Gatehouse"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range allCities() {
			if err := tree.Insert(netipx.PrefixIPNet(c.prefix()), mmdbtype.Map{"city": inLanguages(c.name), "country": inLanguages(c.country)}); err != nil {
				t.Fatal(err)
			}
		}
		var file bytes.Buffer
		if _, err := tree.WriteTo(&file); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("places.mmdb", file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		places = file.Bytes()
	}
	p, err := OpenPlaces(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	examples := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32")}
	for _, c := range allCities() {
		address := c.network + strconv.Itoa(c.first+1)
		if got, want := p.Of("en-GB", address), c.name+", "+c.country; got != want {
			t.Errorf("%s is in %q, want %q", address, got, want)
		}
		if !slices.ContainsFunc(examples, func(n netip.Prefix) bool { return n.Contains(netip.MustParseAddr(address)) }) {
			t.Errorf("%s is somebody's address", address)
		}
	}
	if got := p.Of("de", "203.0.113.70"); got != "Köln, Deutschland" {
		t.Errorf("in German: %q", got)
	}
	if got := p.Of("en", "8.8.8.8"); got != "" {
		t.Errorf("an address of the world is in %q", got)
	}
	if len(places) > 10_000 {
		t.Errorf("the file has %d bytes", len(places))
	}
}
