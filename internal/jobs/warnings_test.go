package jobs_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/jobs"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

const day = 24 * time.Hour

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// house is a database with two of the demo's sites, on which passwords expire after 90 days.
type house struct {
	t      *testing.T
	url    string
	store  *store.Store
	keys   *secret.Keys
	uk, au *site.Site
	mu     sync.Mutex
	now    time.Time
}

// each runs a test on both databases.
func each(t *testing.T, test func(h *house)) {
	testkit.Databases(t, func(t *testing.T, url string) {
		h := &house{t: t, url: url, now: noon}
		h.store = h.open()
		_, err := h.store.Migrate(t.Context(), noon)
		h.must(err)
		h.keys, err = secret.ParseKeys(secret.NewKeyFile())
		h.must(err)
		sites, err := site.Open("../demo/sites", site.LoadEnv{Scheme: "https"})
		h.must(err)
		h.uk, h.au = sites.ByID("meridian-uk"), sites.ByID("meridian-au")
		for _, st := range []*site.Site{h.uk, h.au} {
			st.Policy.Password.MaxAge = 90 * day
			h.write(func(q store.Queries) error {
				return q.InsertCompany(t.Context(), gatehouse.Company{SiteID: st.ID, ID: "com_1", Name: "Northgate", AccountNumber: "1", CreatedAt: noon})
			})
		}
		test(h)
	})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) open() *store.Store {
	s, err := store.Open(h.t.Context(), h.url)
	h.must(err)
	h.t.Cleanup(func() { s.Close() })
	return s
}

func (h *house) write(fn func(store.Queries) error) {
	h.t.Helper()
	h.must(h.store.Write(h.t.Context(), fn))
}

// user adds a user whose password expires this long after noon.
func (h *house) user(st *site.Site, name string, left time.Duration, edit ...func(*gatehouse.User)) gatehouse.User {
	h.t.Helper()
	u := gatehouse.User{SiteID: st.ID, ID: store.NewID("usr", noon), CompanyID: "com_1", Username: name, Email: name + "@northgate.example",
		FirstName: "Mira", LastName: "Santos", Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: noon,
		Password: gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordChosen, SetAt: noon.Add(left - 90*day)}}
	for _, e := range edit {
		e(&u)
	}
	h.write(func(q store.Queries) error { return q.InsertUser(h.t.Context(), u) })
	return u
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// job returns the job of a separate process.
func (h *house) job(s *store.Store) jobs.Job {
	return jobs.PasswordWarnings(&act.Desk{Store: s, Outbox: &mail.Outbox{Keys: h.keys, Now: h.clock}, Now: h.clock}, func() []*site.Site { return []*site.Site{h.uk, h.au} })
}

// runAt runs the job this long after noon.
func (h *house) runAt(after time.Duration) error {
	h.mu.Lock()
	h.now = noon.Add(after)
	h.mu.Unlock()
	return h.job(h.store).Run(h.t.Context())
}

// mails returns the texts waiting for a user, newest first.
func (h *house) mails(u gatehouse.User) (texts []string) {
	h.t.Helper()
	all, err := h.store.Read().MessagesOfUser(h.t.Context(), u.SiteID, u.ID, "", 100)
	h.must(err)
	for _, m := range all {
		subject, text := testkit.Waiting(h.t, h.keys, m)
		texts = append(texts, subject+"\n"+text)
	}
	return texts
}

// gets expects this many mails to a user, and a piece of the newest.
func (h *house) gets(u gatehouse.User, n int, piece string) {
	h.t.Helper()
	texts := h.mails(u)
	if len(texts) != n {
		h.t.Fatalf("%s has %d mails, want %d", u.Username, len(texts), n)
	}
	if n > 0 && !strings.Contains(texts[0], piece) {
		h.t.Errorf("no %q in\n%s", piece, texts[0])
	}
}

