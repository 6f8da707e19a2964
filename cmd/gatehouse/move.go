package main

import (
	"fmt"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

type companyMergeCmd struct {
	placeFlags
	Account            string `arg:"" help:"The account number of the company that is merged."`
	Into               string `help:"The account number of the company that gets all of its users." required:"" placeholder:"NUMBER"`
	KeepAdministrators bool   `help:"Its administrators stay administrators; otherwise they are ordinary users then."`
	DryRun             bool   `help:"Only say what would happen."`
}

func (c *companyMergeCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		from, err := o.company(a, st, c.Account)
		if err != nil {
			return err
		}
		to, err := o.company(a, st, c.Into)
		if err != nil {
			return err
		}
		v, err := o.Merging(a.ctx, st, o.caller, from.ID, to.ID)
		if err != nil {
			return err
		}
		if c.DryRun {
			return details(a.out, "From", from.Name, "Into", to.Name, "Users", fmt.Sprint(v.Follows.Users), "Administrators", fmt.Sprint(v.Follows.Administrators),
				"Sessions that end", fmt.Sprint(v.Open.Sessions), "Addresses that both have", fmt.Sprint(v.SameCount),
				"Two-factor afterwards", string(v.Rule.Require), "Stricter for the other company", yesNo(v.Tightens() || len(v.Tightened()) > 0))
		}
		n, err := o.MergeCompany(a.ctx, st, o.caller, from.ID, directory.Merge{To: to.ID, Keep: c.KeepAdministrators, Seen: v.Seen})
		if err == nil {
			fmt.Fprintf(a.out, "Merged %s into %s: %d users. The account number %s stands for it now.\n", harmless(from.Name), harmless(to.Name), n, from.AccountNumber)
		}
		return err
	})
}

type userMoveCmd struct {
	userFlags
	To                   string `help:"The account number of the company." required:"" placeholder:"NUMBER"`
	KeepAdministrator    bool   `help:"An administrator stays one; otherwise they are an ordinary user there."`
	LeaveNoAdministrator bool   `help:"The company may be left without an administrator."`
}

func (c *userMoveCmd) Run(a *app) error {
	return c.with(a, func(o *office, st *site.Site, u gatehouse.User) error {
		to, err := o.company(a, st, c.To)
		if err != nil {
			return err
		}
		m := directory.Move{To: to.ID, Users: []string{u.ID}, Leave: c.LeaveNoAdministrator}
		if c.KeepAdministrator {
			m.Keep = m.Users
		}
		if _, err := o.MoveUsers(a.ctx, st, o.caller, u.CompanyID, m); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Moved %s to %s; all sessions have ended.\n", harmless(u.Username), harmless(to.Name))
		return nil
	})
}
