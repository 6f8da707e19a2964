package directory_test

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// leads makes an administrator who has signed in.
func (h *house) leads(companyID, name string) gatehouse.User {
	h.t.Helper()
	u := h.user(h.uk, companyID, name, gatehouse.RoleAdmin)
	h.write(func(q store.Queries) error { return q.SignedIn(h.t.Context(), u.SiteID, u.ID, h.now) })
	return u
}

// Two administrators take each other's place at the same instant: one of them does, and the company
// keeps an administrator, on either database and in any order.
func TestTwoAdministratorsAtOneInstant(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		for i, a := range []gatehouse.UserAct{gatehouse.ActDeactivate, gatehouse.ActUnmakeAdmin, gatehouse.ActDelete} {
			name := string(rune('A' + i))
			pair := []gatehouse.User{h.leads(c.ID, name+"First"), h.leads(c.ID, name+"Second")}
			var done [2]error
			var both sync.WaitGroup
			start := make(chan struct{})
			for me := range pair {
				both.Go(func() {
					<-start
					done[me] = h.Act(t.Context(), h.uk, as(pair[me]), pair[1-me].ID, a, "")
				})
			}
			close(start)
			both.Wait()
			if (done[0] == nil) == (done[1] == nil) {
				t.Fatalf("%s: %v and %v", a, done[0], done[1])
			}
			left := 0
			for me, u := range pair {
				if h.stored(h.uk, u.Username).Leads() {
					left++
				}
				if done[me] != nil && gatehouse.KindOf(done[me]) != gatehouse.Forbidden && gatehouse.ReasonOf(done[me]) != string(gatehouse.RefusedLast) {
					t.Errorf("%s: the one who came second is told %v", a, done[me])
				}
			}
			if left != 1 {
				t.Errorf("%s: %d administrators are left", a, left)
			}
			for _, u := range pair { // the next pair is alone
				if err := h.Act(t.Context(), h.uk, operator, u.ID, gatehouse.ActUnmakeAdmin, ""); err != nil && gatehouse.ReasonOf(err) != string(gatehouse.RefusedDeleted) {
					t.Fatal(err)
				}
			}
		}
	})
}

// The last administrator stays, and nobody acts on their own account.
func TestTheLastAdministratorStays(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	admin := h.leads(c.ID, "AOkafor")
	for _, a := range []gatehouse.UserAct{gatehouse.ActDeactivate, gatehouse.ActUnmakeAdmin, gatehouse.ActDelete, gatehouse.ActPassword} {
		if err := h.Act(t.Context(), h.uk, as(admin), admin.ID, a, ""); gatehouse.ReasonOf(err) != directory.ReasonOwnAccount {
			t.Errorf("%s of oneself: %v", a, err)
		}
	}
	if !h.stored(h.uk, "AOkafor").Leads() {
		t.Error("the company has nobody left")
	}
}

// Another company's user does not exist for an administrator, whatever the act.
func TestActsStayInTheCompany(t *testing.T) {
	h := once(t)
	ours, theirs := h.company(h.uk, "10482", "Northgate"), h.company(h.uk, "2", "Harbour")
	admin, other := h.leads(ours.ID, "AOkafor"), h.user(h.uk, theirs.ID, "MSantos", gatehouse.RoleUser)
	was := h.stored(h.uk, "MSantos")
	for _, a := range gatehouse.UserActs {
		if err := h.Act(t.Context(), h.uk, as(admin), other.ID, a, ""); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("%s: %v", a, err)
		}
	}
	if h.stored(h.uk, "MSantos") != was || len(h.events(other)) != 1 {
		t.Error("something was done")
	}
}

