package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/directory"
	"gatehouse/internal/mail"
	"gatehouse/internal/store"
)

// What administrators do with many users at once, and how much has happened in the company.
const (
	actedOn         = 10_000
	leastActs       = 1000 // users a second
	importedUsers   = 10_000
	mostOfAnImport  = 10 * time.Second
	companyEvents   = 1_000_000
	activityPages   = "/company/activity?"
	companyPatience = 10 * time.Minute
)

// measureCompany measures a bulk act, an import by page, and the company's activity.
func measureCompany(ctx context.Context, b *bench, db *database) error {
	live := func(st *store.Store, firm *settlement) error { return b.live(ctx, st, firm) }
	return b.withLargeCompany(ctx, db, live, func(h *house, firm *settlement) error {
		if err := b.measureActivity(ctx, h, db, firm); err != nil {
			return err
		}
		c := &companyWork{bench: b, house: h, caller: gatehouse.Caller{Kind: gatehouse.SignedIn, SiteID: siteID, CompanyID: firm.company.ID, UserID: h.admin.ID, Role: gatehouse.RoleAdmin},
			desk: &directory.Service{Desk: &act.Desk{Store: h.st, Outbox: &mail.Outbox{Keys: b.keys, Now: time.Now}, Now: time.Now}, Hasher: b.hasher}}
		if err := c.measureAct(ctx, db); err != nil {
			return err
		}
		return c.measureImport(ctx, db)
	})
}

