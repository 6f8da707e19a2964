package web

import (
	"embed"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/api"
	"gatehouse/internal/directory"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
	"gatehouse/internal/support"
	"gatehouse/internal/trace"
	"gatehouse/internal/watch"
	"gatehouse/internal/web/console"
	"gatehouse/internal/web/openid"
	"gatehouse/internal/web/operator"
	"gatehouse/internal/web/portal"
	"gatehouse/internal/web/ui"
)

// Server answers requests for all sites.
type Server struct {
	Sites   *site.Sites
	SignIn  *signin.Service
	Account *account.Service
	// Directory is what administrators work with.
	Directory *directory.Service
	// SSO is what applications sign in with.
	SSO     *sso.Service
	Support *support.Service
	// Watch is what operators learn of the installation from.
	Watch  *watch.Service
	Alerts *watch.Alerts
	Pages  *ui.Pages
	Keys   *secret.Keys
	Now    func() time.Time
	Log    *slog.Logger
	// Metrics is told the duration of every request.
	Metrics *Metrics
	// Tracer traces requests; nil: nobody does.
	Tracer *trace.Tracer
	// TrustedProxies are the only peers with X-Forwarded- headers that count.
	TrustedProxies []netip.Prefix
	// PlainLoopback allows visitors plain http: the demo's sites on loopback, which
	// then set cookies without prefix and Secure.
	PlainLoopback bool
	// Hosts answer for a host that is not a site: the demo's tour and inbox.
	Hosts map[string]http.Handler

	mux *http.ServeMux
	// Two more with the same patterns, which take as long to make and are rarely needed: without
	// handlers, to tell a wrong method from a wrong path; and of pages that forms come back to, see
	// again.go.
	known, pages func() *http.ServeMux

	reports  bucket
	formsOn  map[string][]string // by pattern of a route: the token's names of the forms that can be on its page
	formIDs  map[string]string   // by pattern of a route
	portal   *portal.Portal
	console  *console.Console
	operator *operator.Operator
	openid   *openid.Provider
	api      *api.API
}

// Prepare builds the routes. It is called once, before the first request.
func (s *Server) Prepare() *Server {
	s.portal = &portal.Portal{SignIn: s.SignIn, Account: s.Account, SSO: s.SSO, Support: s.Support, Pages: s.Pages, Now: s.Now}
	s.console = &console.Console{Directory: s.Directory, Sites: s.Sites, SignIn: s.SignIn, Pages: s.Pages, Now: s.Now, Saved: s.savedSearches}
	s.operator = &operator.Operator{Directory: s.Directory, SSO: s.SSO, Support: s.Support, Watch: s.Watch, Alerts: s.Alerts, Sites: s.Sites, Pages: s.Pages, Now: s.Now, Saved: s.savedSearches}
	s.openid = &openid.Provider{SSO: s.SSO, SignIn: s.SignIn, Pages: s.Pages, Now: s.Now}
	s.api = &api.API{SignIn: s.SignIn, SSO: s.SSO}
	routes := s.routes()
	s.mux = muxOf(routes, s.guarded)
	s.pages = sync.OnceValue(func() *http.ServeMux { return muxOf(routes, s.reopened) })
	s.known = sync.OnceValue(func() *http.ServeMux {
		return muxOf(routes, func(route) http.Handler { return http.NotFoundHandler() })
	})
	on := map[string][]string{} // by pattern of the page
	s.formsOn, s.formIDs = map[string][]string{}, map[string]string{}
	pages := make([]string, len(routes))
	for i, r := range routes {
		s.formIDs[r.pattern], pages[i] = formID(r.pattern), s.pagePattern(r)
		if strings.HasPrefix(r.pattern, http.MethodPost+" ") && r.audience != Protocol && r.audience != Browsers {
			on[pages[i]] = append(on[pages[i]], formID(r.pattern))
		}
	}
	for i, r := range routes {
		s.formsOn[r.pattern] = on[pages[i]]
	}
	s.mux.HandleFunc("/", s.noRoute)
	return s
}

