package operator

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

func platformsPath(siteID string) string    { return sitePath(siteID) + "/platforms" }
func platformPath(siteID, id string) string { return platformsPath(siteID) + "/" + url.PathEscape(id) }

// platformsOnPage is how many platforms the list shows at a time.
const platformsOnPage = 100

// Platforms lists the platforms of a site, the oldest first.
func (o *Operator) Platforms(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	v := Platforms{On: st}
	v.All, err = o.SSO.List(r.Context(), st, by(r), clip(r.URL.Query().Get("after")), platformsOnPage+1)
	if err != nil {
		return err
	}
	if v.More = len(v.All) > platformsOnPage; v.More {
		v.All = v.All[:platformsOnPage]
	}
	return o.page(w, r, http.StatusOK, v)
}

// Platforms are platforms of a site.
type Platforms struct {
	On   *site.Site
	All  []gatehouse.Application
	More bool
}

func (Platforms) Template() string                      { return "operator_platforms" }
func (Platforms) Title(p *ui.Page) string               { return p.T("opapp.title") }
func (v Platforms) Here() string                        { return platformsPath(v.On.ID) }
func (v Platforms) SitePath() string                    { return sitePath(v.On.ID) }
func (v Platforms) Path(a gatehouse.Application) string { return platformPath(v.On.ID, a.ID) }
func (Platforms) Reach(a gatehouse.Application) string  { return string(a.Reach("")) }
func (Platforms) Forwards(a gatehouse.Application) bool { return len(a.Settings.ForwardHosts) > 0 }
func (Platforms) Machines(a gatehouse.Application) bool {
	return a.May(gatehouse.GrantClientCredentials)
}
func (Platforms) SignsUsers(a gatehouse.Application) bool { return a.May(gatehouse.GrantCode) }

// Next is the next page; empty: there is none.
func (v Platforms) Next() string {
	if !v.More {
		return ""
	}
	return v.Here() + "?" + url.Values{"after": {v.All[len(v.All)-1].ID}}.Encode()
}

// platformNews are the texts about what was just done.
var platformNews = []string{"saved", "again", platformDisable, platformEnable, platformEndSecrets, platformDelete, platformRestore}

// Platform shows a platform.
func (o *Operator) Platform(w http.ResponseWriter, r *http.Request) error {
	v, err := o.platform(r)
	if err != nil {
		return err
	}
	v.Done = justDone(r, platformNews)
	return o.page(w, r, http.StatusOK, v)
}

func (o *Operator) platform(r *http.Request) (v OnePlatform, err error) {
	if v.On, err = o.siteOf(r.PathValue("site")); err != nil {
		return v, err
	}
	if v.Of, err = o.SSO.Show(r.Context(), v.On, by(r), clip(r.PathValue("platform"))); err != nil {
		return v, err
	}
	v.Used, err = o.SSO.CountUsers(r.Context(), v.On, by(r), v.Of.ID)
	return v, err
}

// OnePlatform is a platform, with what can be done.
type OnePlatform struct {
	On *site.Site
	Of sso.Shown
	// Used is how many users have gone to it.
	Used int
	// Done is what was just done, Refused why nothing was; empty: nothing.
	Done, Refused string
}

func (OnePlatform) Template() string         { return "operator_platform" }
func (v OnePlatform) Title(*ui.Page) string  { return v.Of.Name }
func (v OnePlatform) Failed() bool           { return v.Refused != "" }
func (v OnePlatform) Path() string           { return platformPath(v.On.ID, v.Of.ID) }
func (v OnePlatform) ListPath() string       { return platformsPath(v.On.ID) }
func (v OnePlatform) Issuer() string         { return sso.Issuer(v.On) }
func (v OnePlatform) Reach() string          { return string(v.Of.Reach("")) }
func (v OnePlatform) Many() bool             { return v.Used > sso.MostCounted }
func (v OnePlatform) UsesPath() string       { return v.Path() + "/users" }
func (v OnePlatform) Scopes() string         { return strings.Join(v.Of.Settings.Scopes, " ") }
func (v OnePlatform) Old() bool              { return len(v.Of.Secrets) > 1 }
func (v OnePlatform) Act(name string) string { return v.Path() + "/" + name }

// MaxAge is how old a sign-in may be, as commands have it; empty: as old as the session.
func (v OnePlatform) MaxAge() string {
	if v.Of.Settings.Access.MaxAge == 0 {
		return ""
	}
	return shortly(v.Of.Settings.Access.MaxAge)
}

// Lifetimes are those of its tokens.
func (v OnePlatform) AccessToken() string  { return shortly(v.Of.Settings.Lifetimes.Access) }
func (v OnePlatform) RefreshToken() string { return shortly(v.Of.Settings.Lifetimes.Refresh) }

