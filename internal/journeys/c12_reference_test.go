package journeys

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/testkit"
)

var reference = regexp.MustCompile(`GH-[0-9A-Z]{4}-[0-9A-Z]{4}`)

func TestC12_EveryErrorPageHasAReferenceThatFindsTheLogLine(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		c := visitor(t, s, "meridian-uk")
		form := c.Get("/sign-in")
		for name, p := range map[string]*testkit.Page{
			"not found":     c.Get("/no/such/page"),
			"wrong method":  c.Post("/", nil),
			"forged":        c.PostFrom("https://evil.example", "/sign-in", nil),
			"without token": c.Post("/sign-in", nil),
			"too large":     c.Submit(form, signInForm, testkit.Values{"username": strings.Repeat("a", 100<<10), "password": "x"}),
		} {
			if p.Status < 400 {
				t.Errorf("%s: status %d", name, p.Status)
				continue
			}
			wantReferenceInLog(t, s, name, p)
		}
	})
}

func wantReferenceInLog(t *testing.T, s *testkit.Server, name string, p *testkit.Page) {
	t.Helper()
	ref := reference.FindString(p.Text("body"))
	if ref == "" {
		t.Errorf("%s (%d): no reference on the page: %q", name, p.Status, p.Text("body"))
		return
	}
	// The line is written after the answer was sent.
	testkit.Eventually(t, name+": "+ref+" in the log", func() bool { return strings.Contains(s.Log.String(), `"ref":"`+ref+`"`) })
}

// A sign-in that support is asked about can be found in the event log by the reference
// of its log line.
func TestC12_TheReferenceFindsTheEvents(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		u := s.AddUser("meridian-uk", "msantos", password, nil)
		wantRefused(t, signIn(visitor(t, s, "meridian-uk"), "msantos", "wrong"))
		events, err := s.Store.Read().EventsOfUser(t.Context(), "meridian-uk", u.ID, 1)
		if err != nil || len(events) != 1 {
			t.Fatal(events, err)
		}
		found, err := s.Store.Read().EventsByReference(t.Context(), events[0].Reference)
		if err != nil || len(found) != 1 || found[0].Result != "wrong" || found[0].IPAddress != "127.0.0.1" {
			t.Errorf("%+v, %v", found, err)
		}
	})
}

// No password and no token ever gets into the log, not even one typed into the wrong
// field.
func TestC12_TheLogHoldsNoSecrets(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, nil)
		c := visitor(t, s, "meridian-uk")
		signIn(c, "typed-into-the-wrong-field", "secret-guess-77")
		c.Get("/sign-in?token=secret-in-the-address")
		wantHome(t, signIn(c, "msantos", password))
		log := s.Log.String()
		for _, secret := range []string{password, "secret-guess-77", "typed-into-the-wrong-field", "secret-in-the-address",
			c.Cookie("/", "gatehouse-session"), c.Cookie("/", "gatehouse-device"), "argon2id"} {
			if secret == "" || strings.Contains(log, secret) {
				t.Errorf("%q is in the log", secret)
			}
		}
	})
}

func TestC12_ADatabaseThatIsGoneIsSaidAndComesBack(t *testing.T) {
	t.Parallel()
	cluster := testkit.OwnPostgres(t)
	s := testkit.NewServer(t, cluster.URL())
	u := s.AddUser("meridian-uk", "msantos", password, nil)
	c := visitor(t, s, "meridian-uk")
	form := c.Get("/sign-in")
	cluster.Stop()
	for range 3 {
		p := c.Submit(form, signInForm, testkit.Values{"username": "msantos", "password": password})
		if p.Status != 503 || p.Header.Get("Retry-After") == "" {
			t.Fatalf("without its database: %d, Retry-After %q", p.Status, p.Header.Get("Retry-After"))
		}
		wantReferenceInLog(t, s, "database gone", p)
	}
	cluster.Start()
	wantHome(t, signIn(c, "msantos", password))
	if counts, err := s.Store.Read().Attempts(t.Context(), "meridian-uk", u.ID, ""); err != nil || counts.All != 0 {
		t.Errorf("the outage counted as wrong attempts: %+v %v", counts, err)
	}
}

// A database that dies under load: the answer is 503 or the correct one, never "wrong
// password" and never a server error.
func TestC12_ADatabaseThatDiesUnderLoad(t *testing.T) {
	t.Parallel()
	cluster := testkit.OwnPostgres(t)
	s := testkit.NewServer(t, cluster.URL())
	s.AddUser("meridian-uk", "msantos", password, nil)
	var all sync.WaitGroup
	stop := make(chan struct{})
	var unavailable atomic.Int64
	for range 4 {
		c := visitor(t, s, "meridian-uk")
		form := c.Get("/sign-in")
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				c.SetCookie(&http.Cookie{Name: "gatehouse-session", Value: "", Path: "/", MaxAge: -1})
				p := c.Submit(form, signInForm, testkit.Values{"username": "msantos", "password": password})
				switch p.Status {
				case 503:
					unavailable.Add(1)
				case 200, 403, 409: // in, or the form is spent because the last one got in
					form = visitorForm(c)
				default:
					t.Errorf("status %d: %s", p.Status, p.Text("main"))
				}
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	cluster.Kill()
	time.Sleep(500 * time.Millisecond)
	cluster.Start()
	time.Sleep(500 * time.Millisecond)
	close(stop)
	all.Wait()
	if unavailable.Load() == 0 {
		t.Error("nobody noticed that the database was gone")
	}
	wantHome(t, signIn(visitor(t, s, "meridian-uk"), "msantos", password))
	if t.Failed() {
		for line := range strings.Lines(s.Log.String()) {
			if strings.Contains(line, `"level":"ERROR"`) {
				t.Log(line)
			}
		}
	}
}

// visitorForm opens the sign-in page again, as often as it takes.
func visitorForm(c *testkit.Client) *testkit.Page {
	for {
		c.SetCookie(&http.Cookie{Name: "gatehouse-session", Value: "", Path: "/", MaxAge: -1})
		if p := c.Get("/sign-in"); p.Status == 200 && p.Find(signInForm).Length() == 1 {
			return p
		}
		time.Sleep(10 * time.Millisecond)
	}
}
