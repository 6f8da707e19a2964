package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
)

type applicationCmd struct {
	Create            applicationCreateCmd       `cmd:"" help:"Register an application; one with a secret is told it once, here."`
	List              applicationListCmd         `cmd:"" help:"List a site's applications."`
	Show              applicationShowCmd         `cmd:"" help:"Show an application."`
	Change            applicationChangeCmd       `cmd:"" help:"Change an application; a list that is given takes the place of the one before."`
	Secret            applicationSecretCmd       `cmd:"" help:"Make another secret; the one before stays good until the next one, or --end-old."`
	Keys              applicationKeysCmd         `cmd:"" help:"Replace the public keys of an application that signs with its own (private_key_jwt)."`
	Disable           applicationDisableCmd      `cmd:"" help:"Turn an application off: nobody signs in to it, and its tokens are good for nothing."`
	RegistrationToken applicationRegistrationCmd `cmd:"" help:"Make a token that applications register themselves with, where the site allows it."`
	Enable            applicationEnableCmd       `cmd:"" help:"Turn an application on again."`
	Delete            applicationDeleteCmd       `cmd:"" help:"Turn an application off, and have it removed with everything after 30 days."`
	Restore           applicationRestoreCmd      `cmd:"" help:"Take back a deletion; the application stays off until it is enabled."`
}

// applicationFlags are the settings of an application; those not given stay as they
// are.
type applicationFlags struct {
	homeFlags
	logoutFlags
	forwardFlags
	RedirectURI     []string              `help:"An address that users come back to; exactly this one. May be given several times." sep:"none" placeholder:"URL"`
	PostLogoutURI   []string              `help:"An address that users may go to after signing out." sep:"none" placeholder:"URL"`
	Auth            *gatehouse.ClientAuth `help:"How it proves who it is: client_secret_basic (unless said otherwise), client_secret_post, private_key_jwt, none." placeholder:"METHOD"`
	JWKS            string                `name:"jwks" help:"A file with its public keys (JWKS), for private_key_jwt." placeholder:"FILE"`
	JWKSURI         string                `name:"jwks-uri" help:"Where it keeps its public keys, for private_key_jwt." placeholder:"URL"`
	Native          *bool                 `help:"It runs on its user's device: no secret, and loopback addresses have any port."`
	Grant           []gatehouse.GrantType `help:"How it may get tokens: authorization_code, refresh_token, client_credentials." placeholder:"TYPE"`
	Scope           []string              `help:"What it may ask for." placeholder:"SCOPE"`
	IDTokenAlg      *gatehouse.SigningAlg `name:"id-token-alg" help:"What signs its tokens: ES256, RS256, EdDSA." placeholder:"ALG"`
	UserinfoAlg     *gatehouse.SigningAlg `help:"Sign what userinfo answers; empty: plain JSON." placeholder:"ALG"`
	JWTAccessTokens *bool                 `name:"jwt-access-tokens" help:"Access tokens that resource servers read themselves, for five minutes at most."`
	ThirdParty      *bool                 `help:"It is not the site's own: ask its users before it reads about them."`
	Sector          *string               `help:"Give its users subjects that only applications of this sector know." placeholder:"NAME"`
	Role            []gatehouse.Role      `help:"Who may reach it: user, admin; without it, both." placeholder:"ROLE"`
	Access          *gatehouse.Reach      `help:"Which users of a company may reach it until its administrators say something else: everyone (unless said otherwise), administrators, nobody." placeholder:"WHO"`
	Level           *int                  `help:"The assurance level that a sign-in must have: 0, 1, 2."`
	MaxAge          *time.Duration        `help:"How long ago the sign-in may be, such as 1h; 0: as long as the session." placeholder:"TIME"`
	AccessToken     *time.Duration        `help:"How long access tokens live, such as 5m." placeholder:"TIME"`
	RefreshToken    *time.Duration        `help:"How long a refresh token may go unused, such as 12h; none outlives the session." placeholder:"TIME"`
	Resource        []string              `help:"The address of a server that it may ask tokens for (RFC 8707)." sep:"none" placeholder:"URL"`
	RequireDPoP     *bool                 `name:"require-dpop" help:"Bind its tokens to a key that it proves at each use (RFC 9449), and give it no others."`
	RequirePAR      *bool                 `name:"require-par" help:"Take requests only that it has pushed to us itself (RFC 9126)."`
	WithoutPKCE     *bool                 `name:"without-pkce" help:"Let an old application with a secret go without PKCE. Better not."`
	TokenAudience   *bool                 `help:"Let an old application name the token endpoint as the audience of its assertions. Better not."`
}

