// Package geo says roughly where a network address is: "Leeds, United Kingdom". It
// reads a file in the MaxMind DB format that the operator provides, and asks nobody
// else: no address of a visitor leaves this machine.
//
// A place helps users to tell their own sign-ins from a stranger's (C09). It is words
// for people and decides nothing.
package geo

import (
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Places knows where addresses are. A nil one knows none. It may be used and
// reloaded by several goroutines at once.
type Places struct {
	path string
	file atomic.Pointer[maxminddb.Reader]
}

// Open reads a file of the type City or Country, and checks it as a whole, so that a
// damaged one is found now and not by a visitor.
func Open(path string) (*Places, error) {
	p := &Places{path: path}
	if err := p.Reload(); err != nil {
		return nil, err
	}
	return p, nil
}

// Reload reads the file again. If it cannot be read, nothing changes.
func (p *Places) Reload() error {
	if p == nil {
		return nil
	}
	file, err := read(p.path)
	if err == nil {
		p.file.Store(file)
	}
	return err
}

// read reads the file into memory: if it were mapped, replacing it by truncation would
// end the process.
func read(path string) (*maxminddb.Reader, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err // names the path
	}
	file, err := maxminddb.OpenBytes(data)
	if err == nil {
		err = check(file)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

func check(file *maxminddb.Reader) error {
	kind := file.Metadata.DatabaseType
	if !strings.Contains(kind, "City") && !strings.Contains(kind, "Country") {
		return fmt.Errorf("is of the type %q, must be City or Country", kind)
	}
	if err := file.Verify(); err != nil {
		return fmt.Errorf("is damaged: %w", err)
	}
	return nil
}

// Built is when the file was made; zero for a nil Places.
func (p *Places) Built() time.Time {
	if p == nil {
		return time.Time{}
	}
	return p.file.Load().Metadata.BuildTime()
}

// Type is what the file calls itself, such as "GeoLite2-City".
func (p *Places) Type() string {
	if p == nil {
		return ""
	}
	return p.file.Load().Metadata.DatabaseType
}

// names are the names of one thing, by language.
type names map[string]string

// record is the part of an address's record that is read. The country is where the
// network is used, not where it is registered.
type record struct {
	City struct {
		Names names `maxminddb:"names"`
	} `maxminddb:"city"`
	Country struct {
		Code  string `maxminddb:"iso_code"`
		Names names  `maxminddb:"names"`
	} `maxminddb:"country"`
}

// Of says where an address is: "Leeds, United Kingdom", in a language (a BCP 47 tag) as
// far as the file has it, else in English. It is empty if the file does not know, for
// an address that is nowhere (private, loopback), and for anything that is not an
// address.
func (p *Places) Of(lang, address string) string {
	r := p.record(address)
	city, country := r.City.Names.in(lang), r.Country.Names.in(lang)
	if city == "" || city == country { // Singapore is both
		return country
	}
	if country == "" {
		return city
	}
	return city + ", " + country
}

// Country says in which country an address is: its code (ISO 3166), or its English name in a file
// without codes; and its name in a language. Both are empty if the place is unknown.
func (p *Places) Country(lang, address string) (code, name string) {
	r := p.record(address)
	return cmp.Or(r.Country.Code, r.Country.Names["en"]), r.Country.Names.in(lang)
}

// record is what the file says about an address; empty if it does not know.
func (p *Places) record(address string) (r record) {
	ip, err := netip.ParseAddr(address)
	ip = ip.Unmap().WithZone("")
	if p == nil || err != nil || !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return record{}
	}
	if p.file.Load().Lookup(ip).Decode(&r) != nil {
		return record{} // a record of another shape, or an IPv6 address in a file of IPv4
	}
	return r
}

// in is the name in a language, in a wider one (de-AT: de), or in English.
func (n names) in(lang string) string {
	for lang != "" {
		if name := n[lang]; name != "" {
			return name
		}
		lang = lang[:max(0, strings.LastIndexByte(lang, '-'))]
	}
	return n["en"]
}
