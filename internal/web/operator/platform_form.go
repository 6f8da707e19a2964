package operator

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

// platformFields are the fields of a platform's form, as texts: what was typed stays there if it is
// not good.
type platformFields map[string]string

// The kinds of fields, by the names that gatehouse.CheckApplication has for them.
var (
	platformLists    = []string{"redirect_uris", "post_logout_redirect_uris", "forward_hosts", "resources"}
	platformLines    = []string{"name", "backchannel_logout_uri", "frontchannel_logout_uri", "jwks_uri", "sector", "launch_url", "cards_url"}
	platformSwitches = []string{"native", "third_party", "jwt_access_tokens", "require_dpop", "require_par", "without_pkce", "token_endpoint_audience"}
	platformOthers   = []string{"scopes", "jwks", "names", "auth", "grants", "roles", "access", "level", "id_token_alg", "userinfo_alg", "access_token", "refresh_token", "max_age", "order"}
)

// grantChoices are the ways in which a platform may get tokens.
var grantChoices = []string{"authorization_code", "authorization_code refresh_token", "client_credentials", "authorization_code client_credentials", "authorization_code refresh_token client_credentials", ""}

// shortly is a time as commands have it: 5m, 12h, 1h30m.
func shortly(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if rest, ok := strings.CutSuffix(s, zero); ok {
			s = rest + zero[:1]
		}
	}
	return s
}

// fieldsOf are the fields of a platform as it is.
func fieldsOf(a gatehouse.Application) platformFields {
	s, lines := a.Settings, func(all []string) string { return strings.Join(all, "\n") }
	f := platformFields{"name": a.Name, "redirect_uris": lines(s.RedirectURIs), "post_logout_redirect_uris": lines(s.PostLogoutRedirectURIs),
		"forward_hosts": lines(s.ForwardHosts), "resources": lines(s.Resources), "backchannel_logout_uri": s.BackchannelLogoutURI,
		"frontchannel_logout_uri": s.FrontchannelLogoutURI, "jwks": s.JWKS, "jwks_uri": s.JWKSURI, "sector": s.Sector, "launch_url": s.Home.LaunchURL,
		"cards_url": s.Home.CardsURL, "order": strconv.Itoa(s.Home.Order), "scopes": strings.Join(s.Scopes, " "), "auth": string(s.Auth), "grants": spaced(s.Grants),
		"roles": spaced(s.Access.Roles), "access": string(a.Reach("")), "level": strconv.Itoa(s.Access.Level), "id_token_alg": string(s.IDTokenAlg),
		"userinfo_alg": string(s.UserinfoAlg), "access_token": shortly(s.Lifetimes.Access), "refresh_token": shortly(s.Lifetimes.Refresh), "max_age": shortly(s.Access.MaxAge)}
	if len(s.Access.Roles) > 1 {
		f["roles"] = ""
	}
	if s.Access.MaxAge == 0 {
		f["max_age"] = ""
	}
	for _, lang := range slices.Sorted(maps.Keys(s.Home.Names)) {
		f["names"] += lang + "=" + s.Home.Names[lang] + "\n"
	}
	for name, on := range switchesOf(&s) {
		if *on {
			f[name] = "on"
		}
	}
	return f
}

func spaced[T ~string](all []T) string {
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = string(one)
	}
	return strings.Join(texts, " ")
}

func switchesOf(s *gatehouse.ApplicationSettings) map[string]*bool {
	return map[string]*bool{"native": &s.Native, "third_party": &s.ThirdParty, "jwt_access_tokens": &s.JWTAccessTokens, "require_dpop": &s.RequireDPoP,
		"require_par": &s.RequirePAR, "without_pkce": &s.WithoutPKCE, "token_endpoint_audience": &s.TokenEndpointAudience}
}

// mostTyped is how much of a field is read: fifty addresses of 2,000 characters.
const mostTyped = 100_000

// typedPlatform reads the form.
func typedPlatform(r *http.Request) platformFields {
	f := platformFields{}
	for _, name := range slices.Concat(platformLists, platformLines, platformSwitches, platformOthers) {
		text := strings.ReplaceAll(r.PostFormValue(name), "\r\n", "\n")
		f[name] = strings.TrimSpace(strings.ToValidUTF8(text[:min(len(text), mostTyped)], ""))
	}
	return f
}

// put writes the fields to an application; what is no number or time is returned as a fault.
func (f platformFields) put(a *gatehouse.Application) error {
	s, bad := &a.Settings, gatehouse.Faults{}
	a.Name = f["name"]
	s.RedirectURIs, s.PostLogoutRedirectURIs = linesOf(f["redirect_uris"]), linesOf(f["post_logout_redirect_uris"])
	s.ForwardHosts, s.Resources = linesOf(f["forward_hosts"]), linesOf(f["resources"])
	s.BackchannelLogoutURI, s.FrontchannelLogoutURI = f["backchannel_logout_uri"], f["frontchannel_logout_uri"]
	s.JWKS, s.JWKSURI, s.Sector = f["jwks"], f["jwks_uri"], f["sector"]
	s.Home.LaunchURL, s.Home.CardsURL = f["launch_url"], f["cards_url"]
	s.Scopes, s.Auth = strings.Fields(f["scopes"]), gatehouse.ClientAuth(f["auth"])
	s.Grants, s.Access.Roles = wordsOf[gatehouse.GrantType](f["grants"]), wordsOf[gatehouse.Role](f["roles"])
	s.Access.Reach, s.IDTokenAlg, s.UserinfoAlg = gatehouse.Reach(f["access"]), gatehouse.SigningAlg(f["id_token_alg"]), gatehouse.SigningAlg(f["userinfo_alg"])
	for name, on := range switchesOf(s) {
		*on = f[name] != ""
	}
	for name, value := range map[string]*int{"order": &s.Home.Order, "level": &s.Access.Level} {
		n, err := strconv.Atoi(f[name])
		if err != nil && f[name] != "" {
			bad.Add(name, "range")
		}
		*value = n
	}
	for name, value := range map[string]*time.Duration{"access_token": &s.Lifetimes.Access, "refresh_token": &s.Lifetimes.Refresh, "max_age": &s.Access.MaxAge} {
		d, err := time.ParseDuration(f[name])
		if err != nil && (f[name] != "" || name != "max_age") {
			bad.Add(name, "range")
		}
		*value = d
	}
	names := map[string]string{}
	for _, line := range linesOf(f["names"]) {
		lang, name, ok := strings.Cut(line, "=")
		if !ok {
			bad.Add("names", "invalid")
		}
		names[strings.TrimSpace(lang)] = strings.TrimSpace(name)
	}
	if s.Home.Names = nil; len(names) > 0 {
		s.Home.Names = names
	}
	return bad.Err()
}

