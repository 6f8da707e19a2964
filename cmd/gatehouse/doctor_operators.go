package main

import (
	"context"
	"strings"

	"gatehouse"
	"gatehouse/internal/store"
)

// operators looks for owners, and for operators who have not set up a factor; without operator_hosts
// there is nothing to say.
func (d *doctor) operators(ctx context.Context, st *store.Store) {
	if len(d.cfg.OperatorHosts) == 0 {
		return
	}
	all, err := st.Read().Operators(ctx)
	if err != nil {
		d.add("operators", warn, err.Error(), "look at the server's log")
		return
	}
	leads, bare := 0, []string{}
	for _, u := range all {
		if u.Leads() {
			leads++
		}
		if u.State != gatehouse.Deactivated && u.Apps+u.Passkeys == 0 {
			bare = append(bare, u.Username)
		}
	}
	switch {
	case leads == 0:
		d.add("operators", warn, "there is no owner who can sign in", "gatehouse operator create --role owner")
	case len(bare) > 0:
		d.add("operators", warn, "without a second factor, because they have not finished their first sign-in: "+strings.Join(bare, ", "), "remind them, or gatehouse operator deactivate")
	default:
		d.add("operators", well, "all have a second factor, and there is an owner", "")
	}
}
