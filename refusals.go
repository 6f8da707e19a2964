package gatehouse

import (
	"strings"
	"time"
)

// Many bouncing addresses at once say nothing about the addresses: a server is misconfigured, ours
// or theirs. So bounces are counted for an hour, by user, and beyond these numbers nobody is
// marked.
const (
	RefusalWindow = time.Hour
	// RefusalsOfDomain is how many users with addresses of one domain are marked
	// within the window.
	RefusalsOfDomain = 5
	// RefusalsOfSite is the same for all users of a site.
	RefusalsOfSite = 25
)

// How often the security address is told of too many refusals: of one cause once in RefusalNews,
// of all causes of a site together RefusalsNews times.
const (
	RefusalNews  = 24 * time.Hour
	RefusalsNews = 5
)

// RefusalCause is a reason that several refusals share.
type RefusalCause struct {
	// Class is the class of status, such as 5.1, or the number of a reply without one.
	Class string
	// Domain is that of the addresses; empty: any.
	Domain string
	// Most is how many users are marked for it within the window.
	Most int
}

// Key names the cause within a site.
func (c RefusalCause) Key() string { return strings.TrimSpace(c.Class + " " + c.Domain) }

// RefusalCauses returns the causes that a refusal counts for. Of a report, only its status is
// used: anyone who forges one about their own mail must not choose whose marks it ends.
func RefusalCauses(status, address string) []RefusalCause {
	class := status
	if i := strings.LastIndexByte(status, '.'); i > 0 {
		class = status[:i]
	}
	domain := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	return []RefusalCause{{class, "", RefusalsOfSite}, {class, domain, RefusalsOfDomain}}
}