// apply does so.
func (f applicationFlags) apply(s *gatehouse.ApplicationSettings) error {
	f.homeFlags.apply(&s.Home)
	list(&s.RedirectURIs, f.RedirectURI)
	list(&s.PostLogoutRedirectURIs, f.PostLogoutURI)
	f.logoutFlags.say(s)
	f.forwardFlags.say(s)
	list(&s.Grants, f.Grant)
	list(&s.Scopes, f.Scope)
	list(&s.Access.Roles, f.Role)
	said(&s.Auth, f.Auth)
	said(&s.Native, f.Native)
	said(&s.IDTokenAlg, f.IDTokenAlg)
	said(&s.UserinfoAlg, f.UserinfoAlg)
	said(&s.JWTAccessTokens, f.JWTAccessTokens)
	said(&s.ThirdParty, f.ThirdParty)
	said(&s.Sector, f.Sector)
	said(&s.Access.Reach, f.Access)
	said(&s.Access.Level, f.Level)
	said(&s.Access.MaxAge, f.MaxAge)
	said(&s.Lifetimes.Access, f.AccessToken)
	said(&s.Lifetimes.Refresh, f.RefreshToken)
	list(&s.Resources, f.Resource)
	said(&s.RequireDPoP, f.RequireDPoP)
	said(&s.RequirePAR, f.RequirePAR)
	said(&s.WithoutPKCE, f.WithoutPKCE)
	said(&s.TokenEndpointAudience, f.TokenAudience)
	if s.Native && f.Auth == nil {
		s.Auth = gatehouse.AuthNone
	}
	if f.JWKSURI != "" {
		s.JWKS, s.JWKSURI = "", f.JWKSURI
	}
	if f.JWKS == "" {
		return nil
	}
	keys, err := os.ReadFile(f.JWKS)
	if s.JWKS = string(keys); f.JWKSURI == "" {
		s.JWKSURI = ""
	}
	return err
}

func list[T any](value *[]T, by []T) {
	if by != nil {
		*value = by
	}
}

func said[T any](value *T, by *T) {
	if by != nil {
		*value = *by
	}
}

// noApplication says which application does not exist, and where to look, or why it is not in
// the required state.
func (o *office) noApplication(err error, st *site.Site, id string) error {
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return fmt.Errorf("%s has no application %q\nRun gatehouse app list --site %s for those there are", st.Name, id, st.ID)
	}
	return conflict(err, st, id)
}

type applicationCreateCmd struct {
	placeFlags
	applicationFlags
	Name string `arg:"" help:"The application's name, as users know it."`
	JSON bool   `name:"json" help:"Print JSON."`
}

func (c *applicationCreateCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		settings := gatehouse.DefaultApplication()
		if err := c.apply(&settings); err != nil {
			return err
		}
		c.forwardFlags.only(&settings, c.applicationFlags)
		logos, err := c.pictures()
		if err != nil {
			return err
		}
		made, secret, err := o.sso.Create(a.ctx, st, o.caller, c.Name, settings)
		if err != nil {
			return err
		}
		if err := o.setLogos(a, st, made.ID, logos); err != nil {
			return err
		}
		if c.JSON {
			return asJSON(a.out, struct {
				applicationView
				Secret string `json:"client_secret,omitempty"`
			}{viewApplication(st, sso.Shown{Application: made}), secret})
		}
		fmt.Fprintf(a.out, "Created %s.\n", harmless(made.Name))
		o.tryKeys(a, made)
		return details(a.out, "Issuer", sso.Issuer(st), "Client ID", made.ID, "Client secret", secret)
	})
}

