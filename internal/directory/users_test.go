package directory_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

func TestANewUserGetsATemporaryPasswordByMail(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate Systems Ltd")
		admin := h.user(h.uk, c.ID, "AOkafor", gatehouse.RoleAdmin)
		i, err := h.CreateUser(t.Context(), h.uk, as(admin), c.ID,
			directory.UserFields{Username: " MSantos ", FirstName: "Mira", Email: "mira@northgate.example"})
		if err != nil {
			t.Fatal(err)
		}
		if i.Password != "" || i.User.Password.Hash != "" {
			t.Error("the password or its hash came back although it was mailed")
		}
		u := h.stored(h.uk, "msantos")
		if u.Username != "MSantos" || u.Role != gatehouse.RoleUser || u.State != gatehouse.Invited ||
			u.Password.Origin != gatehouse.PasswordInitial || !u.Password.ExpiresAt.Equal(noon.Add(h.uk.Policy.TemporaryPassword)) {
			t.Errorf("stored: %+v", u)
		}
		kinds, texts := h.mails(u)
		if !slices.Equal(kinds, []string{"temporary-password"}) {
			t.Fatalf("mails: %v", kinds)
		}
		if !h.opens(u, temporaryPassword.FindString(texts[0])) {
			t.Error("the mailed password does not open the account")
		}
		if !strings.Contains(texts[0], "Mira Santos at Northgate Systems Ltd created an account") {
			t.Errorf("the mail does not say who made the account:\n%s", texts[0])
		}
		if got := h.events(u); !slices.Equal(got, []gatehouse.EventKind{gatehouse.EventUserCreated}) {
			t.Errorf("events: %v", got)
		}
	})
}

func TestWithoutAnAddressThePasswordIsReturned(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	i, err := h.CreateUser(t.Context(), h.uk, operator, c.ID, directory.UserFields{Username: "warehouse"})
	if err != nil || !h.opens(i.User, i.Password) {
		t.Fatalf("%q does not open the account (%v)", i.Password, err)
	}
	if i, err = h.ResetPassword(t.Context(), h.uk, operator, i.User.ID); err != nil || !h.opens(i.User, i.Password) {
		t.Fatalf("after a reset %q does not open the account (%v)", i.Password, err)
	}
	if kinds, _ := h.mails(i.User); kinds != nil {
		t.Errorf("mails to nowhere: %v", kinds)
	}
}

func TestFieldsAreChecked(t *testing.T) {
	h := once(t)
	c, p := h.company(h.uk, "10482", "Northgate"), h.company(h.press, "1", "Quill")
	h.user(h.uk, c.ID, "Taken", gatehouse.RoleUser)
	long := strings.Repeat("é", 101)
	for _, try := range []struct {
		in   directory.UserFields
		want string
	}{
		{directory.UserFields{}, "username=required"},
		{directory.UserFields{Username: "\u3000 "}, "username=required"},
		{directory.UserFields{Username: "ｔａｋｅｎ"}, "username=taken"},
		{directory.UserFields{Username: "a\u202eb"}, "username=character"},
		{directory.UserFields{Username: "a\u200bb"}, "username=character"},
		{directory.UserFields{Username: "a\xffb"}, "username=character"},
		{directory.UserFields{Username: strings.Repeat("a", 255)}, "username=too-long"},
		{directory.UserFields{Username: "u", FirstName: long, LastName: "a\nb"}, "first_name=too-long last_name=character"},
		{directory.UserFields{Username: "u", LastName: "a\u2067b"}, "last_name=character"},
		{directory.UserFields{Username: "u", Email: "nobody"}, "email=email"},
		{directory.UserFields{Username: "u", Email: "a@b.example, c@d.example"}, "email=email"},
		{directory.UserFields{Username: "u", Email: "a@b.example\r\nBcc: c@d.example"}, "email=character"},
		{directory.UserFields{Username: "u", Role: "root", Locale: "tlh"}, "role=role locale=locale"},
	} {
		_, err := h.CreateUser(t.Context(), h.uk, operator, c.ID, try.in)
		if got := fields(err); got != try.want {
			t.Errorf("%+q: %q (%v), want %q", try.in, got, err, try.want)
		}
	}
	for _, try := range []struct {
		in   directory.UserFields
		want string
	}{
		{directory.UserFields{}, "email=required"},
		{directory.UserFields{Username: "mira"}, "email=email"},
		{directory.UserFields{Username: "mira", Email: "mira@quill.example"}, "username=username-is-email"},
	} {
		_, err := h.CreateUser(t.Context(), h.press, operator, p.ID, try.in)
		if got := fields(err); got != try.want {
			t.Errorf("where addresses sign in, %+q: %q (%v), want %q", try.in, got, err, try.want)
		}
	}
	if _, err := h.CreateCompany(t.Context(), h.uk, operator, directory.CompanyFields{Name: "Other", AccountNumber: "10482"}); fields(err) != "account_number=taken" {
		t.Errorf("a second 10482: %v", err)
	}
	if _, err := h.CreateCompany(t.Context(), h.uk, operator, directory.CompanyFields{Name: "a\rb"}); fields(err) != "name=character account_number=required" {
		t.Errorf("a company of nothing: %v", err)
	}
}

