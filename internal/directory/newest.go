package directory

import (
	"slices"
	"strings"
)

// newest puts lists of several sites together, each of which has the newest first and may have been
// searched only in part.
type newest[T any] struct {
	id  func(T) string
	all []T
	// end is where the first of the searches ended: what is older may have others between them.
	end string
}

// add adds the list of a site; end is the ID of the oldest that was looked at, empty if that were all.
func (n *newest[T]) add(all []T, end string) {
	n.all, n.end = append(n.all, all...), max(n.end, end)
}

// first are up to most of all of them. next is where the next page begins, empty if there is none;
// searched: because not all was searched.
func (n *newest[T]) first(most int) (all []T, next string, searched bool) {
	slices.SortFunc(n.all, func(a, b T) int { return strings.Compare(n.id(b), n.id(a)) })
	all = slices.DeleteFunc(n.all, func(v T) bool { return n.id(v) < n.end })
	if len(all) > most {
		return all[:most], n.id(all[most-1]), false
	}
	return all, n.end, n.end != ""
}
