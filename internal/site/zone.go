package site

import (
	"sync"
	"time"
)

// zones are the time zones of companies, by their names: reading one takes a while.
var zones sync.Map

// ZoneOf is the time zone of a company: its own, by its name, or the site's.
func (s *Site) ZoneOf(own string) *time.Location {
	if own == "" {
		return s.Zone
	}
	zone, known := zones.Load(own)
	if !known {
		loaded, err := time.LoadLocation(own)
		if err != nil { // of another version's list
			return s.Zone
		}
		zone, _ = zones.LoadOrStore(own, loaded)
	}
	return zone.(*time.Location)
}
