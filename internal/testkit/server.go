package testkit

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/assembly"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Server is a whole Gatehouse for tests: the demo's three sites on a real listener,
// a real database, real mail over SMTP, and a clock that the test moves.
type Server struct {
	*assembly.House
	t      testing.TB
	road   road
	Addr   string // HOST:PORT of the listener
	Store  *store.Store
	Sites  *site.Sites
	Mail   *SMTP
	Keys   *secret.Keys
	Hasher *secret.Hasher
	Clock  *Clock
	Log    *Log
}

// Start is the initial time of every server's clock: noon, so that no test depends on
// the time of day at which it runs.
var Start = time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC)

// Clock is a clock that stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that is stopped at a time.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Add moves the clock, forwards or backwards.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Log keeps the server's log lines for the test to read.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String is everything that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// ServerOption changes how a server is built.
type ServerOption func(*serverSetup)

type serverSetup struct {
	limits  signin.Limits
	params  secret.Params
	workers int
	queue   int
	change  func(dir string)
	shared  bool // the sites
	secure  bool // over https
	options func(*assembly.Options)
}

// With changes anything else about how a server is built.
func With(change func(*assembly.Options)) ServerOption {
	return func(s *serverSetup) { s.options = change }
}

// WithLimits sets the limits of sign-ins.
func WithLimits(l signin.Limits) ServerOption { return func(s *serverSetup) { s.limits = l } }

// WithHashing sets what a hash costs and how many may run and wait.
func WithHashing(p secret.Params, workers, queue int) ServerOption {
	return func(s *serverSetup) { s.params, s.workers, s.queue = p, workers, queue }
}

// WithSites lets a test change the folder of the sites before they are read.
func WithSites(change func(dir string)) ServerOption {
	return func(s *serverSetup) { s.change = change }
}

// WithSite lets a test change the settings of a site, which are YAML, before they are read.
func WithSite(id string, change func(settings string) string) ServerOption {
	return WithSites(func(dir string) {
		path := filepath.Join(dir, id, "site.yaml")
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, []byte(change(string(text))), 0o600)
		}
		if err != nil {
			panic(err)
		}
	})
}

// SharedSites makes the server use sites that were read once for the whole process; no
// browser can reach it through them, and nobody may change them: for tests of services.
// Reading them takes longer than most of those tests.
func SharedSites() ServerOption { return func(s *serverSetup) { s.shared = true } }

var sharedSites = sync.OnceValues(func() (*site.Sites, error) {
	return site.Open(demoSites(), site.LoadEnv{Scheme: "http", Port: 1, Operators: operatorHosts})
})

// operatorHosts are where the operators of every server sign in.
var operatorHosts = site.OperatorHosts{Hosts: []string{"operator.localhost"}, Sender: "no-reply@platform.example", Support: "security@platform.example"}

// cheap are hash parameters for tests: the real ones are for the benchmarks.
var cheap = secret.Params{MemoryKiB: 64, Time: 1, Parallelism: 1}

// NewServer starts a server on a database. It ends with the test.
func NewServer(t testing.TB, databaseURL string, options ...ServerOption) *Server {
	t.Helper()
	setup := serverSetup{limits: signin.DefaultLimits, params: cheap, workers: 2, queue: 500}
	for _, o := range options {
		o(&setup)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, Addr: l.Addr().String(), Clock: &Clock{now: Start},
		Log: &Log{}, Mail: NewSMTP(t), Hasher: secret.NewHasher(setup.params, setup.workers, setup.queue)}
	s.Store = openStore(t, databaseURL, s.Clock.Now())
	if setup.shared {
		s.Sites, err = sharedSites()
	} else {
		s.Sites, err = openSites(t, site.LoadEnv{Scheme: setup.scheme(), Port: l.Addr().(*net.TCPAddr).Port, Operators: operatorHosts}, setup.change)
	}
	if err != nil {
		t.Fatal(err)
	}
	if s.Keys, err = secret.ParseKeys(secret.NewKeyFile()); err != nil {
		t.Fatal(err)
	}
	smtp, err := mail.ParseSMTPURL(s.Mail.URL())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(io.MultiWriter(s.Log), &slog.HandlerOptions{Level: slog.LevelDebug}))
	parts := assembly.Options{Store: s.Store, Sites: s.Sites, Keys: s.Keys, Hasher: s.Hasher, SMTP: smtp,
		Limits: setup.limits, Now: s.Clock.Now, Log: log, PlainLoopback: true}
	if setup.options != nil {
		setup.options(&parts)
	}
	s.House, err = assembly.New(parts)
	if err != nil {
		t.Fatal(err)
	}
	s.SSO.NewRSA = keysFromPool()
	secure, err := setup.serving()
	if err != nil {
		t.Fatal(err)
	}
	s.run(l, secure, log)
	return s
}

// pool are the RSA keys of this process's servers, each made when first requested.
var pool = func() (made [4]func() (*rsa.PrivateKey, error)) {
	for i := range made {
		made[i] = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 3072) })
	}
	return made
}()

