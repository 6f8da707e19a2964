package account_test

import (
	"context"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/testkit"
)

// If users sign in with their address, an address belongs to one account; the requester does not
// learn whether it is taken (invariant 7).
func TestA05_ATakenAddressIsToldToItsOwnerOnly(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		other := f.user("inkwell", "other@northgate.example", nil)
		u := f.user("inkwell", "priya@northgate.example", nil)
		f.ask(u, " Other@northgate.example ")
		m := f.Mail.Wait(t, other.Email)
		if !strings.Contains(m.Subject, "entered for another") || strings.Contains(m.Text, "token=") || strings.Contains(m.Text, u.Username) {
			t.Errorf("the owner gets %q: %s", m.Subject, m.Text)
		}
		f.token(u.Email, undoPath) // and the requester's old address is notified as usual
		taken, err := f.own.Profile(t.Context(), f.site, f.caller(u))
		if err != nil || taken.Waiting == nil || taken.Waiting.New != "Other@northgate.example" {
			t.Fatalf("%+v, %v", taken.Waiting, err)
		}
		f.ask(u, "free@northgate.example")
		f.token("free@northgate.example", confirmPath)
		free, err := f.own.Profile(t.Context(), f.site, f.caller(u))
		if err != nil || free.Waiting == nil {
			t.Fatal(err)
		}
		same := *free.Waiting
		same.ID, same.New = taken.Waiting.ID, taken.Waiting.New
		if same != *taken.Waiting {
			t.Errorf("the page differs: %+v, %+v", free.Waiting, taken.Waiting)
		}
		if got := f.kinds(u); got != "email.asked email.asked" {
			t.Error(got)
		}
	})
}

// Two users request the same free address: the first to confirm gets it, and the other one only
// learns that by reading its mail.
func TestA05_TwoAskForOneAddress(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		a, b := f.user("inkwell", "a@northgate.example", nil), f.user("inkwell", "b@northgate.example", nil)
		f.ask(a, "free@northgate.example")
		first := f.token("free@northgate.example", confirmPath)
		f.ask(b, "free@northgate.example")
		second := f.token("free@northgate.example", confirmPath)
		errs := make(chan error, 2)
		for _, token := range []string{first, second} {
			go func() { errs <- f.own.ConfirmEmail(context.Background(), f.site, f.visitor(), token) }()
		}
		one, two := <-errs, <-errs
		if one != nil {
			one, two = two, one
		}
		if one != nil {
			t.Fatalf("nobody has it: %v, %v", one, two)
		}
		wantCode(t, "the other one", two, gatehouse.Conflict, account.ReasonEmailTaken)
		if f.User(a).Email == f.User(b).Email {
			t.Error("both have it")
		}
	})
}

func TestA05_AnOldAddressThatIsTakenMeanwhile(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("inkwell", "old@northgate.example", nil)
		undo := f.move(u, "new@northgate.example")
		f.user("inkwell", "old@northgate.example", nil)
		_, err := f.undo(undo)
		wantCode(t, "undoing", err, gatehouse.Conflict, account.ReasonEmailTaken)
		f.wantEmail(u, "new@northgate.example")
	})
}

// Accounts of a site with usernames may share an address.
func TestA05_UsernameSitesShareAddresses(t *testing.T) {
	f := onceFlat(t)
	other := f.user("meridian-uk", "other", nil)
	u := f.user("meridian-uk", "priya", nil)
	f.move(u, other.Email)
	f.wantEmail(u, other.Email)
	if f.User(u).Username != "priya" {
		t.Error("the username changed too")
	}
}

// onceFlat is a flat on SQLite: for what does not depend on the database.
func onceFlat(t *testing.T) *flat {
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	return &flat{Server: s, t: t, site: s.Sites.ByID("meridian-uk"),
		own: &account.Service{Desk: s.SignIn.Desk, SignIn: s.SignIn, Keys: s.Keys}}
}

func TestA05_AUsernameThatIsAnAddressFollows(t *testing.T) {
	f := onceFlat(t)
	both := *f.Sites.ByID("meridian-uk")
	both.SignInWith = gatehouse.WithUsernameOrEmail
	u := f.user("meridian-uk", "priya@northgate.example", func(u *gatehouse.User) { u.Email = "priya@northgate.example" })
	plain := f.user("meridian-uk", "tom", nil)
	f.site = &both
	f.move(u, "new@northgate.example")
	f.move(plain, "tom.new@northgate.example")
	if f.User(u).Username != "new@northgate.example" || f.User(plain).Username != "tom" {
		t.Errorf("usernames %s and %s", f.User(u).Username, f.User(plain).Username)
	}
}