// tryKeys says whether the keys of an application can be fetched, while somebody is there to
// fix it.
func (o *office) tryKeys(a *app, made gatehouse.Application) {
	if made.Settings.JWKSURI == "" {
		return
	}
	if n, err := o.sso.TryKeys(a.ctx, o.caller, made); err != nil {
		fmt.Fprintf(a.out, "Its keys cannot be fetched now: %v\n", err)
	} else {
		fmt.Fprintf(a.out, "Its address has %d keys.\n", n)
	}
}

// applicationView is an application as scripts see it.
type applicationView struct {
	ID       string                        `json:"client_id"`
	Site     string                        `json:"site"`
	Issuer   string                        `json:"issuer"`
	Name     string                        `json:"name"`
	State    gatehouse.ApplicationState    `json:"state"`
	Settings gatehouse.ApplicationSettings `json:"settings"`
	Secrets  []time.Time                   `json:"secrets_made_at,omitempty"`
	logoutView
	deletedView
	Created time.Time `json:"created_at"`
}

func viewApplication(st *site.Site, a sso.Shown) applicationView {
	v := applicationView{ID: a.ID, Site: a.SiteID, Issuer: sso.Issuer(st), Name: a.Name, State: a.State, Settings: a.Settings, Created: a.CreatedAt}
	v.deletedView = deletedView{a.DeletedAt, a.RemovedFrom()}
	for _, s := range a.Secrets {
		v.Secrets = append(v.Secrets, s.CreatedAt)
	}
	v.logoutView = viewLogout(a)
	return v
}

type applicationListCmd struct {
	placeFlags
	pageFlags
}

func (c *applicationListCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		all, err := o.sso.List(a.ctx, st, o.caller, c.After, c.Limit)
		if err != nil {
			return err
		}
		views, rows := make([]applicationView, len(all)), make([][]string, len(all))
		for i, one := range all {
			views[i] = viewApplication(st, sso.Shown{Application: one})
			rows[i] = []string{one.ID, one.Name, string(one.State), string(one.Settings.Auth), moment(one.CreatedAt)}
		}
		if len(all) > 0 {
			defer c.more(a, len(all), all[len(all)-1].ID)
		}
		return tableOrJSON(a.out, c.JSON, views, "CLIENT-ID NAME STATE AUTH CREATED", rows)
	})
}

type applicationShowCmd struct {
	placeFlags
	ID   string `arg:"" help:"The client ID."`
	JSON bool   `name:"json" help:"Print JSON."`
}

func (c *applicationShowCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		found, err := o.sso.Show(a.ctx, st, o.caller, c.ID)
		if err != nil {
			return o.noApplication(err, st, c.ID)
		}
		v, s := viewApplication(st, found), found.Settings
		if c.JSON {
			return asJSON(a.out, v)
		}
		times := make([]string, len(v.Secrets))
		for i, at := range v.Secrets {
			times[i] = moment(at)
		}
		return details(a.out, "Name", v.Name, "Client ID", v.ID, "Issuer", v.Issuer, "State", string(v.State), "Deleted", moment(v.Deleted), "Removed from", moment(v.Removed), "Authentication", string(s.Auth),
			"Secrets made", strings.Join(times, ", "), "Keys at", s.JWKSURI, "Redirect addresses", strings.Join(s.RedirectURIs, " "),
			"After sign-out", strings.Join(s.PostLogoutRedirectURIs, " "),
			"Back-channel logout", s.BackchannelLogoutURI, "Front-channel logout", s.FrontchannelLogoutURI, "Last logout not told", v.logoutView.String(),
			"Hosts behind a proxy", strings.Join(s.ForwardHosts, " "),
			"Grants", words(s.Grants), "Scopes", words(s.Scopes),
			"Signed with", string(s.IDTokenAlg), "Readable access tokens", yesNo(s.JWTAccessTokens), "Native", yesNo(s.Native), "Third party", yesNo(s.ThirdParty),
			"Roles", words(s.Access.Roles), "Access", string(gatehouse.Application{Settings: s}.Reach("")), "Least level", strconv.Itoa(s.Access.Level),
			"Pushed requests only", yesNo(s.RequirePAR), "Tokens bound to a key", yesNo(s.RequireDPoP), "Resources", strings.Join(s.Resources, " "),
			"Without PKCE", yesNo(s.WithoutPKCE),
			"Names", inLanguages(s.Home.Names), "Logos", inLanguages(s.Home.Logos), "Launcher leads to", s.Home.LaunchURL, "Cards come from", s.Home.CardsURL,
			"Order", strconv.Itoa(s.Home.Order), "Created", moment(v.Created))
	})
}

