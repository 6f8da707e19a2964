package operator

import (
	"encoding/csv"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/web/console"
	"gatehouse/internal/web/ui"
)

func termsPath(siteID string) string { return sitePath(siteID) + "/terms" }

// Terms shows the versions of a site's terms, and who has not accepted the one in force.
func (o *Operator) Terms(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	v := Terms{On: st, Typed: strings.TrimSpace(clip(q.Get("q"))), After: directory.TermsPlace{Version: clip(q.Get("version")), Username: clip(q.Get("after"))}}
	if v.TermsOfSite, err = o.Directory.Terms(r.Context(), st, by(r)); err != nil {
		return err
	}
	if v.Users, v.More, err = o.Directory.TermsDue(r.Context(), st, by(r), v.Typed, v.After); err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, v)
}

// Terms are the versions of a site's terms, and those who have not accepted the one in force.
type Terms struct {
	directory.TermsOfSite
	On    *site.Site
	Typed string
	After directory.TermsPlace
	Users []gatehouse.User
	More  bool
}

func (Terms) Template() string                   { return "operator_terms" }
func (Terms) Title(p *ui.Page) string            { return p.T("opterms.title") }
func (v Terms) Here() string                     { return termsPath(v.On.ID) }
func (v Terms) SitePath() string                 { return sitePath(v.On.ID) }
func (v Terms) UserPath(u gatehouse.User) string { return userPath(v.On.ID, u.ID) }
func (v Terms) TextPath(version string) string   { return v.Here() + "/" + url.PathEscape(version) }

// Next is the next page; empty: there is none.
func (v Terms) Next() string {
	if !v.More || v.Typed != "" {
		return ""
	}
	last := v.Users[len(v.Users)-1]
	return v.Here() + "?" + url.Values{"version": {last.TermsAccepted}, "after": {last.Username}}.Encode() + "#due"
}

// TermsText shows a version as the site's folder has it.
func (o *Operator) TermsText(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(st.Terms, func(t site.Terms) bool { return t.Version == r.PathValue("version") })
	if i < 0 {
		return gatehouse.ErrNotFound
	}
	v := TermsText{On: st, Of: st.Terms[i], Lang: r.URL.Query().Get("in")}
	if v.Of.Texts[v.Lang] == "" {
		v.Lang = st.Languages[0]
	}
	return o.page(w, r, http.StatusOK, v)
}

// TermsText is a version of a site's terms in a language.
type TermsText struct {
	On   *site.Site
	Of   site.Terms
	Lang string
}

func (TermsText) Template() string          { return "operator_terms_text" }
func (v TermsText) Title(p *ui.Page) string { return p.T("accepted.version", "version", v.Of.Version) }
func (v TermsText) ListPath() string        { return termsPath(v.On.ID) }
func (v TermsText) SitePath() string        { return sitePath(v.On.ID) }
func (v TermsText) Text() string            { return v.Of.Texts[v.Lang] }
func (v TermsText) Hash() string            { return gatehouse.TermsHash(v.Text()) }
func (v TermsText) Languages() []string     { return slices.Sorted(maps.Keys(v.Of.Texts)) }
func (v TermsText) In(lang string) string {
	return v.ListPath() + "/" + url.PathEscape(v.Of.Version) + "?" + url.Values{"in": {lang}}.Encode()
}

// ExportTerms sends everybody who has not accepted the version in force.
func (o *Operator) ExportTerms(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	words := ui.WordsOf(ui.VisitOf(r), time.Time{}) // a file is read on other days
	out := csv.NewWriter(w)
	begun := false
	begin := func() {
		if begun {
			return
		}
		begun = true
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="terms-`+o.Now().UTC().Format(time.DateOnly)+`.csv"`)
		if strings.Contains(words.Amount("1.50", "EUR"), ",") {
			out.Comma = ';'
		}
		out.Write([]string{"\ufeff" + words.T("operator.name"), words.T("field.username"), words.T("field.email"), words.T("opterms.accepted_last")}) //nolint:errcheck // kept until Error
	}
	err = o.Directory.ExportTermsDue(r.Context(), st, by(r), func(u gatehouse.User) error {
		begin()
		return out.Write([]string{console.Inert(u.DisplayName()), console.Inert(u.Username), console.Inert(u.Email), console.Inert(u.TermsAccepted)})
	})
	if err != nil && !begun {
		return err
	}
	begin() // if there is nobody
	if out.Flush(); err != nil || out.Error() != nil {
		panic(http.ErrAbortHandler) // a truncated file must not look complete
	}
	return nil
}
