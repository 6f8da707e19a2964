package testkit

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/publicsuffix"
)

// Client visits a site as a browser without scripts does: it keeps cookies, follows
// redirects and says where a request comes from (Origin, Sec-Fetch-Site). For any host,
// it connects to one server. Its methods end the test if the server does not answer. It
// may be used from several goroutines at once, like a browser with several tabs.
type Client struct {
	// Language is the Accept-Language header, Agent the User-Agent.
	Language, Agent string
	// Stay makes it show a redirect instead of following it.
	Stay bool

	t    testing.TB
	base *url.URL
	http *http.Client
}

// Values are what is filled into a form, by the fields' names. A box is ticked
// with its value (or "on") and unticked with "".
type Values map[string]string

// NewClient makes a client for a site. base is the site's address as its visitors know
// it, "http://uk.localhost:8080"; server is where the server listens, "127.0.0.1:8080",
// or "" to connect to where base says.
func NewClient(t testing.TB, base, server string) *Client {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		t.Fatalf("%q is no site's address (%v)", base, err)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	trust, err := TrustServers()
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 4, TLSClientConfig: trust, DialContext: dialer(u, strings.TrimPrefix(server, "http://"))}
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{
		t: t, base: u, Language: "en-GB,en;q=0.9",
		Agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		http: &http.Client{
			Transport: transport, Timeout: 30 * time.Second, Jar: trusting{jar},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// dialer connects to the server, but to another address of this machine if that
// is asked for by number: a test's own client application.
func dialer(base *url.URL, server string) func(context.Context, string, string) (net.Conn, error) {
	var d net.Dialer
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, _ := net.SplitHostPort(address)
		switch {
		case net.ParseIP(host) != nil && host != base.Hostname():
		case server != "":
			address = server
		case host == "localhost" || strings.HasSuffix(host, ".localhost"):
			address = net.JoinHostPort("127.0.0.1", port)
		}
		return d.DialContext(ctx, network, address)
	}
}

// trusting sends Secure cookies to this machine over http, as browsers do.
type trusting struct{ jar http.CookieJar }

func (j trusting) Cookies(u *url.URL) []*http.Cookie { return j.jar.Cookies(secure(u)) }
func (j trusting) SetCookies(u *url.URL, cookies []*http.Cookie) {
	j.jar.SetCookies(secure(u), cookies)
}

func secure(u *url.URL) *url.URL {
	host := u.Hostname()
	if host != "localhost" && !strings.HasSuffix(host, ".localhost") && !net.ParseIP(host).IsLoopback() {
		return u
	}
	copied := *u
	copied.Scheme = "https"
	return &copied
}

// Get visits a path of the site, or a full address, as typed into the address bar.
func (c *Client) Get(path string) *Page {
	c.t.Helper()
	return c.visit(http.MethodGet, c.address(c.base, path), nil, "", nil)
}

// Follow follows the link with this text.
func (c *Client) Follow(page *Page, link string) *Page {
	c.t.Helper()
	links := page.Doc.Find("a[href]")
	found := links.FilterFunction(func(_ int, a *goquery.Selection) bool { return clean(a.Text()) == link })
	if found.Length() == 0 {
		page.fail("no link %q; there are: %q", link, texts(links))
	}
	return c.visit(http.MethodGet, c.address(page.URL, found.First().AttrOr("href", "")), nil, "", page.URL)
}

// Submit fills in a form and submits it with its first button. The selector may be ""
// if the page has one form. Everything not in values stays as it is: hidden fields,
// ticked boxes, existing text.
func (c *Client) Submit(page *Page, form string, values Values) *Page {
	c.t.Helper()
	f := page.form(form)
	return c.send(page, f, submitters(page, f).First(), values, nil)
}

// Press fills in the form that has the button with this text and presses it.
func (c *Client) Press(page *Page, button string, values Values) *Page {
	c.t.Helper()
	all := page.Doc.Find("button, input[type=submit]")
	found := all.FilterFunction(func(_ int, b *goquery.Selection) bool {
		return clean(b.Text()) == button || b.AttrOr("value", "") == button && goquery.NodeName(b) == "input" || b.AttrOr("aria-label", "") == button
	})
	if found.Length() == 0 {
		page.fail("no button %q; there are: %q", button, texts(all))
	}
	b := found.First()
	form := b.Closest("form")
	if id, ok := b.Attr("form"); ok {
		form = page.Doc.Find("form").FilterFunction(func(_ int, f *goquery.Selection) bool { return f.AttrOr("id", "") == id })
	}
	if form.Length() == 0 {
		page.fail("the button %q is in no form", button)
	}
	return c.send(page, form, b, values, nil)
}

// Upload is Submit with a file in one of the form's fields.
func (c *Client) Upload(page *Page, form, field, filename string, content []byte, values Values) *Page {
	c.t.Helper()
	f := page.form(form)
	return c.send(page, f, submitters(page, f).First(), values, &upload{field, filename, content})
}

// Post sends fields to a path of the site as a form on its own page would, but without
// any page: anything a forger could send.
func (c *Client) Post(path string, fields url.Values) *Page {
	c.t.Helper()
	return c.visit(http.MethodPost, c.address(c.base, path), []byte(fields.Encode()), "application/x-www-form-urlencoded", c.base)
}

// PostFrom is Post by a page of another origin, "https://evil.test".
func (c *Client) PostFrom(origin, path string, fields url.Values) *Page {
	c.t.Helper()
	from, err := url.Parse(origin)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.visit(http.MethodPost, c.address(c.base, path), []byte(fields.Encode()), "application/x-www-form-urlencoded", from)
}

// Do sends a request unchanged, with the cookies, and follows nothing.
func (c *Client) Do(r *http.Request) *Page {
	c.t.Helper()
	res, err := c.http.Do(r)
	if err != nil {
		c.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	if err != nil {
		c.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return &Page{Status: res.StatusCode, Header: res.Header, URL: r.URL, Body: body, Doc: doc, t: c.t}
}

// Before returns the same browser in its current state: it keeps the cookies of this
// moment, no matter what follows. A form that it posts later is posted by a browser that
// got no answer in between.
func (c *Client) Before() *Client {
	c.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	jar.SetCookies(secure(c.base), c.http.Jar.Cookies(c.base))
	before, client := *c, *c.http
	client.Jar = trusting{jar}
	before.http = &client
	return &before
}

// Cookie is the value of a cookie that would be sent to a path of the site; "" if
// there is none.
func (c *Client) Cookie(path, name string) string {
	c.t.Helper()
	for _, cookie := range c.http.Jar.Cookies(c.address(c.base, path)) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

// SetCookie puts a cookie into the client: one that was stolen, say.
func (c *Client) SetCookie(cookie *http.Cookie) {
	c.http.Jar.SetCookies(c.base, []*http.Cookie{cookie})
}

func (c *Client) address(from *url.URL, ref string) *url.URL {
	c.t.Helper()
	u, err := from.Parse(ref)
	if err != nil {
		c.t.Fatalf("%q is no address: %v", ref, err)
	}
	u.Fragment = ""
	return u
}

// visit sends a request that from's page asks for (nil: the user does), and follows redirects
// as browsers do, and a Refresh at once. It does not follow a form of our pages to another
// site: their Content-Security-Policy keeps forms on their own (form-action).
func (c *Client) visit(method string, to *url.URL, body []byte, kind string, from *url.URL) *Page {
	c.t.Helper()
	var via []string
	site := relation(from, to)
	form := method == http.MethodPost && from != nil && from.Host == to.Host
	for range 20 {
		r, err := http.NewRequest(method, to.String(), bytes.NewReader(body))
		if err != nil {
			c.t.Fatal(err)
		}
		c.dress(r, kind, from, site)
		page := c.Do(r)
		page.Via = via
		target := page.Header.Get("Location")
		if again, ok := strings.CutPrefix(page.Header.Get("Refresh"), "0; url="); ok {
			target, form = again, false
		} else if page.Status < 300 || page.Status > 399 {
			target = ""
		}
		if target == "" || c.Stay {
			return page
		}
		via = append(via, to.String())
		to = c.address(to, target)
		if form && to.Host != from.Host {
			c.t.Fatalf("a form on %s leads to %s, where no browser follows it: %q", from.Host, to.Host, via)
		}
		site = farther(site, relation(from, to))
		if page.Status != http.StatusTemporaryRedirect && page.Status != http.StatusPermanentRedirect {
			method, body, kind = http.MethodGet, nil, ""
		}
	}
	c.t.Fatalf("redirected without end: %q", via)
	return nil
}

// dress sets the headers of a browser that opens a page.
func (c *Client) dress(r *http.Request, kind string, from *url.URL, site string) {
	set := func(name, value string) {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8")
	set("Accept-Language", c.Language)
	set("User-Agent", c.Agent)
	set("Content-Type", kind)
	set("Sec-Fetch-Site", site)
	set("Sec-Fetch-Mode", "navigate")
	set("Sec-Fetch-Dest", "document")
	set("Sec-Fetch-User", "?1")
	set("Upgrade-Insecure-Requests", "1")
	if from != nil && r.Method != http.MethodGet {
		set("Origin", from.Scheme+"://"+from.Host)
	}
}

// relation is the Sec-Fetch-Site of a request that from's page makes.
func relation(from, to *url.URL) string {
	switch {
	case from == nil:
		return "none"
	case from.Scheme == to.Scheme && from.Host == to.Host:
		return "same-origin"
	case from.Scheme == to.Scheme && domain(from) == domain(to):
		return "same-site"
	}
	return "cross-site"
}

// farther: a chain of redirects is as foreign as its most foreign stop.
func farther(a, b string) string {
	order := []string{"none", "same-origin", "same-site", "cross-site"}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}

func domain(u *url.URL) string {
	if d, err := publicsuffix.EffectiveTLDPlusOne(u.Hostname()); err == nil {
		return d
	}
	return u.Hostname()
}
