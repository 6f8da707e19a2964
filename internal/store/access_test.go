package store_test

import (
	"context"
	"testing"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// takings are the ways in which a session's login at an application ends, each as the statements of
// its transaction.
var takings = map[string]func(q store.Queries, g store.TokenGrant) error{
	"the company narrows it": func(q store.Queries, g store.TokenGrant) error {
		if err := q.PutReach(context.Background(), "one", g.Company.ID, g.Application.ID, gatehouse.ReachAdministrators); err != nil {
			return err
		}
		return q.EndClosedLogins(context.Background(), g.Application, g.Company.ID, noon)
	},
	"the operator offers it to administrators": func(q store.Queries, g store.TokenGrant) error {
		g.Application.Settings.Access.Roles = []gatehouse.Role{gatehouse.RoleAdmin}
		if err := q.UpdateApplication(context.Background(), g.Application); err != nil {
			return err
		}
		return q.EndClosedLogins(context.Background(), g.Application, "", noon)
	},
	"it is turned off": func(q store.Queries, g store.TokenGrant) error {
		g.Application.State = gatehouse.ApplicationDisabled
		if err := q.UpdateApplication(context.Background(), g.Application); err != nil {
			return err
		}
		return q.EndLogins(context.Background(), "one", g.Application.ID, noon)
	},
	"an administrator becomes a user": func(q store.Queries, g store.TokenGrant) error {
		g.User.Role = gatehouse.RoleUser
		if err := q.UpdateProfile(context.Background(), g.User, noon); err != nil {
			return err
		}
		return q.EndClosedLoginsOf(context.Background(), g.User, noon)
	},
	"the user removes it": func(q store.Queries, g store.TokenGrant) error {
		if err := q.EndLoginsOf(context.Background(), "one", g.User.ID, g.Application.ID, noon); err != nil {
			return err
		}
		return q.EndFamiliesOf(context.Background(), "one", g.User.ID, g.Application.ID, gatehouse.AccessRemoved, noon)
	},
	"the session ends": func(q store.Queries, g store.TokenGrant) error {
		_, err := q.EndSession(context.Background(), "one", g.User.ID, g.Session.ID, noon)
		return err
	},
}

// An exchange of a code and the end of the access run at the same moment, each as the first. The
// login that the exchange records is ended by the other, or not recorded: a platform is told of
// every session that it has.
func TestNoLoginIsLeftWhereAccessWasTakenAway(t *testing.T) {
	for what, take := range takings {
		for _, first := range []string{"the exchange", "the end"} {
			t.Run(what+", after "+first, func(t *testing.T) {
				testkit.Databases(t, func(t *testing.T, url string) {
					s := open(t, url)
					if _, err := s.Migrate(t.Context(), noon); err != nil {
						t.Fatal(err)
					}
					_, f := testGrant(t, s, "one")
					g, err := s.Read().Family(t.Context(), "one", f.ID)
					if err != nil {
						t.Fatal(err)
					}
					if what == "an administrator becomes a user" {
						g.User.Role = gatehouse.RoleAdmin
						write(t, s, func(q store.Queries) error {
							if err := q.UpdateProfile(t.Context(), g.User, noon); err != nil {
								return err
							}
							return q.PutReach(t.Context(), "one", g.Company.ID, g.Application.ID, gatehouse.ReachAdministrators)
						})
					}
					if first == "the exchange" {
						atTheSameTime(t, s, exchange, func(q store.Queries) error { return take(q, g) })
					} else {
						atTheSameTime(t, s, func(q store.Queries, then func()) error {
							err := take(q, g)
							then()
							return err
						}, func(q store.Queries) error { return exchange(q, func() {}) })
					}
					all, err := s.Read().Reached(t.Context(), "one", g.Session.ID)
					if err != nil {
						t.Fatal(err)
					}
					for _, l := range all {
						if l.EndedAt.IsZero() || l.DueAt.IsZero() {
							t.Errorf("the platform is told nothing: %+v", l.PlatformLogin)
						}
					}
					if want := first == "the exchange"; len(all) == 1 != want {
						t.Errorf("the exchange has recorded a login: %v, not %v", !want, want)
					}
				})
			})
		}
	}
}

// exchange does what an exchange of a code does; between reading and writing, it calls then.
func exchange(q store.Queries, then func()) error {
	g, err := q.HoldCode(context.Background(), "one", "app_1", "code")
	if err != nil {
		return err
	}
	then()
	if g.Session.ID == "" || g.Family.Ended != "" || !g.Application.Usable() || gatehouse.ClosedTo(g.Application, g.Reach, g.User.Role) != "" {
		return nil
	}
	if err := q.RedeemCode(context.Background(), "one", g.Family.ID, "", noon, noon); err != nil {
		return err
	}
	return q.NoteLogin(context.Background(), gatehouse.PlatformLogin{SiteID: "one", SessionID: g.Session.ID, ApplicationID: "app_1", UserID: g.User.ID,
		SID: "sid", Subject: g.Family.Subject, LastAt: noon})
}

// atTheSameTime runs two transactions. The second one begins where the first calls its function,
// which returns when the second has ended, or waits for the first.
func atTheSameTime(t *testing.T, s *store.Store, first func(store.Queries, func()) error, second func(store.Queries) error) {
	t.Helper()
	done := make(chan error, 1)
	write(t, s, func(q store.Queries) error {
		return first(q, func() {
			go func() { done <- s.Write(context.Background(), second) }()
			testkit.Eventually(t, "the second transaction", func() bool { return len(done) > 0 || isWaiting(t, s) })
		})
	})
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// isWaiting reports whether a transaction waits for another one.
func isWaiting(t *testing.T, s *store.Store) bool {
	if s.Engine() == "sqlite" {
		return s.Waiting() > 0
	}
	rows, err := store.Rows(t.Context(), s.Read(), 1, `SELECT 'one' FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
	if err != nil {
		t.Error(err)
	}
	return len(rows) > 0
}