// Roles are those of the users whom it is offered to.
func (v OnePlatform) Roles(p *ui.Page) string {
	switch r := v.Of.Settings.Access.Roles; {
	case len(r) == 1 && r[0] == gatehouse.RoleAdmin:
		return p.T("opapp.roles_admin")
	case len(r) == 1 && r[0] == gatehouse.RoleUser:
		return p.T("opapp.roles_user")
	}
	return p.T("opapp.roles_both")
}

// Extras are switches that are on, as text keys.
func (v OnePlatform) Extras() (on []string) {
	s := v.Of.Settings
	for _, one := range []struct {
		key string
		is  bool
	}{{"native", s.Native}, {"third_party", s.ThirdParty}, {"jwt_access_tokens", s.JWTAccessTokens}, {"require_dpop", s.RequireDPoP}, {"require_par", s.RequirePAR},
		{"without_pkce", s.WithoutPKCE}, {"token_endpoint_audience", s.TokenEndpointAudience}} {
		if one.is {
			on = append(on, one.key)
		}
	}
	return on
}

// addresses is a list of addresses, and what they are for, as a text key.
type addresses struct {
	Key string
	All []string
}

// Addresses are those that the platform has.
func (v OnePlatform) Addresses() (all []addresses) {
	s := v.Of.Settings
	one := func(key string, list ...string) {
		if list = slices.DeleteFunc(slices.Clone(list), func(a string) bool { return a == "" }); len(list) > 0 {
			all = append(all, addresses{key, list})
		}
	}
	one("redirect_uris", s.RedirectURIs...)
	one("post_logout_redirect_uris", s.PostLogoutRedirectURIs...)
	one("backchannel_logout_uri", s.BackchannelLogoutURI)
	one("frontchannel_logout_uri", s.FrontchannelLogoutURI)
	one("forward_hosts", s.ForwardHosts...)
	one("launch_url", s.Home.LaunchURL)
	one("cards_url", s.Home.CardsURL)
	one("jwks_uri", s.JWKSURI)
	one("resources", s.Resources...)
	return all
}

// The acts on a platform, which are the last part of their addresses.
const (
	platformDisable    = "disable"
	platformEnable     = "enable"
	platformSecret     = "secret"
	platformEndSecrets = "end-secrets"
	platformDelete     = "delete"
	platformRestore    = "restore"
)

// Offers are the acts that there are now, as far as the operator's role is good for them.
func (v OnePlatform) Offers(p *ui.Page) (acts []string) {
	change, suspend := p.OperatorMay(string(gatehouse.OperatorPlatforms)), p.OperatorMay(string(gatehouse.OperatorSuspend))
	for _, a := range platformActs {
		may := change
		if a == platformDisable || a == platformEnable {
			may = suspend
		}
		if may && v.applies(a) {
			acts = append(acts, a)
		}
	}
	return acts
}

var platformActs = []string{platformSecret, platformEndSecrets, platformDisable, platformEnable, platformDelete, platformRestore}

func (v OnePlatform) applies(act string) bool {
	switch act {
	case platformDisable:
		return v.Of.State == gatehouse.ApplicationActive
	case platformEnable:
		return v.Of.State == gatehouse.ApplicationDisabled
	case platformSecret:
		return v.Of.Settings.Auth.HasSecret() && !v.Of.Deleted()
	case platformEndSecrets:
		return v.Old() && !v.Of.Deleted()
	case platformDelete:
		return !v.Of.Deleted()
	}
	return v.Of.Deleted()
}

// AskPlatform asks before an act on a platform. If there is no such act now, the page shows what there
// is.
func (o *Operator) AskPlatform(act string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := o.platform(r)
		if err != nil {
			return err
		}
		if !v.applies(act) {
			http.Redirect(w, r, v.Path(), http.StatusSeeOther)
			return nil
		}
		return o.page(w, r, http.StatusOK, PlatformAct{v, act})
	}
}

// DoPlatform does an act on a platform.
func (o *Operator) DoPlatform(act string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		st, err := o.siteOf(r.PathValue("site"))
		if err != nil {
			return err
		}
		id, seen := clip(r.PathValue("platform")), seenIn(r)
		made, err := o.doPlatform(r, st, act, id, seen)
		switch {
		case err != nil:
			return o.platformNotDone(w, r, err)
		case made != "":
			return o.showSecret(w, r, st, id, made)
		}
		http.Redirect(w, r, platformPath(st.ID, id)+"?"+url.Values{"done": {act}}.Encode(), http.StatusSeeOther)
		return nil
	}
}

