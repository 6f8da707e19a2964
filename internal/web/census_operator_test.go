package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/secret"
	"gatehouse/internal/testkit"
	"gatehouse/internal/web"
)

// operatorForms are what forms on operators' pages send, so that they would do something.
var operatorForms = map[string]url.Values{
	"POST /operator/sites/{site}/users/{id}/email":         form("email", "else@elsewhere.example", "why", "called back"),
	"POST /operator/addresses/{site}/{proposal}":           form("answer", "agree"),
	"POST /operator/sites/{site}/companies/new":            form("name", "New", "account_number", "N-1", "email", "first@new.example", "username", "firstone"),
	"POST /operator/sites/{site}/companies/{company}/edit": form("name", "Renamed", "account_number", "N-2"),
	"POST /operator/sites/{site}/platforms/new":            form("id", "app_00000000000000000000000000000001", "name", "Orders", "auth", "client_secret_basic", "grants", "authorization_code", "redirect_uris", "https://orders.example/back", "scopes", "openid", "access", "everyone", "level", "0", "id_token_alg", "ES256", "access_token", "5m", "refresh_token", "12h"),
	"POST /operator/operators/new":                         form("first_name", "New", "last_name", "One", "email", "new@platform.example", "username", "newone", "role", "owner"),
	"POST /operator/operators/{id}/role":                   form("role", "owner"),

	"POST /operator/sites/{site}/companies/{company}/suspend": form("reason", "not paid"),
	"POST /operator/sites/{site}/imports/{id}/columns":        form("column", "account_number", "column", "username"),
}

// TestEveryOperatorRole walks every operators' route with every role, and with everybody who is no
// operator: what takes another role is refused and changes nothing (invariant 6), and none of it is
// there on a site's host.
func TestEveryOperatorRole(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		w := newCensusWorld(t, database)
		w.ids["site"], w.ids["id"], w.ids["company"] = uk, w.user, w.s.User(gatehouse.User{SiteID: uk, ID: w.user}).CompanyID
		w.ids["/operator/sites/{id}"] = uk
		w.ids["user"], w.ids["platform"], w.ids["version"] = w.user, w.platform, w.s.Sites.ByID(uk).TermsVersion
		w.ids["event"], w.ids["file"] = w.ids["/account/activity/{id}"], "events.csv"
		for _, role := range append(slices.Clone(gatehouse.OperatorRoles), "deactivated operator") {
			w.operates(string(role))
		}
		w.exec(`UPDATE users SET state = 'deactivated' WHERE username = 'deactivated operator'`)
		w.ids["proposal"] = w.proposesAddress(string(gatehouse.RoleSecurity))
		w.ids["/operator/operators/{id}"], w.ids["act"] = w.s.AddOperator("colleague", password, gatehouse.RoleSupport).ID, "deactivate"
		w.callers["boss of a site"] = &caller{Client: testkit.NewClient(t, w.s.URL(gatehouse.OperatorsSite, ""), w.s.Addr), site: gatehouse.OperatorsSite,
			session: w.callers["boss"].session, user: w.boss}
		w.callers["boss of a site"].SetCookie(&http.Cookie{Name: "gatehouse-session", Path: "/", Value: w.callers["boss"].session})
		w.callers["nobody"] = &caller{Client: testkit.NewClient(t, w.s.URL(gatehouse.OperatorsSite, ""), w.s.Addr), site: gatehouse.OperatorsSite}
		w.movesAndMerges()
		w.importsForSite()
		acts := web.Needs()
		patterns := slices.Sorted(maps.Keys(acts))
		if len(patterns) == 0 {
			t.Fatal("no routes")
		}
		for _, pattern := range patterns {
			w.refusedOperators(pattern, acts[pattern])
		}
		for _, pattern := range patterns {
			e := entry{form: operatorForms[pattern]}
			if strings.HasSuffix(pattern, "/events") && strings.Contains(pattern, "/imports/") {
				continue // the answer does not end; a journey reads it
			}
			status, to := w.try(string(gatehouse.RoleOwner), pattern, e)
			if status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound || status >= 500 || strings.HasPrefix(to, "/sign-in") || strings.HasPrefix(to, "/step-up") {
				t.Errorf("%s by an owner: %d %s", pattern, status, to)
			}
		}
	})
}

