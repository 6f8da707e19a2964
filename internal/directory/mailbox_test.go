package directory_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// disguises are characters that some comparison treats as equal to the ones they replace.
var disguises = map[string][]string{
	"k": {"\u212a", "ｋ", "Ｋ"}, "s": {"ſ", "ｓ"}, "ss": {"ß", "ẞ", "ſſ"}, "i": {"ı", "İ", "ｉ", "і"}, "a": {"а", "ａ"}, "ω": {"\u2126"},
	"σ": {"ς"}, "ς": {"σ"}, "å": {"\u212b"}, "fi": {"ﬁ"}, "e": {"е", "ｅ"}, "m": {"ｍ", "Ｍ"}, "µ": {"μ"}, "o": {"ο", "ｏ"},
}

// someLookAlikes returns addresses that look like an address or are easily mistaken for it, but
// are different mailboxes to which mail can be sent.
func someLookAlikes(address string, n int) []string {
	chance := rand.New(rand.NewPCG(18, uint64(len(address))))
	all := []string{}
	for len(all) < n {
		like := address
		for plain, others := range disguises {
			if chance.IntN(4) == 0 {
				like = strings.Replace(like, plain, others[chance.IntN(len(others))], 1)
			}
		}
		if mail.CanSend(like) && !gatehouse.SameMailbox(like, address) {
			all = append(all, like)
		}
	}
	return all
}

// open leaves everything in a user's mailbox and devices that can open the account.
func (h *house) open(u gatehouse.User) (step string) {
	h.t.Helper()
	h.signIn(u)
	id, step := store.NewID("dev", h.now), store.NewID("sin", h.now)
	reason := gatehouse.Code{ID: store.NewID("cod", h.now), MAC: "x", SentAt: h.now, ExpiresAt: h.now.Add(time.Hour)}
	link := store.Recovery{SiteID: u.SiteID, ID: store.NewID("rec", h.now), Kind: gatehouse.RecoverByLink, UserID: u.ID, Subject: u.ID, CreatedAt: h.now, ExpiresAt: h.now.Add(time.Hour)}
	h.write(func(q store.Queries) error {
		_, _, err := q.DeviceSignedIn(h.t.Context(), u.SiteID, u.ID, id, id, "", "", h.now)
		return errors.Join(err, q.TrustDevice(h.t.Context(), u.SiteID, u.ID, id, h.now), q.InsertCode(h.t.Context(), u.SiteID, u.ID, step, reason),
			q.InsertRecovery(h.t.Context(), "link of "+u.ID, link))
	})
	return step
}

// leftOpen returns what is left of what open did.
func (h *house) leftOpen(u gatehouse.User, step string) (left []string) {
	h.t.Helper()
	q := h.Store.Read()
	if b, err := q.DevicesOf(h.t.Context(), u.SiteID, u.ID, time.Time{}); err != nil || len(b) != 1 || !b[0].TrustedAt.IsZero() {
		left = append(left, "trust")
	}
	if codes, err := q.Codes(h.t.Context(), u.SiteID, step); err != nil || codes[0].ExpiresAt.After(h.now) {
		left = append(left, "a code")
	}
	if r, err := q.Recovery(h.t.Context(), u.SiteID, "link of "+u.ID); err == nil && r.UsedAt.IsZero() && r.ExpiresAt.After(h.now) {
		left = append(left, "a link")
	}
	all, err := q.MessagesOfUser(h.t.Context(), u.SiteID, u.ID, "", 100)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range all {
		if m.Recipient == u.Email && m.Kind != "address-corrected" && m.State == store.MessageWaiting {
			left = append(left, "mail: "+m.Kind)
		}
	}
	return left
}

// A look-alike of an address is somebody else's mailbox: every way to change an address to one
// does all that a change does.
func TestALookAlikeIsAnotherMailbox(t *testing.T) {
	const address = "kim.weiss%d@strasse.example"
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		for i, like := range someLookAlikes(address, 24) {
			u := h.user(h.uk, admin.CompanyID, fmt.Sprintf("kim%d", i), gatehouse.RoleUser)
			u.Email, u.EmailConfirmed = fmt.Sprintf(address, i), i%3 != 2
			h.write(func(q store.Queries) error { return q.UpdateProfile(t.Context(), u, time.Time{}) })
			like, step := fmt.Sprintf(like, i), h.open(u)
			var err error
			switch i % 3 {
			case 0:
				err = h.corrected(admin, u, like)
			case 1:
				_, err = h.UpdateUser(t.Context(), h.uk, operator, u.ID, directory.UserChange{Email: &like})
			case 2:
				h.mustImport(h.uk, "account_number,username,email\n1,"+u.Username+","+like+"\n")
			}
			now := h.stored(h.uk, u.Username)
			if err != nil || now.Email != like || now.EmailConfirmed {
				t.Errorf("%s: %v, the address is %s, confirmed %v", like, err, now.Email, now.EmailConfirmed)
			}
			if n := len(h.told(u, u.Email)); n != 1 {
				t.Errorf("%s: the old mailbox is told %d times", like, n)
			}
			if left := h.leftOpen(u, step); len(left) > 0 {
				t.Errorf("%s: left open: %q", like, left)
			}
			h.now = h.now.Add(time.Minute)
		}
	})
}

