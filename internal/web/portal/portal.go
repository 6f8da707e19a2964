// Package portal makes the pages for everyone: sign-in and its steps, recovery, home, My
// account, help. Each page has its handlers and its view in NAME.go and its template in
// NAME.html; parts/ is what several pages share.
package portal

import (
	"embed"
	"net/http"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/sso"
	"gatehouse/internal/support"
	"gatehouse/internal/web/ui"
)

// Templates are the pages and their parts, for ui.New.
//
//go:embed *.html parts/*.html
var Templates embed.FS

// Portal holds the handlers.
type Portal struct {
	SignIn  *signin.Service
	Account *account.Service
	SSO     *sso.Service
	Support *support.Service
	Pages   *ui.Pages
	Now     func() time.Time

	uploads uploads
}

func (p *Portal) page(w http.ResponseWriter, r *http.Request, status int, view ui.View) error {
	return p.Pages.Write(w, r, status, p.Now(), view)
}
