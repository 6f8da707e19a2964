package gatehouse

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
)

// Contact is somebody at a company whom its users can ask.
type Contact struct {
	Name string
	// About is what for: "Orders", "Computers and phones".
	About string
	// Email and Phone are empty if unknown; one of them is there.
	Email, Phone string
}

// MostContacts is how many contacts a company can name.
const MostContacts = 3

// CompanyDetails are what administrators say about their company.
type CompanyDetails struct {
	// Zone is one of Zones; empty: the site's.
	Zone     string
	Contacts []Contact
	// NoReport: no monthly report is wanted.
	NoReport bool
}

// Version identifies details: if it is another one when a form arrives, somebody else has changed
// them meanwhile.
func (d CompanyDetails) Version() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %v", d.Zone, d.Contacts, d.NoReport))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// Zones are the time zones that a company can choose: for each part of the world that has the same
// clock all year, its largest cities.
var Zones = []string{
	"Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Vancouver", "America/Phoenix", "America/Denver", "America/Chicago",
	"America/Mexico_City", "America/New_York", "America/Toronto", "America/Bogota", "America/Halifax", "America/Santiago", "America/St_Johns",
	"America/Sao_Paulo", "America/Argentina/Buenos_Aires", "Atlantic/Azores", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Africa/Lagos",
	"Europe/Amsterdam", "Europe/Berlin", "Europe/Brussels", "Europe/Copenhagen", "Europe/Madrid", "Europe/Oslo", "Europe/Paris", "Europe/Prague",
	"Europe/Rome", "Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw", "Europe/Zurich", "Africa/Cairo", "Africa/Johannesburg", "Europe/Athens",
	"Europe/Bucharest", "Europe/Helsinki", "Europe/Kyiv", "Asia/Jerusalem", "Europe/Istanbul", "Africa/Nairobi", "Asia/Riyadh", "Asia/Dubai",
	"Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok", "Asia/Ho_Chi_Minh", "Asia/Jakarta", "Asia/Hong_Kong", "Asia/Manila",
	"Asia/Shanghai", "Asia/Singapore", "Asia/Taipei", "Australia/Perth", "Asia/Seoul", "Asia/Tokyo", "Australia/Adelaide", "Australia/Darwin",
	"Australia/Brisbane", "Australia/Melbourne", "Australia/Sydney", "Pacific/Auckland", "Pacific/Fiji",
}

// KnownZone reports whether a company can choose a time zone.
func KnownZone(name string) bool { return name == "" || slices.Contains(Zones, name) }
