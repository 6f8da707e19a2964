package main

import (
	"fmt"

	"gatehouse/internal/secret"
)

// referenceCmd finds what happened in the request with the reference of an error page
// or a log line (C12).
type referenceCmd struct {
	configFlag
	Reference string `arg:"" help:"What the page shows: GH-7F3K-29QX." placeholder:"REFERENCE"`
	JSON      bool   `name:"json" help:"Print JSON."`
}

func (c *referenceCmd) Run(a *app) error {
	reference, ok := secret.ReadReference(c.Reference)
	if !ok {
		return usageError{fmt.Errorf("%q is no reference: they look like GH-7F3K-29QX", c.Reference)}
	}
	return c.office(a, func(o *office) error {
		events, err := o.EventsByReference(a.ctx, o.caller, reference)
		if err != nil {
			return err
		}
		views := []eventView{}
		for _, e := range events {
			views = append(views, viewEvent(e))
		}
		switch {
		case c.JSON:
			return asJSON(a.out, views)
		case len(views) == 0:
			fmt.Fprintf(a.out, "The request %s changed nothing. Its lines in the server's log have \"ref\":\"%s\".\n", reference, reference)
			return nil
		}
		for _, v := range views {
			fmt.Fprintf(a.out, "Site %s, user %s\n", v.Site, v.User)
			if err := showEvents(a, []eventView{v}); err != nil {
				return err
			}
		}
		return nil
	})
}
