package portal

import (
	"errors"
	"net/http"

	"gatehouse"
	"gatehouse/internal/support"
	"gatehouse/internal/web/ui"
)

const (
	// CasesPath is the list of a user's cases; OpenCasePath is where the links in mails to strangers lead.
	CasesPath    = "/support/cases"
	OpenCasePath = CasesPath + "/open"
)

// Cases lists what a user has asked support.
func (p *Portal) Cases(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	all, err := p.Support.Cases(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, Cases{all})
}

// Case shows one of them.
func (p *Portal) Case(w http.ResponseWriter, r *http.Request) error {
	return p.showCase(w, r, http.StatusOK, ownCase(r), CaseReply{})
}

// ReplyToCase adds to one of them.
func (p *Portal) ReplyToCase(w http.ResponseWriter, r *http.Request) error {
	return p.replyTo(w, r, ownCase(r))
}

// CaseFile is a file of one of them.
func (p *Portal) CaseFile(w http.ResponseWriter, r *http.Request) error {
	return p.caseFile(w, r, ownCase(r))
}

func ownCase(r *http.Request) support.Access { return support.Access{Number: r.PathValue("number")} }

// OpenCase shows a case to the reader of the mail about it. The link alone confirms nothing, because
// mail scanners open links (C03).
func (p *Portal) OpenCase(w http.ResponseWriter, r *http.Request) error {
	if keepToken(w, r, ui.CaseCookie) {
		return nil
	}
	return p.showCase(w, r, http.StatusOK, linkedCase(r), CaseReply{})
}

// ReplyToOpenCase adds to it.
func (p *Portal) ReplyToOpenCase(w http.ResponseWriter, r *http.Request) error {
	return p.replyTo(w, r, linkedCase(r))
}

// OpenCaseFile is a file of it.
func (p *Portal) OpenCaseFile(w http.ResponseWriter, r *http.Request) error {
	return p.caseFile(w, r, linkedCase(r))
}

// ConfirmCase takes the answer of the reader of the mail, who may have written nothing.
func (p *Portal) ConfirmCase(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	by := linkedCase(r)
	wrote := r.PostFormValue("wrote") == "yes"
	if err := p.Support.Confirm(r.Context(), v.Site, v.Caller(r), by.Token, wrote); err != nil {
		return p.noCase(w, r, by, err)
	}
	if !wrote {
		ui.DropCookie(w, v, ui.CaseCookie)
		return p.page(w, r, http.StatusOK, CaseDisowned{})
	}
	http.Redirect(w, r, OpenCasePath, http.StatusSeeOther)
	return nil
}

// linkedCase is the case whose link was opened in this browser. Without one, the token is one that
// opens nothing.
func linkedCase(r *http.Request) support.Access {
	token := ui.ReadCookie(r, ui.CaseCookie, ui.VisitOf(r).Secure)
	if token == "" {
		token = "none"
	}
	return support.Access{Token: token}
}

func (p *Portal) showCase(w http.ResponseWriter, r *http.Request, status int, by support.Access, reply CaseReply) error {
	v := ui.VisitOf(r)
	one, err := p.Support.Case(r.Context(), v.Site, v.Caller(r), by)
	e, _ := errors.AsType[*gatehouse.Error](err)
	switch {
	case err == nil:
		reply.Sent = r.URL.Query().Has("sent")
		return p.page(w, r, status, CasePage{View: one, CaseReply: reply, Linked: by.Token != ""})
	case e != nil && e.Reason == support.ReasonCaseUnconfirmed && one.Disowned:
		return p.page(w, r, http.StatusGone, CaseDisowned{})
	case e != nil && e.Reason == support.ReasonCaseUnconfirmed:
		return p.page(w, r, http.StatusOK, ConfirmCase{one.Case})
	}
	return p.noCase(w, r, by, err)
}