// muxOf leads each route's requests to its handler.
func muxOf(routes []route, handler func(route) http.Handler) *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.pattern, handler(r))
	}
	return mux
}

// savedSearches are those of a signed-in visitor, and those that others share, for the company's and the
// operators' pages.
func (s *Server) savedSearches(r *http.Request) (own []gatehouse.SavedSearch, shared []gatehouse.SharedSearch, err error) {
	v := ui.VisitOf(r)
	if own, err = s.Account.SavedSearches(r.Context(), v.Site, v.Caller(r)); err == nil {
		shared, err = s.Account.SharedSearches(r.Context(), v.Site, v.Caller(r))
	}
	return own, shared, err
}

//go:embed *.html
var templates embed.FS

// Pages parses the pages of all sites.
func Pages() (*ui.Pages, error) {
	return ui.New(templates, portal.Templates, console.Templates, openid.Templates, operator.Templates)
}

// ServeHTTP gives the request its reference, answers it, and writes its line into
// the log.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	v := &ui.Visit{Reference: secret.NewReference()}
	from := s.peer(r)
	v.IPAddress, v.Secure = from.address, from.secure
	ctx, span := s.Tracer.Request(r, s.proxied(r))
	r = ui.WithVisit(ctx, r, v)
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	defer func() {
		s.logRequest(rec, r, v, time.Since(begun))
		s.endSpan(span, rec, r, v)
	}()
	defer s.survive(rec, r)
	s.setHeaders(rec, r, v)
	if headerSize(r) > maxHeader {
		s.render(rec, openedAt(r, &url.URL{Path: "/"}), http.StatusRequestHeaderFieldsTooLarge, ui.ErrorPage{Status: http.StatusRequestHeaderFieldsTooLarge})
		return
	}
	s.dispatch(rec, r, v, from)
}

// maxHeader is the maximum size of a request's header in bytes. net/http accepts twice as
// much, so that most oversized ones get one of our answers, with all its headers.
const maxHeader = 32 << 10

func headerSize(r *http.Request) int {
	size := len(r.RequestURI)
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(value) + len(": \r\n")
		}
	}
	return size
}

// dispatch finds the site and the route.
func (s *Server) dispatch(w http.ResponseWriter, r *http.Request, v *ui.Visit, from visitor) {
	host := hostOf(r)
	if h := s.Hosts[host]; h != nil {
		h.ServeHTTP(w, r)
		return
	}
	v.Site = s.Sites.ByHost(host)
	// As sent: an escaped slash or dot is part of a name, as it is for the routes.
	if sent := r.URL.EscapedPath(); cleanPath(sent) != sent && v.Site != nil {
		s.unclean(w, r, v, cleanPath(sent))
		return
	}
	if strings.HasPrefix(r.URL.Path, ui.StaticPrefix) && (v.Site != nil || !strings.HasPrefix(r.URL.Path, siteStatic)) {
		s.mux.ServeHTTP(w, r) // also for the page that answers an unknown host
		return
	}
	if v.Site == nil {
		s.render(w, r, http.StatusMisdirectedRequest, ui.ErrorPage{Status: http.StatusMisdirectedRequest})
		return
	}
	if !isAPI(r) {
		chooseLanguage(w, r, v)
	}
	if !v.Secure && !s.PlainLoopback {
		s.toHTTPS(w, r, v, from)
		return
	}
	if m := v.Site.Maintenance; v.Site.Closed(s.Now()) {
		w.Header().Set("Retry-After", retryAfter(m.Until.Sub(s.Now())))
		s.render(w, r, http.StatusServiceUnavailable, Maintenance{})
		return
	}
	s.mux.ServeHTTP(w, r)
}

// langCookieAge is how long a choice of language is remembered, in seconds.
const langCookieAge = 365 * 24 * 3600

