package directory_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// corrected corrects an address as an administrator.
func (h *house) corrected(admin, u gatehouse.User, email string) error {
	h.later()
	_, err := h.UpdateUser(h.t.Context(), h.siteOf(u), as(admin), u.ID, directory.UserChange{Email: &email})
	return err
}

// What is in the old mailbox no longer opens anything: neither a temporary password nor a code nor
// a device that was trusted with one; and mail waiting to go there is not sent.
func TestACorrectedAddressEndsWhatTheOldOneHolds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		u := h.user(h.uk, admin.CompanyID, "priya", gatehouse.RoleUser)
		_, texts := h.mails(u)
		first := temporaryPassword.FindString(texts[0])
		h.signIn(u)
		id, reason := store.NewID("dev", h.now), gatehouse.Code{ID: store.NewID("cod", h.now), MAC: "x", SentAt: h.now, ExpiresAt: h.now.Add(time.Hour)}
		h.write(func(q store.Queries) error {
			_, _, err := q.DeviceSignedIn(t.Context(), u.SiteID, u.ID, id, id, "", "", h.now)
			return errors.Join(err, q.TrustDevice(t.Context(), u.SiteID, u.ID, id, h.now), q.InsertCode(t.Context(), u.SiteID, u.ID, "sin_1", reason))
		})
		if err := h.corrected(admin, u, "priya.raghunathan@northgate.example"); err != nil {
			t.Fatal(err)
		}
		all, err := h.Store.Read().MessagesOfUser(t.Context(), u.SiteID, u.ID, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		var again store.Message
		for _, m := range all {
			switch {
			case m.Kind != "temporary-password":
			case m.Recipient == u.Email && m.State != store.MessageExpired:
				t.Errorf("the old mail is %s", m.State)
			case m.Recipient != u.Email:
				again = m
			}
		}
		if again.State != store.MessageWaiting {
			t.Errorf("no new password goes to the new address: %+v", again)
		}
		if now := h.stored(h.uk, "priya").Password; h.opens(u, first) || now.Origin != gatehouse.PasswordInitial {
			t.Errorf("the old temporary password still works, or the invitation has become a recovery: %s", now.Origin)
		}
		b, err := h.Store.Read().DevicesOf(t.Context(), u.SiteID, u.ID, time.Time{})
		if err != nil || len(b) != 1 || !b[0].TrustedAt.IsZero() {
			t.Errorf("trust is left: %+v, %v", b, err)
		}
		codes, err := h.Store.Read().Codes(t.Context(), u.SiteID, "sin_1")
		if err != nil || codes[0].ExpiresAt.After(h.now) {
			t.Errorf("a code is left: %+v, %v", codes, err)
		}
	})
}

// The same holds if the account was deactivated at that time and is activated later.
func TestACorrectedAddressOfADeactivatedUser(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		u := h.user(h.uk, admin.CompanyID, "priya", gatehouse.RoleUser)
		if err := h.Deactivate(t.Context(), h.uk, as(admin), u.ID); err != nil {
			t.Fatal(err)
		}
		if err := h.corrected(admin, u, "priya.new@northgate.example"); err != nil {
			t.Fatal(err)
		}
		if err := h.Activate(t.Context(), h.uk, as(admin), u.ID); err != nil {
			t.Fatal(err)
		}
		if gatehouse.PasswordUsable(h.stored(h.uk, "priya").Password, h.now) {
			t.Error("the temporary password in the old mailbox works again")
		}
	})
}

