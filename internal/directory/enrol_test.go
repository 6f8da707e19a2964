package directory_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit/budget"
)

var allKinds = map[string]func(*gatehouse.User){
	"plain":       func(*gatehouse.User) {},
	"german":      func(u *gatehouse.User) { u.Locale = "de" },
	"unconfirmed": func(u *gatehouse.User) { u.EmailConfirmed = false },
	"locked":      func(u *gatehouse.User) { u.LockedAt, u.LockReason = noon, gatehouse.LockedByAttempts },
	"own":         func(u *gatehouse.User) { u.OwnTwoFactor = true },
	"nowhere":     func(u *gatehouse.User) { u.Email = "" },
	"odd":         func(u *gatehouse.User) { u.Email = "no address" },
	"bouncing":    func(u *gatehouse.User) { u.Bounce = gatehouse.Bounce{At: noon, Reason: "550 no such user"} },
	"invited":     func(u *gatehouse.User) { u.State, u.FirstSignInAt = gatehouse.Invited, time.Time{} },
	"left":        func(u *gatehouse.User) { u.State = gatehouse.Deactivated },
}

// enrolAll works until nothing is left to do.
func (h *house) enrolAll(sites func(string) *site.Site) {
	h.t.Helper()
	for more := true; more; {
		var err error
		if more, err = h.enrolBatch(h.t.Context(), sites); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *house) byID(id string) *site.Site {
	for _, st := range []*site.Site{h.uk, h.au, h.press} {
		if st.ID == id {
			return st
		}
	}
	return nil
}

// lines returns the users of a run by username.
func (h *house) lines(e gatehouse.Enrolment) map[string]store.RunLine {
	h.t.Helper()
	all := map[string]store.RunLine{}
	err := h.EnrolmentLines(h.t.Context(), h.byID(e.SiteID), operator, e.CompanyID, e.ID, "", "", 0, func(l store.RunLine) error {
		all[l.Username] = l
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

func (h *house) enrol(e gatehouse.Enrolment) gatehouse.Enrolment {
	h.t.Helper()
	now, err := h.Enrolment(h.t.Context(), h.byID(e.SiteID), operator, e.CompanyID, e.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return now
}

// switched switches a company's two-factor as its administrator.
func (h *house) switched(admin gatehouse.User, on bool) gatehouse.Enrolment {
	h.t.Helper()
	e, err := h.SetTwoFactor(h.t.Context(), h.siteOf(admin), as(admin), admin.CompanyID, gatehouse.EmailCodes(on), "")
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

// northgate returns the administrator of a new company, Northgate.
func (h *house) northgate() gatehouse.User {
	h.t.Helper()
	c := h.company(h.uk, "1", "Northgate Systems Ltd")
	admin := h.user(h.uk, c.ID, "amira", gatehouse.RoleAdmin)
	h.write(func(q store.Queries) error { return q.SignedIn(h.t.Context(), h.uk.ID, admin.ID, h.now) })
	return h.stored(h.uk, "amira")
}

// count returns how many mails of a kind a user has, sent, waiting or dropped.
func (h *house) count(u gatehouse.User, kind string) (n int) {
	h.t.Helper()
	all, err := h.Store.Read().MessagesOfUser(h.t.Context(), u.SiteID, u.ID, "", 100)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range all {
		if m.Kind == kind {
			n++
		}
	}
	return n
}

// A run does to everybody what the preview said, and notifies everybody once.
func TestAnEnrolmentDoesWhatThePreviewSaid(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.SecurityAddress = "security@platform.example"
		admin := h.northgate()
		h.users(h.uk, admin.CompanyID, allKinds)
		for _, on := range []bool{true, false} {
			p, err := h.PreviewTwoFactor(t.Context(), h.uk, as(admin), admin.CompanyID, gatehouse.EmailCodes(on))
			if err != nil {
				t.Fatal(err)
			}
			e, err := h.SetTwoFactor(t.Context(), h.uk, as(admin), admin.CompanyID, gatehouse.EmailCodes(on), p.Fingerprint)
			if err != nil {
				t.Fatal(err)
			}
			if e.Total != 201 || p.Total != 201 {
				t.Errorf("%d of %d users", e.Total, p.Total)
			}
			h.enrolAll(h.byID)
			e = h.enrol(e)
			if e.Counts != p.Counts || e.Counts.Done() != e.Total || e.State != gatehouse.RunDone {
				t.Errorf("on %v: %s with %+v of %d, the preview said %+v", on, e.State, e.Counts, e.Total, p.Counts)
			}
			r, err := h.Results(t.Context(), h.uk, as(admin), admin.CompanyID, e.ID)
			if err != nil || !slices.Equal(r.Reasons, p.Reasons) {
				t.Errorf("on %v: %v %v, the preview said %v", on, r.Reasons, err, p.Reasons)
			}
			h.checkNotices(e, map[bool]string{true: "two-factor-enabled", false: "two-factor-disabled"}[on])
			if n := h.count(admin, "enrolment-summary"); n != map[bool]int{true: 1, false: 2}[on] {
				t.Errorf("on %v: %d summaries", on, n)
			}
		}
	})
}

// checkNotices: each active user whom mail reaches has one, in the user's language, and nobody
// else has any.
func (h *house) checkNotices(e gatehouse.Enrolment, kind string) {
	h.t.Helper()
	for name, l := range h.lines(e) {
		u := h.stored(h.byID(e.SiteID), name)
		want := 1
		if kind, _, _ := strings.Cut(name, "-"); slices.Contains([]string{"nowhere", "odd", "invited", "left"}, kind) {
			want = 0
		}
		if n := h.count(u, kind); n != want || (l.MessageID != "") != (want == 1) {
			h.t.Errorf("%s (%s, %s) has %d notices %s, want %d", name, l.Outcome, l.Reason, n, l.MessageID, want)
		}
		if want == 1 && strings.HasPrefix(name, "german") {
			if _, texts := h.mails(u); !strings.Contains(texts[len(texts)-1], "Guten Tag") && !strings.Contains(texts[len(texts)-1], "Hallo") {
				h.t.Errorf("%s is not told in German: %s", name, texts[len(texts)-1])
			}
		}
	}
}

// Many concurrent processes do a run once.
func TestManyProcessesDoAnEnrolmentOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		h.users(h.uk, admin.CompanyID, allKinds)
		hundreds := budget.Of(2, 5)
		for range hundreds {
			kinds := map[string]func(*gatehouse.User){}
			for i := range 5 {
				kinds["more"+store.NewID("x", h.now)[20:]+fmt.Sprint(i)] = func(*gatehouse.User) {}
			}
			h.users(h.uk, admin.CompanyID, kinds)
		}
		e := h.switched(admin, true)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for try := 0; h.enrol(e).State == gatehouse.RunRunning; try++ {
					more, err := h.enrolBatch(context.Background(), h.byID)
					if err != nil || try > 10000 {
						t.Errorf("try %d: %v", try, err)
						return
					}
					if !more { // the others are working on it
						time.Sleep(5 * time.Millisecond)
					}
				}
			})
		}
		all.Wait()
		if e = h.enrol(e); e.Counts.Done() != e.Total || e.Total != 201+100*hundreds {
			t.Errorf("%+v of %d", e.Counts, e.Total)
		}
		h.checkNotices(e, "two-factor-enabled")
		if n := h.count(admin, "enrolment-summary"); n != 1 {
			t.Errorf("%d summaries", n)
		}
	})
}

