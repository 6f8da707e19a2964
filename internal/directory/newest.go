package directory

import (
	"slices"
	"strings"
)

// newest puts several lists together, each of which has the newest first, or the oldest if up, and may
// have been searched only in part.
type newest[T any] struct {
	id  func(T) string
	up  bool
	all []T
	// end is where the first of the searches ended: what is beyond may have others between them.
	end string
}

// add adds a list; end is the ID of the last one that was looked at, empty if that were all.
func (n *newest[T]) add(all []T, end string) {
	n.all = append(n.all, all...)
	if n.end == "" || end != "" && n.order(end, n.end) < 0 {
		n.end = end
	}
}

// order is the order of the lists.
func (n *newest[T]) order(a, b string) int {
	if n.up {
		return strings.Compare(a, b)
	}
	return strings.Compare(b, a)
}

// first are up to most of all of them, in the order of the lists. next is where the next page begins,
// empty if there is none; searched: because not all was searched.
func (n *newest[T]) first(most int) (all []T, next string, searched bool) {
	slices.SortFunc(n.all, func(a, b T) int { return n.order(n.id(a), n.id(b)) })
	all = slices.DeleteFunc(n.all, func(v T) bool { return n.end != "" && n.order(n.id(v), n.end) > 0 })
	if len(all) > most {
		return all[:most], n.id(all[most-1]), false
	}
	return all, n.end, n.end != ""
}