// seenIn is the version that a form has shown; one without any has shown none that there is.
func seenIn(r *http.Request) string {
	if seen := clip(r.PostFormValue("seen")); seen != "" {
		return seen
	}
	return "none"
}

func (o *Operator) doPlatform(r *http.Request, st *site.Site, act, id, seen string) (clientSecret string, err error) {
	ctx, c := r.Context(), by(r)
	switch act {
	case platformDisable:
		err = o.SSO.Turn(ctx, st, c, id, seen, gatehouse.ApplicationDisabled)
	case platformEnable:
		err = o.SSO.Turn(ctx, st, c, id, seen, gatehouse.ApplicationActive)
	case platformSecret:
		clientSecret, err = o.SSO.NewSecret(ctx, st, c, id, seen)
	case platformEndSecrets:
		err = o.SSO.EndOldSecrets(ctx, st, c, id, seen)
	case platformDelete:
		_, err = o.SSO.Delete(ctx, st, c, id, seen)
	case platformRestore:
		_, err = o.SSO.Restore(ctx, st, c, id, seen)
	default:
		err = gatehouse.ErrNotFound
	}
	return clientSecret, err
}

// platformRefusals are the reasons that the page has words for.
var platformRefusals = []string{sso.ReasonSeen, sso.ReasonDeleted, sso.ReasonNotDeleted, sso.ReasonNoSecret}

// platformNotDone shows the platform as it is now, with the reason.
func (o *Operator) platformNotDone(w http.ResponseWriter, r *http.Request, err error) error {
	e, ok := errors.AsType[*gatehouse.Error](err)
	if !ok || !slices.Contains(platformRefusals, e.Reason) {
		return err
	}
	v, failed := o.platform(r)
	if failed != nil {
		return failed
	}
	v.Refused = e.Reason
	r = r.WithContext(r.Context())
	r.URL = &url.URL{Path: v.Path()} // where the language menu returns to
	return o.page(w, r, ui.StatusOf(err), v)
}

// showSecret shows a secret, this once: it is kept as a hash.
func (o *Operator) showSecret(w http.ResponseWriter, r *http.Request, st *site.Site, id, made string) error {
	shown, err := o.SSO.Show(r.Context(), st, by(r), id)
	if err != nil {
		return err
	}
	r = r.WithContext(r.Context())
	r.URL = &url.URL{Path: platformPath(st.ID, id)}
	return o.page(w, r, http.StatusOK, PlatformSecret{OnePlatform{On: st, Of: shown}, made})
}

// PlatformAct asks before an act on a platform.
type PlatformAct struct {
	OnePlatform
	Name string
}

func (PlatformAct) Template() string { return "operator_platform_act" }
func (v PlatformAct) Title(p *ui.Page) string {
	return p.T("opapp.act_"+v.Name+"_title", "platform", v.Of.Name)
}
func (v PlatformAct) Here() string { return v.OnePlatform.Act(v.Name) }

// Danger: something is taken away.
func (v PlatformAct) Danger() bool {
	return v.Name == platformDisable || v.Name == platformDelete || v.Name == platformEndSecrets
}

// PlatformSecret shows a new secret, which no other page does.
type PlatformSecret struct {
	OnePlatform
	Secret string
}

func (PlatformSecret) Template() string        { return "operator_platform_secret" }
func (PlatformSecret) Title(p *ui.Page) string { return p.T("opapp.secret_title") }

// PlatformUsers lists who uses a platform.
func (o *Operator) PlatformUsers(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	v := PlatformUsers{On: st}
	v.Of, v.All, v.More, err = o.SSO.WhoUses(r.Context(), st, by(r), clip(r.PathValue("platform")), clip(r.URL.Query().Get("after")))
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, v)
}

// PlatformUsers are users of a platform.
type PlatformUsers struct {
	On   *site.Site
	Of   gatehouse.Application
	All  []sso.Use
	More bool
}

func (PlatformUsers) Template() string { return "operator_platform_users" }
func (v PlatformUsers) Title(p *ui.Page) string {
	return p.T("opapp.users_title", "platform", v.Of.Name)
}
func (v PlatformUsers) Path() string                     { return platformPath(v.On.ID, v.Of.ID) }
func (v PlatformUsers) ListPath() string                 { return platformsPath(v.On.ID) }
func (v PlatformUsers) UserPath(u gatehouse.User) string { return userPath(v.On.ID, u.ID) }

// Next is the next page; empty: there is none.
func (v PlatformUsers) Next() string {
	if !v.More {
		return ""
	}
	return v.Path() + "/users?" + url.Values{"after": {v.All[len(v.All)-1].User.ID}}.Encode()
}