// Users change during a run; each still has one outcome, and the totals add up.
func TestUsersChangeDuringAnEnrolment(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		h.users(h.uk, admin.CompanyID, map[string]func(*gatehouse.User){"a": allKinds["plain"], "b": allKinds["plain"], "c": allKinds["plain"],
			"d": allKinds["plain"], "e": allKinds["plain"], "z": allKinds["plain"]})
		e := h.switched(admin, true)
		if _, err := h.enrolBatch(t.Context(), h.byID); err != nil { // up to the letter e
			t.Fatal(err)
		}
		if got := h.enrol(e); got.Counts.Done() != 100 {
			t.Fatalf("%+v after a batch", got.Counts)
		}
		left, lost := h.stored(h.uk, "z-00"), h.stored(h.uk, "z-01")
		if err := h.Deactivate(t.Context(), h.uk, as(admin), left.ID); err != nil {
			t.Fatal(err)
		}
		empty := ""
		if _, err := h.UpdateUser(t.Context(), h.uk, as(admin), lost.ID, directory.UserChange{Email: &empty}); err != nil {
			t.Fatal(err)
		}
		h.user(h.uk, admin.CompanyID, "zz-new", gatehouse.RoleUser)
		h.enrolAll(h.byID)
		e = h.enrol(e)
		lines := h.lines(e)
		if e.Counts.Done() != e.Total || e.Total != 121 || len(lines) != 121 {
			t.Errorf("%+v of %d, %d lines", e.Counts, e.Total, len(lines))
		}
		for name, want := range map[string]gatehouse.OutcomeReason{"z-00": gatehouse.ReasonDeactivated, "z-01": gatehouse.ReasonNoEmail} {
			if l := lines[name]; l.Outcome != gatehouse.OutcomeSkipped || l.Reason != want || l.MessageID != "" {
				t.Errorf("%s: %+v", name, l)
			}
		}
	})
}

