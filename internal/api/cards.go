package api

import (
	"io"
	"mime"
	"net/http"

	"gatehouse"
	"gatehouse/internal/web/ui"
)

// PutCard keeps a card that an application supplies for a user's home page (A06).
func (a *API) PutCard(w http.ResponseWriter, r *http.Request) error {
	return a.supply(w, r, func(v *ui.Visit, c gatehouse.Caller) error {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			return &gatehouse.Error{Kind: gatehouse.Invalid, Reason: "not-json"}
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, gatehouse.MostCardBody+1))
		if err != nil {
			return &gatehouse.Error{Kind: gatehouse.Invalid, Reason: "unreadable", Err: err}
		}
		return a.SSO.PutCard(r.Context(), v.Site, c, r.Header.Get("Authorization"), r.PathValue("card"), r.PathValue("sub"), body)
	})
}

// DeleteCard takes one back.
func (a *API) DeleteCard(w http.ResponseWriter, r *http.Request) error {
	return a.supply(w, r, func(v *ui.Visit, c gatehouse.Caller) error {
		return a.SSO.DeleteCard(r.Context(), v.Site, c, r.Header.Get("Authorization"), r.PathValue("card"), r.PathValue("sub"))
	})
}

// supply answers an application that changes a card.
func (a *API) supply(w http.ResponseWriter, r *http.Request, change func(*ui.Visit, gatehouse.Caller) error) error {
	v := ui.VisitOf(r)
	err := change(v, v.Caller(r))
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case gatehouse.KindOf(err) == gatehouse.Unauthenticated:
		w.Header().Set("WWW-Authenticate", `Basic realm="cards", Bearer scope="`+gatehouse.ScopeCards+`"`)
	}
	return err
}
