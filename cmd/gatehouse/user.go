package main

import (
	"fmt"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/site"
)

type userCmd struct {
	Create     userCreateCmd     `cmd:"" help:"Create a user, with a temporary password by mail."`
	List       userListCmd       `cmd:"" help:"List the users of a company or a site by username."`
	Show       userShowCmd       `cmd:"" help:"Show a user and what happened lately."`
	Change     userChangeCmd     `cmd:"" help:"Change a user's profile or role."`
	Unlock     userUnlockCmd     `cmd:"" help:"End a lock; the counts of wrong attempts begin again."`
	Reset      userResetCmd      `cmd:"" help:"Replace a user's password by a temporary one, by mail."`
	Deactivate userDeactivateCmd `cmd:"" help:"End an account and all that is open in its name."`
	Activate   userActivateCmd   `cmd:"" help:"Make a deactivated account usable again."`

	Move    userMoveCmd    `cmd:"" help:"Make a user one of another company."`
	Delete  userDeleteCmd  `cmd:"" help:"Delete a user, who can be restored for 30 days."`
	Restore userRestoreCmd `cmd:"" help:"Give a deleted user back."`
	Erase   userEraseCmd   `cmd:"" help:"Remove for good, on request of the person, all that is known about a user; print a receipt."`

	ResetTwoFactor userResetTwoFactorCmd `cmd:"" help:"End a user's second factors, trust in devices and own choice of codes. It waits, and the user may stop it."`

	ClearBounce userClearBounceCmd `cmd:"" help:"No longer mark a user's address as one that mail comes back from."`
}

// userFlags identify a user.
type userFlags struct {
	placeFlags
	Username string `arg:"" help:"The username; the address where the site signs in with it."`
}

// with finds the user and calls fn.
func (f userFlags) with(a *app, fn func(o *office, st *site.Site, u gatehouse.User) error) error {
	return f.withDeleted(a, func(o *office, st *site.Site, u gatehouse.User) error {
		if !u.DeletedAt.IsZero() { // and only therefore deactivated
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: string(gatehouse.RefusedDeleted)}
		}
		return fn(o, st, u)
	})
}

// withDeleted is with for a user who may be deleted.
func (f userFlags) withDeleted(a *app, fn func(o *office, st *site.Site, u gatehouse.User) error) error {
	return f.in(a, func(o *office, st *site.Site) error {
		u, err := o.UserByUsername(a.ctx, st, o.caller, f.Username)
		if gatehouse.KindOf(err) == gatehouse.NotFound {
			return fmt.Errorf("%s has no user %q\nRun gatehouse user list --site %s for those there are", st.Name, f.Username, st.ID)
		}
		if err != nil {
			return err
		}
		return fn(o, st, u)
	})
}

type userCreateCmd struct {
	userFlags
	Company   string `help:"The account number of the user's company." required:"" placeholder:"ACCOUNT"`
	FirstName string `help:"The first name." placeholder:"NAME"`
	LastName  string `help:"The last name." placeholder:"NAME"`
	Email     string `help:"The address. Without one, the temporary password is printed once." placeholder:"ADDRESS"`
	Role      string `help:"user or admin." default:"user"`
	Locale    string `help:"One of the site's languages." placeholder:"TAG"`
}

func (c *userCreateCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		company, err := o.company(a, st, c.Company)
		if err != nil {
			return err
		}
		made, err := o.CreateUser(a.ctx, st, o.caller, company.ID, directory.UserFields{Username: c.Username,
			FirstName: c.FirstName, LastName: c.LastName, Email: c.Email, Role: gatehouse.Role(c.Role), Locale: c.Locale})
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Created %s (%s) of %s.\n", made.User.Username, made.User.ID, harmless(company.Name))
		return handOver(a, made)
	})
}

// handOver says where a temporary password went, or prints it, once.
func handOver(a *app, i directory.Issued) error {
	ends := moment(i.User.Password.ExpiresAt)
	if i.Password == "" {
		fmt.Fprintf(a.out, "A temporary password, good until %s, is on its way to %s.\n", ends, i.User.Email)
		return nil
	}
	_, err := fmt.Fprintf(a.out, "Temporary password, good for one sign-in until %s: %s\nHand it over now: it is shown this once.\n", ends, i.Password)
	return err
}

