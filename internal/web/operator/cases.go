package operator

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/support"
	"gatehouse/internal/web/ui"
)

// Cases lists what people have asked support, over all sites: those first who have waited longest.
func (o *Operator) Cases(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := support.Filter{State: gatehouse.CaseState(q.Get("state")), Whose: q.Get("whose"), Text: clipped(q.Get("q"), 300), AfterID: clipped(q.Get("id"), 100)}
	if us, err := strconv.ParseInt(q.Get("after"), 10, 64); err == nil && us > 0 {
		f.After = time.UnixMicro(us).UTC()
	}
	found, err := o.Support.Queue(r.Context(), by(r), f)
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, Cases{found, o})
}

func clipped(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most])
	}
	return s
}

// Case shows one of them, beside what is known about who asked.
func (o *Operator) Case(w http.ResponseWriter, r *http.Request) error {
	return o.showCase(w, r, http.StatusOK, CasePage{Typed: "canned:" + r.URL.Query().Get("canned"), Done: r.URL.Query().Has("done")})
}

func (o *Operator) showCase(w http.ResponseWriter, r *http.Request, status int, v CasePage) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	if v.Work, err = o.Support.Work(r.Context(), st, by(r), r.PathValue("number")); err != nil {
		return err
	}
	v.SiteName, v.Me = st.Name, by(r).UserID
	v.Standings = map[string]directory.Standing{}
	for _, u := range v.Accounts {
		if u.Deleted() || !by(r).Operates(gatehouse.OperatorSee) {
			continue
		}
		if v.Standings[u.ID], err = o.Directory.Standing(r.Context(), st, by(r), u.ID); err != nil {
			return err
		}
	}
	v.Canned = support.CannedFor(st, v.Case)
	typed := v.Typed
	if status == http.StatusOK {
		v.Typed = ""
	}
	for _, c := range v.Canned {
		if status == http.StatusOK && typed == "canned:"+c.Key {
			v.Typed = c.Text
		}
	}
	return o.page(w, r, status, v)
}

// WorkOnCase does what the operator has decided about it.
func (o *Operator) WorkOnCase(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		version = -1 // which no case has
	}
	step := support.CaseStep{Number: r.PathValue("number"), Version: version, Do: support.StepKind(r.PostFormValue("do")), Text: r.PostFormValue("text"), Message: r.PostFormValue("message")}
	err = o.Support.Step(r.Context(), st, by(r), step)
	e, _ := errors.AsType[*gatehouse.Error](err)
	switch {
	case err == nil:
		http.Redirect(w, r, r.URL.Path+"?done", http.StatusSeeOther)
		return nil
	case e != nil && e.Kind == gatehouse.Invalid:
		return o.showCase(w, r, http.StatusUnprocessableEntity, CasePage{Typed: clipped(step.Text, 20_000), Errors: e.Fields})
	case e != nil && e.Kind == gatehouse.Conflict:
		return o.showCase(w, r, http.StatusConflict, CasePage{Typed: clipped(step.Text, 20_000), Changed: e.Reason == support.ReasonCaseChanged, Full: e.Reason == support.ReasonCaseFull})
	}
	return err
}

// CaseFile gives out a file: only as a download, as to the customer.
func (o *Operator) CaseFile(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	f, body, err := o.Support.WorkFile(r.Context(), st, by(r), r.PathValue("number"), r.PathValue("attachment"))
	if err != nil {
		return err
	}
	return ui.WriteDownload(w, f.Name, body)
}

// Cases is the list.
type Cases struct {
	support.Queue
	o *Operator
}

func (Cases) Template() string        { return "operator_cases" }
func (Cases) Title(p *ui.Page) string { return p.T("desk.title") }

// Link is the page of a case.
func (Cases) Link(c support.View) string { return caseLink(c.SiteID, c.Number) }

func caseLink(siteID, number string) string {
	return ui.OperatorCasesPath + "/" + url.PathEscape(siteID) + "/" + url.PathEscape(number)
}