// movesAndMerges makes the forms that would move the user, and merge the user's company, as their pages
// show it.
func (w *censusWorld) movesAndMerges() {
	w.t.Helper()
	st, by := w.s.Sites.ByID(uk), gatehouse.Caller{Kind: gatehouse.Operator, Name: "olive"}
	to, err := w.s.Directory.CreateCompany(w.t.Context(), st, by, directory.CompanyFields{Name: "Harlow", AccountNumber: "M-1"})
	if err != nil {
		w.t.Fatal(err)
	}
	moving, err := w.s.Directory.Moving(w.t.Context(), st, by, w.ids["company"], to.ID, []string{w.user})
	if err != nil {
		w.t.Fatal(err)
	}
	merging, err := w.s.Directory.Merging(w.t.Context(), st, by, w.ids["company"], to.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	const firm = "POST /operator/sites/{site}/companies/{company}/"
	operatorForms[firm+"move"] = form("user", w.user, "to", to.ID, "version", moving.Seen)
	operatorForms[firm+"merge"] = form("to", to.ID, "version", merging.Seen)
}

// importsForSite makes an import of an owner with a preview, as the pages do.
func (w *censusWorld) importsForSite() {
	w.t.Helper()
	c := w.callers[string(gatehouse.RoleOwner)]
	const start, one = "/operator/sites/" + uk + "/import", "/operator/sites/{site}/imports/{id}"
	page := c.Upload(c.Get(start).Want(200), "form[action='"+start+"']", "file", "users.csv", []byte("account_number,username\n10482,newcomer\n"), nil).Want(200)
	w.ids[one] = last(page.URL.Path)
	page = c.Submit(page, "form[action$='/columns']", nil).Want(200)
	operatorForms["POST "+one] = form("preview", page.Find("[name=preview]").AttrOr("value", ""))
}

// operates adds an operator with a session that has fresh proof.
func (w *censusWorld) operates(name string) {
	w.t.Helper()
	role := gatehouse.Role(name)
	if !slices.Contains(gatehouse.OperatorRoles, role) {
		role = gatehouse.RoleOwner
	}
	u := w.s.AddOperator(name, password, role)
	c := testkit.NewClient(w.t, w.s.URL(gatehouse.OperatorsSite, ""), w.s.Addr)
	token := "session of " + name
	now := w.s.Clock.Now()
	w.exec(`INSERT INTO sessions (site_id, token_hash, id, user_id, company_id, created_at, seen_at, ends_at, proved, proved_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $7, 'verified-passkey', $6)`, gatehouse.OperatorsSite, secret.HashToken(token), w.id("ses"), u.ID, u.CompanyID, now.UnixMicro(), now.UnixMicro()+3_600_000_000)
	c.SetCookie(&http.Cookie{Name: "gatehouse-session", Path: "/", Value: token})
	w.callers[name] = &caller{Client: c, site: gatehouse.OperatorsSite, session: token, user: u.ID}
}

// proposesAddress has an operator propose another address for the user, and returns the proposal.
func (w *censusWorld) proposesAddress(role string) string {
	w.t.Helper()
	st := w.s.Sites.ByID(uk)
	by := gatehouse.Caller{Kind: gatehouse.Operator, SiteID: gatehouse.OperatorsSite, UserID: w.callers[role].user, Role: gatehouse.Role(role), Name: role}
	if err := w.s.Directory.ProposeEmail(w.t.Context(), st, by, w.user, "proposed@elsewhere.example", "called back"); err != nil {
		w.t.Fatal(err)
	}
	p, err := w.s.Directory.OpenProposal(w.t.Context(), st, by, w.user)
	if err != nil {
		w.t.Fatal(err)
	}
	return p.ID
}

// refusedOperators has everybody try who may not.
func (w *censusWorld) refusedOperators(pattern string, act gatehouse.OperatorAct) {
	w.t.Helper()
	e := entry{form: operatorForms[pattern]}
	how := map[string]string{"nobody": "in", "boss of a site": "in", "deactivated operator": "in", "boss": "none", "stranger": "none", "user": "none"}
	for _, role := range gatehouse.OperatorRoles {
		if !gatehouse.OperatorMay(role, act) {
			how[string(role)] = "role"
		}
	}
	before := w.rows()
	for _, name := range slices.Sorted(maps.Keys(how)) {
		if status, to := w.try(name, pattern, e); !refuses(how[name], status, to) {
			w.t.Errorf("%s by %s: %d %s", pattern, name, status, to)
		}
	}
	w.unchanged(pattern, before, w.rows())
}
