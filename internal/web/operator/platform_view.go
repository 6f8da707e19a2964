package operator

import (
	"slices"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/web/ui"
)

// PlatformForm is the form for a new platform, or for the settings of one.
type PlatformForm struct {
	On *site.Site
	// Of is the platform; one without an ID is new.
	Of gatehouse.Application
	// ID is that of a new one, so that the same form adds one platform only. Seen is the version that
	// the form shows.
	ID, Seen string
	Typed    platformFields
	Fields   []gatehouse.FieldError
	// Changed: somebody else has changed the platform since the form was made.
	Changed bool
}

func (PlatformForm) Template() string { return "operator_platform_form" }
func (v PlatformForm) Title(p *ui.Page) string {
	if v.New() {
		return p.T("opapp.new_title")
	}
	return p.T("opapp.edit_title", "platform", v.Of.Name)
}
func (v PlatformForm) Failed() bool     { return v.Changed }
func (v PlatformForm) New() bool        { return v.Of.ID == "" }
func (v PlatformForm) ListPath() string { return platformsPath(v.On.ID) }

// Path is where the form goes, Back where it leads otherwise.
func (v PlatformForm) Path() string {
	if v.New() {
		return v.ListPath() + "/new"
	}
	return v.Back() + "/edit"
}

func (v PlatformForm) Back() string {
	if v.New() {
		return v.ListPath()
	}
	return platformPath(v.On.ID, v.Of.ID)
}

// platformHints are the fields with a sentence of their own.
var platformHints = []string{"name", "redirect_uris", "post_logout_redirect_uris", "scopes", "max_age", "backchannel_logout_uri", "frontchannel_logout_uri",
	"launch_url", "cards_url", "jwks_uri", "jwks", "sector", "access_token", "refresh_token", "order", "forward_hosts", "resources", "names", "access",
	"native", "third_party", "jwt_access_tokens", "require_dpop", "require_par", "without_pkce", "token_endpoint_audience"}

// MoreFields are those that hardly anybody needs, for the part of the form that is closed at first.
func (v PlatformForm) MoreFields() []string {
	return []string{"resources", "forward_hosts", "backchannel_logout_uri", "frontchannel_logout_uri", "names", "launch_url", "cards_url", "order",
		"jwks_uri", "jwks", "native", "third_party", "sector", "id_token_alg", "userinfo_alg", "jwt_access_tokens", "access_token", "refresh_token",
		"require_dpop", "require_par", "without_pkce", "token_endpoint_audience"}
}

// MoreOpen reports whether one of those fields is wrong.
func (v PlatformForm) MoreOpen() bool {
	return slices.ContainsFunc(v.Fields, func(f gatehouse.FieldError) bool { return slices.Contains(v.MoreFields(), f.Field) })
}

func (v PlatformForm) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	field := func(name string, control ui.Control) ui.Field {
		f := ui.Field{Name: name, Label: p.T("opapp." + name), Control: control, Value: v.Typed[name], Autocomplete: "off", Sometimes: true}
		if slices.Contains(platformHints, name) {
			f.Hint = p.T("opapp." + name + "_hint")
		}
		return f
	}
	choose := func(name string, values ...string) ui.Field {
		f := field(name, ui.Choose)
		for _, value := range values {
			f.Options = append(f.Options, ui.Option{Value: value, Text: p.T("opapp." + name + "_" + choiceKey(value)), Chosen: value == v.Typed[name]})
		}
		return f
	}
	name := field("name", "")
	name.Prose, name.Sometimes = true, false
	fields := []ui.Field{name, field("redirect_uris", ui.Area), field("post_logout_redirect_uris", ui.Area),
		choose("auth", "client_secret_basic", "client_secret_post", "private_key_jwt", "none"), choose("grants", grantChoices...), field("scopes", ""),
		choose("roles", "", "user", "admin"), choose("access", "everyone", "administrators", "nobody"), choose("level", "0", "1", "2"), field("max_age", ""),
		choose("id_token_alg", "ES256", "RS256", "EdDSA"), choose("userinfo_alg", "", "ES256", "RS256", "EdDSA")}
	for _, one := range []string{"backchannel_logout_uri", "frontchannel_logout_uri", "launch_url", "cards_url", "jwks_uri", "sector", "access_token", "refresh_token", "order"} {
		fields = append(fields, field(one, ""))
	}
	for _, one := range []string{"forward_hosts", "resources", "names", "jwks"} {
		fields = append(fields, field(one, ui.Area))
	}
	for _, one := range platformSwitches {
		f := field(one, ui.Box)
		f.Optional, f.Ticked = true, v.Typed[one] != ""
		fields = append(fields, f)
	}
	return fields, v.faults()
}

// choiceKey is the end of the text key of a choice.
func choiceKey(value string) string {
	switch value {
	case "":
		return "none"
	case "authorization_code":
		return "code"
	case "authorization_code refresh_token":
		return "refresh"
	case "client_credentials":
		return "itself"
	case "authorization_code client_credentials":
		return "code_itself"
	case "authorization_code refresh_token client_credentials":
		return "refresh_itself"
	}
	return value
}

// faults are those of the fields, each with words of its own: error.platform-FIELD-REASON.
func (v PlatformForm) faults() []gatehouse.FieldError {
	all := make([]gatehouse.FieldError, len(v.Fields))
	for i, f := range v.Fields {
		f.Reason = "platform-" + f.Field + "-" + f.Reason
		all[i] = f
	}
	return all
}
