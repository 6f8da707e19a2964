package gatehouse_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
)

// For all applications, companies, users and sessions: a user gets through exactly if MayIssue
// would give tokens; the others are told what can be done about it.
func TestForwardToIsMayIssue(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	limits := gatehouse.SessionLimits{Idle: time.Hour, Absolute: 24 * time.Hour}
	seen := map[gatehouse.Forward]int{}
	for _, state := range []gatehouse.ApplicationState{gatehouse.ApplicationActive, gatehouse.ApplicationDisabled, gatehouse.ApplicationDeleted, "odd"} {
		for _, roles := range [][]gatehouse.Role{nil, {gatehouse.RoleAdmin}} {
			for _, said := range []gatehouse.Reach{"", gatehouse.ReachEveryone, gatehouse.ReachAdministrators, gatehouse.ReachNobody, "odd"} {
				for _, role := range []gatehouse.Role{gatehouse.RoleUser, gatehouse.RoleAdmin} {
					for level := range 3 {
						for _, age := range []time.Duration{time.Minute, 2 * time.Hour} {
							for factors := range 2 {
								a := gatehouse.Application{ID: "app_1", SiteID: "s", State: state, Settings: gatehouse.ApplicationSettings{Access: gatehouse.ApplicationAccess{Roles: roles, Level: level, MaxAge: time.Hour}}}
								u := gatehouse.User{ID: "u", SiteID: "s", CompanyID: "c", Role: role, State: gatehouse.Active, Factors: factors}
								ses := gatehouse.Session{ID: "ses", SiteID: "s", UserID: "u", CompanyID: "c", CreatedAt: now.Add(-age), SeenAt: now, Assurance: gatehouse.Assurance{Level: 1}}
								got := gatehouse.ForwardTo(a, said, u, ses, 2, now)
								seen[got]++
								issue := gatehouse.MayIssue(a, gatehouse.AuthorizationFacts{User: u, Session: ses, Reach: said}, limits, now)
								if (got == gatehouse.ForwardOpen) != issue {
									t.Fatalf("%+v, %s, %s, level %d, %s: %s, tokens %v", a, said, role, level, age, got, issue)
								}
								if a.Usable() != (got != gatehouse.ForwardOff) || a.Usable() && (gatehouse.ClosedTo(a, said, role) != "") != (got == gatehouse.ForwardClosed) {
									t.Fatalf("%+v, %s, %s: %s", a, said, role, got)
								}
								if got == gatehouse.ForwardWeak && factors > 0 {
									t.Fatal("a user who has a factor is not asked for it")
								}
							}
						}
					}
				}
			}
		}
	}
	if len(seen) != 5 {
		t.Errorf("%v", seen)
	}
	mine := gatehouse.Application{SiteID: "s", State: gatehouse.ApplicationActive}
	for _, pair := range [][2]string{{"t", "s"}, {"s", "t"}} {
		if got := gatehouse.ForwardTo(mine, "", gatehouse.User{ID: "u", SiteID: pair[0]}, gatehouse.Session{SiteID: pair[1], UserID: "u"}, 2, now); got != gatehouse.ForwardOff {
			t.Errorf("of another site: %s", got)
		}
	}
}

func TestHostsBehindProxies(t *testing.T) {
	faults := func(change func(*gatehouse.ApplicationSettings)) string {
		s := gatehouse.DefaultApplication()
		s.RedirectURIs = []string{"https://shop.example/cb"}
		change(&s)
		var all []string
		for _, f := range gatehouse.CheckApplication("Shop", s) {
			all = append(all, f.Field+" "+f.Reason)
		}
		return strings.Join(all, ", ")
	}
	only := func(s *gatehouse.ApplicationSettings) {
		s.RedirectURIs, s.Grants, s.Scopes, s.Auth = nil, nil, nil, gatehouse.AuthNone
	}
	for _, test := range []struct {
		hosts, launch string
		only          bool
		want          string
	}{
		{"wiki.acme.example reports.acme.example", "", false, ""},
		{"wiki.acme.example", "https://wiki.acme.example/start", true, ""},
		{"wiki.acme.example", "https://wiki.acme.example:8443/", true, ""},
		{"wiki.acme.example", "https://evil.example/", true, "launch_url own-origin"},
		{"wiki.acme.example", "https://evil.example/", false, "launch_url own-origin"},
		{"wiki.acme.example wiki.acme.example", "", true, "forward_hosts invalid"},
		{"", "", true, "grants unknown"},
		{"WIKI.acme.example", "", false, "forward_hosts invalid"},
		{"wiki.acme.example:443", "", false, "forward_hosts invalid"},
		{"*.acme.example", "", false, "forward_hosts invalid"},
		{"wiki.acme.example/a", "", false, "forward_hosts invalid"},
		{"a@wiki.acme.example", "", false, "forward_hosts invalid"},
	} {
		got := faults(func(s *gatehouse.ApplicationSettings) {
			if test.only {
				only(s)
			}
			s.ForwardHosts, s.Home.LaunchURL = strings.Fields(test.hosts), test.launch
		})
		if got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}
