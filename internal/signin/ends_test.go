package signin_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/directory"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// opened is a user with everything open that could end.
type opened struct {
	*stage
	own         *account.Service
	st          *site.Site
	user, admin gatehouse.User
	// The session, sign-in and device in use come first, then another one of each.
	sessions, signIns, devices [2]string // IDs, hashes of tokens, IDs
	in                         signin.In
	at                         signin.At
	here                       gatehouse.Session
	code                       string                // the ID of the sign-in that has one
	asked, dropped             gatehouse.EmailChange // one that waits, and one that was withdrawn
	mails                      [2]string             // with a temporary password, and without
	linked                     string                // hash of a link's token
}

// way is one way to make a change.
type way struct {
	change gatehouse.Change
	name   string
	is     func(u *gatehouse.User) // the account before
	// temporary: the account has a temporary password that was mailed; it survives unless it ends.
	temporary bool
	// site is inkwell if it is not meridian-uk.
	site string
	kept gatehouse.Kept // any text: the one in use survives
	act  func(o *opened) error
}

// What a change ends is what the table says, however the change is made: on a page, with a
// command, by an import. Restored backups are tested where they are restored.
func TestEndsAsTheTableSays(t *testing.T) {
	onStage(t, func(t *testing.T, s *stage) {
		seen := map[gatehouse.Change]bool{gatehouse.BackupRestored: true}
		for i, w := range waysToEnd {
			seen[w.change] = true
			t.Run(fmt.Sprintf("%s by %s", w.change, w.name), func(t *testing.T) {
				s.t = t
				o := s.opened(w, i)
				if err := w.act(o); err != nil {
					t.Fatal(err)
				}
				o.compare(w)
			})
		}
		for _, c := range gatehouse.Changes() {
			if !seen[c] {
				t.Errorf("nothing shows what ends with %s", c)
			}
		}
	})
}

// An unknown change ends everything that opens an account.
func TestWhatIsNotInTheTableEndsEverything(t *testing.T) {
	e := gatehouse.Ends("something new")
	if e.Sessions != gatehouse.All || e.SignIns != gatehouse.All || e.Devices != gatehouse.All || !e.Trust || !e.Links || !e.Codes || !e.Temporary || !e.Confirmations || !e.Undo {
		t.Errorf("%+v", e)
	}
}

func (s *stage) opened(w way, n int) *opened {
	s.t.Helper()
	id := w.site
	if id == "" {
		id = "meridian-uk"
	}
	change := func(u *gatehouse.User) {
		if w.temporary {
			u.FirstSignInAt, u.Password.Origin, u.Password.ExpiresAt = time.Time{}, gatehouse.PasswordInitial, s.Clock.Now().Add(24*time.Hour)
		}
		if w.is != nil {
			w.is(u)
		}
	}
	o := &opened{stage: s, own: &account.Service{Desk: s.SignIn.Desk, SignIn: s.SignIn, Keys: s.Keys}, st: s.Sites.ByID(id)}
	at := "" // if the address is the username
	if o.st.SignInWith == gatehouse.WithEmail {
		at = "@northgate.example"
	}
	o.user = s.AddUser(id, fmt.Sprintf("user%d%s", n, at), first, change)
	o.admin = s.AddUser(id, fmt.Sprintf("admin%d%s", n, at), first, func(u *gatehouse.User) { u.Role = gatehouse.RoleAdmin })
	s.Clock.Add(time.Second)
	s.must(s.Store.Write(s.t.Context(), o.openAll))
	return o
}