// chooseLanguage finds the language of the page: the one that a link of the menu asks
// for, which the browser remembers; else the browser's preference.
func chooseLanguage(w http.ResponseWriter, r *http.Request, v *ui.Visit) {
	v.Chosen = ui.ReadCookie(r, ui.LangCookie, v.Secure)
	if asked := r.URL.Query().Get(ui.LangQuery); slices.Contains(v.Site.Languages, asked) && asked != v.Chosen {
		v.Chosen = asked
		ui.SetCookie(w, v, ui.LangCookie, asked, langCookieAge)
	}
	if !slices.Contains(v.Site.Languages, v.Chosen) {
		v.Chosen = ""
	}
	v.Lang = v.Site.Language(r.Header.Get("Accept-Language"), v.Chosen)
}

// toHTTPS sends people to the same page over https. Programs and forms are refused:
// everybody has seen what they sent already (ASVS 4.1.2).
//
// If the proxies' headers do not match each other, the visitor may be there already, and
// would be redirected in circles: the operator is told instead.
func (s *Server) toHTTPS(w http.ResponseWriter, r *http.Request, v *ui.Visit, from visitor) {
	if from.unclear {
		s.Log.WarnContext(r.Context(), "is it https? X-Forwarded-For and X-Forwarded-Proto tell of different numbers of hops: have every proxy add to both", "ref", v.Reference)
		s.render(w, r, http.StatusBadRequest, ui.ErrorPage{Status: http.StatusBadRequest})
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead || isAPI(r) {
		s.render(w, r, http.StatusForbidden, ui.ErrorPage{Status: http.StatusForbidden})
		return
	}
	http.Redirect(w, r, v.Site.Origin+r.URL.RequestURI(), http.StatusMovedPermanently)
}

// noRoute answers for a path or a method that no route has.
func (s *Server) noRoute(w http.ResponseWriter, r *http.Request) {
	probe := &probe{header: http.Header{}}
	s.known().ServeHTTP(probe, r)
	if allow := probe.header.Get("Allow"); allow != "" {
		w.Header().Set("Allow", allow)
	}
	s.render(w, r, probe.status, ui.ErrorPage{Status: probe.status})
}

// cleanPath is a path without empty parts and dots, as routes have them; a trailing
// slash stays.
func cleanPath(p string) string {
	clean := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

// unclean redirects read requests to the path that was meant. Requests that send something
// are refused: a redirect would send the password a second time (RFC 9700 4.12).
func (s *Server) unclean(w http.ResponseWriter, r *http.Request, v *ui.Visit, clean string) {
	if changes(r) {
		v.Lang = v.Site.Language(r.Header.Get("Accept-Language"), "")
		s.render(w, openedAt(r, &url.URL{Path: "/"}), http.StatusNotFound, ui.ErrorPage{Status: http.StatusNotFound})
		return
	}
	if r.URL.RawQuery != "" {
		clean += "?" + r.URL.RawQuery
	}
	http.Redirect(w, r, clean, http.StatusMovedPermanently)
}

// survive turns a panic into an error page. The stack is for the log only.
func (s *Server) survive(w *recorder, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	s.Log.ErrorContext(r.Context(), "panic", "ref", ui.VisitOf(r).Reference, "panic", p, "stack", string(debug.Stack()))
	if !w.written {
		s.render(w, r, http.StatusInternalServerError, ui.ErrorPage{Status: http.StatusInternalServerError})
	}
}

// isAPI reports whether a request comes from a program, which gets no pages.
func isAPI(r *http.Request) bool {
	switch r.URL.Path {
	case sso.DiscoveryPath, sso.JWKSPath, sso.TokenPath, sso.UserinfoPath, sso.IntrospectPath, sso.RevokePath,
		ui.BindPath, ui.RefreshPath:
		return true
	}
	return strings.HasPrefix(r.URL.Path, "/api/")
}

// probe catches what the mux says about a request that it has no route for.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }
