package portal

import (
	"mime"
	"net/http"

	"gatehouse/internal/web/ui"
)

// AcceptedTerms lists the terms that the person has accepted (A03).
func (p *Portal) AcceptedTerms(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	list, err := p.Account.Acceptances(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, ui.AcceptedTerms{List: list})
}

// AcceptedText shows a text as it was accepted.
func (p *Portal) AcceptedText(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	a, text, err := p.Account.AcceptedText(r.Context(), v.Site, v.Caller(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, ui.AcceptedText{Acceptance: a, Text: text})
}

// DownloadAccepted gives the text word for word, below a head that says what was
// accepted, when and by whom.
func (p *Portal) DownloadAccepted(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	a, text, err := p.Account.AcceptedText(r.Context(), v.Site, v.Caller(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/markdown; charset=utf-8")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "terms-" + a.Version + ".md"}))
	w.Write([]byte(ui.AcceptedFile(v, a, text))) //nolint:errcheck // a visitor who has gone need not be told
	return nil
}