// live writes what happened in a company in the last 30 days.
func (b *bench) live(ctx context.Context, st *store.Store, firm *settlement) error {
	const batch = 5000
	total, end := b.count(companyEvents), time.Now().UTC()
	step := 30 * 24 * time.Hour / time.Duration(total)
	kinds := []gatehouse.EventKind{gatehouse.EventSignIn, gatehouse.EventSignIn, gatehouse.EventSignOut, gatehouse.EventProfileChanged, gatehouse.EventSignIn}
	for first := 0; first < total; first += batch {
		events := make([]gatehouse.Event, 0, batch)
		for i := first; i < min(first+batch, total); i++ {
			at, u, result := end.Add(-step*time.Duration(total-i)), firm.users[i*7919%len(firm.users)], gatehouse.ResultOK
			if i%11 == 0 {
				result = gatehouse.ResultWrong
			}
			c := gatehouse.Caller{Kind: gatehouse.SignedIn, UserID: u.ID, IPAddress: fmt.Sprintf("192.0.2.%d", i%200), UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
			events = append(events, c.Event(store.NewID("evt", at), at, siteID, u, kinds[i%len(kinds)], result, nil))
		}
		if err := st.Write(ctx, func(q store.Queries) error { return q.InsertEvents(ctx, events) }); err != nil {
			return err
		}
	}
	return nil
}

// measureActivity measures the pages of the company's activity.
func (b *bench) measureActivity(ctx context.Context, h *house, db *database, firm *settlement) error {
	for range 2 * pagesInARound {
		if err := h.page(activityPages); err != nil {
			return err
		}
	}
	most := mostOfAList
	if db.engine == "postgres" {
		most = mostOnPostgres
	}
	day := time.Now().UTC().AddDate(0, 0, -15).Format(time.DateOnly)
	person := url.QueryEscape(firm.users[7].Username)
	for _, l := range []listings{
		{"activity", most, activityPages, []string{"", "to=" + day}},
		{"filter of the activity", most, activityPages, []string{"kind=sign-ins", "kind=changes", "result=not-ok", "person=" + person, "person=" + person + "&result=not-ok", "address=192.0.2.17", "address=203.", "kind=changes&result=not-ok&from=" + day}},
	} {
		if err := b.measureListings(ctx, h, db, b.count(companyEvents), "events", l); err != nil {
			return err
		}
	}
	return nil
}

// companyWork is what an administrator has the server do.
type companyWork struct {
	*bench
	*house
	desk   *directory.Service
	caller gatehouse.Caller
}

// measureAct measures an act on many users, from the confirmation on.
func (c *companyWork) measureAct(ctx context.Context, db *database) error {
	chosen, err := c.chosen(ctx)
	if err != nil {
		return err
	}
	id, err := c.desk.ProposeBulkAct(ctx, c.site, c.caller, c.caller.CompanyID, gatehouse.ActDeactivate, directory.Chosen{IDs: chosen})
	if err != nil {
		return err
	}
	before := processorTime(c.server)
	p, err := c.desk.BulkPreview(ctx, c.site, c.caller, c.caller.CompanyID, id)
	if err == nil {
		err = c.desk.BeginBulkAct(ctx, c.site, c.caller, c.caller.CompanyID, id, p.Fingerprint)
	}
	if err != nil {
		return err
	}
	b := p.BulkAct
	err = c.await(ctx, func() (done bool, err error) {
		b, err = c.st.Read().BulkAct(ctx, siteID, c.caller.CompanyID, id)
		return !b.EndedAt.IsZero(), err
	})
	if err == nil && (b.State != gatehouse.RunDone || b.Counts.Changed != len(chosen)) {
		err = fmt.Errorf("the act is %s, %+v", b.State, b.Counts)
	}
	if err != nil {
		return err
	}
	took := b.EndedAt.Sub(b.StartedAt)
	c.report.add(figure{Name: fmt.Sprintf("act on %d users, %s", b.Total, db.engine), Unit: "/s", Value: float64(b.Total) / took.Seconds(), Limit: leastActs, Bound: atLeast,
		Disturbed: processorTime(c.server).minus(before).others() > disturbing, Detail: fmt.Sprintf("%.1f s, each with an event and a mail", took.Seconds())})
	return nil
}

// chosen are active users for an act.
func (c *companyWork) chosen(ctx context.Context) (ids []string, err error) {
	err = c.st.Read().AllUsers(ctx, siteID, c.caller.CompanyID, func(u gatehouse.User) error {
		if len(ids) < c.count(actedOn) && u.State == gatehouse.Active && u.ID != c.caller.UserID {
			ids = append(ids, u.ID)
		}
		return nil
	})
	return ids, err
}

// measureImport measures an import of new users, from the upload to the end.
func (c *companyWork) measureImport(ctx context.Context, db *database) error {
	var file strings.Builder
	file.WriteString("username,email,first_name,last_name\n")
	n := c.count(importedUsers)
	for i := range n {
		fmt.Fprintf(&file, "newcomer-%06d,newcomer-%06d@northgate.example,Mira,Santos\n", i, i)
	}
	before, begun := processorTime(c.server), time.Now()
	i, err := c.desk.UploadImport(ctx, c.site, c.caller, c.caller.CompanyID, "people.csv", []byte(file.String()))
	if err == nil {
		i, err = c.desk.CheckImport(ctx, c.site, c.caller, c.caller.CompanyID, i.ID, i.Columns, i.Headed)
	}
	if err == nil {
		i, err = c.desk.StartImport(ctx, c.site, c.caller, c.caller.CompanyID, i.ID, i.Mark, false)
	}
	if err != nil {
		return err
	}
	err = c.await(ctx, func() (done bool, err error) {
		i, err = c.st.Read().Import(ctx, siteID, c.caller.CompanyID, c.caller.UserID, i.ID)
		return !i.EndedAt.IsZero(), err
	})
	if err == nil && i.Done.New != n {
		err = fmt.Errorf("the import is %s, %+v", i.State, i.Done)
	}
	if err != nil {
		return err
	}
	c.report.add(figure{Name: fmt.Sprintf("import by page of %d users, %s", n, db.engine), Unit: "s", Value: time.Since(begun).Seconds(), Limit: mostOfAnImport.Seconds(), Bound: below,
		Disturbed: processorTime(c.server).minus(before).others() > disturbing, Detail: "from the upload to the last line"})
	return nil
}

// await asks until something is done.
func (c *companyWork) await(ctx context.Context, done func() (bool, error)) error {
	for end := time.Now().Add(companyPatience); ; pause(ctx, 20*time.Millisecond) {
		if ok, err := done(); ok || err != nil {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("not done after %s", companyPatience)
		}
	}
}