// A deleted user is gone from every list and keeps the username; undo gives everything back, and
// after 30 days nothing is left but the event log.
func TestDeletedAndRestored(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		admin, u := h.leads(c.ID, "AOkafor"), h.user(h.uk, c.ID, "MSantos", gatehouse.RoleUser)
		h.write(func(q store.Queries) error { return q.SignedIn(t.Context(), u.SiteID, u.ID, h.now) })
		h.signIn(u)
		h.do(admin, u, gatehouse.ActDelete)
		gone := h.stored(h.uk, "MSantos")
		if h.sessions(u) != 0 || gone.MaySignIn() || gone.MayRecover() || !gone.RemovedAt().Equal(h.now.Add(gatehouse.KeepDeleted)) {
			t.Errorf("deleted: %d sessions, %+v", h.sessions(u), gone)
		}
		h.notListed(c.ID, u)
		if _, err := h.CreateUser(t.Context(), h.uk, as(admin), c.ID, directory.UserFields{Username: "msantos"}); fields(err) != "username=taken" {
			t.Errorf("the username of a deleted user: %v", err)
		}
		if _, err := h.UpdateUser(t.Context(), h.uk, as(admin), u.ID, directory.UserChange{FirstName: ptr("Mo")}); gatehouse.ReasonOf(err) != string(gatehouse.RefusedDeleted) {
			t.Errorf("a change of a deleted user: %v", err)
		}
		if err := h.RemoveDeleted(t.Context(), h.theSite); err != nil {
			t.Fatal(err)
		}
		h.do(admin, u, gatehouse.ActRestore)
		if back := h.stored(h.uk, "MSantos"); back.State != gatehouse.Active || back.Deleted() || back.DeletedState != "" {
			t.Errorf("restored: %+v", back)
		}
		h.do(admin, u, gatehouse.ActDelete)
		h.now = h.now.Add(gatehouse.KeepDeleted)
		if err := h.RemoveDeleted(t.Context(), h.theSite); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Store.Read().User(t.Context(), h.uk.ID, u.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("30 days later: %v", err)
		}
		if kinds, _ := h.mails(u); len(kinds) != 0 {
			t.Errorf("30 days later, there are mails: %v", kinds)
		}
		events := h.events(u)
		if events[len(events)-1] != gatehouse.EventUserRemoved {
			t.Errorf("events: %v", events)
		}
		if _, err := h.CreateUser(t.Context(), h.uk, as(admin), c.ID, directory.UserFields{Username: "msantos"}); err != nil {
			t.Errorf("the username is still reserved: %v", err)
		}
	})
}

func (h *house) theSite(id string) *site.Site {
	if id == h.uk.ID {
		return h.uk
	}
	return nil
}

// do does an act as an administrator, a moment later.
func (h *house) do(admin, u gatehouse.User, a gatehouse.UserAct) {
	h.t.Helper()
	h.later()
	if err := h.Act(h.t.Context(), h.uk, as(admin), u.ID, a, ""); err != nil {
		h.t.Fatalf("%s: %v", a, err)
	}
}

// notListed fails if a list of the company has the user.
func (h *house) notListed(companyID string, u gatehouse.User) {
	h.t.Helper()
	is := func(o gatehouse.User) bool { return o.ID == u.ID }
	found, err := h.FindUsers(h.t.Context(), h.uk, operator, companyID, directory.UserList{Limit: 100})
	if err != nil || slices.ContainsFunc(found.Users, is) {
		h.t.Errorf("found: %v, %v", found.Users, err)
	}
	all, err := h.Users(h.t.Context(), h.uk, operator, companyID, "", 100)
	if err != nil || slices.ContainsFunc(all, is) {
		h.t.Errorf("users: %v, %v", all, err)
	}
	deleted, err := h.DeletedUsers(h.t.Context(), h.uk, operator, companyID)
	if err != nil || len(deleted) != 1 || !is(deleted[0]) {
		h.t.Errorf("deleted: %v, %v", deleted, err)
	}
}

// A new administrator is announced to the others, except to the one who did it; and told.
func TestANewAdministratorIsAnnounced(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	by, other := h.leads(c.ID, "AOkafor"), h.leads(c.ID, "BLind")
	u := h.user(h.uk, c.ID, "MSantos", gatehouse.RoleUser)
	h.do(by, u, gatehouse.ActMakeAdmin)
	for _, to := range []struct {
		user gatehouse.User
		want string
	}{{other, "new-administrator"}, {u, "account-changed"}} {
		kinds, texts := h.mails(to.user)
		if last := len(kinds) - 1; kinds[last] != to.want || !strings.Contains(texts[last], "MSantos") {
			t.Errorf("%s gets %v", to.user.Username, kinds)
		}
	}
	if kinds, texts := h.mails(by); strings.Contains(strings.Join(texts, ""), "MSantos") {
		t.Errorf("the one who did it is told: %v", kinds)
	}
	h.do(by, u, gatehouse.ActUnmakeAdmin)
	if kinds, _ := h.mails(other); len(kinds) != 2 {
		t.Errorf("one administrator fewer is announced, too: %v", kinds)
	}
}

