package console

import (
	"net/http"
	"net/url"
	"slices"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// Requests shows what users wait for: forgotten usernames, shared sign-ins, access to platforms.
func (c *Console) Requests(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	asked, err := c.Directory.Asked(r.Context(), v.Site, caller, company)
	if err != nil {
		return err
	}
	view := Requests{Asked: asked, Done: r.URL.Query().Get("done")}
	if view.Done != "yes" && view.Done != "no" {
		view.Done = ""
	}
	return c.page(w, r, http.StatusOK, view)
}

// AnswerRequest answers a forgotten username, or a shared sign-in.
func (c *Console) AnswerRequest(w http.ResponseWriter, r *http.Request) error {
	v, caller, _ := on(r)
	id, err := pathID(r, "user")
	if err != nil {
		return err
	}
	done := r.PostFormValue("answer") == "yes"
	if err := c.Directory.AnswerRequest(r.Context(), v.Site, caller, id, gatehouse.UserRequestKind(r.PathValue("kind")), done); err != nil {
		return err
	}
	answer := "no"
	if done {
		answer = "yes"
	}
	http.Redirect(w, r, ui.RequestsPath+"?"+url.Values{"done": {answer}}.Encode(), http.StatusSeeOther)
	return nil
}

// Requests are what waits for an answer of an administrator.
type Requests struct {
	directory.Asked
	// Done is the answer that was just given: yes, no, or empty.
	Done string
}

func (Requests) Template() string        { return "requests" }
func (Requests) Title(p *ui.Page) string { return p.T("requests.title") }

// Of are the requests of a kind.
func (v Requests) Of(kind gatehouse.UserRequestKind) []directory.AskedByUser {
	return slices.DeleteFunc(slices.Clone(v.Users), func(r directory.AskedByUser) bool { return r.Kind != kind })
}

// Kinds are the kinds of requests that wait.
func (v Requests) Kinds() []gatehouse.UserRequestKind {
	return slices.DeleteFunc(slices.Clone(gatehouse.UserRequestKinds), func(k gatehouse.UserRequestKind) bool { return len(v.Of(k)) == 0 })
}

// Effect says what allowing a request for access opens.
func (Requests) Effect(p *ui.Page, r directory.Request) string { return Platforms{}.Effect(p, r) }

// Deleted shows the deleted users that can be restored.
func (c *Console) Deleted(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	users, err := c.Directory.DeletedUsers(r.Context(), v.Site, caller, company)
	if err != nil {
		return err
	}
	return c.page(w, r, http.StatusOK, DeletedUsers{users})
}

// DeletedUsers are the deleted users that can be restored.
type DeletedUsers struct{ Users []gatehouse.User }

func (DeletedUsers) Template() string        { return "deleted_users" }
func (DeletedUsers) Title(p *ui.Page) string { return p.T("deleted.title") }

// Path is the page of a user.
func (DeletedUsers) Path(u gatehouse.User) string { return userPath(u) }
