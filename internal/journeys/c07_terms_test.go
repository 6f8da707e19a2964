package journeys

import (
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const termsOfUK = "/operator/sites/meridian-uk/terms"

// Support sees how many have accepted which version of the terms and who has not, by pages and by name;
// security takes the list away, which is recorded. The text is the site's.
func TestC07_OperatorsSeeWhoHasAcceptedTheTerms(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		s := testkit.NewServer(t, database)
		st := s.Sites.ByID("meridian-uk")
		add := func(name, version string) gatehouse.User {
			return s.AddUser("meridian-uk", name, password, func(u *gatehouse.User) { u.TermsAccepted = version })
		}
		accepted := add("tadeyemi", st.TermsVersion)
		for i := range 51 {
			add("late."+string(rune('a'+i%26))+string(rune('a'+i/26)), "2020-01")
		}
		never := add("=zoe", "")
		now := s.Clock.Now()
		s.Write(func(q store.Queries) error {
			return q.InsertAcceptance(t.Context(), gatehouse.Acceptance{ID: "acc_1", SiteID: st.ID, UserID: accepted.ID, Version: st.TermsVersion, TextHash: "h", Lang: "en-GB", AcceptedAt: now}, "text")
		})
		_, support, _ := operatorWithApp(t, s, "tbello", gatehouse.RoleSupport)
		p := support.Follow(support.Get("/operator/sites/meridian-uk").Want(200), "Terms of this site").Want(200)
		versions := p.Texts("section[aria-label=Versions] tbody tr")
		if len(versions) == 0 || !contains(versions[0], st.TermsVersion, "In force", "1") || !p.Has("52 users are asked") {
			t.Errorf("%q %q", versions, p.Text("#due"))
		}
		first := p.Texts("section[aria-labelledby=due] tbody tr")
		if len(first) != 50 || !contains(first[0], "=zoe", "Never") || !contains(first[1], "late.aa", "2020-01") || p.Find("form[method=post][action$='/terms']").Length() != 0 {
			t.Errorf("%d: %q", len(first), first[:min(2, len(first))])
		}
		next := support.Follow(p, "Next page").Want(200)
		if rest := next.Texts("section[aria-labelledby=due] tbody tr"); len(rest) != 2 || next.Has("tadeyemi") {
			t.Errorf("the rest: %q", rest)
		}
		if found := support.Get(termsOfUK + "?q=late.aa").Want(200); len(found.Texts("section[aria-labelledby=due] tbody tr")) != 1 {
			t.Errorf("found: %q", found.Text("#due"))
		}
		if found := support.Get(termsOfUK + "?q=tadeyemi").Want(200); !found.Has("Nobody found that way") {
			t.Errorf("one who has accepted: %q", found.Text("main"))
		}
		text := support.Follow(p, st.TermsVersion).Want(200)
		if whole, _ := st.TermsText(st.TermsVersion, "en-GB"); !text.Has(gatehouse.TermsHash(whole)) {
			t.Errorf("%q", text.Text("main"))
		}
		support.Get(termsOfUK + "/no-such").Want(404)
		s.Write(func(q store.Queries) error {
			return q.SetDeleted(t.Context(), never, now)
		})
		s.Clock.Add(time.Minute)

		skeller, security, _ := operatorWithApp(t, s, "skeller", gatehouse.RoleSecurity)
		file := security.Press(security.Get(termsOfUK).Want(200), "Download all as CSV", nil).Want(200)
		lines := strings.Split(strings.TrimSpace(string(file.Body)), "\n")
		if len(lines) != 52 || strings.Contains(string(file.Body), "tadeyemi") || strings.Contains(string(file.Body), "zoe") {
			t.Errorf("%d lines: %q", len(lines), lines[:2])
		}
		var by, filter string
		if err := testkit.Raw(t, database).QueryRow(`SELECT actor_id, detail FROM events WHERE kind = 'users.exported'`).Scan(&by, &filter); err != nil || by != skeller.ID || !contains(filter, "terms="+st.TermsVersion, "51") {
			t.Errorf("%s %s %v", by, filter, err)
		}
		if p := support.Get("/operator/sites/inkwell/terms").Want(200); len(s.Sites.ByID("inkwell").Terms) == 0 && !p.Has("This site has no terms") {
			t.Errorf("%q", p.Text("main"))
		}
	})
}
