package sso_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// When access is removed, the platform is notified, while the session continues. A user who
// regains access within the session is signed in there again, and the platform is notified of the
// session's end as usual.
func TestAPlatformIsToldThatAccessWasTakenAway(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		r := newReceiver(t)
		s.listening(r, nil)
		admin := gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: s.st.ID, UserID: s.AddUser(s.st.ID, "boss", "", func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin }).ID, CompanyID: s.user.CompanyID, Role: gatehouse.RoleAdmin}
		own := gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: s.st.ID, UserID: s.user.ID, CompanyID: s.user.CompanyID, Role: gatehouse.RoleUser}
		accounts := &account.Service{Desk: s.SSO.Desk, SignIn: s.SignIn, Keys: s.SSO.Keys}
		reach := func(to gatehouse.Reach) func() error {
			return func() error { return s.Directory.SetReach(t.Context(), s.st, admin, s.user.CompanyID, s.app.ID, to) }
		}
		role := func(to gatehouse.Role) func() error {
			return func() error {
				_, err := s.Directory.UpdateUser(t.Context(), s.st, operator, s.user.ID, directory.UserChange{Role: &to})
				return err
			}
		}
		access := func(to gatehouse.ApplicationAccess) func() error {
			return func() error {
				_, err := s.SSO.Change(t.Context(), s.st, operator, s.app.ID, "", func(a *gatehouse.Application) { a.Settings.Access = to })
				return err
			}
		}
		state := func(to gatehouse.ApplicationState) func() error { return func() error { s.setState(to); return nil } }
		_, claims := s.read(s.tokens().ID)
		ses := *s.open()
		for n, scene := range []struct {
			what       string
			take, give []func() error
		}{
			{"the company narrows it", []func() error{reach(gatehouse.ReachAdministrators)}, []func() error{reach(gatehouse.ReachEveryone)}},
			{"the user removes it", []func() error{func() error { return accounts.RemoveAccess(t.Context(), s.st, own, s.app.ID) }}, nil},
			{"an administrator becomes a user", []func() error{role(gatehouse.RoleUser)}, []func() error{reach(gatehouse.ReachEveryone)}},
			{"the operator offers it to administrators", []func() error{access(gatehouse.ApplicationAccess{Roles: []gatehouse.Role{gatehouse.RoleAdmin}})}, []func() error{access(gatehouse.ApplicationAccess{})}},
			{"it is turned off", []func() error{state(gatehouse.ApplicationDisabled)}, []func() error{state(gatehouse.ApplicationActive)}},
		} {
			if scene.what == "an administrator becomes a user" {
				s.all(role(gatehouse.RoleAdmin), reach(gatehouse.ReachAdministrators))
				r.told(t, n) // an administrator keeps it, and nobody is notified
				s.tokens()
			}
			s.all(scene.take...)
			_, logout := s.read(r.told(t, n+1))
			if logout["sid"] != claims["sid"] || logout["sub"] != claims["sub"] {
				t.Errorf("%s: told of %v", scene.what, logout)
			}
			testkit.Eventually(t, "the answer to be written down", func() bool { return s.reachedBy(ses.ID)[0].Told == gatehouse.LogoutConfirmed })
			s.all(scene.take...) // doing it twice notifies nobody
			s.all(scene.give...)
			s.Clock.Add(time.Minute)
			s.tokens()
			if l := s.reachedBy(ses.ID)[0]; !l.EndedAt.IsZero() || l.Told != "" {
				t.Errorf("%s: after coming back: %+v", scene.what, l.PlatformLogin)
			}
		}
		s.signOut()
		if _, logout := s.read(r.told(t, 6)); logout["sid"] != claims["sid"] {
			t.Errorf("the end of the session: %v", logout)
		}
	})
}

// all does these things in order.
func (s *stage) all(do ...func() error) {
	s.t.Helper()
	for _, one := range do {
		if err := one(); err != nil {
			s.t.Fatal(err)
		}
	}
}

// Removing access from some users does not notify about others: of another role, another company,
// another platform.
func TestOnlyThoseWhoLoseAccessAreToldOf(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		r, other := newReceiver(t), newReceiver(t)
		s.listening(other, nil)
		s.tokens()
		s.listening(r, nil)
		s.tokens()
		lost := s.open().ID
		boss := s.AddUser(s.st.ID, "boss", "", func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
		s.session = s.signIn(s.st, boss)
		s.tokens()
		admin := gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: s.st.ID, UserID: boss.ID, CompanyID: boss.CompanyID, Role: gatehouse.RoleAdmin}
		s.all(func() error {
			return s.Directory.SetReach(t.Context(), s.st, admin, boss.CompanyID, s.app.ID, gatehouse.ReachAdministrators)
		})
		r.told(t, 1)
		for _, l := range s.reachedBy(lost) {
			if l.ApplicationID == s.app.ID == l.EndedAt.IsZero() {
				t.Errorf("%s: %+v", l.Application.Name, l.PlatformLogin)
			}
		}
		if l := s.reachedBy(s.open().ID)[0]; !l.EndedAt.IsZero() {
			t.Errorf("an administrator: %+v", l.PlatformLogin)
		}
		if len(other.heard()) != 0 {
			t.Error("another platform is told")
		}
	})
}

// An exchange that begins while access is being taken away waits, and gets nothing: otherwise the
// platform would have a session whose end it is never told (store.TestNoLoginIsLeftWhereAccessWasTakenAway
// has every way and order).
func TestAnExchangeWaitsWhileAccessIsTakenAway(t *testing.T) {
	for what, take := range map[string]func(s *stage, q store.Queries, ses gatehouse.Session) error{
		"the company closes it": func(s *stage, q store.Queries, ses gatehouse.Session) error {
			if err := q.PutReach(context.Background(), s.st.ID, ses.CompanyID, s.app.ID, gatehouse.ReachNobody); err != nil {
				return err
			}
			return q.EndClosedLogins(context.Background(), s.app, ses.CompanyID, s.Clock.Now())
		},
		"the session ends": func(s *stage, q store.Queries, ses gatehouse.Session) error {
			_, err := q.EndSession(context.Background(), s.st.ID, ses.UserID, ses.ID, s.Clock.Now())
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			onStage(t, func(t *testing.T, s *stage) {
				code, ses, answer := s.code(), *s.open(), make(chan error, 1)
				begin := sync.OnceFunc(func() {
					go func() {
						_, err := s.token(s.basic(), s.exchange(code))
						answer <- err
					}()
					if s.Store.Engine() == "postgres" { // SQLite has one writer at a time
						db := testkit.Raw(t, s.url)
						testkit.Eventually(t, "the exchange to wait", func() bool {
							waits := 0
							err := db.QueryRow(`SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waits)
							return err != nil || waits > 0 || len(answer) > 0
						})
					}
				})
				s.write(func(q store.Queries) error {
					err := take(s, q, ses)
					begin()
					return err
				})
				s.want("the exchange", <-answer, gatehouse.InvalidGrant)
				if all := s.reachedBy(ses.ID); len(all) != 0 {
					t.Errorf("logins: %+v", all)
				}
			})
		})
	}
}