// SiteOf is the name of a case's site.
func (v Cases) SiteOf(c support.View) string {
	if v.o == nil {
		return c.SiteID
	}
	if st := v.o.Sites.ByID(c.SiteID); st != nil {
		return st.Name
	}
	return c.SiteID
}

// Choice is a link to another part of the list.
type Choice struct {
	Key, Path string
	Chosen    bool
}

// States are the states that can be chosen.
func (v Cases) States() (all []Choice) {
	for _, s := range gatehouse.CaseStates {
		all = append(all, Choice{string(s), v.path(s, v.Whose), s == v.State && v.Text == ""})
	}
	return all
}

// Owners are whose cases can be chosen.
func (v Cases) Owners() (all []Choice) {
	for _, whose := range []string{"all", "mine", "nobody"} {
		value := whose
		if whose == "all" {
			value = ""
		}
		all = append(all, Choice{whose, v.path(v.State, value), value == v.Whose && v.Text == ""})
	}
	return all
}

func (v Cases) path(s gatehouse.CaseState, whose string) string {
	q := url.Values{"state": {string(s)}}
	if whose != "" {
		q.Set("whose", whose)
	}
	return ui.OperatorCasesPath + "?" + q.Encode()
}

// Next is the next page; empty: there is none.
func (v Cases) Next() string {
	if !v.More {
		return ""
	}
	last := v.Cases[len(v.Cases)-1]
	return v.path(v.State, v.Whose) + "&" + url.Values{"after": {strconv.FormatInt(last.WaitingSince.UnixMicro(), 10)}, "id": {last.ID}}.Encode()
}

// First is how long first answers took.
func (v Cases) First(p *ui.Page) string {
	return p.Site.FormatDuration(p.Lang, max(v.FirstAnswer.Round(time.Minute), time.Minute))
}

// CasePage is a case for an operator.
type CasePage struct {
	support.Work
	SiteName, Me string
	// Standings are what keeps the accounts from signing in, by user.
	Standings map[string]directory.Standing
	Canned    []support.Canned
	// Typed is the answer or note that comes back, or a canned one.
	Typed string
	// Done: something was done. Changed: somebody else was faster. Full: it takes no more.
	Done, Changed, Full bool
	Errors              []gatehouse.FieldError
}

func (CasePage) Template() string          { return "operator_case" }
func (v CasePage) Title(p *ui.Page) string { return p.T("case.title", "number", v.Number) }

// Link is the page itself.
func (v CasePage) Link() string { return caseLink(v.SiteID, v.Number) }

// UserPath is the page of an account.
func (v CasePage) UserPath(u gatehouse.User) string { return userPath(v.SiteID, u.ID) }

// Keeps is what keeps an account from signing in, in a few words each.
func (v CasePage) Keeps(p *ui.Page, u gatehouse.User) (all []string) {
	how := v.Standings[u.ID]
	for _, b := range how.Barriers {
		all = append(all, p.T("barrier."+string(b.Kind)+"_title", "site", v.SiteName, "n", how.WrongToday))
	}
	return all
}

// KB is the size of a file in kilobytes.
func (CasePage) KB(f gatehouse.CaseFile) int { return (f.Size + 1023) >> 10 }

// Mine: the operator looks after it.
func (v CasePage) Mine() bool { return v.AssignedTo != "" && v.AssignedTo == v.Me }

// First is how long the first answer took; empty: there is none.
func (v CasePage) First(p *ui.Page) string {
	wait, ok := v.FirstAnswer()
	if !ok {
		return ""
	}
	return p.Site.FormatDuration(p.Lang, max(wait.Round(time.Minute), time.Minute))
}

// Form is that of an answer or a note.
func (v CasePage) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{{Name: "text", Label: p.T("desk.text"), Hint: p.T("desk.text_hint"), Value: v.Typed, Control: ui.Area, Autocomplete: "off", Prose: true, Missing: "case_reply"}}, v.Errors
}
