package web

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/web/ui"
)

// maxForm is the maximum size of a posted form in bytes. The longest reasonable field
// is a question of 500 characters.
const maxForm = 64 << 10

// formError says why a form is not acted on: Why chooses the words.
type formError struct {
	why    string
	proved bool // the form comes from a page of this site
}

func (e *formError) Error() string { return "form: " + e.why }

// checkOrigin refuses forms sent by another site's page, before anything else is looked
// at.
func checkOrigin(r *http.Request, v *ui.Visit) (origin, error) {
	if !changes(r) {
		return own, nil
	}
	from := originOf(r, v)
	if from == foreign {
		return from, &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ui.ReasonForeign, Err: errors.New("a form of another site")}
	}
	return from, nil
}

// checkForm refuses forms that no page of this site has shown in this browser (ASVS
// 3.5.1; SP 800-63B-4 SB-10). owners are what its token may be bound to.
func (s *Server) checkForm(r *http.Request, v *ui.Visit, to route, from origin, owners []string) error {
	if !changes(r) {
		return nil
	}
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	token := r.PostFormValue("form_token")
	for _, owner := range owners {
		if s.fits(token, owner, v.Site.ID, to.pattern) {
			v.Post = s.posted(r, v, owner)
			return nil
		}
	}
	switch {
	case to.leaves && from == own: // anyone may leave, also from an old page
		return nil
	case len(r.Cookies()) == 0:
		return &formError{ui.AgainCookies, from == own}
	case token == "":
		return &formError{ui.AgainMissing, from == own}
	}
	return &formError{ui.AgainStale, from == own && !s.anothers(token, v)}
}

// anothers reports whether a form belongs to another user who is no longer signed in here.
// What that user typed is not shown to this one: on a shared computer it would be somebody
// else's address, with a button that works.
func (s *Server) anothers(token string, v *ui.Visit) bool {
	_, rest, _ := strings.Cut(token, ".")
	_, whose, _ := strings.Cut(rest, ".")
	return whose != "" && v.User != nil && whose != s.whose(v)
}

// whose is what form tokens call the signed-in user; empty for a visitor.
func (s *Server) whose(v *ui.Visit) string {
	if v.User == nil {
		return ""
	}
	return s.Keys.MAC("form-whose", v.Site.ID, v.User.ID)[:whoseLength]
}

// whoseLength is in base64 characters: 48 bits, enough to tell the users of one
// computer apart.
const whoseLength = 8

const formPurpose = "form"

// tokenOwner is what form tokens of this visit are bound to: the session or, before
// there is one, the sign-in cookie.
func tokenOwner(v *ui.Visit) string {
	if v.Session != nil {
		return v.SessionToken
	}
	return v.SignInToken
}

// formOwners are what the token of a posted form may be bound to. If the session is over,
// its cookie counts too: the form itself may have ended it, and its answer may have been
// lost.
func formOwners(v *ui.Visit) (owners []string) {
	for _, token := range []string{tokenOwner(v), v.SessionToken} {
		if token != "" && !slices.Contains(owners, token) {
			owners = append(owners, token)
		}
	}
	return owners
}

// giveFormToken prepares the token for the forms of the next page, and sets the sign-in
// cookie that it is bound to if the browser has none.
//
// A page has one token for all its forms, so that a script may use the first one it
// finds. It names the forms that are or can be on the page, and is bound to them, to the
// site and to the cookie: a token from one page opens no form of another.
func (s *Server) giveFormToken(w http.ResponseWriter, r *http.Request, v *ui.Visit, to route) {
	if isAPI(r) {
		return
	}
	if tokenOwner(v) == "" {
		v.SignInToken = secret.NewToken()
		ui.SetCookie(w, v, ui.SignInCookie, v.SignInToken, 0)
	}
	v.Token = func(actions []string) string {
		forms := slices.Clone(s.formsOn[to.pattern])
		for _, action := range actions {
			if pattern := s.patternOf(http.MethodPost, action); pattern != "" {
				forms = append(forms, s.formIDs[pattern])
			}
		}
		slices.Sort(forms)
		named := strings.Join(slices.Compact(forms), "")
		whose := s.whose(v)
		token := named + "." + s.Keys.MAC(formPurpose, tokenOwner(v), v.Site.ID, named, whose)
		if whose == "" {
			return token
		}
		return token + "." + whose
	}
}

// pagePattern is the pattern of a page, or of the page that has the route's form.
func (s *Server) pagePattern(to route) string {
	method, path, _ := strings.Cut(to.pattern, " ")
	if method == http.MethodGet {
		return to.pattern
	}
	return s.patternOf(http.MethodGet, s.standsOn(to, anyValue.ReplaceAllString(path, "x")))
}

// anyValue is a part of a pattern that matches any value.
var anyValue = regexp.MustCompile(`\{[^}]*\}`)

// fits reports whether a token is bound to this owner and site, and to a page with this
// route's form.
func (s *Server) fits(token, owner, site, pattern string) bool {
	named, rest, _ := strings.Cut(token, ".")
	mac, whose, _ := strings.Cut(rest, ".")
	if !s.Keys.CheckMAC(formPurpose, mac, owner, site, named, whose) {
		return false
	}
	for form := range slices.Chunk([]byte(named), formIDLength) {
		if string(form) == s.formIDs[pattern] {
			return true
		}
	}
	return false
}

// formIDLength is in base64 characters: 48 bits, plenty for a few hundred routes.
const formIDLength = 8

// formID is how a token names the form of a route.
func formID(pattern string) string {
	sum := sha256.Sum256([]byte(pattern))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:formIDLength]
}

// patternOf is the pattern of the route for an escaped path; empty if there is none.
func (s *Server) patternOf(method, escaped string) string {
	path, err := url.PathUnescape(escaped)
	if err != nil || escaped != cleanPath(escaped) {
		return ""
	}
	_, pattern := s.mux.Handler(&http.Request{Method: method, URL: &url.URL{Path: path, RawPath: escaped}})
	if pattern == "/" { // what no route takes
		return ""
	}
	return pattern
}

// badForm classifies what can be wrong with a form itself.
func badForm(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &statusError{http.StatusRequestEntityTooLarge, err}
	}
	return &statusError{http.StatusBadRequest, err}
}
