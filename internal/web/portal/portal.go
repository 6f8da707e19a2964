// Package portal makes the pages for everyone: sign-in and home.
package portal

import (
	"net/http"
	"time"

	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// Portal holds the handlers.
type Portal struct {
	SignIn  *signin.Service
	Account *account.Service
	Pages   *ui.Pages
	Now     func() time.Time
}

func (p *Portal) page(w http.ResponseWriter, r *http.Request, status int, view ui.View) error {
	return p.Pages.Write(w, r, status, p.Now(), view)
}