// openAll opens two of everything.
func (o *opened) openAll(q store.Queries) error {
	ctx, u, now := o.t.Context(), o.user, o.Clock.Now()
	in := func(id string, at time.Time) gatehouse.SignIn {
		return gatehouse.SignIn{ID: id, SiteID: u.SiteID, UserID: u.ID, CredentialsAt: now, Origin: u.Password.Origin, PasswordSetAt: u.Password.SetAt,
			PasswordLength: len(first), CreatedAt: now, ExpiresAt: at}
	}
	for i := range 2 {
		token, browser, signIn := secret.NewToken(), secret.NewToken(), secret.NewToken()
		o.devices[i], o.sessions[i], o.signIns[i] = store.NewID("dev", now), store.NewID("ses", now), secret.HashToken(signIn)
		ses := gatehouse.Session{ID: o.sessions[i], SiteID: u.SiteID, UserID: u.ID, CompanyID: u.CompanyID, CreatedAt: now, SeenAt: now, DeviceID: o.devices[i]}
		o.code = store.NewID("sin", now)
		if i == 0 {
			o.in, o.here = signin.In{Session: token, Device: browser, Caller: o.himself()}, ses
			o.at = signin.At{SignIn: signIn, Device: browser, Lang: "en-GB", Caller: visitor(o.st)}
		}
		_, _, err := q.DeviceSignedIn(ctx, u.SiteID, u.ID, secret.HashToken(browser), o.devices[i], "test", "192.0.2.7", now)
		o.must(err)
		o.must(q.TrustDevice(ctx, u.SiteID, u.ID, o.devices[i], now))
		o.must(q.InsertSession(ctx, secret.HashToken(token), ses, now.Add(time.Hour)))
		o.must(q.InsertSignIn(ctx, o.signIns[i], in(o.code, now.Add(time.Hour))))
	}
	o.must(q.InsertCode(ctx, u.SiteID, u.ID, o.code, gatehouse.Code{ID: store.NewID("cod", now), MAC: "x", SentAt: now, ExpiresAt: now.Add(time.Hour)}))
	o.linked = secret.HashToken(secret.NewToken())
	o.must(q.InsertRecovery(ctx, o.linked, store.Recovery{SiteID: u.SiteID, ID: store.NewID("rec", now), Kind: gatehouse.RecoverByLink, UserID: u.ID, Subject: u.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}))
	o.asked = gatehouse.EmailChange{ID: store.NewID("eml", now), SiteID: u.SiteID, UserID: u.ID, Old: u.Email, New: "next-" + u.Email, State: gatehouse.EmailAsked, AskedAt: now, ConfirmUntil: now.Add(time.Hour)}
	o.dropped = o.asked
	o.dropped.ID, o.dropped.State = store.NewID("eml", now), gatehouse.EmailDropped
	o.must(q.InsertEmailChange(ctx, o.asked.ID, o.asked))
	o.must(q.InsertEmailChange(ctx, o.dropped.ID, o.dropped))
	for i, kind := range []string{"temporary-password", "profile-changed"} {
		o.mails[i] = store.NewID("msg", now)
		o.must(q.InsertMessage(ctx, store.Message{SiteID: u.SiteID, ID: o.mails[i], UserID: u.ID, Kind: kind, Recipient: u.Email, MessageID: o.mails[i],
			CreatedAt: now.Add(time.Hour), ExpiresAt: now.Add(48 * time.Hour)}))
	}
	_, err := q.HoldAttempts(ctx, u.SiteID, gatehouse.AnswerSubject(u.ID), "", now)
	o.must(err)
	return q.SaveAttempts(ctx, u.SiteID, gatehouse.AnswerSubject(u.ID), "", gatehouse.Attempts{Row: 1, All: 1})
}

func (o *opened) himself() gatehouse.Caller {
	u := o.user
	return gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: u.SiteID, CompanyID: u.CompanyID, UserID: u.ID, Role: u.Role, Name: u.Username}
}

func (o *opened) administrator() gatehouse.Caller {
	u := o.admin
	return gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: u.SiteID, CompanyID: u.CompanyID, UserID: u.ID, Role: u.Role, Name: u.Username}
}

// imports imports one line about the user.
func (o *opened) imports(column, value string) error {
	firm, err := o.Store.Read().Company(ctx, o.st.ID, o.user.CompanyID)
	o.must(err)
	_, err = o.desk.Import(ctx, o.st, operator, strings.NewReader("account_number,username,"+column+"\n"+firm.AccountNumber+","+o.user.Username+","+value+"\n"), directory.ImportOptions{})
	return err
}

