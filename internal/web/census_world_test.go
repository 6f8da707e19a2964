package web_test

import (
	"bytes"
	"cmp"
	"database/sql"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/phone"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// censusWorld has two companies at one site, and one at another. The first one has something of
// everything that an address can name.
type censusWorld struct {
	t   *testing.T
	s   *testkit.Server
	url string
	db  *sql.DB
	// company is the first one; boss its administrator, who owns what users own; user somebody whom an
	// administrator has much to do about, and gone a deleted user.
	company, boss, user, gone string
	// platform is one of the site's, and shared a search that a colleague of the boss shares.
	platform, shared string
	// ids are the IDs in the addresses of the routes, by the beginning of the pattern's path and the
	// name; all are made up, except those that pages have made.
	ids map[string]string
	// callers are the browsers of the audiences, by name.
	callers map[string]*caller
}

// caller is the browser of an audience.
type caller struct {
	*testkit.Client
	site, session, user string
}

const (
	uk = "meridian-uk"
	au = "meridian-au"
)

func newCensusWorld(t *testing.T, url string) *censusWorld {
	t.Helper()
	w := &censusWorld{t: t, url: url, db: testkit.Raw(t, url), s: testkit.NewServer(t, url), company: "com_first", ids: map[string]string{}, callers: map[string]*caller{}}
	now := w.s.Clock.Now()
	if err := w.s.Store.Write(t.Context(), func(q store.Queries) error {
		second := gatehouse.Company{ID: "com_second", SiteID: uk, Name: "Second", AccountNumber: "2", CreatedAt: now}
		return cmp.Or(q.InsertCompany(t.Context(), gatehouse.Company{ID: w.company, SiteID: uk, Name: "First", AccountNumber: "1", CreatedAt: now}), q.InsertCompany(t.Context(), second))
	}); err != nil {
		t.Fatal(err)
	}
	w.boss = w.joins("boss", uk, w.company, gatehouse.RoleAdmin)
	w.joins("demoted", uk, w.company, gatehouse.RoleAdmin)
	w.joins("deactivated", uk, w.company, gatehouse.RoleAdmin)
	w.joins("user", uk, w.company, gatehouse.RoleUser)
	w.joins("next door", uk, "com_second", gatehouse.RoleAdmin)
	w.joins("abroad", au, "", gatehouse.RoleAdmin)
	w.callers["stranger"] = &caller{Client: testkit.NewClient(t, w.s.URL(uk, ""), w.s.Addr), site: uk}
	w.user = w.s.AddUser(uk, "victim", password, func(u *gatehouse.User) {
		u.CompanyID, u.SoleUser, u.Role = w.company, false, gatehouse.RoleUser
	}).ID
	w.gone = w.s.AddUser(uk, "gone", password, func(u *gatehouse.User) {
		u.CompanyID, u.State, u.DeletedAt, u.DeletedState = w.company, gatehouse.Deactivated, now, gatehouse.Active
	}).ID
	w.exec(`UPDATE users SET role = 'user' WHERE username = 'demoted'`)
	w.exec(`UPDATE users SET state = 'deactivated' WHERE username = 'deactivated'`)
	settings := gatehouse.DefaultApplication()
	settings.RedirectURIs, settings.Home.LaunchURL = []string{"https://desk.example/cb"}, "https://desk.example/"
	desk, _, err := w.s.SSO.Create(t.Context(), w.s.Sites.ByID(uk), gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}, "Desk", settings)
	if err != nil {
		t.Fatal(err)
	}
	w.platform = desk.ID
	colleague := w.s.AddUser(uk, "colleague", password, func(u *gatehouse.User) { u.CompanyID, u.Role = w.company, gatehouse.RoleAdmin })
	w.shared = w.id("sea")
	w.exec(`INSERT INTO saved_searches (site_id, user_id, id, address, name, saved_at, shared_at) VALUES ($1, $2, $3, '/company/users?role=user', 'Shared', 1, 1)`, uk, colleague.ID, w.shared)
	w.exec(`UPDATE companies SET reported_at = $1`, now.UnixMicro()) // or a job says so while somebody tries
	w.proposes()
	w.owns()
	w.works()
	return w
}

// joins adds a user with a session.
func (w *censusWorld) joins(name, site, company string, role gatehouse.Role) string {
	w.t.Helper()
	username := strings.ReplaceAll(name, " ", "")
	u := w.s.AddUser(site, username, password, func(u *gatehouse.User) { u.CompanyID, u.Role = company, role })
	c := testkit.NewClient(w.t, w.s.URL(site, ""), w.s.Addr)
	c.Submit(c.Get("/sign-in"), "form[action='/sign-in']", testkit.Values{"username": username, "password": password}).Want(200)
	w.callers[name] = &caller{Client: c, site: site, session: c.Cookie("/", "gatehouse-session"), user: u.ID}
	return u.ID
}

