package console

import (
	"net/http"
	"regexp"
	"slices"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/signin"
	"gatehouse/internal/web/ui"
)

// The pages show as many users and messages at once.
const (
	usersOfPage    = 50
	messagesOfUser = 20
)

// Users lists the company's users. What was asked for and is not known asks for nothing.
func (c *Console) Users(w http.ResponseWriter, r *http.Request) error {
	v, caller, companyID := on(r)
	asked := r.URL.Query()
	f := directory.PeopleFilter{Search: clip(asked.Get("q")), Group: gatehouse.PeopleGroup(asked.Get("group")),
		Role: gatehouse.Role(asked.Get("role")), After: asked.Get("after"), Limit: usersOfPage}
	if !slices.Contains(gatehouse.PeopleGroups, f.Group) {
		f.Group = ""
	}
	if !slices.Contains(ui.Users{}.Roles(), f.Role) {
		f.Role = ""
	}
	people, err := c.Directory.People(r.Context(), caller, v.Site, companyID, f)
	if err != nil {
		return err
	}
	return c.page(w, r, http.StatusOK, ui.Users{Search: f.Search, Group: f.Group, Role: f.Role, List: people.Users, Reachable: people.Reachable,
		More: people.More, Found: people.Found, Before: people.Before, Total: people.Total, Groups: people.Groups})
}

// longestSearch is as long as names and addresses get.
const longestSearch = 300

// clip cuts what was typed, so that the page that shows it again stays small.
func clip(typed string) string {
	return string([]rune(typed)[:min(longestSearch, len([]rune(typed)))])
}

// User shows one user: details, second step, and what became of each mail (B19, C13).
func (c *Console) User(w http.ResponseWriter, r *http.Request) error {
	view, err := c.user(r)
	if err != nil {
		return err
	}
	if done := r.URL.Query()["done"]; len(done) > 0 {
		view.Done, view.Also = done[0], done[1:]
	}
	return c.page(w, r, http.StatusOK, view)
}

// user makes the page of the user whom the path names.
func (c *Console) user(r *http.Request) (ui.UserDetail, error) {
	v, caller, _ := on(r)
	id, err := pathID(r, "id")
	if err != nil {
		return ui.UserDetail{}, err
	}
	u, err := c.Directory.User(r.Context(), caller, v.Site, id)
	if err != nil {
		return ui.UserDetail{}, err
	}
	how, err := c.Directory.Standing(r.Context(), caller, v.Site, id)
	if err != nil {
		return ui.UserDetail{}, err
	}
	second, err := c.Directory.SecondStep(r.Context(), caller, v.Site, id)
	if err != nil {
		return ui.UserDetail{}, err
	}
	messages, err := c.Directory.Messages(r.Context(), caller, v.Site, id, messagesOfUser)
	if err != nil {
		return ui.UserDetail{}, err
	}
	view := ui.UserDetail{Of: u, Reachable: second.Reachable, Barriers: how.Barriers, From: blocks(how.From), Lock: how.Lock, End: how.End,
		Shared: how.Shared, SharedAt: how.SharedAt, Trusted: second.Trusted, Email: u.Email, AskPassword: c.stale(v)}
	for _, m := range messages {
		view.Mails = append(view.Mails, userMail(m))
	}
	return view, nil
}

// blocks names each address by its block as well.
func blocks(addresses []string) (from []ui.From) {
	for _, a := range addresses {
		from = append(from, ui.From{Address: a, Block: signin.AddressBlock(a)})
	}
	return from
}

// userMail is what the page says about a message, which is nothing of what it said.
func userMail(m directory.Mailed) ui.UserMail {
	return ui.UserMail{ID: m.ID, Subject: m.Subject, To: m.Recipient, State: string(m.State), Reply: m.Reply,
		CreatedAt: m.CreatedAt, DueAt: m.DueAt, DoneAt: m.DoneAt, Void: string(m.Void), Resend: string(m.Way)}
}

// rowID is what an ID looks like. Anything else names nothing, and is not worth asking
// the database for.
var rowID = regexp.MustCompile(`^[a-z]{3}_[0-9a-f]{32}$`)

func pathID(r *http.Request, name string) (string, error) {
	id := r.PathValue(name)
	if !rowID.MatchString(id) {
		return "", gatehouse.ErrNotFound
	}
	return id, nil
}
