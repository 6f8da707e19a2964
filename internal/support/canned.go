package support

import (
	"gatehouse"
	"gatehouse/internal/site"
)

// Canned is an answer that is often given, in the customer's language. A site's own texts may say it
// otherwise. None has the name that a stranger has typed.
type Canned struct{ Key, Title, Text string }

// CannedKeys are the keys of these answers, in the order of the list.
var CannedKeys = []string{"code", "locked", "password", "more", "done"}

// CannedFor are the answers for a case.
func CannedFor(st *site.Site, one gatehouse.Case) (all []Canned) {
	for _, key := range CannedKeys {
		all = append(all, Canned{key, st.Text(one.Locale, "canned."+key+"_title"), st.Text(one.Locale, "canned."+key)})
	}
	return all
}
