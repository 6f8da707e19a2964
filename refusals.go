package gatehouse

import (
	"strings"
	"time"
)

// Many addresses that mail comes back from at once are no news about the addresses: a
// server is confused, ours or theirs. So they are counted for an hour, by the users they
// belong to, and beyond these numbers nobody is marked.
const (
	RefusalWindow = time.Hour
	// RefusalsOfDomain is how many users with addresses of one domain are marked
	// within the window.
	RefusalsOfDomain = 5
	// RefusalsOfSite is how many users of a site are.
	RefusalsOfSite = 25
)

// How often the security address is told of refusals that are too many: of one cause
// once in RefusalNews, of all causes of a site together RefusalsNews times.
const (
	RefusalNews  = 24 * time.Hour
	RefusalsNews = 5
)

// RefusalCause is a reason that refusals have in common.
type RefusalCause struct {
	// Class is the kind of status, such as 5.1, or the number of an answer without one.
	Class string
	// Domain is that of the addresses; empty: whatever they are.
	Domain string
	// Most is how many users are marked for it within the window.
	Most int
}

// Key names the cause within a site.
func (c RefusalCause) Key() string { return strings.TrimSpace(c.Class + " " + c.Domain) }

// RefusalCauses are what a refusal counts for. Nothing of a report goes into them but
// its status: anyone who makes one up about their own mail must not choose whose
// marks it ends.
func RefusalCauses(status, address string) []RefusalCause {
	class := status
	if i := strings.LastIndexByte(status, '.'); i > 0 {
		class = status[:i]
	}
	domain := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	return []RefusalCause{{class, "", RefusalsOfSite}, {class, domain, RefusalsOfDomain}}
}