// noCase says that a link opens nothing here.
func (p *Portal) noCase(w http.ResponseWriter, r *http.Request, by support.Access, err error) error {
	if by.Token == "" || gatehouse.KindOf(err) != gatehouse.NotFound {
		return err
	}
	return p.page(w, r, http.StatusNotFound, CaseMissing{})
}

func (p *Portal) replyTo(w http.ResponseWriter, r *http.Request, by support.Access) error {
	v := ui.VisitOf(r)
	text := r.PostFormValue("text")
	files, done, faults := p.files(w, r)
	defer done()
	err := faults.Err()
	if err == nil {
		err = p.Support.Reply(r.Context(), v.Site, v.Caller(r), by, text, files)
	}
	if bad, status := caseFaults(err, "text"); bad != nil {
		return p.showCase(w, r, status, by, CaseReply{Text: clipTo(text, mostMessage), Again: len(files) > 0, Errors: bad})
	}
	if err != nil {
		return p.noCase(w, r, by, err)
	}
	http.Redirect(w, r, r.URL.Path+"?sent#end", http.StatusSeeOther)
	return nil
}

// caseFile gives out a file: only as a download, never as a page of this site.
func (p *Portal) caseFile(w http.ResponseWriter, r *http.Request, by support.Access) error {
	v := ui.VisitOf(r)
	f, body, err := p.Support.File(r.Context(), v.Site, v.Caller(r), by, r.PathValue("attachment"))
	if err != nil {
		return err
	}
	return ui.WriteDownload(w, f.Name, body)
}

// Cases is the list of a user's cases.
type Cases struct{ All []support.View }

func (Cases) Template() string        { return "cases" }
func (Cases) Title(p *ui.Page) string { return p.T("case.list_title") }

// Badge is the colour of a state.
func (Cases) Badge(c support.View) string { return badgeOf(c.State) }

func badgeOf(s gatehouse.CaseState) string {
	switch s {
	case gatehouse.CaseAnswered:
		return "badge badge-ok"
	case gatehouse.CaseClosed:
		return "badge"
	}
	return "badge badge-info"
}

// CaseReply is what a customer adds.
type CaseReply struct {
	Text string
	// Sent: something was added. Again: files have to be chosen again.
	Sent, Again bool
	Errors      []gatehouse.FieldError
}

// CasePage is a case with its conversation.
type CasePage struct {
	support.View
	CaseReply
	// Linked: it was opened with the link in a mail.
	Linked bool
}

func (CasePage) Template() string          { return "case" }
func (v CasePage) Title(p *ui.Page) string { return p.T("case.title", "number", v.Number) }
func (v CasePage) Badge() string           { return badgeOf(v.State) }

// KB is the size of a file in kilobytes, at least one.
func (CasePage) KB(f gatehouse.CaseFile) int { return (f.Size + 1023) >> 10 }

// Action is where the form leads.
func (v CasePage) Action() string {
	if v.Linked {
		return OpenCasePath
	}
	return CasesPath + "/" + v.Number
}

// Form is that of a reply.
func (v CasePage) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{
		{Name: "text", Label: p.T("case.reply"), Value: v.CaseReply.Text, Control: ui.Area, Autocomplete: "off", Prose: true, Missing: "case_reply"},
		filesField(p, v.Again),
	}, v.Errors
}

// ConfirmCase asks the reader of a mail whether it was them.
type ConfirmCase struct{ gatehouse.Case }

func (ConfirmCase) Template() string        { return "case_confirm" }
func (ConfirmCase) Title(p *ui.Page) string { return p.T("case.confirm_title") }

// CaseDisowned: it was not them.
type CaseDisowned struct{}

func (CaseDisowned) Template() string        { return "case_disowned" }
func (CaseDisowned) Title(p *ui.Page) string { return p.T("case.disowned_title") }

// CaseMissing: the link opens nothing.
type CaseMissing struct{}

func (CaseMissing) Template() string        { return "case_missing" }
func (CaseMissing) Title(p *ui.Page) string { return p.T("case.missing_title") }
func (CaseMissing) Failed() bool            { return true }
