package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit/filler"
)

// crowd is an installation of a million users with ten million events. Written one by one they would take
// an hour, so the database makes them from their numbers, without the indexes, which are made afterwards.
type crowd struct {
	users, events int
	end           time.Time
	// middle is the ID of the event in the middle.
	middle string
}

// The numbers of rows begin here, so that all have the same length, in the order of texts, too.
const (
	firstRow        = 100_000_000
	sampleReference = "GH-7F3K-29QX"
	// IDs have 32 digits.
	userIDs    = "usr_00000000000000000000000"
	companyIDs = "com_00000000000000000000000"
	eventTail  = "00000000000"
)

func row(prefix string, n int) string      { return prefix + strconv.Itoa(firstRow+n) }
func (c *crowd) userID(n int) string       { return row(userIDs, n) }
func (c *crowd) username(n int) string     { return row("resident-", n) }
func (c *crowd) companyID(user int) string { return row(companyIDs, user/perCompany) }
func (c *crowd) number(user int) string    { return row("", user/perCompany) }
func (c *crowd) step() time.Duration       { return 365 * 24 * time.Hour / time.Duration(c.events) }
func (c *crowd) at(n int) time.Time        { return c.end.Add(-c.step() * time.Duration(c.events-n)) }
func rowOf(prefix, n string) string {
	return fmt.Sprintf(`'%s' || CAST(%d + (%s) AS TEXT)`, prefix, firstRow, n)
}
func (c *crowd) eventID(n int) string {
	return fmt.Sprintf("evt_%012x%s", c.at(n).UnixMilli(), row(eventTail, n))
}
func cutHost(host string) (string, string, bool) { return strings.Cut(host, ":") }

// crowd fills a database.
func (b *bench) crowd(ctx context.Context, st *store.Store, db *database) (*crowd, error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	c := &crowd{users: b.count(operatorUsers), events: b.count(operatorEvents), end: now}
	if b.quick {
		c.users, c.events = c.users/10, c.events/10
	}
	c.middle = c.eventID(c.events / 2)
	if err := b.operator(ctx, st, now); err != nil {
		return nil, err
	}
	firm := gatehouse.Company{ID: "com_template", SiteID: filler.Template, Name: "Template", AccountNumber: "0", CreatedAt: now}
	template := b.user(b.site, firm, "template", now)
	template.SiteID, template.ID = firm.SiteID, "usr_template"
	err := st.Write(ctx, func(q store.Queries) error {
		return errors.Join(q.InsertCompany(ctx, firm), q.InsertUsers(ctx, []gatehouse.User{template}))
	})
	if err != nil {
		return nil, err
	}
	f, err := filler.Open(ctx, db.url)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	f.Copies("companies", c.users/perCompany, map[string]string{"site_id": "'" + siteID + "'", "id": rowOf(companyIDs, "n"), "name": "'House ' || CAST(n AS TEXT) || ' Ltd'", "account_number": rowOf("", "n")})
	f.Copies("users", c.users, map[string]string{"site_id": "'" + siteID + "'", "id": rowOf(userIDs, "n"), "company_id": rowOf(companyIDs, fmt.Sprintf("n / %d", perCompany)), "username": rowOf("resident-", "n"), "username_key": rowOf("resident-", "n"),
		"email": rowOf("resident-", "n") + " || '@northgate.example'", "email_key": rowOf("resident-", "n") + " || '@northgate.example'"})
	c.fillEvents(f)
	c.fillMails(f, b.count(operatorMails))
	f.Forget("users")
	f.Forget("companies")
	f.Analyze()
	return c, f.Err
}

