package main

import (
	"fmt"
	"strconv"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

type companyCmd struct {
	Create  companyCreateCmd  `cmd:"" help:"Create a company."`
	List    companyListCmd    `cmd:"" help:"List a site's companies by account number."`
	Show    companyShowCmd    `cmd:"" help:"Show a company."`
	Change  companyChangeCmd  `cmd:"" help:"Change a company's name or account number."`
	Suspend companySuspendCmd `cmd:"" help:"End everything that is open for a company's users, and let nobody of it sign in."`
	Resume  companyResumeCmd  `cmd:"" help:"End the suspension of a company."`
	Merge   companyMergeCmd   `cmd:"" help:"Merge a company into another one, because both are one."`
	Policy  companyPolicyCmd  `cmd:"" help:"Show what a company requires of its users beyond its site, or set it."`
}

// companyView is a company as scripts see it.
type companyView struct {
	ID            string                      `json:"id"`
	Site          string                      `json:"site"`
	Name          string                      `json:"name"`
	AccountNumber string                      `json:"account_number"`
	TwoFactor     bool                        `json:"two_factor"`
	CreatedAt     time.Time                   `json:"created_at"`
	SuspendedAt   *time.Time                  `json:"suspended_at,omitempty"`
	SuspendedBy   string                      `json:"suspended_by,omitempty"`
	SuspendedWhy  string                      `json:"suspended_reason,omitempty"`
	Users         map[gatehouse.UserState]int `json:"users,omitempty"`
}

func viewCompany(c gatehouse.Company) companyView {
	v := companyView{ID: c.ID, Site: c.SiteID, Name: c.Name, AccountNumber: c.AccountNumber, TwoFactor: c.TwoFactor, CreatedAt: c.CreatedAt}
	if c.Suspended() {
		v.SuspendedAt, v.SuspendedBy, v.SuspendedWhy = &c.SuspendedAt, c.SuspendedBy, c.SuspendedWhy
	}
	return v
}

// company finds a company by its account number.
func (o *office) company(a *app, st *site.Site, number string) (gatehouse.Company, error) {
	c, err := o.CompanyByAccount(a.ctx, st, o.caller, number)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		err = fmt.Errorf("%s has no company with the account number %q\nRun gatehouse company list --site %s for those there are", st.Name, number, st.ID)
	}
	return c, err
}

type companyCreateCmd struct {
	placeFlags
	Name          string `arg:"" help:"The company's name."`
	AccountNumber string `help:"The account number." required:"" short:"n" placeholder:"NUMBER"`
}

func (c *companyCreateCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		made, err := o.CreateCompany(a.ctx, st, o.caller, directory.CompanyFields{Name: c.Name, AccountNumber: c.AccountNumber})
		if err == nil {
			fmt.Fprintf(a.out, "Created %s (account number %s, %s).\n", harmless(made.Name), made.AccountNumber, made.ID)
		}
		return err
	})
}

// pageFlags are the flags of lists.
type pageFlags struct {
	After string `help:"Begin after this one." placeholder:"NAME"`
	Limit int    `help:"At most this many, up to 1000." default:"1000"`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// more tells how to get the rest of a list.
func (f pageFlags) more(a *app, n int, last string) {
	if n > 0 && n >= min(f.Limit, directory.MaxList) {
		fmt.Fprintf(a.err, "There may be more: --after %s\n", strconv.Quote(last))
	}
}

type companyListCmd struct {
	placeFlags
	pageFlags
}

func (c *companyListCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		all, err := o.Companies(a.ctx, st, o.caller, c.After, c.Limit)
		if err != nil {
			return err
		}
		views, rows := make([]companyView, len(all)), make([][]string, len(all))
		for i, company := range all {
			views[i] = viewCompany(company)
			rows[i] = []string{company.AccountNumber, company.Name, yesNo(company.TwoFactor), moment(company.CreatedAt)}
		}
		if len(all) > 0 {
			defer c.more(a, len(all), all[len(all)-1].AccountNumber)
		}
		return tableOrJSON(a.out, c.JSON, views, "ACCOUNT NAME TWO-FACTOR CREATED", rows)
	})
}

type companyShowCmd struct {
	placeFlags
	Account string `arg:"" help:"The account number."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

func (c *companyShowCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		found, err := o.company(a, st, c.Account)
		if err != nil {
			return err
		}
		v := viewCompany(found)
		if v.Users, err = o.CountUsers(a.ctx, st, o.caller, found.ID); err != nil {
			return err
		}
		if c.JSON {
			return asJSON(a.out, v)
		}
		count := func(s gatehouse.UserState) string { return strconv.Itoa(v.Users[s]) }
		suspended := "no"
		if found.Suspended() {
			suspended = fmt.Sprintf("since %s by %s: %s", moment(found.SuspendedAt), harmless(found.SuspendedBy), harmless(found.SuspendedWhy))
		}
		return details(a.out, "Name", v.Name, "Account number", v.AccountNumber, "ID", v.ID, "Site", v.Site,
			"Two-factor", yesNo(v.TwoFactor), "Suspended", suspended, "Created", moment(v.CreatedAt), "Users active", count(gatehouse.Active),
			"Users invited", count(gatehouse.Invited), "Users deactivated", count(gatehouse.Deactivated))
	})
}

type companyChangeCmd struct {
	placeFlags
	Account       string  `arg:"" help:"The account number."`
	Name          *string `help:"The new name." placeholder:"NAME"`
	AccountNumber *string `help:"The new account number." placeholder:"NUMBER"`
}

func (c *companyChangeCmd) Run(a *app) error {
	if c.Name == nil && c.AccountNumber == nil {
		return usageError{fmt.Errorf("nothing to change\nGive --name or --account-number")}
	}
	return c.in(a, func(o *office, st *site.Site) error {
		found, err := o.company(a, st, c.Account)
		if err != nil {
			return err
		}
		now, err := o.UpdateCompany(a.ctx, st, o.caller, found.ID, directory.CompanyChange{Name: c.Name, AccountNumber: c.AccountNumber})
		if err == nil {
			fmt.Fprintf(a.out, "Changed %s (account number %s).\n", harmless(now.Name), now.AccountNumber)
		}
		return err
	})
}