// Switching back during a run ends it: users it has not reached are skipped, and both runs add up.
func TestChangingBackEndsAnEnrolment(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		h.users(h.uk, admin.CompanyID, allKinds)
		on := h.switched(admin, true)
		if _, err := h.enrolBatch(t.Context(), h.byID); err != nil {
			t.Fatal(err)
		}
		h.now = h.now.Add(time.Minute)
		off := h.switched(admin, false)
		if on = h.enrol(on); on.State != gatehouse.RunReplaced || on.Counts.Done() != on.Total || on.EndedAt != h.now {
			t.Errorf("the first run: %+v", on)
		}
		h.enrolAll(h.byID)
		if off = h.enrol(off); off.State != gatehouse.RunDone || off.Counts.Done() != off.Total {
			t.Errorf("the second run: %+v", off)
		}
		h.checkNotices(off, "two-factor-disabled")
		replaced := 0
		for name, l := range h.lines(on) {
			if l.Reason == gatehouse.ReasonReplaced {
				replaced++
				if h.count(h.stored(h.uk, name), "two-factor-enabled") != 0 {
					t.Errorf("%s was not come to, and is told", name)
				}
			}
		}
		if replaced != 101 {
			t.Errorf("%d were not come to", replaced)
		}
		if n := h.count(admin, "enrolment-summary"); n != 2 {
			t.Errorf("%d summaries", n)
		}
	})
}

// Of two administrators who switch at the same moment, one succeeds; the other gets an error.
func TestTwoAdministratorsSetTwoFactorAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		h.user(h.uk, admin.CompanyID, "badmin", gatehouse.RoleAdmin)
		other := h.stored(h.uk, "badmin")
		var all sync.WaitGroup
		var mu sync.Mutex
		results := map[string]int{}
		for i := range 6 {
			who := []gatehouse.User{admin, other}[i%2]
			all.Go(func() {
				_, err := h.SetTwoFactor(context.Background(), h.uk, as(who), admin.CompanyID, gatehouse.EmailCodes(true), "")
				reason := "ok"
				var e *gatehouse.Error
				if errors.As(err, &e) {
					reason = e.Reason
				} else if err != nil {
					reason = err.Error()
				}
				mu.Lock()
				defer mu.Unlock()
				results[reason]++
			})
		}
		all.Wait()
		if !maps.Equal(results, map[string]int{"ok": 1, directory.ReasonAlreadySet: 5}) {
			t.Errorf("%v", results)
		}
		if enrolments, err := h.Enrolments(t.Context(), h.uk, as(admin), admin.CompanyID, "", 10); err != nil || len(enrolments) != 1 {
			t.Errorf("%d runs, %v", len(enrolments), err)
		}
	})
}