type userListCmd struct {
	placeFlags
	pageFlags
	Company string `help:"Only this company's users." placeholder:"ACCOUNT"`
}

func (c *userListCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		all, err := c.list(a, o, st)
		if err != nil {
			return err
		}
		views, rows := make([]userView, len(all)), make([][]string, len(all))
		for i, u := range all {
			views[i] = viewUser(u)
			rows[i] = []string{u.Username, stateOf(u), string(u.Role), u.FirstName + " " + u.LastName, u.Email, moment(u.LastSignInAt)}
		}
		if len(all) > 0 {
			defer c.more(a, len(all), all[len(all)-1].Username)
		}
		return tableOrJSON(a.out, c.JSON, views, "USERNAME STATE ROLE NAME EMAIL LAST-SIGN-IN", rows)
	})
}

func (c *userListCmd) list(a *app, o *office, st *site.Site) ([]gatehouse.User, error) {
	if c.Company == "" {
		return o.SiteUsers(a.ctx, st, o.caller, c.After, c.Limit)
	}
	company, err := o.company(a, st, c.Company)
	if err != nil {
		return nil, err
	}
	return o.Users(a.ctx, st, o.caller, company.ID, c.After, c.Limit)
}

type userChangeCmd struct {
	userFlags
	NewUsername *string `help:"The new username." placeholder:"NAME"`
	FirstName   *string `help:"The first name." placeholder:"NAME"`
	LastName    *string `help:"The last name." placeholder:"NAME"`
	Email       *string `help:"The address; empty for none." placeholder:"ADDRESS"`
	Role        *string `help:"user or admin." placeholder:"ROLE"`
	Locale      *string `help:"One of the site's languages; empty for the site's own." placeholder:"TAG"`
}

func (c *userChangeCmd) Run(a *app) error {
	ch := directory.UserChange{Username: c.NewUsername, FirstName: c.FirstName, LastName: c.LastName, Email: c.Email,
		Locale: c.Locale, Role: (*gatehouse.Role)(c.Role)}
	if ch == (directory.UserChange{}) {
		return usageError{fmt.Errorf("nothing to change\nGive --new-username, --first-name, --last-name, --email, --role or --locale")}
	}
	return c.with(a, func(o *office, st *site.Site, u gatehouse.User) error {
		now, err := o.UpdateUser(a.ctx, st, o.caller, u.ID, ch)
		if err == nil {
			fmt.Fprintf(a.out, "Changed %s.\n", now.Username)
		}
		return err
	})
}

type userUnlockCmd struct{ userFlags }

func (c *userUnlockCmd) Run(a *app) error {
	return c.with(a, func(o *office, st *site.Site, u gatehouse.User) error {
		locks, err := o.Locks(a.ctx, st, o.caller, u.ID)
		if err != nil {
			return err
		}
		if err := o.Unlock(a.ctx, st, o.caller, u.ID); err != nil {
			return err
		}
		switch {
		case locks == (directory.Locks{}):
			fmt.Fprintf(a.out, "%s was not locked. The counts of wrong attempts begin again.\n", u.Username)
		case u.Email == "":
			fmt.Fprintf(a.out, "Unlocked %s, who has no address to be told at.\n", u.Username)
		default:
			fmt.Fprintf(a.out, "Unlocked %s, who is told by mail.\n", u.Username)
		}
		return nil
	})
}

type userResetCmd struct{ userFlags }

