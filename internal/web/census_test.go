package web_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/testkit"
	"gatehouse/internal/web"
)

// TestEveryAudience walks every route with every audience of two companies and two sites, with IDs of
// the first company: what is not meant for one is refused and changes nothing (invariant 6). A form
// has the token that its page would have given, so it is the route that refuses, not the form.
func TestEveryAudience(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, database string) {
		w := newCensusWorld(t, database)
		audiences, table := web.Audiences(), w.table()
		for pattern := range table {
			if audiences[pattern] == 0 {
				t.Errorf("%s is no route", pattern)
			}
		}
		patterns := slices.Sorted(maps.Keys(audiences))
		for _, pattern := range patterns {
			if audiences[pattern] == web.Operator {
				continue // see TestEveryOperatorRole
			}
			e, ok := table[pattern]
			if !ok {
				t.Errorf("%s: say in the census who may do what there", pattern)
				continue
			}
			w.wantSame(pattern, audiences[pattern], e)
			w.refused(pattern, e)
		}
		w.allowed(patterns, table)
	})
}

// wantSame: the entry of a route is about the audience that the route has.
func (w *censusWorld) wantSame(pattern string, is web.Audience, e entry) {
	w.t.Helper()
	want := map[reach][]web.Audience{everybody: {web.Assets, web.Reports, web.Browsers, web.Protocol, web.Proxies, web.Public}, pending: {web.Pending},
		signedIn: {web.User}, ofUser: {web.User}, administrators: {web.Admin}, ofCompany: {web.Admin}, ofSite: {web.User, web.Admin}}
	if !slices.Contains(want[e.reach], is) {
		w.t.Errorf("%s has audience %d in the table of routes", pattern, is)
	}
	if strings.Contains(pattern, "/company/") != (is == web.Admin) {
		w.t.Errorf("%s is below /company/ or for administrators, but not both", pattern)
	}
}

// denied are the audiences that a route refuses, with how: "in" leads to the sign-in, "role" says that
// it is for administrators, "none" that there is no such thing. may are those that have one of their own.
func denied(pattern string, e entry) (how map[string]string, may []string) {
	how = map[string]string{"stranger": "in", "deactivated": "in"}
	others := map[reach]string{ofUser: "none", ofCompany: "none"}[e.reach]
	switch e.reach {
	case everybody:
		return nil, nil
	case pending:
		return map[string]string{"stranger": "in", "deactivated": "in", "user": "in", "demoted": "in", "next door": "in", "abroad": "in"}, nil
	case ofSite:
		how["abroad"], may = "none", []string{"next door"}
	case signedIn, administrators:
		may = []string{"next door", "abroad"}
	default:
		how["next door"], how["abroad"] = others, others
	}
	if strings.Contains(pattern, "/company/") {
		how["user"], how["demoted"] = "role", "role"
	} else if e.reach == ofUser {
		how["user"], how["demoted"] = others, others
	}
	return how, may
}

// refused has everybody try who may not, and then those who may do the same in their own company.
func (w *censusWorld) refused(pattern string, e entry) {
	w.t.Helper()
	how, may := denied(pattern, e)
	if len(how) > 0 {
		before := w.rows()
		for _, name := range slices.Sorted(maps.Keys(how)) {
			status, to := w.try(name, pattern, e)
			if gone := e.gone != "" && how[name] == "none" && status == http.StatusSeeOther && strings.HasPrefix(to, e.gone); !gone && !refuses(how[name], status, to) {
				w.t.Errorf("%s by %s: %d %s", pattern, name, status, to)
			}
		}
		w.unchanged(pattern, before, w.rows())
	}
	if len(may) > 0 && !e.endless {
		marks := []string{w.company, w.boss, w.user, w.gone}
		before := w.rows(marks...)
		for _, name := range may {
			if status, to := w.try(name, pattern, e); status >= 500 {
				w.t.Errorf("%s by %s: %d %s", pattern, name, status, to)
			}
		}
		w.settles()
		w.unchanged(pattern, before, w.rows(marks...))
	}
}

