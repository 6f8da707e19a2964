package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"time"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// The operators' pages, of an installation that is as large as any: 99 of 100 pages of each kind take no
// longer than this.
const (
	operatorUsers  = 1_000_000
	operatorEvents = 10_000_000
	operatorMails  = 1_000_000
	mostOfOperator = 100 * time.Millisecond
	operatorHost   = "operator.localhost"
	operatorCookie = "session of an operator who looks at everything"
	// The overview counts in the background while the first ones look.
	patienceOfOverview = 2 * time.Minute
)

// measureOperators measures the operators' pages.
func measureOperators(ctx context.Context, b *bench, db *database) error {
	var c *crowd
	err := b.withStore(ctx, db, func(st *store.Store) (err error) {
		begun := time.Now()
		if c, err = b.crowd(ctx, st, db); err == nil {
			fmt.Fprintf(os.Stderr, "  filled in %.0f s\n", time.Since(begun).Seconds())
		}
		return err
	})
	if err != nil {
		return err
	}
	return b.duringWith(ctx, db, fmt.Sprintf("operator_hosts: [%s]\n", operatorHost), func(s *server) error {
		_, port, _ := cutHost(s.host)
		h := &house{server: s, client: s.client(operatorHost + ":" + port), cookie: "gatehouse-session=" + operatorCookie}
		defer h.client.close()
		if err := awaitOverview(ctx, h); err != nil {
			return err
		}
		for _, l := range c.pages() {
			for _, q := range l.queries { // what is read first comes from the disk
				if err := h.page(l.path + q); err != nil {
					return err
				}
			}
			if err := b.measureListings(ctx, h, db, c.events, "events", l); err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
		}
		return nil
	})
}

// awaitOverview looks at the overview until it is there at once.
func awaitOverview(ctx context.Context, h *house) error {
	for end := time.Now().Add(patienceOfOverview); ; pause(ctx, time.Second) {
		begun := time.Now()
		err := h.page("/operator")
		if err == nil && time.Since(begun) < mostOfOperator || err != nil && time.Now().After(end) {
			return err
		}
		if time.Now().After(end) {
			return nil // then the figure says it
		}
	}
}

// pages are the pages that are measured.
func (c *crowd) pages() []listings {
	const most = mostOfOperator
	user := "/operator/sites/" + siteID + "/users/" + c.userID(c.users/2)
	firm := "/operator/sites/" + siteID + "/companies"
	name := c.username(c.users / 2)
	day := c.end.AddDate(0, 0, -100).Format(time.DateOnly)
	events := func(filters ...string) []string { return filters }
	return []listings{
		{"operators' overview and sites", most, "/operator", []string{"", "/sites", "/sites/" + siteID}},
		{"operators' companies", most, firm, []string{"", "?q=House+42", "?after=5000", "/" + c.companyID(c.users/2)}},
		{"operators' search", most, "/operator/find?", []string{"q=" + name, "q=" + url.QueryEscape(name[:12]), "q=santos", "q=Mira+Santos", "q=House+99", "q=4711", "q=" + sampleReference, "q=10.7.9.3", "q=10.7.9.0%2F24", "q=zebra"}},
		{"operators' page of a user", most, user, []string{"", "/activity"}},
		{"operators' mail and cases", most, "/operator", []string{"/mail", "/mail?state=deferred", "/mail?state=refused&site=" + siteID, "/mail?kind=codes", "/bounced", "/cases", "/cases?state=closed"}},
		{"event log, first page", most, "/operator/events", []string{""}},
		{"event log, page in the middle", most, "/operator/events?", events("before="+c.middle, "after="+c.middle, "to="+day, "before="+c.middle+"&result=not-ok", "after="+c.middle+"&result=not-ok")},
		{"event log, each filter", most, "/operator/events?", events("site="+siteID, "site=inkwell", "company="+c.number(c.users/2), "person="+name, "person="+c.userID(c.users/2), "actor="+c.username(0), "by=operator", "by=user", "by=system",
			"kind=user.locked", "kind=user.deactivated", "kind=sign_in.password", "kind=sign-ins", "kind=cases", "kind=accounts", "result=not-ok", "result=limited", "from="+day, "from="+day+"&to="+day,
			"address=10.7.9.3", "address=10.7.9.0%2F24", "address=10.0.0.0%2F8", "reference="+sampleReference)},
		{"event log, filters combined", most, "/operator/events?", events("site="+siteID+"&result=not-ok&kind=sign-ins", "company="+c.number(c.users/2)+"&result=not-ok&to="+day, "person="+name+"&kind=sign-ins", "kind=user.locked&site=inkwell&to="+day,
			"address=10.7.9.3&result=not-ok", "actor="+c.username(0)+"&kind=users&from="+day, "by=operator&kind=user.deactivated&company="+c.number(3), "result=limited&by=visitor&from="+day)},
	}
}

// operator makes the operator who looks, with a session.
func (b *bench) operator(ctx context.Context, st *store.Store, now time.Time) error {
	return st.Write(ctx, func(q store.Queries) error {
		firm := gatehouse.Company{ID: store.NewID("com", now), SiteID: gatehouse.OperatorsSite, Name: "Gatehouse operators", AccountNumber: "1", CreatedAt: now}
		if err := q.InsertCompany(ctx, firm); err != nil {
			return err
		}
		u := b.user(b.site, firm, "watcher", now)
		u.SiteID, u.Role, u.Factors, u.Apps = firm.SiteID, gatehouse.RoleOwner, 1, 1
		if err := q.InsertUsers(ctx, []gatehouse.User{u}); err != nil {
			return err
		}
		id := store.NewID("ses", now)
		return q.InsertSession(ctx, secret.HashToken(operatorCookie), gatehouse.Session{ID: id, SiteID: u.SiteID, UserID: u.ID, CompanyID: u.CompanyID, CreatedAt: now, SeenAt: now}, now.Add(8*time.Hour))
	})
}
