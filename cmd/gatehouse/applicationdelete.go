package main

import (
	"errors"
	"fmt"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
)

type applicationDeleteCmd struct {
	placeFlags
	ID string `arg:"" help:"The client ID."`
}

func (c *applicationDeleteCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		gone, err := o.sso.Delete(a.ctx, st, o.caller, c.ID, "")
		if err != nil {
			return o.noApplication(err, st, c.ID)
		}
		fmt.Fprintf(a.out, "Deleted %s (%s): it is off now, and is removed after %s.\nUntil then, gatehouse app restore %s --site %s brings it back.\n",
			harmless(gone.Name), gone.ID, gone.RemovedFrom().UTC().Format(time.DateOnly), gone.ID, st.ID)
		return nil
	})
}

type applicationRestoreCmd struct {
	placeFlags
	ID string `arg:"" help:"The client ID."`
}

func (c *applicationRestoreCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		back, err := o.sso.Restore(a.ctx, st, o.caller, c.ID, "")
		if err != nil {
			return o.noApplication(err, st, c.ID)
		}
		fmt.Fprintf(a.out, "Restored %s (%s). It is still off: gatehouse app enable %s --site %s turns it on.\n", harmless(back.Name), back.ID, back.ID, st.ID)
		return nil
	})
}

// deletedView is when an application was deleted and will be removed, as scripts see
// it.
type deletedView struct {
	Deleted time.Time `json:"deleted_at,omitzero"`
	Removed time.Time `json:"removed_from,omitzero"`
}

// conflict says why something cannot be done with an application in its current state.
func conflict(err error, st *site.Site, id string) error {
	var why *gatehouse.Error
	if !errors.As(err, &why) {
		return err
	}
	switch why.Reason {
	case sso.ReasonDeleted:
		return fmt.Errorf("%s is deleted\ngatehouse app restore %s --site %s brings it back", id, id, st.ID)
	case sso.ReasonNotDeleted:
		return fmt.Errorf("%s is not deleted", id)
	case sso.ReasonNoSecret:
		return fmt.Errorf("%s has no secrets: it proves who it is in another way", id)
	}
	return err
}