func TestA08PasswordsThatExpireWarn14And7And1DaysBefore(t *testing.T) {
	each(t, func(h *house) {
		u := h.user(h.uk, "mira", 20*day)
		gone := h.user(h.uk, "gone", 20*day, func(u *gatehouse.User) { u.State = gatehouse.Deactivated })
		h.must(h.runAt(6*day - 15*time.Minute))
		h.gets(u, 0, "")
		h.must(h.runAt(6 * day))
		h.gets(u, 1, "Your Meridian UK password expires in 14 days")
		h.gets(u, 1, "11 December 2026, 12:00 GMT")
		h.gets(u, 1, "mira")
		for quarter := range 40 {
			h.must(h.runAt(6*day + time.Duration(quarter)*15*time.Minute))
		}
		h.gets(u, 1, "in 14 days")
		h.must(h.runAt(13*day + 10*time.Minute))
		h.gets(u, 2, "in 7 days")
		h.must(h.runAt(19*day + time.Minute))
		h.gets(u, 3, "in 1 day")
		h.must(h.runAt(20*day - 1))
		h.must(h.runAt(20 * day))
		h.must(h.runAt(40 * day))
		h.gets(u, 3, "in 1 day")
		h.gets(gone, 0, "")

		// A new password has its own warnings.
		u.Password.SetAt = noon.Add(40 * day)
		h.write(func(q store.Queries) error { return q.SetPassword(t.Context(), u.SiteID, u.ID, u.Password) })
		h.must(h.runAt(116 * day))
		h.gets(u, 4, "in 14 days")
	})
}

func TestWhoWasAwayGetsOneWarningOnly(t *testing.T) {
	each(t, func(h *house) {
		weeks, days, hours := h.user(h.uk, "weeks", 6*day), h.user(h.uk, "days", 3*day), h.user(h.uk, "hours", 10*time.Hour)
		over := h.user(h.uk, "over", -time.Minute)
		h.must(h.runAt(0))
		h.gets(weeks, 1, "in 6 days")
		h.gets(days, 1, "in 3 days")
		h.gets(hours, 1, "expires today")
		h.gets(over, 0, "")
		h.must(h.runAt(2*day + time.Minute))
		h.gets(days, 2, "in 1 day")
		h.gets(hours, 1, "expires today")
		h.gets(over, 0, "")
	})
}

func TestWhereNothingCanBeSent(t *testing.T) {
	each(t, func(h *house) {
		address := func(a string) func(*gatehouse.User) { return func(u *gatehouse.User) { u.Email = a } }
		none, bad, good := h.user(h.uk, "none", 10*day, address("")), h.user(h.uk, "bad", 10*day, address("front desk")), h.user(h.uk, "good", 10*day)
		h.must(h.runAt(0))
		h.gets(none, 0, "")
		h.gets(bad, 0, "")
		h.gets(good, 1, "in 10 days")

		// A user who gets an address is warned of what is still to come.
		none.Email, bad.Email = "none@northgate.example", "bad@northgate.example"
		for _, u := range []gatehouse.User{none, bad} {
			h.write(func(q store.Queries) error { return q.UpdateProfile(t.Context(), u, time.Time{}) })
		}
		h.must(h.runAt(day))
		h.gets(none, 1, "in 9 days")
		h.must(h.runAt(4 * day))
		h.gets(bad, 1, "in 6 days")
	})
}

func TestASiteWithoutExpiryWarnsNobody(t *testing.T) {
	each(t, func(h *house) {
		h.uk.Policy.Password.MaxAge = 0
		uk, au := h.user(h.uk, "mira", 5*day), h.user(h.au, "mira", 5*day)
		h.must(h.runAt(0))
		h.gets(uk, 0, "")
		h.gets(au, 1, "Meridian Australia password expires in 5 days")
	})
}

// What cannot be enqueued is not marked, and does not affect other sites.
func TestAWarningThatCannotBeEnqueuedComesLater(t *testing.T) {
	each(t, func(h *house) {
		uk, au := h.user(h.uk, "mira", 5*day), h.user(h.au, "mira", 5*day)
		sender := h.uk.Sender.Address
		h.uk.Sender.Address = "nobody"
		if err := h.runAt(0); err == nil || !strings.Contains(err.Error(), "site meridian-uk: user "+uk.ID) {
			t.Errorf("got %v", err)
		}
		h.gets(uk, 0, "")
		h.gets(au, 1, "in 5 days")
		h.uk.Sender.Address = sender
		h.must(h.runAt(15 * time.Minute))
		h.gets(uk, 1, "in 5 days")
		h.gets(au, 1, "in 5 days")
	})
}

