package main

import (
	"fmt"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

type operatorCmd struct {
	Create     operatorCreateCmd     `cmd:"" help:"Create an operator; prints the link with which they choose their password."`
	List       operatorListCmd       `cmd:"" help:"List all operators."`
	Role       operatorRoleCmd       `cmd:"" help:"Give an operator another role."`
	Link       operatorLinkCmd       `cmd:"" help:"Invite an operator again who has never signed in; prints the new link."`
	Reset      operatorResetCmd      `cmd:"" help:"Replace an operator's password by a temporary one, by mail."`
	Unlock     operatorUnlockCmd     `cmd:"" help:"End an operator's lock."`
	Factors    operatorFactorsCmd    `cmd:"" help:"Reset an operator's second factors. It waits a day, and the operator may stop it."`
	Deactivate operatorDeactivateCmd `cmd:"" help:"End an operator's account and all that is open in its name."`
	Activate   operatorActivateCmd   `cmd:"" help:"Make a deactivated operator's account usable again."`
}

// operators opens the directory and calls fn with the operators' site.
func (f configFlag) operators(a *app, fn func(o *office, st *site.Site) error) error {
	return f.office(a, func(o *office) error {
		st := o.sites.Operators()
		if st == nil {
			return usageError{fmt.Errorf("there are no operators: the configuration has no operator_hosts\nAdd a host of its own for their pages, such as operator_hosts: [console.portal.example]")}
		}
		return fn(o, st)
	})
}

// oneOperator identifies an operator.
type oneOperator struct {
	configFlag
	Username string `arg:"" help:"The operator's username."`
}

// with finds the operator and calls fn.
func (f oneOperator) with(a *app, fn func(o *office, st *site.Site, u gatehouse.User) error) error {
	return f.operators(a, func(o *office, st *site.Site) error {
		u, err := o.Operator(a.ctx, st, o.caller, f.Username)
		if gatehouse.KindOf(err) == gatehouse.NotFound && err != nil {
			return fmt.Errorf("there is no operator %q\nRun gatehouse operator list for those there are", f.Username)
		}
		if err != nil {
			return err
		}
		return fn(o, st, u)
	})
}

// does finds the operator, does an act, and says so.
func (f oneOperator) does(a *app, act gatehouse.UserAct, said string) error {
	return f.with(a, func(o *office, st *site.Site, u gatehouse.User) error {
		err := o.Act(a.ctx, st, o.caller, u.ID, act, "")
		if err == nil {
			fmt.Fprintf(a.out, said+"\n", u.Username)
		}
		return err
	})
}

type operatorCreateCmd struct {
	configFlag
	Username  string `help:"The name that they sign in with." required:"" placeholder:"NAME"`
	Email     string `help:"The address." required:"" placeholder:"ADDRESS"`
	FirstName string `help:"The first name." placeholder:"NAME"`
	LastName  string `help:"The last name." placeholder:"NAME"`
	Role      string `help:"support, security or owner." required:"" placeholder:"ROLE"`
	Locale    string `help:"The language: en-GB, de or fr." placeholder:"TAG"`
}

func (c *operatorCreateCmd) Run(a *app) error {
	return c.operators(a, func(o *office, st *site.Site) error {
		made, link, err := o.CreateOperator(a.ctx, st, o.caller, directory.UserFields{Username: c.Username, FirstName: c.FirstName, LastName: c.LastName,
			Email: c.Email, Role: gatehouse.Role(c.Role), Locale: c.Locale})
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Created the operator %s (%s), %s.\n", made.Username, made.ID, made.Role)
		return printInvitation(a, made, link)
	})
}

// printInvitation prints the link of an invitation, which is also on its way by mail.
func printInvitation(a *app, u gatehouse.User, link string) error {
	_, err := fmt.Fprintf(a.out, "Choose the password, until %s, at:\n  %s\nThe same link is on its way to %s. The first sign-in asks for a code from there, and then for a passkey or an authenticator app.\n",
		moment(u.Password.ExpiresAt), link, u.Email)
	return err
}

type operatorListCmd struct {
	configFlag
	JSON bool `name:"json" help:"Print JSON."`
}

func (c *operatorListCmd) Run(a *app) error {
	return c.operators(a, func(o *office, st *site.Site) error {
		all, err := o.Operators(a.ctx, st, o.caller)
		if err != nil {
			return err
		}
		views, rows := make([]userView, len(all)), make([][]string, len(all))
		for i, u := range all {
			views[i] = viewUser(u)
			rows[i] = []string{u.Username, stateOf(u), string(u.Role), u.FirstName + " " + u.LastName, u.Email, fmt.Sprint(u.Apps + u.Passkeys), moment(u.LastSignInAt)}
		}
		return tableOrJSON(a.out, c.JSON, views, "USERNAME STATE ROLE NAME EMAIL FACTORS LAST-SIGN-IN", rows)
	})
}

type operatorRoleCmd struct {
	oneOperator
	Role string `arg:"" help:"support, security or owner."`
}

func (c *operatorRoleCmd) Run(a *app) error {
	return c.with(a, func(o *office, st *site.Site, u gatehouse.User) error {
		err := o.SetOperatorRole(a.ctx, st, o.caller, u.ID, gatehouse.Role(c.Role))
		if err == nil {
			fmt.Fprintf(a.out, "%s is now %s.\n", u.Username, c.Role)
		}
		return err
	})
}

type operatorLinkCmd struct{ oneOperator }

func (c *operatorLinkCmd) Run(a *app) error {
	return c.with(a, func(o *office, st *site.Site, u gatehouse.User) error {
		link, err := o.InviteOperator(a.ctx, st, o.caller, u.ID)
		if err != nil {
			return err
		}
		if u, err = o.Operator(a.ctx, st, o.caller, u.Username); err != nil {
			return err
		}
		return printInvitation(a, u, link)
	})
}

type operatorResetCmd struct{ oneOperator }

func (c *operatorResetCmd) Run(a *app) error {
	return c.does(a, gatehouse.ActPassword, "Reset the password of %s; all sessions have ended. A temporary password is on its way by mail.")
}

type operatorUnlockCmd struct{ oneOperator }

func (c *operatorUnlockCmd) Run(a *app) error {
	return c.does(a, gatehouse.ActUnlock, "Unlocked %s. The counts of wrong attempts begin again.")
}

type operatorFactorsCmd struct{ oneOperator }

func (c *operatorFactorsCmd) Run(a *app) error {
	return c.with(a, func(o *office, st *site.Site, u gatehouse.User) error {
		return resetFactors(a, o, st, u)
	})
}

type operatorDeactivateCmd struct{ oneOperator }

func (c *operatorDeactivateCmd) Run(a *app) error {
	return c.does(a, gatehouse.ActDeactivate, "Deactivated %s; all sessions have ended.")
}

type operatorActivateCmd struct{ oneOperator }

func (c *operatorActivateCmd) Run(a *app) error {
	return c.does(a, gatehouse.ActActivate, "Activated %s.")
}