func (w *censusWorld) exec(statement string, args ...any) {
	w.t.Helper()
	testkit.Exec(w.t, w.url, statement, args...)
}

// proposes makes an import with a preview and a bulk act with one, as the pages do.
func (w *censusWorld) proposes() {
	w.t.Helper()
	c := w.callers["boss"]
	page := c.Upload(c.Get("/company/users/import").Want(200), "form[action='/company/users/import']", "file", "users.csv", []byte("username\nnewcomer\n"), nil).Want(200)
	w.ids["/company/imports/{id}"] = last(page.URL.Path)
	c.Submit(page, "form[action$='/columns']", nil).Want(200)
	page = c.Submit(c.Get("/company/users?q=victim").Want(200), "form[action='/company/bulk-acts']", testkit.Values{"act": "deactivate", "all": "yes"}).Want(200)
	w.ids["/company/bulk-acts/{id}"] = last(page.URL.Path)
	var shot bytes.Buffer
	if err := png.Encode(&shot, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		w.t.Fatal(err)
	}
	page = c.Upload(c.Get("/contact").Want(200), "form[action='/contact']", "files", "a.png", shot.Bytes(), testkit.Values{"what": "It hangs."}).Want(200)
	w.ids["number"] = page.Text("#number")
	link, _ := c.Get("/support/cases/" + w.ids["number"]).Want(200).Find("a[href*='/files/']").Attr("href")
	w.ids["attachment"] = last(link)
}

// id makes an ID.
func (w *censusWorld) id(prefix string) string { return store.NewID(prefix, w.s.Clock.Now()) }

