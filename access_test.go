package gatehouse

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func drawReach(t *rapid.T, name string) Reach {
	return Reach(rapid.SampledFrom([]string{"", "everyone", "administrators", "nobody", "EVERYONE", "somebody"}).Draw(t, name))
}

func drawRole(t *rapid.T) Role {
	return Role(rapid.SampledFrom([]string{"user", "admin", "owner", ""}).Draw(t, "role"))
}

// Anyone the operator or the company excludes stays out, regardless of the other. Nobody is
// treated as an administrator unless known to be one, and unknown values let nobody in.
func TestWhoClosedToAnApplication(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, said, role := authorizeApp(), drawReach(t, "said"), drawRole(t)
		a.Settings.Access.Reach = drawReach(t, "of the application")
		a.Settings.Access.Roles = rapid.SampledFrom([][]Role{nil, {RoleUser}, {RoleAdmin}, {RoleUser, RoleAdmin}}).Draw(t, "roles")
		may := ClosedTo(a, said, role) == ""
		counts := said
		if counts == "" {
			counts = a.Settings.Access.Reach
		}
		want := (counts == "" || counts == ReachEveryone || counts == ReachAdministrators && role == RoleAdmin) &&
			(len(a.Settings.Access.Roles) == 0 || slices.Contains(a.Settings.Access.Roles, role))
		if may != want {
			t.Fatalf("%q may: %v", role, may)
		}
		wider := a.Reach(said).Widened(role)
		if !wider.Includes(role) && wider != a.Reach(said) {
			t.Fatalf("widened to %q, which does not include %q", wider, role)
		}
		for _, other := range []Role{RoleUser, RoleAdmin} {
			if a.Reach(said).Includes(other) && !wider.Includes(other) {
				t.Fatalf("widened to %q, which takes access away from %q", wider, other)
			}
		}
		for _, one := range a.Offered() {
			if one != ReachNobody && ClosedTo(a, one, RoleAdmin) != "" && ClosedTo(a, one, RoleUser) != "" {
				t.Fatalf("%q is offered, and lets nobody in", one)
			}
		}
	})
}

// No code and no token for a user the company excludes. The user sees the page; an application
// that asked for no prompt gets an error.
func TestNoTokenWithoutReach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, r, f := authorizeApp(), authorizeRequest(), authorizeFacts()
		f.Reach, a.Settings.Access.Reach = drawReach(t, "said"), drawReach(t, "of the application")
		f.User.Role = drawRole(t)
		quiet := rapid.Bool().Draw(t, "quiet")
		if quiet {
			r.Prompts = []string{PromptNone}
		}
		want := Decision{Do: AuthorizationCode}
		out := ClosedTo(a, f.Reach, f.User.Role) != ""
		if out {
			want = Decision{Do: AuthorizationNoAccess}
		}
		if out && quiet {
			want = Decision{AuthorizationRefused, AccessDenied}
		}
		if got := Authorize(a, r, f, authorizeLimits, authorizeNow); got != want {
			t.Fatalf("%+v, want %+v", got, want)
		}
		if MayIssue(a, f, authorizeLimits, authorizeNow) == out {
			t.Fatalf("tokens: %v", !out)
		}
	})
}
