package console

import (
	"net/http"
	"net/url"
	"slices"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// reachesOnPage is how many changes the history shows at a time.
const reachesOnPage = 10

// Platforms shows which platforms the company's users may reach, who is asking for access, and
// what was changed (B17).
func (c *Console) Platforms(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	view := Platforms{Before: r.URL.Query().Get("before"), Done: r.URL.Query().Get("done")}
	if !slices.Contains([]string{"", "changed", "allowed", "declined"}, view.Done) {
		view.Done = ""
	}
	var err error
	if view.Platforms, err = c.Directory.Platforms(r.Context(), v.Site, caller, company); err != nil {
		return err
	}
	view.History, err = c.Directory.ReachHistory(r.Context(), v.Site, caller, company, view.Before, reachesOnPage+1)
	if err != nil {
		return err
	}
	if len(view.History) > reachesOnPage {
		view.History = view.History[:reachesOnPage]
		view.Next = view.History[reachesOnPage-1].ID
	}
	return c.page(w, r, http.StatusOK, view)
}

// Platform asks which of the company's users may reach a platform.
func (c *Console) Platform(w http.ResponseWriter, r *http.Request) error {
	return c.askReach(w, r, http.StatusOK, nil)
}

func (c *Console) askReach(w http.ResponseWriter, r *http.Request, status int, wrong []gatehouse.FieldError) error {
	v, caller, company := on(r)
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	all, err := c.Directory.Platforms(r.Context(), v.Site, caller, company)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all.All, func(p directory.Platform) bool { return p.ID == id })
	if i < 0 {
		return gatehouse.ErrNotFound
	}
	return c.page(w, r, status, PlatformReach{Of: all.All[i], Fields: wrong})
}

// SetReach saves it.
func (c *Console) SetReach(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	err = c.Directory.SetReach(r.Context(), v.Site, caller, company, id, gatehouse.Reach(r.PostFormValue("reach")))
	if gatehouse.ReasonOf(err) == directory.ReasonReachUnknown {
		return c.askReach(w, r, http.StatusUnprocessableEntity, []gatehouse.FieldError{{Field: "reach", Reason: directory.FieldRequired}})
	}
	if err != nil {
		return err
	}
	return seePlatforms(w, r, "changed")
}

// AnswerAccess answers a user who is waiting for access.
func (c *Console) AnswerAccess(w http.ResponseWriter, r *http.Request) error {
	v, caller, _ := on(r)
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	user, err := pathID(r, "user")
	if err != nil {
		return err
	}
	allow, done := r.PostFormValue("answer") == "allow", "declined"
	if allow {
		done = "allowed"
	}
	if err := c.Directory.AnswerAccess(r.Context(), v.Site, caller, user, id, allow); err != nil {
		return err
	}
	return seePlatforms(w, r, done)
}

func seePlatforms(w http.ResponseWriter, r *http.Request, done string) error {
	http.Redirect(w, r, ui.CompanyPlatformsPath+"?"+url.Values{"done": {done}}.Encode(), http.StatusSeeOther)
	return nil
}

// Platforms are the platforms that the company's users may reach.
type Platforms struct {
	directory.Platforms
	// Done is what has just been done: changed, allowed, declined or nothing.
	Done string
	// History is a page of the changes, linked by Before and Next.
	History      []gatehouse.Event
	Before, Next string
}

func (Platforms) Template() string        { return "company_platforms" }
func (Platforms) Title(p *ui.Page) string { return p.T("company.nav_platforms") }

// Open says who may reach a platform.
func (Platforms) Open(p *ui.Page, of directory.Platform) string {
	return reachText(p, of.Reach(of.Said))
}

// Badge is the class of the badge that says it.
func (Platforms) Badge(of directory.Platform) string {
	return map[gatehouse.Reach]string{gatehouse.ReachEveryone: " badge-ok", gatehouse.ReachAdministrators: " badge-info"}[of.Reach(of.Said)]
}

// Effect says what allowing a request opens.
func (Platforms) Effect(p *ui.Page, r directory.Request) string {
	return p.T("reach.allow_"+string(r.To), "platform", r.Platform.Name)
}

// Change puts an event of the history into words, By says who did it.
func (Platforms) Change(p *ui.Page, e gatehouse.Event) string {
	return p.T("reach.changed", "platform", e.Detail["name"], "reach", reachText(p, gatehouse.Reach(e.Detail["reach"])),
		"before", reachText(p, gatehouse.Reach(e.Detail["before"])))
}

func (Platforms) By(p *ui.Page, e gatehouse.Event) string {
	who, _ := p.Actor(e)
	return who
}

// reachText says who may reach a platform. An unknown value lets nobody in.
func reachText(p *ui.Page, r gatehouse.Reach) string {
	if !slices.Contains(gatehouse.Reaches, r) {
		r = gatehouse.ReachNobody
	}
	return p.T("reach." + string(r))
}

// PlatformReach asks which of the company's users may reach a platform.
type PlatformReach struct {
	Of     directory.Platform
	Fields []gatehouse.FieldError
}

func (PlatformReach) Template() string          { return "company_platform" }
func (v PlatformReach) Title(p *ui.Page) string { return v.Of.Name }

func (v PlatformReach) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	var options []ui.Option
	for _, r := range v.Of.Offered() {
		options = append(options, ui.Option{Value: string(r), Text: p.T("reach." + string(r)), Hint: p.T("reach."+string(r)+"_hint", "company", p.Company.Name)})
	}
	return []ui.Field{{Name: "reach", Label: p.T("reach.choice", "platform", v.Of.Name), Control: ui.Choices,
		Options: ui.OptionsOf("reach", string(v.Of.Reach(v.Of.Said)), options...)}}, v.Fields
}