func (c *userResetCmd) Run(a *app) error {
	return c.with(a, func(o *office, st *site.Site, u gatehouse.User) error {
		i, err := o.ResetPassword(a.ctx, st, o.caller, u.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Reset the password of %s; all sessions have ended.\n", u.Username)
		if u.Locked() {
			fmt.Fprintln(a.out, "The account is still locked: run gatehouse user unlock as well.")
		}
		return handOver(a, i)
	})
}

type userResetTwoFactorCmd struct{ userFlags }

func (c *userResetTwoFactorCmd) Run(a *app) error {
	return c.with(a, func(o *office, st *site.Site, u gatehouse.User) error { return resetFactors(a, o, st, u) })
}

// resetFactors resets somebody's two-factor, and says when.
func resetFactors(a *app, o *office, st *site.Site, u gatehouse.User) error {
	if err := o.ResetTwoFactor(a.ctx, st, o.caller, u.ID); err != nil {
		return err
	}
	now, err := o.TwoFactor(a.ctx, st, o.caller, u.ID)
	if err != nil {
		return err
	}
	if now.Waiting == nil {
		fmt.Fprintf(a.out, "Reset two-factor of %s, who is told by mail.\n", u.Username)
		return nil
	}
	fmt.Fprintf(a.out, "Two-factor of %s will be reset on %s.\nThe user is told by mail, at every address, and may stop it until then.\n", u.Username, moment(now.Waiting.DueAt))
	return nil
}

type userDeactivateCmd struct{ userFlags }

func (c *userDeactivateCmd) Run(a *app) error {
	return c.with(a, func(o *office, st *site.Site, u gatehouse.User) error {
		err := o.Deactivate(a.ctx, st, o.caller, u.ID)
		if err == nil {
			fmt.Fprintf(a.out, "Deactivated %s; all sessions have ended.\n", u.Username)
		}
		return err
	})
}

type userActivateCmd struct{ userFlags }

func (c *userActivateCmd) Run(a *app) error {
	return c.with(a, func(o *office, st *site.Site, u gatehouse.User) error {
		err := o.Activate(a.ctx, st, o.caller, u.ID)
		if err == nil {
			fmt.Fprintf(a.out, "Activated %s.\n", u.Username)
		}
		return err
	})
}

type userDeleteCmd struct{ userFlags }

func (c *userDeleteCmd) Run(a *app) error {
	return c.withDeleted(a, func(o *office, st *site.Site, u gatehouse.User) error {
		if !u.DeletedAt.IsZero() {
			fmt.Fprintf(a.out, "%s was deleted already, and is removed for good on %s.\n", u.Username, moment(u.RemovedAt()))
			return nil
		}
		if err := o.Act(a.ctx, st, o.caller, u.ID, gatehouse.ActDelete, ""); err != nil {
			return err
		}
		now, err := o.UserByUsername(a.ctx, st, o.caller, u.Username)
		if err == nil {
			fmt.Fprintf(a.out, "Deleted %s; all sessions have ended. %s\nThe account is removed for good on %s. Until then gatehouse user restore gives it back.\n", u.Username, toldOf(u), moment(now.RemovedAt()))
		}
		return err
	})
}

type userRestoreCmd struct{ userFlags }

func (c *userRestoreCmd) Run(a *app) error {
	return c.withDeleted(a, func(o *office, st *site.Site, u gatehouse.User) error {
		if u.DeletedAt.IsZero() {
			fmt.Fprintf(a.out, "%s was not deleted.\n", u.Username)
			return nil
		}
		if err := o.Act(a.ctx, st, o.caller, u.ID, gatehouse.ActRestore, ""); err != nil {
			return err
		}
		if u.DeletedState == gatehouse.Deactivated {
			fmt.Fprintf(a.out, "Restored %s, whose account is deactivated, as it was before.\n", u.Username)
			return nil
		}
		fmt.Fprintf(a.out, "Restored %s. %s\n", u.Username, toldOf(u))
		return nil
	})
}

// toldOf says whether a user learns of an act.
func toldOf(u gatehouse.User) string {
	if u.Email == "" {
		return "There is no address to tell the user at."
	}
	return "The user is told by mail."
}

type userClearBounceCmd struct{ userFlags }

func (c *userClearBounceCmd) Run(a *app) error {
	return c.with(a, func(o *office, st *site.Site, u gatehouse.User) error {
		cleared, err := o.ClearBounce(a.ctx, st, o.caller, u.ID)
		switch {
		case err != nil:
			return err
		case cleared:
			fmt.Fprintf(a.out, "The address of %s is no longer marked. It is again if the next mail comes back.\n", u.Username)
		default:
			fmt.Fprintf(a.out, "The address of %s was not marked.\n", u.Username)
		}
		return nil
	})
}
