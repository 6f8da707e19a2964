package main

import (
	"fmt"

	"gatehouse/internal/site"
)

type companySuspendCmd struct {
	placeFlags
	Account string `arg:"" help:"The account number."`
	Reason  string `help:"Why; operators see it." required:"" placeholder:"TEXT"`
}

func (c *companySuspendCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		found, err := o.company(a, st, c.Account)
		if err != nil {
			return err
		}
		if err := o.Suspend(a.ctx, st, o.caller, found.ID, c.Reason, ""); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Suspended %s; all sessions have ended, and nobody of it can sign in.\n", harmless(found.Name))
		return nil
	})
}

type companyResumeCmd struct {
	placeFlags
	Account string `arg:"" help:"The account number."`
}

func (c *companyResumeCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		found, err := o.company(a, st, c.Account)
		if err != nil {
			return err
		}
		if !found.Suspended() {
			fmt.Fprintf(a.out, "%s is not suspended.\n", harmless(found.Name))
			return nil
		}
		if err := o.Resume(a.ctx, st, o.caller, found.ID, ""); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Ended the suspension of %s; its users can sign in again.\n", harmless(found.Name))
		return nil
	})
}