// A form that shows what is no longer so changes nothing.
func TestActsKnowWhatTheFormShowed(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	first, second := h.leads(c.ID, "AOkafor"), h.leads(c.ID, "BLind")
	u := h.user(h.uk, c.ID, "MSantos", gatehouse.RoleUser)
	seen := gatehouse.UserVersion(h.stored(h.uk, "MSantos"))
	if _, err := h.UpdateUser(t.Context(), h.uk, as(first), u.ID, directory.UserChange{FirstName: ptr("Mo"), Seen: seen}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.UpdateUser(t.Context(), h.uk, as(second), u.ID, directory.UserChange{LastName: ptr("S"), Seen: seen}); gatehouse.ReasonOf(err) != directory.ReasonUserChanged {
		t.Errorf("a lost update: %v", err)
	}
	if err := h.Act(t.Context(), h.uk, as(second), u.ID, gatehouse.ActDeactivate, seen); gatehouse.ReasonOf(err) != directory.ReasonUserChanged {
		t.Errorf("an act on what has changed: %v", err)
	}
	if got := h.stored(h.uk, "MSantos"); got.FirstName != "Mo" || got.LastName != "Santos" || got.State == gatehouse.Deactivated {
		t.Errorf("stored: %+v", got)
	}
}

// Somebody demoted a moment ago does nothing more, also with a request that is under way.
func TestADemotedAdministratorDoesNothing(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	first, second := h.leads(c.ID, "AOkafor"), h.leads(c.ID, "BLind")
	u := h.user(h.uk, c.ID, "MSantos", gatehouse.RoleUser)
	h.do(first, second, gatehouse.ActUnmakeAdmin)
	if err := h.Act(t.Context(), h.uk, as(second), u.ID, gatehouse.ActDeactivate, ""); gatehouse.KindOf(err) != gatehouse.Forbidden {
		t.Errorf("an act: %v", err)
	}
	if _, err := h.CreateUser(t.Context(), h.uk, as(second), c.ID, directory.UserFields{Username: "New"}); gatehouse.KindOf(err) != gatehouse.Forbidden {
		t.Errorf("a new user: %v", err)
	}
	if _, err := h.UpdateUser(t.Context(), h.uk, as(second), u.ID, directory.UserChange{FirstName: ptr("Mo")}); gatehouse.KindOf(err) != gatehouse.Forbidden {
		t.Errorf("a change: %v", err)
	}
}

// Invited by link: one link at a time opens the account, as long as a temporary password would.
func TestInvitedByLink(t *testing.T) {
	h := once(t)
	h.uk.InvitesByLink = true
	c := h.company(h.uk, "10482", "Northgate")
	admin, u := h.leads(c.ID, "AOkafor"), h.user(h.uk, c.ID, "MSantos", gatehouse.RoleUser)
	was := h.stored(h.uk, "MSantos")
	if was.Password.Hash != "" || !was.WasInvited() || was.State != gatehouse.Invited {
		t.Fatalf("invited: %+v", was)
	}
	h.do(admin, u, gatehouse.ActInviteAgain)
	kinds, texts := h.mails(u)
	if !slices.Equal(kinds, []string{"invitation", "invitation"}) {
		t.Fatalf("mails: %v", kinds)
	}
	for i, text := range texts {
		token := linkToken.FindStringSubmatch(text)
		if token == nil {
			t.Fatalf("no link in\n%s", text)
		}
		r, err := h.Store.Read().Recovery(t.Context(), h.uk.ID, secret.HashToken(token[1]))
		if i == 0 && gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("the first link still works: %+v, %v", r, err)
		}
		if i == 1 && (err != nil || r.UserID != u.ID || !r.ExpiresAt.Equal(h.now.Add(h.uk.Policy.TemporaryPassword))) {
			t.Errorf("the second link: %+v, %v", r, err)
		}
	}
	// Without an address, there is nothing to send a link to.
	i, err := h.CreateUser(t.Context(), h.uk, as(admin), c.ID, directory.UserFields{Username: "Nomail"})
	if err != nil || i.Password == "" {
		t.Errorf("a user without an address: %+v, %v", i, err)
	}
	h.now = h.now.Add(25 * time.Hour)
	if !h.stored(h.uk, "MSantos").WasInvited() {
		t.Error("an invitation that is over was none")
	}
}

// A link that went to the wrong mailbox is replaced by another one.
func TestACorrectedAddressGetsAnotherLink(t *testing.T) {
	h := once(t)
	h.uk.InvitesByLink = true
	c := h.company(h.uk, "10482", "Northgate")
	admin, u := h.leads(c.ID, "AOkafor"), h.user(h.uk, c.ID, "MSantos", gatehouse.RoleUser)
	h.later()
	if _, err := h.CorrectEmail(t.Context(), h.uk, as(admin), u.ID, "mira@northgate.example"); err != nil {
		t.Fatal(err)
	}
	kinds, _ := h.mails(u)
	if n := len(slices.DeleteFunc(kinds, func(k string) bool { return k != "invitation" })); n != 2 {
		t.Errorf("%d invitations: %v", n, kinds)
	}
}

var linkToken = regexp.MustCompile(`/reset-password\?token=([A-Za-z0-9_-]+)`)
