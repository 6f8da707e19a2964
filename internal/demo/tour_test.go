package demo

import (
	"bytes"
	"encoding/json"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse"
)

var somewhereLocal = Addresses{Tour: "http://localhost:8080/", Inbox: "http://localhost:8080/inbox", SMTP: "127.0.0.1:2525"}

// listed are all accounts, without a database.
func (g *stage) listed() (all Accounts) {
	for _, c := range casts {
		s := g.sites.ByID(c.site)
		all.Sites = append(all.Sites, SiteAccounts{s, c.accounts(s, true)})
	}
	own := g.sites.Operators()
	all.Operators = &SiteAccounts{own, operators.accounts(own, true)}
	return all
}

func TestTourShowsEverybody(t *testing.T) {
	g := newStage(t)
	all := g.listed()
	h := newHandler(t, all, newInbox(t))
	w := get(t, h, "/")
	body := html.UnescapeString(w.Body.String())
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	for _, s := range all.everybody() {
		if !strings.Contains(body, s.Site.Origin+"/sign-in") {
			t.Errorf("no link to %s", s.Site.Name)
		}
		for _, a := range s.Accounts {
			for _, word := range []string{a.Username, a.Password, a.Company, a.Note, a.LastName} {
				if !strings.Contains(body, word) {
					t.Errorf("%s of %s: %q is not on the page", a.Username, s.Site.ID, word)
				}
			}
		}
	}
	if strings.Contains(body, "[tour.") {
		t.Error("a text is missing")
	}
	style := regexp.MustCompile(`/static/[^"]+\.css`).FindString(body)
	if got := get(t, h, style); got.Code != http.StatusOK || !strings.HasPrefix(got.Header().Get("Content-Type"), "text/css") {
		t.Errorf("the stylesheet %q: %d", style, got.Code)
	}
}

func TestTourOnlyShows(t *testing.T) {
	h := newHandler(t, Accounts{}, newInbox(t))
	for _, path := range []string{"/", "/inbox", "/inbox/messages", "/nothing"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "http://localhost"+path, nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d", path, w.Code)
		}
		w = httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodHead, "http://localhost"+path, nil))
		if path != "/nothing" && w.Code != http.StatusOK {
			t.Errorf("HEAD %s: %d", path, w.Code)
		}
	}
}

// TestJSON checks that `demo --json` has what scripts rely on.
func TestJSON(t *testing.T) {
	g := newStage(t)
	all := g.listed()
	line, err := all.JSON(somewhereLocal)
	must(t, err)
	if bytes.Count(line, []byte("\n")) != 1 || line[len(line)-1] != '\n' {
		t.Error("is not one line")
	}
	var top map[string]any
	must(t, json.Unmarshal(line, &top))
	keys(t, top, "tour", "inbox", "smtp", "operator", "operators", "sites")
	if top["tour"] != somewhereLocal.Tour || top["inbox"] != somewhereLocal.Inbox || top["smtp"] != somewhereLocal.SMTP {
		t.Errorf("addresses: %v", top)
	}
	owner := top["operator"].(map[string]any)
	keys(t, owner, "username", "password", "email", "first_name", "last_name", "company", "role", "state", "note", "url")
	if owner["role"] != "owner" || owner["url"] != g.sites.Operators().Origin || len(top["operators"].([]any)) != len(gatehouse.OperatorRoles) {
		t.Errorf("operators: %v", top["operators"])
	}
	accounts, answered := 0, map[string]int{}
	for i, s := range top["sites"].([]any) {
		s := s.(map[string]any)
		keys(t, s, "id", "name", "url", "accounts")
		if s["id"] != casts[i].site || s["url"] != g.sites.ByID(casts[i].site).Origin {
			t.Errorf("site %v at %v", s["id"], s["url"])
		}
		for _, a := range s["accounts"].([]any) {
			a := a.(map[string]any)
			accounts++
			want := []string{"username", "password", "email", "first_name", "last_name", "company", "role", "state", "note"}
			if a["challenge_answer"] != nil {
				answered[s["id"].(string)]++
				want = append(want, "challenge_answer")
			}
			keys(t, a, want...)
			if checks[State(a["state"].(string))] == nil || a["role"] != "user" && a["role"] != "admin" {
				t.Errorf("state %v, role %v", a["state"], a["role"])
			}
		}
	}
	if accounts < 60 {
		t.Errorf("%d accounts", accounts)
	}
	if answered["meridian-uk"] < 10 || answered["meridian-au"] < 10 || answered["inkwell"] > 0 {
		t.Errorf("answers to challenge questions: %v", answered)
	}
}

func keys(t *testing.T, object map[string]any, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(object)); !slices.Equal(got, want) {
		t.Errorf("has the keys %v, want %v", got, want)
	}
}

func TestPrint(t *testing.T) {
	g := newStage(t)
	all := g.listed()
	var out strings.Builder
	must(t, Print(&out, all, somewhereLocal))
	for _, word := range []string{somewhereLocal.Tour, somewhereLocal.Inbox, somewhereLocal.SMTP, "msantos", "Harbour-Lantern-42",
		"sobrien", "jharrow", "hanna.lindqvist@fernhollow.example", "http://uk.localhost:8080/sign-in", "All others: on the tour page."} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("%q is not printed", word)
		}
	}
	if n := strings.Count(out.String(), "\n"); n > 30 {
		t.Errorf("%d lines are too many", n)
	}
	t.Log("\n" + out.String())
}

func TestWriteSitesKeepsWhatIsThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sites")
	must(t, WriteSites(dir))
	own := filepath.Join(dir, "inkwell", "site.yaml")
	must(t, os.WriteFile(own, []byte("mine"), 0o600))
	must(t, os.RemoveAll(filepath.Join(dir, "meridian-uk")))
	must(t, WriteSites(dir))
	text, err := os.ReadFile(own)
	must(t, err)
	if string(text) != "mine" {
		t.Error("a changed site was overwritten")
	}
	if _, err := os.Stat(filepath.Join(dir, "meridian-uk", "site.yaml")); err != nil {
		t.Error(err)
	}
}