func last(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// owns gives the boss what users own. The session has fresh proof of the best factor.
func (w *censusWorld) owns() {
	w.t.Helper()
	now := w.s.Clock.Now().UnixMicro()
	for name, value := range map[string]string{"/searches/{id}": w.id("sea"), "/account/devices/{id}": w.id("dev"), "/account/platforms/{id}": w.platform, "/account/activity/{id}": w.id("evt"),
		"/account/terms/{id}": w.id("acc"), "/account/security/apps/{id}": w.id("fac"), "/account/security/passkeys/{id}": w.id("fac"), "/account/security/phone/{id}": w.id("fac")} {
		w.ids[name] = value
	}
	w.exec(`UPDATE sessions SET proved = 'verified-passkey', proved_at = $2 WHERE user_id = $1`, w.boss, now)
	w.exec(`INSERT INTO saved_searches (site_id, user_id, id, address, name, saved_at, shared_at) VALUES ($1, $2, $3, '/company/users?role=admin', 'Ours', 1, 1)`, uk, w.boss, w.ids["/searches/{id}"])
	w.exec(`INSERT INTO devices (site_id, user_id, token_hash, id, created_at, seen_at, trusted_at) VALUES ($1, $2, $4, $5, $3, $3, $3)`, uk, w.boss, now, []byte("1"), w.ids["/account/devices/{id}"])
	w.exec(`INSERT INTO grants (site_id, user_id, application_id, scopes, consented_at, first_at, used_at) VALUES ($1, $2, $3, 'openid', $4, $4, $4)`, uk, w.boss, w.platform, now)
	w.exec(`INSERT INTO events (site_id, id, company_id, user_id, at, kind, result, actor_kind, actor_id) VALUES ($1, $5, $2, $3, $4, 'sign_in.password', 'ok', 'user', $6)`, uk, w.company, w.boss, now, w.ids["/account/activity/{id}"], w.boss)
	w.exec(`INSERT INTO terms_texts (site_id, hash, text) VALUES ($1, 'h', 'The text')`, uk)
	w.exec(`INSERT INTO terms_acceptances (site_id, user_id, id, version, text_hash, lang, accepted_at) VALUES ($1, $2, $4, '1', 'h', 'en-GB', $3)`, uk, w.boss, now, w.ids["/account/terms/{id}"])
	w.hasFactors(gatehouse.Factor{SiteID: uk, UserID: w.boss, Name: "Mine"})
	w.exec(`INSERT INTO passkey_handles (site_id, user_id, handle) VALUES ($1, $2, 'handle')`, uk, w.boss)
	w.exec(`INSERT INTO passkeys (site_id, user_id, factor_id, credential_id, public_key, sign_count, model, transports, syncable, backed_up, verified)
		VALUES ($1, $2, $3, 'credential', $4, 0, '', '', FALSE, FALSE, TRUE)`, uk, w.boss, w.ids["/account/security/passkeys/{id}"], []byte("key"))
}

// hasFactors gives a user one of each kind.
func (w *censusWorld) hasFactors(f gatehouse.Factor) {
	w.t.Helper()
	for path, kind := range map[string]gatehouse.FactorKind{"apps": gatehouse.FactorApp, "passkeys": gatehouse.FactorPasskey, "phone": gatehouse.FactorText} {
		f.ID, f.Kind, f.CreatedAt = w.ids["/account/security/"+path+"/{id}"], kind, w.s.Clock.Now()
		sealed := []byte{}
		var err error
		switch kind {
		case gatehouse.FactorApp:
			sealed, err = signin.SealAppKey(w.s.Keys, f, []byte("01234567890123456789"))
		case gatehouse.FactorText:
			sealed, err = signin.SealNumber(w.s.Keys, f, phone.Number{E164: "+447700900123"})
		}
		if err != nil {
			w.t.Fatal(err)
		}
		w.exec(`INSERT INTO factors (site_id, user_id, id, kind, name, sealed, created_at, confirmed_at) VALUES ($1, $2, $3, $4, 'Mine', $5, $6, $7)`, uk, w.boss, f.ID, string(kind), sealed, f.CreatedAt.UnixMicro(), f.CreatedAt.UnixMicro())
	}
}

// works gives the company's administrators something to do about the user.
func (w *censusWorld) works() {
	w.t.Helper()
	now := w.s.Clock.Now().UnixMicro()
	for name, value := range map[string]string{"/company/users/{id}": w.user, "device": w.id("dev"), "session": w.id("ses"), "message": w.id("msg"), "kind": "shared", "user": w.user,
		"/company/platforms/{id}": w.platform, "/company/enrolments/{id}": w.id("enr"), "file": "activity.csv"} {
		w.ids[name] = value
	}
	w.exec(`INSERT INTO sessions (site_id, token_hash, id, user_id, company_id, created_at, seen_at, ends_at) VALUES ($1, $2, $7, $3, $4, $5, $5, $6)`, uk, []byte("2"), w.user, w.company, now, now+int64(time.Hour/time.Microsecond), w.ids["session"])
	w.exec(`INSERT INTO devices (site_id, user_id, token_hash, id, created_at, seen_at, trusted_at) VALUES ($1, $2, $4, $5, $3, $3, $3)`, uk, w.user, now, []byte("3"), w.ids["device"])
	w.exec(`INSERT INTO messages (site_id, id, company_id, user_id, kind, secret, recipient, subject, message_id, state, created_at, due_at, expires_at, done_at)
		VALUES ($1, $5, $2, $3, 'password-changed', FALSE, 'victim@northgate.example', 'Hello', 'm@x', 'deferred', $4, $6, $6, 0)`, uk, w.company, w.user, now, w.ids["message"], now+int64(time.Hour/time.Microsecond))
	w.exec(`INSERT INTO access_requests (site_id, user_id, application_id, company_id, asked_at) VALUES ($1, $2, $3, $4, $5)`, uk, w.user, w.platform, w.company, now)
	w.exec(`INSERT INTO events (site_id, id, company_id, user_id, at, kind, result, actor_kind, actor_id, detail) VALUES ($1, $5, $2, $3, $4, 'sole_user.answered', 'ok', 'user', $3, '{"sole_user":"no"}')`, uk, w.company, w.user, now, w.id("evt"))
	w.exec(`INSERT INTO enrolments (site_id, company_id, id, enable, state, started_at, started_by, started_name, ended_at) VALUES ($1, $2, $5, TRUE, 'done', $3, $4, 'Boss', $3)`, uk, w.company, now, w.boss, w.ids["/company/enrolments/{id}"])
}

// rows are the rows of all tables that hold one of the marks; without any, all. What every request
// writes is left out: events, limits, and counts.
func (w *censusWorld) rows(marks ...string) map[string]int {
	w.t.Helper()
	all := map[string]int{}
	list := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if strings.HasPrefix(w.url, "postgres") {
		list = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	}
	names, err := w.strings(list)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, table := range names {
		switch table[0] {
		case "events", "rate_limits", "sign_in_counts", "processes", "process_states", "job_runs", "health_samples", "alert_calls":
			continue
		}
		lines, err := w.strings(`SELECT * FROM ` + table[0])
		if err != nil {
			w.t.Fatal(err)
		}
		for _, line := range lines {
			text := table[0] + ": " + strings.Join(line, "|")
			for _, mark := range marks {
				if strings.Contains(text, mark) {
					all[text]++
					break
				}
			}
			if len(marks) == 0 {
				all[text]++
			}
		}
	}
	return all
}

// settles waits for what runs in the background, so that the next route is not blamed for it.
func (w *censusWorld) settles() {
	w.t.Helper()
	testkit.Eventually(w.t, "what runs in the background", func() bool {
		var n int
		err := w.db.QueryRowContext(w.t.Context(), `SELECT (SELECT COUNT(*) FROM enrolments WHERE state = 'running') + (SELECT COUNT(*) FROM messages WHERE state IN ('waiting', 'sending'))
			+ (SELECT COUNT(*) FROM bulk_acts WHERE state = 'running') + (SELECT COUNT(*) FROM imports WHERE state = 'running')`).Scan(&n)
		return err == nil && n == 0
	})
}