func linesOf(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

func wordsOf[T ~string](text string) (all []T) {
	for _, word := range strings.Fields(text) {
		all = append(all, T(word))
	}
	return all
}

// NewPlatform shows the form for a new platform.
func (o *Operator) NewPlatform(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	fresh := gatehouse.Application{Settings: gatehouse.DefaultApplication()}
	return o.page(w, r, http.StatusOK, PlatformForm{On: st, ID: o.SSO.NextID(), Typed: fieldsOf(fresh)})
}

// AddPlatform adds a platform, and shows its secret once.
func (o *Operator) AddPlatform(w http.ResponseWriter, r *http.Request) error {
	st, err := o.siteOf(r.PathValue("site"))
	if err != nil {
		return err
	}
	v := PlatformForm{On: st, ID: clip(r.PostFormValue("id")), Typed: typedPlatform(r)}
	a := gatehouse.Application{Settings: gatehouse.DefaultApplication()}
	made, clientSecret := gatehouse.Application{}, ""
	if err = v.Typed.put(&a); err == nil {
		made, clientSecret, err = o.SSO.CreateOnce(r.Context(), st, by(r), v.ID, a.Name, a.Settings)
	}
	e, _ := errors.AsType[*gatehouse.Error](err)
	switch {
	case err == nil && clientSecret != "":
		return o.showSecret(w, r, st, made.ID, clientSecret)
	case err == nil:
		return seePlatform(w, r, st, made.ID, "saved")
	case e != nil && e.Reason == sso.ReasonCreated:
		return seePlatform(w, r, st, v.ID, "again")
	case e != nil && e.Reason == sso.ReasonSeen: // of no form of ours
		v.ID = o.SSO.NextID()
	}
	return o.platformNotSaved(w, r, v, err)
}

func seePlatform(w http.ResponseWriter, r *http.Request, st *site.Site, id, done string) error {
	http.Redirect(w, r, platformPath(st.ID, id)+"?"+url.Values{"done": {done}}.Encode(), http.StatusSeeOther)
	return nil
}

// EditPlatform shows the form for a platform's settings. A deleted one has none.
func (o *Operator) EditPlatform(w http.ResponseWriter, r *http.Request) error {
	v, err := o.platform(r)
	if err != nil {
		return err
	}
	if v.Of.Deleted() {
		http.Redirect(w, r, v.Path(), http.StatusSeeOther)
		return nil
	}
	return o.page(w, r, http.StatusOK, PlatformForm{On: v.On, Of: v.Of.Application, Seen: v.Of.Version(), Typed: fieldsOf(v.Of.Application)})
}

// SavePlatform saves them, unless somebody else has changed the platform since the form was made.
func (o *Operator) SavePlatform(w http.ResponseWriter, r *http.Request) error {
	now, err := o.platform(r)
	if err != nil {
		return err
	}
	v := PlatformForm{On: now.On, Of: now.Of.Application, Seen: now.Of.Version(), Typed: typedPlatform(r)}
	a := now.Of.Application
	if err = v.Typed.put(&a); err == nil {
		_, err = o.SSO.Change(r.Context(), v.On, by(r), v.Of.ID, seenIn(r), func(was *gatehouse.Application) {
			logos, state := was.Settings.Home.Logos, was.State
			*was = a
			was.Settings.Home.Logos, was.State = logos, state
		})
	}
	if err == nil {
		return seePlatform(w, r, v.On, v.Of.ID, "saved")
	}
	return o.platformNotSaved(w, r, v, err)
}

// platformNotSaved shows the form again with what was typed.
func (o *Operator) platformNotSaved(w http.ResponseWriter, r *http.Request, v PlatformForm, err error) error {
	e, ok := errors.AsType[*gatehouse.Error](err)
	switch {
	case !ok:
		return err
	case e.Reason == sso.ReasonHostTaken:
		v.Fields = []gatehouse.FieldError{{Field: "forward_hosts", Reason: "taken"}}
	case e.Reason == sso.ReasonSeen:
		v.Changed = true
	case len(e.Fields) == 0:
		return o.platformNotDone(w, r, err)
	}
	for _, f := range e.Fields { // one word about a field, however many of its lines are wrong
		if !slices.ContainsFunc(v.Fields, func(said gatehouse.FieldError) bool { return said.Field == f.Field }) {
			v.Fields = append(v.Fields, f)
		}
	}
	return o.page(w, r, ui.StatusOf(err), v)
}