// Look-alikes count against the limit like other addresses.
func TestLookAlikesAreLimited(t *testing.T) {
	h := once(t)
	admin := h.northgate()
	u := h.user(h.uk, admin.CompanyID, "kim", gatehouse.RoleUser)
	n, err := 0, error(nil)
	for _, like := range someLookAlikes("kim.weiss@strasse.example", 20) {
		if err = h.corrected(admin, u, like); err != nil {
			break
		}
		n++
	}
	if gatehouse.KindOf(err) != gatehouse.TooMany || n > 7 {
		t.Errorf("%d corrections: %v", n, err)
	}
}

// If the address is the username, a file's line with a look-alike of a user's address is not that
// user's line, and the look-alike does not become the address of a different username.
func TestALookAlikeInAFileIsSomebodyElse(t *testing.T) {
	h := once(t)
	either := *h.uk
	either.SignInWith = gatehouse.WithUsernameOrEmail
	for _, st := range []string{"press", "either"} {
		on := map[string]*site.Site{"press": h.press, "either": &either}[st]
		h.mustImport(on, "account_number,company,username,email\n1,Quill,kim@quill.example,kim@quill.example\n")
		for _, like := range someLookAlikes("kim@quill.example", 10) {
			if gatehouse.NameKey(like) != "kim@quill.example" {
				continue
			}
			r, err := h.importFile(on, "account_number,company,username,email\n1,Quill,"+like+","+like+"\n", directory.ImportOptions{})
			if err == nil || !strings.Contains(fmt.Sprint(r.Problems), "another mailbox") {
				t.Errorf("%s: %v, %v", like, r.Problems, err)
			}
			if u := h.stored(on, "kim@quill.example"); u.Email != u.Username || u.Email != "kim@quill.example" {
				t.Errorf("%s: %s has the address %s", like, u.Username, u.Email)
			}
		}
	}
}

// One mailbox has two spellings if its domain is an international one. It may appear once in a
// file, and belongs to one user in either spelling; the user's own spelling stays.
func TestAnInternationalDomainInAFile(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.mustImport(h.press, "account_number,company,email,first_name\n1,Quill,Mira@exämple.example,Mira\n")
		u := h.stored(h.press, "mira@xn--exmple-cua.example")
		r := h.mustImport(h.press, "account_number,email,first_name\n1,mira@xn--exmple-cua.example,Myra\n")
		if now := h.stored(h.press, "mira@EXÄMPLE.example"); r.Updated != 1 || now.ID != u.ID || now.FirstName != "Myra" || now.Email != "Mira@exämple.example" || now.Username != now.Email {
			t.Errorf("%+v: %+v", r, now)
		}
		r, err := h.importFile(h.press, "account_number,email\n1,tom@exämple.example\n1,Tom@xn--exmple-cua.example\n", directory.ImportOptions{})
		if err == nil || !strings.Contains(fmt.Sprint(r.Problems), "is in line 2 already") {
			t.Errorf("%v, %v", r.Problems, err)
		}
		// If it is not the username, it is the same address.
		h.mustImport(h.uk, "account_number,company,username,email\n1,Quill,mira,Mira@exämple.example\n")
		if r := h.mustImport(h.uk, "account_number,username,email\n1,mira,Mira@xn--exmple-cua.example\n"); r.Unchanged != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// C01: a line finds its user in any case, including the Turkish letters.
func TestC01ALineFindsItsUserWhateverTheCapitals(t *testing.T) {
	h := once(t)
	c := h.company(h.uk, "1", "Northgate")
	plain := h.user(h.uk, c.ID, "ilgaz", gatehouse.RoleUser)
	r := h.mustImport(h.uk, "account_number,username,first_name\n1,İLGAZ,Ilgaz\n")
	if now := h.stored(h.uk, "ilgaz"); r.Updated != 1 || now.ID != plain.ID || now.FirstName != "Ilgaz" || now.Username != "ilgaz" {
		t.Errorf("%+v: %+v", r, now)
	}
}

// Submitting an unedited form changes nothing, even if the browser has replaced the domain with
// its DNS form.
func TestACorrectionKeepsTheSpelling(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		u := h.user(h.uk, admin.CompanyID, "kim", gatehouse.RoleUser)
		u.Email, u.EmailConfirmed = "kim@exämple.example", true
		h.write(func(q store.Queries) error { return q.UpdateProfile(t.Context(), u, time.Time{}) })
		events, mails := len(h.events(u)), h.mailed(u)
		for _, same := range []string{"kim@xn--exmple-cua.example", " kim@exämple.example", "kim@XN--EXMPLE-CUA.example"} {
			if err := h.corrected(admin, u, same); err != nil {
				t.Errorf("%q: %v", same, err)
			}
		}
		if now := h.stored(h.uk, "kim"); now.Email != u.Email || !now.EmailConfirmed || len(h.events(u)) != events || h.mailed(u) != mails {
			t.Errorf("%+v, %d events and %d mails more", now, len(h.events(u))-events, h.mailed(u)-mails)
		}
	})
}
