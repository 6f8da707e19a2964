package main

import (
	"fmt"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
)

type applicationRegistrationCmd struct {
	placeFlags
	Uses  int           `help:"How many applications may register with it." default:"1"`
	Lasts time.Duration `help:"How long it is good." default:"24h" placeholder:"TIME"`
}

func (c *applicationRegistrationCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		token, err := o.sso.NewRegistrationToken(a.ctx, st, o.caller, c.Uses, c.Lasts)
		if gatehouse.KindOf(err) == gatehouse.NotFound {
			return fmt.Errorf("%s does not let applications register themselves: set client_registration: true in its site.yaml first", st.Name)
		}
		if err != nil {
			return err
		}
		return details(a.out, "Address", sso.Issuer(st)+sso.RegisterPath, "Token", token)
	})
}
