package console

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// mostTicked is how many users can be ticked at a time; a search finds more.
const mostTicked = 1000

// ProposeBulkAct keeps which users are to be acted on, and leads to the page that says what would
// happen and asks.
func (c *Console) ProposeBulkAct(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	id, err := c.Directory.ProposeBulkAct(r.Context(), v.Site, caller, company, gatehouse.UserAct(r.PostFormValue("act")), chosenUsers(r.PostForm))
	switch {
	case gatehouse.ReasonOf(err) == directory.ReasonNobody:
		http.Redirect(w, r, listWith(r.PostFormValue("query"), nobodyQuery), http.StatusSeeOther)
		return nil
	case err != nil:
		return err
	}
	http.Redirect(w, r, BulkActPath(id), http.StatusSeeOther)
	return nil
}

// nobodyQuery makes the list of users say that nobody was ticked.
const nobodyQuery = "nobody"

// listWith is the list of users as it was searched, with one more parameter.
func listWith(query, more string) string {
	q, err := url.ParseQuery(query)
	if err != nil || len(query) > longestQuery {
		q = url.Values{}
	}
	q.Set(more, "1")
	return ui.CompanyUsersPath + "?" + q.Encode()
}

// longestQuery is longer than any search that the list makes.
const longestQuery = 16 << 10

// chosenUsers reads whom a form names: users who were ticked, all that a search finds, or those
// whom an earlier act has changed.
func chosenUsers(form url.Values) (of directory.Chosen) {
	if undo := form.Get("undo"); rowID.MatchString(undo) {
		of.Undo = undo
		return of
	}
	if form.Get("all") == "yes" {
		q, err := url.ParseQuery(form.Get("query"))
		if err != nil || len(form.Get("query")) > longestQuery { // half a search would find more users
			return of
		}
		filter := gatehouse.ReadUserFilter(q)
		of.All = &filter
		return of
	}
	ids := slices.DeleteFunc(slices.Clone(form["user"]), func(id string) bool { return !rowID.MatchString(id) })
	of.IDs = ids[:min(len(ids), mostTicked)]
	return of
}

// BulkAct shows an act on many users: what it would do, its progress, or its result. An address
// that ends in .csv is the list of all its users.
func (c *Console) BulkAct(w http.ResponseWriter, r *http.Request) error {
	id, file := cutFile(r)
	v, caller, company := on(r)
	b, err := c.Directory.BulkAct(r.Context(), v.Site, caller, company, id)
	switch {
	case err != nil:
		return err
	case b.State == gatehouse.RunProposed:
		return c.askBulkAct(w, r, b.ID, http.StatusOK, BulkAsk{})
	case file:
		return c.bulkFile(w, r, b)
	case b.State == gatehouse.RunRunning || r.URL.Query().Has(ProgressQuery):
		return c.page(w, r, http.StatusOK, Running{func(words *ui.Words) runPage { return bulkRun(words, b) }})
	}
	return c.bulkResult(w, r, b)
}

// askBulkAct shows what an act would do, and asks.
func (c *Console) askBulkAct(w http.ResponseWriter, r *http.Request, id string, status int, view BulkAsk) (err error) {
	v, caller, company := on(r)
	if !caller.Proved { // each of these acts affects who can sign in (ASVS 7.5.1)
		return gatehouse.ErrProofFirst
	}
	if view.BulkPreview, err = c.Directory.BulkPreview(r.Context(), v.Site, caller, company, id); err != nil {
		return err
	}
	return c.page(w, r, status, view)
}

// BeginBulkAct begins an act that was agreed to.
func (c *Console) BeginBulkAct(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	err = c.Directory.BeginBulkAct(r.Context(), v.Site, caller, company, id, r.PostFormValue("preview"))
	var e *gatehouse.Error
	switch {
	case errors.As(err, &e) && e.Reason == directory.ReasonUsersChanged:
		return c.askBulkAct(w, r, id, ui.StatusOf(e), BulkAsk{Changed: true})
	case errors.As(err, &e) && e.Reason == directory.ReasonActWait:
		retryAfter(w, e.RetryAfter)
		return c.askBulkAct(w, r, id, ui.StatusOf(e), BulkAsk{Until: c.Now().Add(e.RetryAfter)})
	case err != nil:
		return err
	}
	http.Redirect(w, r, BulkActPath(id)+"?"+ProgressQuery+"=1", http.StatusSeeOther)
	return nil
}