// A username that is somebody else's address would take over that user's sign-ins.
func TestAUsernameCannotBeAnothersAddress(t *testing.T) {
	h := once(t)
	either := *h.uk
	either.SignInWith = gatehouse.WithUsernameOrEmail
	c := h.company(&either, "10482", "Northgate")
	_, err := h.CreateUser(t.Context(), &either, operator, c.ID, directory.UserFields{Username: "Mira@Quill.example", Email: "thief@quill.example"})
	if got := fields(err); got != "username=username-is-email" {
		t.Errorf("%q (%v)", got, err)
	}
	_, err = h.CreateUser(t.Context(), &either, operator, c.ID, directory.UserFields{Username: "Mira@Quill.example", Email: "mira@quill.example"})
	if err != nil {
		t.Errorf("the own address: %v", err)
	}
}

func TestUpdateUser(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.press, "1", "Quill")
		u := h.user(h.press, c.ID, "mira@quill.example", gatehouse.RoleUser)
		h.user(h.press, c.ID, "ola@quill.example", gatehouse.RoleUser)
		h.later()
		got, err := h.UpdateUser(t.Context(), h.press, operator, u.ID, directory.UserChange{Email: ptr("m.santos@quill.example"), Role: ptr(gatehouse.RoleAdmin)})
		if err != nil || got.Username != "m.santos@quill.example" || got.Role != gatehouse.RoleAdmin || got.FirstName != "Mira" {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := h.UpdateUser(t.Context(), h.press, operator, u.ID, directory.UserChange{Email: ptr("OLA@quill.example")}); fields(err) != "username=taken" {
			t.Errorf("another's address: %v", err)
		}
		all, err := h.Events(t.Context(), h.press, operator, u.ID, 1)
		want := map[string]string{"fields": "username email role", "username_before": "mira@quill.example", "email_before": "mira@quill.example", "role_before": "user"}
		if err != nil || len(all) != 1 || !maps.Equal(all[0].Detail, want) || all[0].ActorName != "olive" {
			t.Errorf("event: %+v, %v", all, err)
		}
		before := len(h.events(u))
		if _, err := h.UpdateUser(t.Context(), h.press, operator, u.ID, directory.UserChange{FirstName: ptr("Mira")}); err != nil || len(h.events(u)) != before {
			t.Errorf("a change of nothing: %v, %d events more", err, len(h.events(u))-before)
		}
	})
}

func TestUpdateCompany(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "10482", "Northgate")
	h.company(h.uk, "2", "Other")
	got, err := h.UpdateCompany(t.Context(), h.uk, operator, c.ID, directory.CompanyChange{Name: ptr("Northgate Ltd")})
	if err != nil || got.Name != "Northgate Ltd" || got.AccountNumber != "10482" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := h.UpdateCompany(t.Context(), h.uk, operator, c.ID, directory.CompanyChange{AccountNumber: ptr("2")}); fields(err) != "account_number=taken" {
		t.Errorf("another's number: %v", err)
	}
}

func TestDeactivateEndsEverything(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		u := h.user(h.uk, c.ID, "MSantos", gatehouse.RoleUser)
		h.signIn(u)
		h.later()
		for range 2 { // the second time is no error and no event
			if err := h.Deactivate(t.Context(), h.uk, operator, u.ID); err != nil {
				t.Fatal(err)
			}
		}
		if h.sessions(u) != 0 || h.stored(h.uk, "MSantos").State != gatehouse.Deactivated {
			t.Error("still there")
		}
		if _, err := h.ResetPassword(t.Context(), h.uk, operator, u.ID); gatehouse.KindOf(err) != gatehouse.Conflict {
			t.Errorf("a reset of a deactivated account: %v", err)
		}
		h.later()
		if err := h.Activate(t.Context(), h.uk, operator, u.ID); err != nil || h.stored(h.uk, "MSantos").State != gatehouse.Invited {
			t.Errorf("activated: %v, %+v", err, h.stored(h.uk, "MSantos"))
		}
		want := []gatehouse.EventKind{gatehouse.EventUserCreated, gatehouse.EventUserDeactivated, gatehouse.EventUserActivated}
		if got := h.events(u); !slices.Equal(got, want) {
			t.Errorf("events %v, want %v", got, want)
		}
	})
}

