package console_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const password = "Correct-Horse-42-Battery"

// house is a server with two companies: an administrator of one has signed in, and the
// other has a user.
type house struct {
	*testkit.Server
	admin     *testkit.Client
	boss      gatehouse.User
	colleague gatehouse.User // of the same company
	stranger  gatehouse.User // of the other
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{Server: testkit.NewServer(t, testkit.SQLiteURL(t))}
	now := h.Clock.Now()
	other := gatehouse.Company{ID: store.NewID("com", now), SiteID: "meridian-uk", Name: "Hartley Academy", AccountNumber: "20", CreatedAt: now}
	if err := h.Store.Write(t.Context(), func(q store.Queries) error { return q.InsertCompany(t.Context(), other) }); err != nil {
		t.Fatal(err)
	}
	h.boss = h.AddUser("meridian-uk", "imarchetti", password, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
	h.colleague = h.AddUser("meridian-uk", "tadeyemi", password, nil)
	h.stranger = h.AddUser("meridian-uk", "hkowalski", password, func(u *gatehouse.User) { u.CompanyID = other.ID })
	h.admin = h.Visitor("meridian-uk")
	h.admin.SignIn("imarchetti", password).Want(200)
	return h
}

// pagesOf are the pages about a user.
func pagesOf(u gatehouse.User) (all []string) {
	for _, page := range []string{"", "/reset-two-factor", "/unlock", "/activate", "/deactivate", "/send-password",
		"/invite", "/invite-again", "/make-administrator", "/unmake-administrator", "/sign-out", "/delete", "/restore", "/edit", "/activity"} {
		all = append(all, "/company/users/"+u.ID+page)
	}
	return all
}

// Pages about a company are for its administrators: visitors are led to the sign-in, users
// are refused, and neither learns whether such a user exists.
func TestPagesAreForAdministrators(t *testing.T) {
	h := open(t)
	user, visitor := h.Visitor("meridian-uk"), h.Visitor("meridian-uk")
	user.SignIn("tadeyemi", password).Want(200)
	user.Stay, visitor.Stay = true, true
	paths := append(pagesOf(h.stranger), pagesOf(h.colleague)...)
	paths = append(paths, "/company/users", "/company/users/usr_1", "/company/enhanced-security", "/company/enrolments/enr_1", "/company/enrolments/enr_1/events")
	first := ""
	for _, path := range paths {
		if p := visitor.Get(path); p.Header.Get("Location") == "" && p.Status != 401 || p.Status == 200 {
			t.Errorf("a visitor at %s: %d", path, p.Status)
		}
		p := user.Get(path)
		if first == "" {
			first = p.Text("h1")
		}
		if p.Status != 403 || p.Text("h1") != first {
			t.Errorf("a user at %s: %d, %q", path, p.Status, p.Text("h1"))
		}
	}
}

// said is the text of a page without its reference.
func said(p *testkit.Page) string { return reference.ReplaceAllString(p.Text("main"), "") }

var reference = regexp.MustCompile(`GH-[0-9A-Z]{4}-[0-9A-Z]{4}`)

// A user of another company is treated as nonexistent, on every page and by every form,
// and nothing happens to the account.
func TestAnotherCompanysUsersAreNotThere(t *testing.T) {
	h := open(t)
	none := gatehouse.User{ID: strings.Repeat("0", len(h.stranger.ID))}
	asked := said(h.admin.Get("/company/users/" + none.ID).Want(404))
	for _, u := range []gatehouse.User{h.stranger, none} {
		for _, path := range pagesOf(u) {
			if p := h.admin.Get(path); p.Status != 404 || said(p) != asked {
				t.Errorf("%s: %d, %q", path, p.Status, said(p))
			}
		}
	}
	before := h.User(h.stranger)
	// The tokens come from the pages of a colleague, and open nothing about anybody
	// else.
	for _, page := range []string{"/reset-two-factor", "/deactivate", "/send-password", "/make-administrator", "/delete", "/edit"} {
		p := h.admin.Get("/company/users/" + h.colleague.ID + page).Want(200)
		fields := url.Values{}
		for _, f := range p.Find("main form [name]").EachIter() {
			fields.Set(f.AttrOr("name", ""), f.AttrOr("value", ""))
		}
		if p := h.admin.Post("/company/users/"+h.stranger.ID+page, fields); p.Status != 404 && p.Status != 403 {
			t.Errorf("posted to %s: %d", page, p.Status)
		}
	}
	if after := h.User(h.stranger); after != before {
		t.Errorf("%+v became %+v", before, after)
	}
	if mails, err := h.Store.Read().MessagesOfUser(t.Context(), h.stranger.SiteID, h.stranger.ID, "", 10); err != nil || len(mails) != 0 {
		t.Errorf("%d mails, %v", len(mails), err)
	}
	list := h.admin.Get("/company/users").Want(200)
	if list.Has(h.stranger.Username) || !list.Has(h.colleague.Username) {
		t.Error("the list of users is not that of the company")
	}
}

// What administrators may not do to their own account has no form, and a forged form does
// nothing.
func TestAFormThatWasMadeUp(t *testing.T) {
	h := open(t)
	for name, path := range map[string]string{"own account": "/company/users/" + h.boss.ID + "/deactivate", "no token": "/company/users/" + h.colleague.ID + "/deactivate"} {
		if p := h.admin.Post(path, url.Values{"form_token": {"abc.def"}}); p.Status != 403 && p.Status != 409 {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	if p := h.admin.Post("/company/enhanced-security", url.Values{"two_factor": {"enabled"}, "confirmed": {"yes"}}); p.Status != 403 && p.Status != 409 {
		t.Errorf("the switch: %d", p.Status)
	}
	for _, u := range []gatehouse.User{h.boss, h.colleague} {
		if h.User(u).State != gatehouse.Active {
			t.Errorf("%s is %s", u.Username, h.User(u).State)
		}
	}
	if firm, err := h.Store.Read().Company(t.Context(), h.boss.SiteID, h.boss.CompanyID); err != nil || firm.TwoFactor {
		t.Errorf("%+v, %v", firm, err)
	}
}

// Queries that no page has made are answered with a page, and never with a server
// error.
func TestStrangeQueries(t *testing.T) {
	h := open(t)
	for _, query := range []string{"?q=%00", "?q=" + strings.Repeat("x", 3000), "?q=%25_%27%22", "?group=nothing&role=emperor", "?after=zzz&page=-1", "?q=%ff%fe", "?done=nothing"} {
		if p := h.admin.Get("/company/users" + query); p.Status >= 500 {
			t.Errorf("%.40s: %d", query, p.Status)
		}
	}
	for _, path := range []string{"/company/users/%00", "/company/users/" + strings.Repeat("x", 3000), "/company/enrolments/enr_1", "/company/enrolments/enr_1/events"} {
		if p := h.admin.Get(path); p.Status != 404 {
			t.Errorf("%.40s: %d", path, p.Status)
		}
	}
}