// The result of a correction is reported as it was: whether the old mailbox was notified, and
// whether a new password was sent, and if not, why.
func TestACorrectionSaysWhatItDid(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		chosen := func(name string) gatehouse.User {
			u := h.user(h.uk, admin.CompanyID, name, gatehouse.RoleUser)
			h.write(func(q store.Queries) error {
				return errors.Join(q.SignedIn(t.Context(), u.SiteID, u.ID, h.now),
					q.ReplacePassword(t.Context(), u, gatehouse.Password{Hash: "x", Origin: gatehouse.PasswordChosen, SetAt: h.now}, 0))
			})
			return u
		}
		left := h.user(h.uk, admin.CompanyID, "left", gatehouse.RoleUser)
		if err := h.Deactivate(t.Context(), h.uk, as(admin), left.ID); err != nil {
			t.Fatal(err)
		}
		paper, err := h.CreateUser(t.Context(), h.uk, operator, admin.CompanyID, directory.UserFields{Username: "paper", FirstName: "Pat", LastName: "Ng"})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			u     gatehouse.User
			email string
			want  directory.Correction
		}{
			{h.user(h.uk, admin.CompanyID, "priya", gatehouse.RoleUser), "p@right.example", directory.Correction{Moved: true, Told: true, Password: directory.ReissueSent}},
			{chosen("own"), "o@right.example", directory.Correction{Moved: true, Told: true, Password: directory.ReissueNone}},
			{left, "l@right.example", directory.Correction{Moved: true, Told: true, Password: directory.ReissueEnded}},
			{paper.User, "a@right.example", directory.Correction{Moved: true, Password: directory.ReissueNone}},
			{h.stored(h.uk, "own"), "o@right.example", directory.Correction{}},
		} {
			h.later()
			before, _ := h.mails(c.u)
			got, err := h.CorrectEmail(t.Context(), h.uk, as(admin), c.u.ID, c.email)
			if err != nil || got != c.want {
				t.Errorf("%s: %+v, %v", c.u.Username, got, err)
			}
			after, _ := h.mails(c.u)
			sent := strings.Join(after[len(before):], " ")
			if strings.Contains(sent, "address-corrected") != got.Told || strings.Contains(sent, "temporary-password") != (got.Password == directory.ReissueSent) {
				t.Errorf("%s: %+v, and what was sent is %q", c.u.Username, got, sent)
			}
		}
		u := chosen("coded")
		h.switched(admin, true)
		if got, err := h.CorrectEmail(t.Context(), h.uk, as(admin), u.ID, "c@right.example"); err != nil || !got.Notice {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// A chosen password stays, and so does one that was handed over on paper because there was no
// address.
func TestACorrectedAddressLeavesOtherPasswordsAlone(t *testing.T) {
	h := once(t)
	admin := h.northgate()
	own := h.user(h.uk, admin.CompanyID, "own", gatehouse.RoleUser)
	paper, err := h.CreateUser(t.Context(), h.uk, operator, admin.CompanyID, directory.UserFields{Username: "paper", FirstName: "Pat", LastName: "Ng"})
	if err != nil {
		t.Fatal(err)
	}
	h.write(func(q store.Queries) error {
		hash, err := h.Hasher.Hash(t.Context(), "Chosen-By-Myself-7")
		return errors.Join(err, q.ReplacePassword(t.Context(), h.stored(h.uk, "own"), gatehouse.Password{Hash: hash, Origin: gatehouse.PasswordChosen, SetAt: h.now}, 5))
	})
	for _, u := range []gatehouse.User{own, paper.User} {
		if err := h.corrected(admin, u, u.Username+".new@northgate.example"); err != nil {
			t.Fatal(err)
		}
	}
	if !h.opens(own, "Chosen-By-Myself-7") || !h.opens(paper.User, paper.Password) {
		t.Error("a password was replaced")
	}
}

// A stolen session cannot flood mailboxes: corrections, switches and resets are limited.
func TestWhatAdministratorsMailIsLimited(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		u := h.user(h.uk, admin.CompanyID, "priya", gatehouse.RoleUser)
		var err error
		n := 0
		for err = nil; err == nil && n < 20; n++ {
			err = h.corrected(admin, u, secret.NewCode()+"@elsewhere.example")
		}
		if gatehouse.KindOf(err) != gatehouse.TooMany || n > 7 {
			t.Errorf("%d corrections: %v", n, err)
		}
		for err, n = nil, 0; err == nil && n < 20; n++ {
			_, err = h.SetTwoFactor(t.Context(), h.uk, as(admin), admin.CompanyID, gatehouse.EmailCodes(n%2 == 0), "")
		}
		var e *gatehouse.Error
		if !errors.As(err, &e) || e.Reason != directory.ReasonChangedOften || e.RetryAfter <= 0 || n != 7 {
			t.Errorf("switch %d: %v", n, err)
		}
		before := h.mailed(u)
		for range 10 {
			if err := h.ResetTwoFactor(t.Context(), h.uk, as(admin), u.ID); err != nil {
				t.Fatal(err)
			}
		}
		if got := h.mailed(u); got != before {
			t.Errorf("%d mails about a reset of nothing", got-before)
		}
	})
}

// mailed returns how many mails there are to a user, sent, waiting or dropped.
func (h *house) mailed(u gatehouse.User) int {
	h.t.Helper()
	all, err := h.Store.Read().MessagesOfUser(h.t.Context(), u.SiteID, u.ID, "", 100)
	if err != nil {
		h.t.Fatal(err)
	}
	return len(all)
}

// Notices that a run has not sent when the switch is flipped back are not sent.
func TestAReplacedEnrolmentTellsNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		h.users(h.uk, admin.CompanyID, map[string]func(*gatehouse.User){"plain": allKinds["plain"]})
		on := h.switched(admin, true)
		h.enrolAll(h.byID)
		h.now = h.now.Add(time.Minute)
		h.write(func(q store.Queries) error { // as if it had just not finished
			_, err := q.BeginEnrolment(t.Context(), gatehouse.Enrolment{Enable: true, Run: gatehouse.Run{SiteID: on.SiteID, CompanyID: on.CompanyID, ID: store.NewID("enr", h.now), StartedAt: h.now}})
			return err
		})
		if more, err := h.enrolBatch(t.Context(), h.byID); err != nil || !more {
			t.Fatal(more, err)
		}
		h.switched(admin, false)
		waiting := 0
		for _, name := range []string{"plain-00", "plain-07", "plain-19"} {
			all, err := h.Store.Read().MessagesOfUser(t.Context(), h.uk.ID, h.stored(h.uk, name).ID, "", 10)
			if err != nil || len(all) != 2 {
				t.Fatal(len(all), err)
			}
			for _, m := range all {
				if m.State == store.MessageWaiting {
					waiting++
				}
			}
		}
		if waiting != 3 { // those of the finished run
			t.Errorf("%d wait", waiting)
		}
	})
}