// Exactly what the administrator has confirmed is done, or nothing.
func TestThePreviewIsAgreedTo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		admin := h.northgate()
		h.users(h.uk, admin.CompanyID, map[string]func(*gatehouse.User){"plain": allKinds["plain"]})
		p, err := h.PreviewTwoFactor(t.Context(), h.uk, as(admin), admin.CompanyID, gatehouse.EmailCodes(true))
		if err != nil {
			t.Fatal(err)
		}
		same, err := h.PreviewTwoFactor(t.Context(), h.uk, as(admin), admin.CompanyID, gatehouse.EmailCodes(true))
		if err != nil || same.Fingerprint != p.Fingerprint {
			t.Errorf("nothing has changed but the fingerprint, %v", err)
		}
		if err := h.Deactivate(t.Context(), h.uk, as(admin), h.stored(h.uk, "plain-03").ID); err != nil {
			t.Fatal(err)
		}
		_, err = h.SetTwoFactor(t.Context(), h.uk, as(admin), admin.CompanyID, gatehouse.EmailCodes(true), p.Fingerprint)
		var e *gatehouse.Error
		if !errors.As(err, &e) || e.Reason != directory.ReasonUsersChanged || e.Kind != gatehouse.Conflict {
			t.Errorf("somebody was deactivated meanwhile: %v", err)
		}
		if firm, err := h.Company(t.Context(), h.uk, as(admin), admin.CompanyID); err != nil || firm.TwoFactor {
			t.Errorf("it was switched all the same, %v", err)
		}
	})
}

// Only the company's administrators and operators see or switch anything, and somebody who has
// lost the role can no longer switch.
func TestWhoMaySetTwoFactor(t *testing.T) {
	h := once(t)
	admin := h.northgate()
	plain := h.user(h.uk, admin.CompanyID, "plain", gatehouse.RoleUser)
	foreign := h.user(h.uk, h.company(h.uk, "2", "Alder Ltd").ID, "alder", gatehouse.RoleAdmin)
	abroad := foreign
	abroad.SiteID, abroad.CompanyID = h.au.ID, admin.CompanyID
	demoted := as(admin)
	e := h.switched(admin, true)
	h.enrolAll(h.byID)
	role := gatehouse.RoleUser
	if _, err := h.UpdateUser(t.Context(), h.uk, operator, admin.ID, directory.UserChange{Role: &role}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]gatehouse.Caller{"a user": as(plain), "another company's": as(foreign), "another site's": as(abroad), "nobody": {}} {
		_, preview := h.PreviewTwoFactor(t.Context(), h.uk, c, admin.CompanyID, gatehouse.EmailCodes(false))
		_, enrolments := h.Enrolments(t.Context(), h.uk, c, admin.CompanyID, "", 10)
		_, one := h.Enrolment(t.Context(), h.uk, c, admin.CompanyID, e.ID)
		_, results := h.Results(t.Context(), h.uk, c, admin.CompanyID, e.ID)
		_, swtch := h.SetTwoFactor(t.Context(), h.uk, c, admin.CompanyID, gatehouse.EmailCodes(false), "")
		_, found := h.FindUsers(t.Context(), h.uk, c, admin.CompanyID, directory.UserList{})
		lines := h.EnrolmentLines(t.Context(), h.uk, c, admin.CompanyID, e.ID, "", "", 0, func(store.RunLine) error { return nil })
		for what, err := range map[string]error{"preview": preview, "runs": enrolments, "run": one, "results": results, "switch": swtch, "people": found, "lines": lines} {
			if k := gatehouse.KindOf(err); k != gatehouse.Forbidden && k != gatehouse.NotFound {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
	if _, err := h.Enrolment(t.Context(), h.uk, as(foreign), foreign.CompanyID, e.ID); gatehouse.KindOf(err) != gatehouse.NotFound {
		t.Errorf("another company's run: %v", err)
	}
	if _, err := h.SetTwoFactor(t.Context(), h.uk, demoted, admin.CompanyID, gatehouse.EmailCodes(false), ""); gatehouse.KindOf(err) != gatehouse.Forbidden {
		t.Errorf("who has just lost the role: %v", err)
	}
}
