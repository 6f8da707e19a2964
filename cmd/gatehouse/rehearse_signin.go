package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/net/html"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// rehearsedUser is a sign-in to the copy.
type rehearsedUser struct {
	Site string `json:"site"`
	User string `json:"user"`
	// Reached is the page that the sign-in leads to: home, or the next step.
	Reached string  `json:"reached"`
	Took    float64 `json:"seconds"`
}

// signIns signs in to the copy through the pages of this program: a test account of each site, and
// the user that was named. No sender runs, so no mail leaves.
func (r *upgrade) signIns(ctx context.Context, cfg *Config, c *rehearseCmd) error {
	cfg.Tracing.Endpoint = ""
	house, st, sites, err := assemble(ctx, cfg, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer st.Close()
	for _, one := range sites.All() {
		name, password, err := testAccount(ctx, cfg, st, one)
		if err != nil {
			return fmt.Errorf("a test account of %s: %w", one.ID, err)
		}
		r.signIn(ctx, house.Handler, cfg, one, name, password)
	}
	if c.User == "" {
		return nil
	}
	of, err := c.of(sites)
	if err != nil {
		return err
	}
	password, err := os.ReadFile(c.PasswordFile)
	if err != nil {
		return usageError{err}
	}
	r.signIn(ctx, house.Handler, cfg, of, c.User, strings.TrimRight(string(password), "\r\n"))
	return nil
}

// testAccount makes an account in the copy, with a company of its own and nothing that is due.
func testAccount(ctx context.Context, cfg *Config, st *store.Store, of *site.Site) (name, password string, err error) {
	password = rand.Text()
	hash, err := secret.NewHasher(cfg.HashParams(), 1, 1).Hash(ctx, password)
	if err != nil {
		return "", "", err
	}
	now, unique := utc(), strings.ToLower(rand.Text())
	name = "rehearsal-" + unique + "@gatehouse.invalid"
	company := gatehouse.Company{SiteID: of.ID, ID: store.NewID("com", now), Name: "Rehearsal", AccountNumber: "rehearsal-" + unique, CreatedAt: now}
	u := gatehouse.User{ID: store.NewID("usr", now), SiteID: of.ID, CompanyID: company.ID, Username: name, FirstName: "Rehearsal", LastName: "Account",
		Email: name, EmailConfirmed: true, Role: gatehouse.RoleUser, State: gatehouse.Active, ChallengeSet: true, TermsAccepted: of.TermsVersion,
		SoleUserFor: of.TermsVersion, SoleUser: true, FirstSignInAt: now, CreatedAt: now,
		Password: gatehouse.Password{Hash: hash, Origin: gatehouse.PasswordChosen, SetAt: now}}
	err = st.Write(ctx, func(q store.Queries) error { return errors.Join(q.InsertCompany(ctx, company), q.InsertUser(ctx, u)) })
	return name, password, err
}

// signIn signs a user in as a browser does, and adds what came of it.
func (r *upgrade) signIn(ctx context.Context, h http.Handler, cfg *Config, of *site.Site, name, password string) {
	begun := time.Now()
	jar, err := cookiejar.New(nil)
	reached := ""
	if err == nil {
		client := &http.Client{Transport: inProcess{h, cfg.Public.Scheme == "https"}, Jar: jar}
		reached, err = signInPages(ctx, client, of, name, password)
	}
	if err != nil {
		r.add("sign-in "+of.ID, fail, err.Error(), "do not upgrade before it is clear why; with --user, the password may be wrong")
		return
	}
	took := time.Since(begun).Seconds()
	r.SignIns = append(r.SignIns, rehearsedUser{of.ID, name, reached, took})
	r.add("sign-in "+of.ID, well, fmt.Sprintf("%s reaches %s in %s", harmless(name), reached, seconds(took)), "")
}

// signInPages opens the sign-in page, and sends its form.
func signInPages(ctx context.Context, client *http.Client, of *site.Site, name, password string) (reached string, err error) {
	const page = "/sign-in"
	fields, err := openForm(ctx, client, of, page, page)
	if err != nil {
		return "", err
	}
	fields.Set("username", name)
	fields.Set("password", password)
	answer, err := sendForm(ctx, client, of, page, fields)
	if err != nil {
		return "", err
	}
	if at := answer.Request.URL.Path; answer.StatusCode == http.StatusOK && at != page {
		return at, nil
	}
	return "", fmt.Errorf("the sign-in of %s is answered %d", harmless(name), answer.StatusCode)
}

// sendForm sends a form as a browser does. The answer's body is closed.
func sendForm(ctx context.Context, client *http.Client, of *site.Site, action string, fields url.Values) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, of.Origin+action, strings.NewReader(fields.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", of.Origin)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := client.Do(req)
	if err == nil {
		err = answer.Body.Close()
	}
	return answer, err
}

// openForm opens a page, and returns the hidden fields of its form with an action.
func openForm(ctx context.Context, client *http.Client, of *site.Site, page, wanted string) (fields url.Values, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, of.Origin+page, nil)
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	doc, err := html.Parse(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s is answered %d", page, answer.StatusCode)
	}
	for form := range doc.Descendants() {
		if action, _, _ := strings.Cut(attribute(form, "action"), "?"); form.Data == "form" && action == wanted {
			fields = url.Values{}
			for n := range form.Descendants() {
				if n.Data == "input" && attribute(n, "type") == "hidden" {
					fields.Set(attribute(n, "name"), attribute(n, "value"))
				}
			}
		}
	}
	if fields == nil {
		return nil, fmt.Errorf("%s has no form to %s", page, wanted)
	}
	return fields, nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// inProcess answers requests with a handler, without any network.
type inProcess struct {
	handler http.Handler
	secure  bool
}

func (p inProcess) RoundTrip(sent *http.Request) (*http.Response, error) {
	r := sent.Clone(sent.Context())
	r.RequestURI, r.RemoteAddr, r.Host = sent.URL.RequestURI(), "127.0.0.1:1", sent.URL.Host
	if r.Body == nil {
		r.Body = http.NoBody
	}
	if p.secure {
		r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13}
	}
	w := &kept{header: http.Header{}, status: http.StatusOK}
	p.handler.ServeHTTP(w, r)
	return &http.Response{StatusCode: w.status, Status: http.StatusText(w.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: sent}, nil
}

// kept keeps an answer.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) Write(b []byte) (int, error) { return k.body.Write(b) }
func (k *kept) WriteHeader(status int)      { k.status = status }