// keysFromPool gives a server the keys of the pool one after another, so that those of two
// sites differ, and a new one from the previous one.
func keysFromPool() func() (*rsa.PrivateKey, error) {
	var taken atomic.Uint32
	return func() (*rsa.PrivateKey, error) { return pool[(taken.Add(1)-1)%uint32(len(pool))]() }
}

func (s *Server) run(l net.Listener, secure *tls.Config, log *slog.Logger) {
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { s.Work(ctx) })
	all.Go(func() {
		if err := assembly.Serve(ctx, l, s.road.over(s.Handler), secure, log); err != nil {
			s.t.Errorf("server: %v", err)
		}
	})
	s.t.Cleanup(func() {
		stop()
		all.Wait()
		s.Store.Close()
	})
}

func openStore(t testing.TB, url string, now time.Time) *store.Store {
	t.Helper()
	st, err := store.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Migrate(context.Background(), now); err != nil {
		t.Fatal(err)
	}
	if st.Engine() == "sqlite" {
		st.RunTwice() // every test shows that its transactions can safely run again
	}
	return st
}

// openSites reads a copy of the demo's sites.
func openSites(t testing.TB, env site.LoadEnv, change func(dir string)) (*site.Sites, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(demoSites())); err != nil {
		return nil, err
	}
	if change != nil {
		change(dir)
	}
	return site.Open(dir, env)
}

// demoSites is the folder of the demo's sites in the source.
func demoSites() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "..", "demo", "sites")
}

// Port is the listener's port.
func (s *Server) Port() int {
	_, port, _ := strings.Cut(s.Addr, ":")
	n, _ := strconv.Atoi(port)
	return n
}

// URL is a page's address on a site.
func (s *Server) URL(siteID, path string) string { return s.Sites.ByID(siteID).Origin + path }

// AddUser adds a user with this password, active and complete: nothing is due when they
// sign in. change may alter it. Its company is created if it is missing.
func (s *Server) AddUser(siteID, username, password string, change func(*gatehouse.User)) gatehouse.User {
	s.t.Helper()
	now, st := s.Clock.Now(), s.Sites.ByID(siteID)
	ctx := context.Background()
	hash := ""
	if password != "" {
		var err error
		if hash, err = s.Hasher.Hash(ctx, password); err != nil {
			s.t.Fatal(err)
		}
	}
	u := gatehouse.User{ID: store.NewID("usr", now), SiteID: siteID, Username: username, FirstName: "Mira", LastName: "Santos",
		Email: strings.ReplaceAll(username, "@", ".") + "@northgate.example", EmailConfirmed: true, Role: gatehouse.RoleUser,
		State: gatehouse.Active, ChallengeSet: true, TermsAccepted: st.TermsVersion, SoleUserFor: st.TermsVersion, SoleUser: true,
		Password: gatehouse.Password{Hash: hash, Origin: gatehouse.PasswordChosen, SetAt: now}, FirstSignInAt: now, CreatedAt: now}
	if st.SignInWith == gatehouse.WithEmail {
		u.Email = username
	}
	if change != nil {
		change(&u)
	}
	given := u.CompanyID
	err := s.Store.Write(ctx, func(q store.Queries) error {
		if given == "" {
			c, err := s.company(ctx, q, siteID)
			if err != nil {
				return err
			}
			u.CompanyID = c.ID
		}
		return q.InsertUser(ctx, u)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// company is the site's company for the test's users.
func (s *Server) company(ctx context.Context, q store.Queries, siteID string) (gatehouse.Company, error) {
	number := "10482"
	if siteID == gatehouse.OperatorsSite { // all operators are of one company
		number = "operators"
	}
	c, err := q.CompanyByAccount(ctx, siteID, number)
	if gatehouse.KindOf(err) != gatehouse.NotFound {
		return c, err
	}
	c = gatehouse.Company{SiteID: siteID, ID: store.NewID("com", s.Clock.Now()), Name: "Northgate Systems Ltd",
		AccountNumber: number, CreatedAt: s.Clock.Now()}
	return c, q.InsertCompany(ctx, c)
}

// AddOperator adds an operator with this password and a role, who has not set up a factor.
func (s *Server) AddOperator(username, password string, role gatehouse.Role) gatehouse.User {
	s.t.Helper()
	return s.AddUser(gatehouse.OperatorsSite, username, password, func(u *gatehouse.User) {
		u.Role, u.Email, u.ChallengeSet = role, username+"@platform.example", false
	})
}

// AppendFile adds text to a file of the test.
func AppendFile(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Visitor is a client without scripts that has seen nothing of a site yet.
func (s *Server) Visitor(siteID string) *Client {
	s.t.Helper()
	return NewClient(s.t, s.URL(siteID, ""), s.Addr)
}

// SignIn fills in the sign-in page and sends it.
func (c *Client) SignIn(username, password string) *Page {
	c.t.Helper()
	return c.Submit(c.Get("/sign-in"), "form[action^='/sign-in']", Values{"username": username, "password": password})
}

// Eventually waits until something concurrent has happened: a minute, because a test
// that fails on a busy machine costs more than one that fails late.
func Eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !happened(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still waiting for %s", what)
		}
	}
}
