package portal

import (
	"mime"
	"net/http"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// AcceptedTerms lists the terms that the user has accepted (A03).
func (p *Portal) AcceptedTerms(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	list, err := p.Account.Acceptances(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, AcceptedTerms{List: list})
}

// AcceptedText shows a text as it was accepted.
func (p *Portal) AcceptedText(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	a, text, err := p.Account.AcceptedText(r.Context(), v.Site, v.Caller(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, AcceptedText{Acceptance: a, Text: text})
}

// DownloadAccepted returns the text word for word, below a header that says what was
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
	w.Write([]byte(acceptedFile(v, a, text))) //nolint:errcheck // a visitor who has gone need not be told
	return nil
}

// AcceptedTerms are the terms that a user has accepted, newest first (A03).
type AcceptedTerms struct {
	List []gatehouse.Acceptance
}

func (AcceptedTerms) Template() string        { return "accepted" }
func (AcceptedTerms) Title(p *ui.Page) string { return p.T("accepted.title") }

// AcceptedText is one text as it was accepted, in Markdown.
type AcceptedText struct {
	gatehouse.Acceptance
	Text string
}

func (AcceptedText) Template() string { return "accepted_text" }
func (v AcceptedText) Title(p *ui.Page) string {
	return p.T("accepted.version", "version", v.Version)
}

// acceptedFile is an accepted text to keep: a header that says what was accepted, when
// and by whom, a line of hyphens, and the text word for word.
func acceptedFile(v *ui.Visit, a gatehouse.Acceptance, text string) string {
	head := v.Site.Text(v.Lang, "accepted.file", "site", v.Site.Name, "version", a.Version, "time", a.AcceptedAt,
		"machine", a.AcceptedAt.UTC().Format(time.RFC3339), "username", v.User.Username, "lang", a.Lang, "hash", a.TextHash)
	return head + strings.Repeat("-", 64) + "\n" + text
}