func TestUnlock(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		admin, u := h.user(h.uk, c.ID, "AOkafor", gatehouse.RoleAdmin), h.user(h.uk, c.ID, "MSantos", gatehouse.RoleUser)
		lock := func(account bool, reason gatehouse.LockReason) {
			h.write(func(q store.Queries) error {
				if account {
					if _, err := q.LockUser(t.Context(), h.uk.ID, u.ID, reason, h.now); err != nil {
						return err
					}
				}
				a, err := q.HoldAttempts(t.Context(), h.uk.ID, u.ID, "", h.now)
				if err != nil {
					return err
				}
				a.Row, a.LockedAt = 6, h.now
				return q.SaveAttempts(t.Context(), h.uk.ID, u.ID, "", a)
			})
		}
		for i, account := range []bool{true, false} {
			lock(account, gatehouse.LockedByAttempts)
			h.later()
			if err := h.Unlock(t.Context(), h.uk, as(admin), u.ID); err != nil {
				t.Fatal(err)
			}
			locks, err := h.Locks(t.Context(), h.uk, operator, u.ID)
			if err != nil || locks != (directory.Locks{}) {
				t.Errorf("after the unlock: %+v, %v", locks, err)
			}
			kinds, texts := h.mails(u)
			if len(kinds) != 2+i || kinds[1+i] != "unlocked" || !strings.Contains(texts[1+i], "an administrator of your company") {
				t.Errorf("mails: %v\n%s", kinds, texts)
			}
		}
		if err := h.Unlock(t.Context(), h.uk, as(admin), u.ID); err != nil {
			t.Fatal(err)
		}
		if kinds, _ := h.mails(u); len(kinds) != 3 {
			t.Errorf("mail about an unlock of nothing: %v", kinds)
		}
		lock(true, gatehouse.LockedByOperator)
		if err := h.Unlock(t.Context(), h.uk, as(admin), u.ID); gatehouse.KindOf(err) != gatehouse.Forbidden || !h.stored(h.uk, "MSantos").Locked() {
			t.Errorf("an administrator undid the operator's lock: %v", err)
		}
	})
}

func TestResetPassword(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		u := h.user(h.uk, c.ID, "MSantos", gatehouse.RoleUser)
		_, texts := h.mails(u)
		h.signIn(u)
		h.write(func(q store.Queries) error { return q.SignedIn(t.Context(), u.SiteID, u.ID, h.now) })
		h.later()
		i, err := h.ResetPassword(t.Context(), h.uk, operator, u.ID)
		if err != nil || i.Password != "" || i.User.Password.Hash != "" {
			t.Fatalf("%+v, %v", i, err)
		}
		kinds, after := h.mails(u)
		if len(kinds) != 2 || h.sessions(u) != 0 {
			t.Fatalf("mails %v, %d sessions", kinds, h.sessions(u))
		}
		if h.opens(u, temporaryPassword.FindString(texts[0])) || !h.opens(u, temporaryPassword.FindString(after[1])) {
			t.Error("the old password still works, or the new one does not")
		}
		if got := h.stored(h.uk, "MSantos").Password; got.Origin != gatehouse.PasswordRecovery || got.ExpiresAt.IsZero() {
			t.Errorf("password: %+v", got)
		}
	})
}

// B16: a lost invitation is sent again, and the first sign-in stays the first; a recovery that
// somebody began meanwhile does not become one.
func TestResetOfAnInvitation(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		u := h.user(h.uk, c.ID, "MSantos", gatehouse.RoleUser)
		reset := func() gatehouse.PasswordOrigin {
			h.later()
			if _, err := h.ResetPassword(t.Context(), h.uk, operator, u.ID); err != nil {
				t.Fatal(err)
			}
			return h.stored(h.uk, "MSantos").Password.Origin
		}
		if got := reset(); got != gatehouse.PasswordInitial {
			t.Errorf("an invitation that is sent again: %s", got)
		}
		h.write(func(q store.Queries) error {
			return q.ReplacePassword(t.Context(), h.stored(h.uk, "MSantos"), gatehouse.Password{Hash: "x", Origin: gatehouse.PasswordRecovery, SetAt: h.now}, 0)
		})
		if got := reset(); got != gatehouse.PasswordRecovery {
			t.Errorf("after a recovery: %s", got)
		}
	})
}
