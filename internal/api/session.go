// Package api is what programs call: JSON under /api/v1.
package api

import (
	"encoding/json"
	"net/http"
	"time"

	"gatehouse/internal/signin"
	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

// API holds the handlers.
type API struct {
	SignIn *signin.Service
	SSO    *sso.Service
}

// session is what GET /api/v1/session answers.
type session struct {
	User     user     `json:"user"`
	Company  company  `json:"company"`
	Site     string   `json:"site"`
	SignedIn string   `json:"signed_in_at"` // RFC 3339
	Level    int      `json:"assurance_level"`
	Methods  []string `json:"methods"`
	ID       string   `json:"id"`
}

type user struct {
	ID        string `json:"id"`
	Username  string `json:"username"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Email     string `json:"email,omitempty"`
	Role      string `json:"role"`
}

type company struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	AccountNumber string `json:"account_number"`
}

// Session says who the session cookie is. Its route is for users, so there is one.
func (*API) Session(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	answer := session{
		User: user{ID: v.User.ID, Username: v.User.Username, FirstName: v.User.FirstName, LastName: v.User.LastName,
			Email: v.User.Email, Role: string(v.User.Role)},
		Company:  company{ID: v.Company.ID, Name: v.Company.Name, AccountNumber: v.Company.AccountNumber},
		Site:     v.Site.ID,
		SignedIn: v.Session.CreatedAt.Format(time.RFC3339Nano),
		Level:    v.Session.Assurance.Level,
		Methods:  []string{},
		ID:       v.Session.ID,
	}
	for _, m := range v.Session.Assurance.Methods {
		answer.Methods = append(answer.Methods, string(m))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	return json.NewEncoder(w).Encode(answer)
}
