// Package operator makes the pages of those who run the installation, on a host of their own. Each
// page has its handlers and its view in NAME.go and its template in NAME.html; parts/ is what several
// pages share.
package operator

import (
	"embed"
	"net/http"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
	"gatehouse/internal/support"
	"gatehouse/internal/watch"
	"gatehouse/internal/web/ui"
)

// Templates are the pages and their parts, for ui.New.
//
//go:embed *.html parts/*.html
var Templates embed.FS

// Operator holds the handlers. Their audience is operators whose role is good for the act that the
// route names; every method of a service checks it again.
type Operator struct {
	Directory *directory.Service
	SSO       *sso.Service
	Support   *support.Service
	Watch     *watch.Service
	Alerts    *watch.Alerts
	Sites     *site.Sites
	Pages     *ui.Pages
	Now       func() time.Time
	// Saved are the operator's saved views, and those that other operators share.
	Saved func(*http.Request) ([]gatehouse.SavedSearch, []gatehouse.SharedSearch, error)
}

func (o *Operator) page(w http.ResponseWriter, r *http.Request, status int, view ui.View) error {
	return o.Pages.Write(w, r, status, o.Now(), view)
}

// by is who acts: the operator.
func by(r *http.Request) gatehouse.Caller { return ui.VisitOf(r).Operator(r) }

// siteOf is the site that a page is about; NotFound for any other than the customers'.
func (o *Operator) siteOf(id string) (*site.Site, error) {
	st := o.Sites.ByID(id)
	if st == nil || st.ForOperators() {
		return nil, gatehouse.ErrNotFound
	}
	return st, nil
}
