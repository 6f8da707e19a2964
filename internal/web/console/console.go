// Package console makes the pages for company administrators: the company's users, and
// Enhanced Security. Each page has its handlers and its view in NAME.go and its template
// in NAME.html; parts/ is what several pages share.
package console

import (
	"embed"
	"net/http"
	"sync/atomic"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/web/ui"
)

// Templates are the pages and their parts, for ui.New.
//
//go:embed *.html parts/*.html
var Templates embed.FS

// Console holds the handlers. Their audience is administrators: everybody here has a
// company.
type Console struct {
	Directory *directory.Service
	Sites     *site.Sites
	SignIn    *signin.Service
	Pages     *ui.Pages
	Now       func() time.Time
	// Saved are the visitor's saved searches, and those that other administrators share.
	Saved func(*http.Request) ([]gatehouse.SavedSearch, []gatehouse.SharedSearch, error)

	streams streams
	// uploads counts the files that are being read.
	uploads atomic.Int32
}

func (c *Console) page(w http.ResponseWriter, r *http.Request, status int, view ui.View) error {
	if ui.VisitOf(r).Site.ForOperators() {
		return c.Pages.Write(w, r, status, c.Now(), view)
	}
	v, caller, company := on(r)
	asked, err := c.Directory.Asked(r.Context(), v.Site, caller, company)
	if err != nil {
		return err
	}
	v.Waiting = asked.Waiting()
	return c.Pages.Write(w, r, status, c.Now(), view)
}

// on returns the arguments for the methods of directory.Service: who acts, and the
// company.
func on(r *http.Request) (v *ui.Visit, caller gatehouse.Caller, companyID string) {
	v = ui.VisitOf(r)
	return v, v.Caller(r), v.Company.ID
}