// undoToken returns the token in the mail about a change.
func (o *opened) undoToken(c gatehouse.EmailChange) string {
	return c.ID + "." + o.Keys.MAC("undo-address", c.SiteID, c.ID)
}

// compare checks every cell.
func (o *opened) compare(w way) {
	o.t.Helper()
	q, u, ends, now := o.Store.Read(), o.user, gatehouse.Ends(w.change), o.Clock.Now()
	cell := func(name string, ended, want bool) {
		o.t.Helper()
		if ended != want {
			o.t.Errorf("%s: ended %v, and the table says %v", name, ended, want)
		}
	}
	left := func(e gatehouse.Extent, kept string, i int) bool {
		return e == gatehouse.None || i == 0 && e.But(kept) != ""
	}
	devices, err := q.DevicesOf(ctx, u.SiteID, u.ID, time.Time{})
	o.must(err)
	for i := range 2 {
		has, err := q.HasSession(ctx, u.SiteID, u.ID, o.sessions[i])
		o.must(err)
		cell(fmt.Sprint("session ", i), !has, !left(ends.Sessions, w.kept.Session, i))
		_, err = q.SignIn(ctx, u.SiteID, o.signIns[i])
		cell(fmt.Sprint("sign-in ", i), gatehouse.KindOf(err) == gatehouse.NotFound, !left(ends.SignIns, w.kept.SignIn, i))
		known, trusted := false, false
		for _, d := range devices {
			if d.ID == o.devices[i] {
				known, trusted = true, !d.TrustedAt.IsZero()
			}
		}
		cell(fmt.Sprint("device ", i), !known, !left(ends.Devices, w.kept.Device, i))
		if known && (i == 0 || w.change != gatehouse.DeviceDistrusted) {
			cell(fmt.Sprint("trust in device ", i), !trusted, ends.Trust)
		}
	}
	codes, err := q.Codes(ctx, u.SiteID, o.code)
	o.must(err)
	cell("code", !codes[0].ExpiresAt.After(now), ends.Codes)
	_, err = q.Recovery(ctx, u.SiteID, o.linked)
	cell("link", gatehouse.KindOf(err) == gatehouse.NotFound, ends.Links)
	for i, least := range []gatehouse.WaitingMail{gatehouse.PasswordMail, gatehouse.MailboxMail} {
		state, err := q.MessageState(ctx, u.SiteID, o.mails[i])
		o.must(err)
		cell(fmt.Sprint("mail ", i), state == store.MessageExpired, ends.Mail >= least)
	}
	asked, err := q.EmailChange(ctx, u.SiteID, o.asked.ID)
	o.must(err)
	cell("confirmation", asked.State != gatehouse.EmailAsked, ends.Confirmations || ends.Undo)
	dropped, err := q.EmailChange(ctx, u.SiteID, o.dropped.ID)
	o.must(err)
	cell("undo link", dropped.State == gatehouse.EmailUndone, ends.Undo)
	answers, err := q.Attempts(ctx, u.SiteID, gatehouse.AnswerSubject(u.ID), "")
	o.must(err)
	cell("guesses", answers.Row == 0, ends.Guesses)
	if w.temporary {
		p := o.User(u).Password
		cell("temporary password", p.SetAt != u.Password.SetAt || !p.ExpiresAt.After(now), ends.Temporary)
	}
}

// setSuspended writes it without ending anything.
func (o *opened) setSuspended(at time.Time) {
	o.put(func(q store.Queries, _ time.Time) error {
		return q.SetSuspended(ctx, gatehouse.Company{SiteID: o.st.ID, ID: o.user.CompanyID, SuspendedAt: at})
	})
}

// company makes another company of the site.
func (o *opened) company() gatehouse.Company {
	made, err := o.desk.CreateCompany(ctx, o.st, operator, directory.CompanyFields{Name: "Other " + o.user.ID, AccountNumber: o.user.ID[len(o.user.ID)-12:]})
	o.must(err)
	return made
}