func refuses(how string, status int, to string) bool {
	switch how {
	case "in":
		return status == http.StatusUnauthorized || status == http.StatusConflict || status == http.StatusSeeOther && (to == "/" || strings.HasPrefix(to, "/sign-in"))
	case "role":
		return status == http.StatusForbidden
	}
	return status == http.StatusNotFound
}

// allowed: the administrator whose things they are finds them all. Without that, a wrong address would
// be refused to everybody, too.
func (w *censusWorld) allowed(patterns []string, table map[string]entry) {
	w.t.Helper()
	for _, last := range []bool{false, true} {
		for _, pattern := range patterns {
			e := table[pattern]
			if e.reach < ofUser || e.endless || e.last != last {
				continue
			}
			status, to := w.try("boss", pattern, e)
			if status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound || status >= 500 || strings.HasPrefix(to, "/sign-in") || strings.HasPrefix(to, "/step-up") {
				w.t.Errorf("%s by who may: %d %s", pattern, status, to)
			}
		}
	}
}

var inPath = regexp.MustCompile(`\{([a-z]+)\}`)

// address is the path of a route with the IDs of the first company.
func (w *censusWorld) address(pattern string) string {
	_, path, _ := strings.Cut(pattern, " ")
	if strings.HasSuffix(path, "/restore") {
		path = strings.Replace(path, "{id}", w.gone, 1)
	}
	if strings.HasSuffix(path, "/hide") {
		path = strings.Replace(path, "{id}", w.shared, 1)
	}
	for prefix, id := range w.ids {
		if before, after, found := strings.Cut(prefix, "/{id}"); found && after == "" && strings.HasPrefix(path, before+"/{id}") {
			path = strings.Replace(path, "{id}", id, 1)
		}
	}
	path = inPath.ReplaceAllStringFunc(path, func(name string) string {
		id, ok := w.ids[strings.Trim(name, "{}")]
		if !ok {
			w.t.Fatalf("%s: nothing for %s", pattern, name)
		}
		return url.PathEscape(id)
	})
	return strings.ReplaceAll(path, "{$}", "")
}

// try requests a route as an audience, with a form as its page would send it.
func (w *censusWorld) try(name, pattern string, e entry) (status int, to string) {
	w.t.Helper()
	c, fields := w.callers[name], url.Values{}
	maps.Copy(fields, e.form)
	method, _, _ := strings.Cut(pattern, " ")
	if c.session != "" {
		fields.Set("form_token", web.FormToken(w.s.Keys, c.site, c.session, c.user, pattern))
	}
	body := strings.NewReader(fields.Encode())
	r, err := http.NewRequest(method, w.s.URL(c.site, w.address(pattern)), body)
	if err != nil {
		w.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", w.s.URL(c.site, ""))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	p := c.Do(r)
	if p.Status >= 500 {
		log := w.s.Log.String()
		w.t.Logf("%s", log[max(0, len(log)-1500):])
	}
	return p.Status, p.Header.Get("Location")
}

// unchanged says which rows are new, and which are gone.
func (w *censusWorld) unchanged(pattern string, before, after map[string]int) {
	w.t.Helper()
	for row, n := range before {
		if after[row] != n {
			w.t.Errorf("%s: no longer there: %s", pattern, row)
		}
	}
	for row, n := range after {
		if before[row] < n {
			w.t.Errorf("%s: new: %s", pattern, row)
		}
	}
}

// strings are the rows of a query as texts.
func (w *censusWorld) strings(query string) (all [][]string, err error) {
	rows, err := w.db.QueryContext(w.t.Context(), query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	cells, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range cells {
		places[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		line := make([]string, len(cells))
		for i, cell := range cells {
			line[i] = fmt.Sprint(cell)
			if raw, ok := cell.([]byte); ok {
				line[i] = fmt.Sprintf("%q", raw)
			}
		}
		all = append(all, line)
	}
	return all, rows.Err()
}