// BulkActEvents tells a page the progress of its act while it goes on.
func (c *Console) BulkActEvents(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	return c.follow(w, r, func(words *ui.Words) (runPage, error) {
		b, err := c.Directory.BulkAct(r.Context(), v.Site, caller, company, r.PathValue("id"))
		return bulkRun(words, b), err
	})
}

// BulkActPath is the page of an act on many users.
func BulkActPath(id string) string { return ui.BulkActsPath + "/" + url.PathEscape(id) }

// bulkRun is what the progress of an act says.
func bulkRun(w *ui.Words, b gatehouse.BulkAct) runPage {
	changed := w.T("bulk.done_"+string(b.Act), "n", b.Counts.Changed)
	r := runPage{Run: b.Run, Heading: w.T("bulk.title_" + string(b.Act)), LeadKey: "bulk.lead",
		Running: w.T("bulk.title_" + string(b.Act)), Over: changed,
		Ended: countsLine(w, changed, b.Counts),
		Note:  w.T("bulk.goes_on"), OverNote: w.T("bulk.over"),
		Result: BulkActPath(b.ID), Leave: ui.CompanyUsersPath, Outcomes: outcomeWords{}}
	for _, o := range gatehouse.Outcomes {
		r.Outcomes[string(o)] = bulkOutcome(w, o)
	}
	return r
}

func bulkOutcome(w *ui.Words, o gatehouse.Outcome) string { return w.T("bulk.outcome_" + string(o)) }

// BulkAsk is the page that asks before an act is done to many users.
type BulkAsk struct {
	directory.BulkPreview
	// Changed: users have changed since the page was shown.
	Changed bool
	// Until is when it can be done; zero: now.
	Until time.Time
}

func (BulkAsk) Template() string { return "bulk_ask" }
func (v BulkAsk) Title(p *ui.Page) string {
	return p.T("bulk.ask_"+string(v.Act), "n", v.Change)
}
func (v BulkAsk) Path() string { return BulkActPath(v.ID) }

// Danger: the act takes something away.
func (v BulkAsk) Danger() bool {
	return v.Act == gatehouse.ActDeactivate || v.Act == gatehouse.ActUnmakeAdmin
}

// Effects are the effects of the act, one per line, as on the page that asks for one user.
func (v BulkAsk) Effects(p *ui.Page) []template.HTML {
	var lines []template.HTML
	for i := 1; i <= effectsOf[v.Act]; i++ {
		lines = append(lines, p.Rich("bulk."+string(v.Act)+"_"+strconv.Itoa(i), "valid", p.Site.Policy.TemporaryPassword))
	}
	return lines
}

// effectsOf is how many lines the effects of an act have.
var effectsOf = map[gatehouse.UserAct]int{gatehouse.ActInvite: 2, gatehouse.ActInviteAgain: 2, gatehouse.ActUnlock: 2, gatehouse.ActPassword: 2,
	gatehouse.ActAskFactor: 1, gatehouse.ActActivate: 2, gatehouse.ActDeactivate: 3, gatehouse.ActMakeAdmin: 2, gatehouse.ActUnmakeAdmin: 1}

// More is how many users are changed besides those named.
func (v BulkAsk) More() int { return v.Change - len(v.Named) }

// Back leads to the list as it was searched, or to the act that this one takes back.
func (v BulkAsk) Back() string {
	switch {
	case v.Undoes != "":
		return BulkActPath(v.Undoes)
	case v.Query != "":
		return ui.CompanyUsersPath + "?" + v.Query
	}
	return ui.CompanyUsersPath
}

// Why is the reason why users are left out, in words.
func (BulkAsk) Why(p *ui.Page, n gatehouse.OutcomeCount) string {
	return p.T("bulk.why_" + string(n.Reason))
}

// LeftOut is how many users are left out.
func (v BulkAsk) LeftOut() (n int) {
	for _, r := range v.Refused {
		n += r.Count
	}
	return n
}
