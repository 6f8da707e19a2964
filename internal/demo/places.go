package demo

import (
	_ "embed"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gatehouse"
	"gatehouse/internal/geo"
)

// place is a browser somewhere: a device, and an address from the blocks that are
// reserved for examples (RFC 5737, RFC 3849).
type place struct{ address, device string }

// city is the location of a network of 32 such addresses.
type city struct {
	name, country string
	// network is the beginning of the addresses, first the first of them.
	network string
	first   int
}

// The cities where users of the demo are, and some that they travel to. Names in other
// languages are in the generator of the places file.
var (
	britain = []city{
		{"Leeds", "United Kingdom", "192.0.2.", 0}, {"Manchester", "United Kingdom", "192.0.2.", 32}, {"Bristol", "United Kingdom", "192.0.2.", 64},
		{"Glasgow", "United Kingdom", "192.0.2.", 96}, {"Cardiff", "United Kingdom", "192.0.2.", 128}, {"London", "United Kingdom", "192.0.2.", 160},
		{"York", "United Kingdom", "2001:db8:4c1:7::", 0},
	}
	australia = []city{
		{"Sydney", "Australia", "198.51.100.", 0}, {"Melbourne", "Australia", "198.51.100.", 32}, {"Brisbane", "Australia", "198.51.100.", 64},
		{"Perth", "Australia", "198.51.100.", 96}, {"Adelaide", "Australia", "198.51.100.", 128}, {"Hobart", "Australia", "2001:db8:61:7::", 0},
	}
	abroad = []city{
		{"Dublin", "Ireland", "203.0.113.", 0}, {"Paris", "France", "203.0.113.", 32}, {"Cologne", "Germany", "203.0.113.", 64},
		{"Auckland", "New Zealand", "203.0.113.", 96}, {"Toronto", "Canada", "203.0.113.", 128},
	}
)

// places is a file in the MaxMind DB format with those cities and nothing else, written
// by the tests of this package.
//
//go:embed places.mmdb
var places []byte

// OpenPlaces puts the made-up places into a folder and opens them there.
func OpenPlaces(dir string) (*geo.Places, error) {
	path := filepath.Join(dir, "places.mmdb")
	if err := os.WriteFile(path, places, 0o600); err != nil {
		return nil, err
	}
	return geo.Open(path)
}

// cities are those in the site's country.
func (sc *scene) cities() []city {
	if strings.HasPrefix(sc.site.Zone.String(), "Australia/") {
		return australia
	}
	return britain
}

// at is a user's browser in a city.
func (sc *scene) at(c city) place {
	return place{c.network + strconv.Itoa(c.first+1+sc.dice.IntN(29)), devices[sc.dice.IntN(len(devices))]}
}

// office is a browser in the company's city.
func (sc *scene) office(companyID string) place {
	all := sc.cities()
	for i, c := range sc.companies {
		if c.ID == companyID {
			return sc.at(all[i%len(all)])
		}
	}
	return sc.at(all[0])
}

// desk is where a user works: with the company, except for one in six, who is in
// another city of the country.
func (sc *scene) desk(u *gatehouse.User) place {
	if all := sc.cities(); sc.dice.IntN(6) == 0 {
		return sc.at(all[sc.dice.IntN(len(all))])
	}
	return sc.office(u.CompanyID)
}

// elsewhere is where a user signs in now and then: at home, or on a journey.
func (sc *scene) elsewhere() place {
	all := sc.cities()
	if sc.dice.IntN(4) == 0 {
		all = abroad
	}
	return sc.at(all[sc.dice.IntN(len(all))])
}
