package portal

import (
	"net/http"
	"slices"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// yes is what a ticked box sends, and what scripts send for one: "no" is not
// acceptance.
var yes = []string{"on", "yes", "true", "1"}

// AcceptTerms accepts the answer to the terms (A03, B15).
func (p *Portal) AcceptTerms(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	out, err := p.SignIn.AcceptTerms(r.Context(), v.Site, at(r, v), signin.TermsForm{
		Version: r.PostFormValue("version"), TextHash: r.PostFormValue("text_hash"), Accept: slices.Contains(yes, r.PostFormValue("accept"))})
	return p.stepped(w, r, out, err, func(bad []gatehouse.FieldError) ui.View {
		return AcceptTerms{InSteps: inSteps(v, gatehouse.StepTerms), TermsText: termsInForce(v), Errors: bad}
	})
}

func termsInForce(v *ui.Visit) TermsText {
	text, _ := v.Site.TermsText(v.Site.TermsVersion, v.Lang)
	return TermsText{Version: v.Site.TermsVersion, Text: text}
}

// Terms shows a version of the terms to everybody, to read and to print.
func (p *Portal) Terms(w http.ResponseWriter, r *http.Request) error {
	v, version := ui.VisitOf(r), r.PathValue("version")
	if version == "" {
		version = v.Site.TermsVersion
	}
	text, ok := v.Site.TermsText(version, v.Lang)
	if !ok {
		return gatehouse.ErrNotFound
	}
	return p.page(w, r, http.StatusOK, Terms{TermsText: TermsText{Version: version, Text: text}, InForce: version == v.Site.TermsVersion})
}

// AcceptTerms asks for agreement to the current terms (A03, B15).
type AcceptTerms struct {
	InSteps
	TermsText
	Errors []gatehouse.FieldError
}

func (AcceptTerms) Template() string        { return "terms_accept" }
func (AcceptTerms) Title(p *ui.Page) string { return p.T("terms.accept_title") }

func (v AcceptTerms) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return []ui.Field{{Name: "accept", Label: p.T("terms.declaration"), Control: ui.Box, Missing: "accept"}}, v.Errors
}

// Changed reports whether the current text differs from the one that was accepted.
func (v AcceptTerms) Changed() bool {
	return slices.ContainsFunc(v.Errors, func(e gatehouse.FieldError) bool { return e.Reason == "terms-changed" })
}

// TermsText is one version of the terms in one language.
type TermsText struct {
	Version string
	// Text is the Markdown from the site's folder.
	Text string
}

// Hash identifies exactly the text that the page shows: it is what was accepted.
func (v TermsText) Hash() string { return gatehouse.TermsHash(v.Text) }

// Wide: a document needs longer lines than a form.
func (TermsText) Wide() bool { return true }

// Terms is a version of the terms for everybody, to read and to print.
type Terms struct {
	TermsText
	// InForce: it is the current version.
	InForce bool
}

func (Terms) Template() string        { return "terms" }
func (Terms) Title(p *ui.Page) string { return p.T("terms.title") }