// fillEvents writes the events of a year.
func (c *crowd) fillEvents(f *filler.Filler) {
	restore := f.WithoutIndexes("events")
	start, step := c.at(0).UnixMicro(), c.step().Microseconds()
	at := fmt.Sprintf("(%d + n * %d)", start, step)
	hex := fmt.Sprintf("printf('%%012x', %s / 1000)", at)
	if f.Postgres {
		hex = fmt.Sprintf("lpad(to_hex(%s / 1000), 12, '0')", at)
	}
	user := fmt.Sprintf("((n * 7919) %% %d)", c.users)
	known := "n % 10 <> 9" // of which user it is known; the others are at another site
	own := "n % 20 IN (10, 11, 12, 13, 14, 17, 19)"
	columns := map[string]string{
		"site_id":    "CASE WHEN " + known + " THEN '" + siteID + "' ELSE 'inkwell' END",
		"id":         "'evt_' || " + hex + " || " + rowOf(eventTail, "n"),
		"company_id": "CASE WHEN " + known + " THEN " + rowOf(companyIDs, user+" / "+strconv.Itoa(perCompany)) + " ELSE '' END",
		"user_id":    "CASE WHEN " + known + " THEN " + rowOf(userIDs, user) + " ELSE '' END",
		"at":         at,
		"kind": "CASE WHEN n % 100000 = 3 THEN 'user.deactivated' WHEN n % 1000 = 7 THEN 'user.locked' WHEN n % 20 IN (10, 11, 12, 13) THEN 'session.ended' WHEN n % 20 = 14 THEN 'profile.changed' WHEN n % 20 = 15 THEN 'code.sent'" +
			" WHEN n % 20 = 16 THEN 'sign_in.code' WHEN n % 20 = 17 THEN 'password.changed' WHEN n % 20 = 18 THEN 'user.changed' WHEN n % 20 = 19 THEN 'application.signed_in' ELSE 'sign_in.password' END",
		"result":     "CASE WHEN n % 11 = 0 THEN 'wrong' WHEN n % 1009 = 0 THEN 'limited' ELSE 'ok' END",
		"actor_kind": "CASE WHEN n % 100000 = 3 THEN 'operator' WHEN n % 20 = 15 THEN 'system' WHEN n % 20 = 18 OR " + own + " THEN 'user' ELSE 'visitor' END",
		"actor_id":   "CASE WHEN n % 100000 = 3 THEN 'usr_0000000000000000000000000000000f' WHEN n % 20 = 18 THEN " + rowOf(userIDs, user+" / 1000 * 1000") + " WHEN " + own + " AND " + known + " THEN " + rowOf(userIDs, user) + " ELSE '' END",
		"address":    "'10.' || CAST(" + user + " % 200 AS TEXT) || '.' || CAST(" + user + " / 200 % 200 AS TEXT) || '.' || CAST(n % 7 AS TEXT)",
		"user_agent": "'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'",
		"reference":  fmt.Sprintf("CASE WHEN n = %d THEN '%s' ELSE %s END", c.events/2, sampleReference, rowOf("GH-", "n")),
	}
	f.Rows("events", c.events, columns)
	restore()
}

// fillMails writes messages: nearly all were sent.
func (c *crowd) fillMails(f *filler.Filler, count int) {
	restore := f.WithoutIndexes("messages")
	us := c.end.UnixMicro()
	hex := fmt.Sprintf("printf('%%012x', (%d + n * 1000) / 1000)", us-int64(count)*1000)
	if f.Postgres {
		hex = fmt.Sprintf("lpad(to_hex((%d + n * 1000) / 1000), 12, '0')", us-int64(count)*1000)
	}
	user := fmt.Sprintf("((n * 7919) %% %d)", c.users)
	later := strconv.FormatInt(c.end.Add(24*time.Hour).UnixMicro(), 10)
	f.Rows("messages", count, map[string]string{
		"site_id": "'" + siteID + "'", "id": "'msg_' || " + hex + " || " + rowOf(eventTail, "n"), "company_id": rowOf(companyIDs, user+" / "+strconv.Itoa(perCompany)), "user_id": rowOf(userIDs, user),
		"kind": "CASE WHEN n % 3 = 0 THEN 'new-device' ELSE 'verification-code' END", "secret": "n % 3 <> 0", "recipient": rowOf("resident-", user) + " || '@northgate.example'", "subject": "'Your sign-in code'",
		"message_id": rowOf("m", "n") + " || '@x'", "state": "CASE WHEN n % 500 = 0 THEN 'deferred' WHEN n % 100 = 1 THEN 'refused' ELSE 'sent' END",
		"reply":      "CASE WHEN n % 500 = 0 THEN '451 4.7.1 Try again later' WHEN n % 100 = 1 THEN '550 5.1.1 No such user' ELSE '250 OK' END",
		"created_at": fmt.Sprintf("%d + n * 1000", us-int64(count)*1000), "due_at": later, "expires_at": later, "done_at": fmt.Sprintf("CASE WHEN n %% 500 = 0 THEN 0 ELSE %d END", us),
	})
	restore()
}
