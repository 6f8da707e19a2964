package directory_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/store"
)

// What a later import may change, and what stays.
func TestImportAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const head = "account_number,company,username,first_name,email,role,password_hash,active\n"
		h.mustImport(h.uk, head+"1,N,mira,Mira,mira@a.example,admin,"+sommer+",\n1,N,ola,Ola,ola@a.example,user,"+sommer+",\n")

		h.later()
		r := h.mustImport(h.uk, head+"1,,mira,,mira@b.example,,"+newer+",\n1,N,ola,,,,,no\n")
		if r.Updated != 2 || r.PasswordsReplaced != 1 || r.Deactivated != 1 {
			t.Errorf("report: %+v", r)
		}
		mira, ola := h.stored(h.uk, "mira"), h.stored(h.uk, "ola")
		if mira.FirstName != "Mira" || mira.Email != "mira@b.example" || mira.Role != gatehouse.RoleAdmin || !h.wraps(mira, newer) {
			t.Errorf("%+v", mira)
		}
		if ola.State != gatehouse.Deactivated || !h.wraps(ola, sommer) || ola.Email != "ola@a.example" {
			t.Errorf("%+v", ola)
		}
		if got := h.events(ola); !slices.Equal(got, []gatehouse.EventKind{gatehouse.EventUserImported, gatehouse.EventUserDeactivated}) {
			t.Errorf("events: %v", got)
		}

		h.later()
		if r = h.mustImport(h.uk, head+"1,,mira,,,,"+sommer+",\n1,N,ola,Ola,,,,\n"); r.PasswordsReplaced != 1 || r.Unchanged != 1 {
			t.Errorf("a third time, and nobody is brought back without a word: %+v", r)
		}
		if r = h.mustImport(h.uk, head+"1,,ola,,,,,yes\n"); r.Activated != 1 || h.stored(h.uk, "ola").State != gatehouse.Active {
			t.Errorf("brought back: %+v", r)
		}
	})
}

// A password that has changed here in any way is newer than the file.
func TestAPasswordOfOnesOwnIsNotOverwritten(t *testing.T) {
	h := once(t)
	file := "account_number,company,username,password_hash,email\n1,N,mira," + sommer + ",mira@a.example\n"
	ours, err := h.Hasher.Hash(t.Context(), "chosen here")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(q store.Queries, u gatehouse.User) error{
		"signed in": func(q store.Queries, u gatehouse.User) error { return q.SignedIn(t.Context(), u.SiteID, u.ID, h.now) },
		"rehashed at a sign-in that is not finished": func(q store.Queries, u gatehouse.User) error {
			_, err := q.ReplaceHash(t.Context(), u.SiteID, u.ID, u.Password.Hash, ours)
			return err
		},
		"chosen in a sign-in that is not finished": func(q store.Queries, u gatehouse.User) error {
			return q.SetPassword(t.Context(), u.SiteID, u.ID, gatehouse.Password{Hash: ours, Origin: gatehouse.PasswordChosen, SetAt: h.now})
		},
		"reset": func(q store.Queries, u gatehouse.User) error {
			return q.SetPassword(t.Context(), u.SiteID, u.ID, gatehouse.Password{Hash: ours, Origin: gatehouse.PasswordRecovery, SetAt: h.now, ExpiresAt: h.now.Add(time.Hour)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := once(t)
			h.mustImport(h.uk, file)
			h.later()
			u := h.stored(h.uk, "mira")
			h.write(func(q store.Queries) error { return change(q, u) })
			before := h.stored(h.uk, "mira")
			r := h.mustImport(h.uk, strings.Replace(file, sommer, newer, 1))
			if r.PasswordsKept != 1 || r.PasswordsReplaced != 0 || h.stored(h.uk, "mira").Password != before.Password {
				t.Errorf("%+v: the password is %+v", r, h.stored(h.uk, "mira").Password)
			}
		})
	}
	t.Run("the address its owner has confirmed", func(t *testing.T) {
		h := once(t)
		h.mustImport(h.uk, file)
		u := h.stored(h.uk, "mira")
		u.Email, u.EmailConfirmed = "mira@home.example", true
		h.write(func(q store.Queries) error { return q.UpdateProfile(t.Context(), u, time.Time{}) })
		if r := h.mustImport(h.uk, file); r.Unchanged != 1 || h.stored(h.uk, "mira").Email != "mira@home.example" {
			t.Errorf("%+v: the address is %s", r, h.stored(h.uk, "mira").Email)
		}
	})
}

// A user reactivated by an import is like one reactivated by an administrator: no old link opens
// the account, and an invited user is invited again.
func TestWhomAnImportBringsBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.company(h.uk, "10482", "Northgate")
		const head = "username,account_number,active\n"
		for _, back := range []func(u gatehouse.User) error{
			func(u gatehouse.User) error { return h.Activate(t.Context(), h.uk, operator, u.ID) },
			func(u gatehouse.User) error {
				_, err := h.importFile(h.uk, head+u.Username+",10482,yes\n", directory.ImportOptions{})
				return err
			},
		} {
			u := h.user(h.uk, c.ID, "back-"+store.NewID("x", h.now)[24:], gatehouse.RoleUser)
			h.open(u)
			h.mustImport(h.uk, head+u.Username+",10482,no\n")
			if err := back(u); err != nil {
				t.Fatal(err)
			}
			if r, err := h.Store.Read().Recovery(t.Context(), u.SiteID, "link of "+u.ID); err == nil && r.UsedAt.IsZero() && r.ExpiresAt.After(h.now) {
				t.Errorf("%s: a link from before opens the account", u.Username)
			}
			if now := h.stored(h.uk, u.Username); now.State != gatehouse.Invited {
				t.Errorf("%s is %s", u.Username, now.State)
			}
		}
	})
}
