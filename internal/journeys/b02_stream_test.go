package journeys

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// listen opens a page's stream and returns its events.
func listen(t *testing.T, session string, s *testkit.Server, site string, e gatehouse.Enrolment) (status int, told <-chan map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Addr+enrolmentPath(e)+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = strings.TrimPrefix(s.Sites.ByID(site).Origin, "http://")
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: session})
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan map[string]any, 100)
	go func() {
		defer close(out)
		defer res.Body.Close()
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			var event map[string]any
			if data, is := strings.CutPrefix(lines.Text(), "data: "); is && json.Unmarshal([]byte(data), &event) == nil {
				out <- event
			}
		}
	}()
	return res.StatusCode, out
}

// drained reports whether a stream ends, and what it said last.
func drained(t *testing.T, told <-chan map[string]any) (last map[string]any) {
	t.Helper()
	late := time.After(time.Minute)
	for {
		select {
		case event, more := <-told:
			if !more {
				return last
			}
			last = event
		case <-late:
			t.Fatal("the stream does not end")
		}
	}
}

func TestB02_TheStreamEndsWithTheEnrolment(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		admin := s.AddUser(site, "msantos", password, administrator)
		c := visitor(t, s, site)
		wantHome(t, signIn(c, "msantos", password))
		another := visitor(t, s, site) // another session is not another stream
		wantHome(t, signIn(another, "msantos", password))
		e := heldEnrolment(t, s, admin, true)
		status, told := listen(t, c.Cookie("/", sessionCookie), s, site, e)
		if first := <-told; status != 200 || first["over"] != false || first["total"] != 1.0 {
			t.Fatalf("%d, %v", status, first)
		}
		for range 7 {
			if status, _ := listen(t, c.Cookie("/", sessionCookie), s, site, e); status != 200 {
				t.Fatalf("another page: %d", status)
			}
		}
		if status, _ := listen(t, another.Cookie("/", sessionCookie), s, site, e); status != 429 {
			t.Errorf("the ninth stream of a user: %d", status)
		}
		s.Clock.Add(hold)
		if last := drained(t, told); last["over"] != true || last["done"] != 1.0 {
			t.Errorf("at the end: %v", last)
		}
	})
}

func TestB02_TheStreamEndsWithRoleAndSession(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		admin := s.AddUser(site, "msantos", password, administrator)
		c := visitor(t, s, site)
		wantHome(t, signIn(c, "msantos", password))
		e := heldEnrolment(t, s, admin, true)
		_, told := listen(t, c.Cookie("/", sessionCookie), s, site, e)
		<-told
		s.Write(func(q store.Queries) error {
			demoted := s.User(admin)
			demoted.Role = gatehouse.RoleUser
			return q.UpdateProfile(t.Context(), demoted, time.Time{})
		})
		if last := drained(t, told); last["over"] == true {
			t.Errorf("the run is over: %v", last)
		}
		c.Get(enrolmentPath(e)).Want(403)
		if status, _ := listen(t, c.Cookie("/", sessionCookie), s, site, e); status != 403 {
			t.Errorf("a new stream: %d", status)
		}
		c.Submit(c.Get("/"), "form[action='/sign-out']", nil)
		if status, _ := listen(t, c.Cookie("/", sessionCookie), s, site, e); status != 303 {
			t.Errorf("signed out: %d", status)
		}
		s.Clock.Add(hold) // a listener who has lost the role does not stop the enrolment
		testkit.Eventually(t, "the end of the run", func() bool {
			run, err := s.Store.Read().Enrolment(t.Context(), site, admin.CompanyID, e.ID)
			return err == nil && run.State == gatehouse.RunDone
		})
	})
}

// A listening page does not delay a server's shutdown.
func TestB02_TheStreamEndsWithTheServer(t *testing.T) {
	t.Parallel()
	const site = "meridian-uk"
	var told <-chan map[string]any
	var stopped time.Time
	t.Run("server", func(inner *testing.T) {
		s := testkit.NewServer(inner, testkit.SQLiteURL(inner))
		admin := s.AddUser(site, "msantos", password, administrator)
		c := visitor(inner, s, site)
		wantHome(inner, signIn(c, "msantos", password))
		_, told = listen(t, c.Cookie("/", sessionCookie), s, site, heldEnrolment(inner, s, admin, true))
		<-told
		stopped = time.Now()
	})
	if took := time.Since(stopped); took > 10*time.Second {
		t.Errorf("the server took %v to stop", took)
	}
	if last := drained(t, told); last["over"] == true {
		t.Errorf("the run is over: %v", last)
	}
}