// Passwords that an import set all at once, and several concurrent processes: everybody gets one
// mail.
func TestManyUsersAndSeveralProcesses(t *testing.T) {
	each(t, func(h *house) {
		const people = 210 // more than a batch
		var users []gatehouse.User
		for i := range people {
			name := fmt.Sprintf("user%d", i)
			users = append(users, gatehouse.User{SiteID: h.uk.ID, ID: store.NewID("usr", noon), CompanyID: "com_1", Username: name,
				Email: name + "@northgate.example", Role: gatehouse.RoleUser, State: gatehouse.Active, CreatedAt: noon,
				Password: gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordChosen, SetAt: noon.Add(-80 * day)}})
		}
		h.write(func(q store.Queries) error { return q.InsertUsers(t.Context(), users) })
		var all sync.WaitGroup
		for range 3 {
			job := h.job(h.open())
			all.Go(func() {
				err := job.Run(t.Context())
				for range 20 { // on a busy machine one may wait too long for the others, and runs later
					if gatehouse.KindOf(err) != gatehouse.Unavailable {
						break
					}
					err = job.Run(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, u := range users {
			h.gets(u, 1, "in 10 days")
		}
	})
}

func TestExpiryDropsOldRecoveries(t *testing.T) {
	each(t, func(h *house) {
		for name, ended := range map[string]time.Duration{"yesterday": 25 * time.Hour, "today": 23 * time.Hour} {
			r := store.Recovery{SiteID: h.uk.ID, ID: name, Kind: gatehouse.RecoverByLink, Subject: "name:x", CreatedAt: noon.Add(-2 * day), ExpiresAt: noon.Add(-ended)}
			h.write(func(q store.Queries) error { return q.InsertRecovery(t.Context(), name, r) })
		}
		h.must(jobs.Expiry(h.store, h.clock).Run(t.Context()))
		_, err := h.store.Read().Recovery(t.Context(), h.uk.ID, "yesterday")
		if gatehouse.KindOf(err) != gatehouse.NotFound {
			t.Errorf("of yesterday: %v", err)
		}
		_, err = h.store.Read().Recovery(t.Context(), h.uk.ID, "today")
		h.must(err)
	})
}

// Codes that no longer count for a limit are removed; today's stay.
func TestExpiryDropsOldCodes(t *testing.T) {
	each(t, func(h *house) {
		u := h.user(h.uk, "mira", day)
		for name, sent := range map[string]time.Duration{"old": 25 * time.Hour, "fresh": 23 * time.Hour} {
			h.write(func(q store.Queries) error {
				return q.InsertCode(t.Context(), h.uk.ID, u.ID, name, gatehouse.Code{ID: name, MAC: "m", SentAt: noon.Add(-sent), ExpiresAt: noon.Add(5*time.Minute - sent)})
			})
		}
		h.must(jobs.Expiry(h.store, h.clock).Run(t.Context()))
		for name, want := range map[string]int{"old": 0, "fresh": 1} {
			if codes, err := h.store.Read().Codes(t.Context(), h.uk.ID, name); err != nil || len(codes) != want {
				t.Errorf("%s: %d codes are left, %v", name, len(codes), err)
			}
		}
	})
}

// A company whose passwords expire earlier is warned earlier, and no user twice for the site's age.
func TestA08CompaniesThatExpireEarlierAreWarnedEarlier(t *testing.T) {
	each(t, func(h *house) {
		h.write(func(q store.Queries) error {
			return q.InsertCompany(t.Context(), gatehouse.Company{SiteID: h.uk.ID, ID: "com_2", Name: "Southgate", AccountNumber: "2", CreatedAt: noon,
				Policy: gatehouse.CompanyPolicy{PasswordAge: 60 * day}})
		})
		ours := h.user(h.uk, "ours", 40*day, func(u *gatehouse.User) { u.CompanyID = "com_2" }) // 10 days at 60 of them
		theirs := h.user(h.uk, "theirs", 40*day)
		over := h.user(h.uk, "over", 10*day, func(u *gatehouse.User) { u.CompanyID = "com_2" }) // expired 20 days ago
		h.must(h.runAt(0))
		h.gets(ours, 1, "Your Meridian UK password expires in 10 days")
		h.gets(theirs, 0, "")
		h.gets(over, 0, "")
		h.must(h.runAt(4 * day))
		h.gets(ours, 2, "Your Meridian UK password expires in 6 days")
		h.must(h.runAt(27 * day))
		h.gets(ours, 2, "")
		h.gets(theirs, 1, "Your Meridian UK password expires in 13 days")
		h.gets(over, 0, "")
	})
}