func words[T ~string](all []T) string {
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = string(one)
	}
	return strings.Join(texts, " ")
}

type applicationChangeCmd struct {
	placeFlags
	applicationFlags
	ID   string  `arg:"" help:"The client ID."`
	Name *string `help:"The new name." placeholder:"NAME"`
}

func (c *applicationChangeCmd) Run(a *app) error {
	logos, err := c.pictures()
	if err != nil {
		return err
	}
	err = changeApplication(a, c.placeFlags, c.ID, "Changed", func(now *gatehouse.Application) error {
		said(&now.Name, c.Name)
		return c.apply(&now.Settings)
	})
	if err != nil || len(logos) == 0 {
		return err
	}
	return c.in(a, func(o *office, st *site.Site) error { return o.setLogos(a, st, c.ID, logos) })
}

// changeApplication changes an application and reports it.
func changeApplication(a *app, place placeFlags, id, done string, to func(*gatehouse.Application) error) error {
	return place.in(a, func(o *office, st *site.Site) error {
		var failed error
		now, err := o.sso.Change(a.ctx, st, o.caller, id, "", func(app *gatehouse.Application) {
			was := *app
			if failed = to(app); failed != nil {
				*app = was
			}
		})
		if err == nil {
			err = failed
		}
		if err != nil {
			return o.noApplication(err, st, id)
		}
		fmt.Fprintf(a.out, "%s %s (%s).\n", done, harmless(now.Name), now.ID)
		o.tryKeys(a, now)
		return nil
	})
}

type applicationSecretCmd struct {
	placeFlags
	ID     string `arg:"" help:"The client ID."`
	EndOld bool   `help:"Make none: end all secrets but the newest."`
}

func (c *applicationSecretCmd) Run(a *app) error {
	return c.in(a, func(o *office, st *site.Site) error {
		if c.EndOld {
			if err := o.sso.EndOldSecrets(a.ctx, st, o.caller, c.ID, ""); err != nil {
				return o.noApplication(err, st, c.ID)
			}
			fmt.Fprintln(a.out, "Only the newest secret is good.")
			return nil
		}
		secret, err := o.sso.NewSecret(a.ctx, st, o.caller, c.ID, "")
		if err != nil {
			return o.noApplication(err, st, c.ID)
		}
		return details(a.out, "Client ID", c.ID, "Client secret", secret)
	})
}

type applicationKeysCmd struct {
	placeFlags
	ID   string `arg:"" help:"The client ID."`
	File string `arg:"" help:"A file with its public keys (JWKS)."`
}

func (c *applicationKeysCmd) Run(a *app) error {
	return changeApplication(a, c.placeFlags, c.ID, "Replaced the keys of", func(now *gatehouse.Application) error {
		keys, err := os.ReadFile(c.File)
		now.Settings.JWKS, now.Settings.JWKSURI = string(keys), ""
		return err
	})
}

type applicationDisableCmd struct {
	placeFlags
	ID string `arg:"" help:"The client ID."`
}

func (c *applicationDisableCmd) Run(a *app) error {
	return turnApplication(a, c.placeFlags, c.ID, "Turned off", gatehouse.ApplicationDisabled)
}

type applicationEnableCmd struct {
	placeFlags
	ID string `arg:"" help:"The client ID."`
}

func (c *applicationEnableCmd) Run(a *app) error {
	return turnApplication(a, c.placeFlags, c.ID, "Turned on", gatehouse.ApplicationActive)
}

// turnApplication turns an application on or off.
func turnApplication(a *app, place placeFlags, id, done string, to gatehouse.ApplicationState) error {
	return changeApplication(a, place, id, done, func(now *gatehouse.Application) error {
		now.State = to
		return nil
	})
}
