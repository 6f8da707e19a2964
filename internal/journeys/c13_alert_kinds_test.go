package journeys

import (
	"slices"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/assembly"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// openAlerts are the kinds of the alerts that are open after a look, each once.
func openAlerts(t *testing.T, s *testkit.Server) (kinds []gatehouse.AlertKind) {
	t.Helper()
	lookForAlerts(t, s)
	open, err := s.Store.Read().OpenAlerts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range open {
		kinds = append(kinds, a.Kind)
	}
	slices.Sort(kinds)
	return kinds
}

// What is wrong really happens: accounts are locked, mail is refused and put off and waits, a job does
// not end, keys and the key file are old, the certificate runs out. Each opens one alert with one mail. An alert
// about numbers goes on until they are below half, and each closes a quarter of an hour after its cause.
func TestC13_EachCauseIsOneAlert(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, at string) {
		start, certificate := testkit.Start, testkit.Start.Add(90*24*time.Hour)
		s := testkit.NewServer(t, at, testkit.With(func(o *assembly.Options) {
			o.Alerts = assembly.Alerts{Mail: []string{"watch@platform.example"}, KeyFileAt: start.Add(-3 * 24 * time.Hour), Thresholds: gatehouse.AlertThresholds{
				gatehouse.AlertLocks: 1, gatehouse.AlertBounces: 2, gatehouse.AlertRelay: 2, gatehouse.AlertMailAge: 60, gatehouse.AlertJob: 60,
				gatehouse.AlertKeyFile: 4, gatehouse.AlertCertificate: 14, gatehouse.AlertSigningKeys: 1}}
		}))
		s.Alerts.Certificate = func() time.Time { return certificate }
		s.Watch.Book.Listed("reports", time.Minute)
		rotate := func() {
			t.Helper()
			if err := s.SSO.RotateKeys(t.Context(), s.Sites.ByID("meridian-uk"), operator); err != nil {
				t.Fatal(err)
			}
		}
		rotate()
		if open := openAlerts(t, s); len(open) != 0 {
			t.Fatalf("nothing is wrong: %v", open)
		}
		put := []gatehouse.User{s.AddUser("meridian-uk", "put.off", password, nil), s.AddUser("inkwell", "off@northgate.example", password, nil)}
		for _, u := range put {
			s.Mail.RefuseTo(u.Email, 451, "Come back later")
			resetPassword(t, s, u)
			stateOf(t, s, u, store.MessageDeferred)
		}
		for _, name := range []string{"gone.one", "gone.two"} {
			u := s.AddUser("meridian-uk", name, password, nil)
			s.Mail.RefuseTo(u.Email, 550, "No such user")
			resetPassword(t, s, u)
			stateOf(t, s, u, store.MessageRefused)
		}
		s.AddUser("meridian-uk", "locked.out", password, nil)
		guesser := visitor(t, s, "meridian-uk")
		for range s.Sites.ByID("meridian-uk").Policy.Lockout.Attempts {
			signIn(guesser, "locked.out", "guess")
		}
		s.Watch.Book.Begun("reports")
		certificate = s.Clock.Now().Add(10 * 24 * time.Hour)
		s.Clock.Add(2 * time.Minute)
		want := []gatehouse.AlertKind{gatehouse.AlertBounces, gatehouse.AlertCertificate, gatehouse.AlertJob, gatehouse.AlertLocks, gatehouse.AlertMailAge, gatehouse.AlertRelay}
		for range 2 { // a second look opens nothing
			if open := openAlerts(t, s); !slices.Equal(open, want) {
				t.Errorf("open: %v, want %v", open, want)
			}
		}
		if n := len(messagesAbout(t, s, "alert-opened")); n != len(want) {
			t.Errorf("%d mails about %d alerts", n, len(want))
		}

		// One of two messages arrives: half of the bound is not below half.
		s.Mail.RefuseTo(put[0].Email, 0, "")
		arrives(t, s, put[0])
		s.Watch.Book.Ended("reports", 0, nil)
		certificate = s.Clock.Now().Add(80 * 24 * time.Hour)
		s.Clock.Add(16 * time.Minute)
		if open := openAlerts(t, s); slices.Contains(open, gatehouse.AlertJob) || slices.Contains(open, gatehouse.AlertCertificate) || !slices.Contains(open, gatehouse.AlertRelay) {
			t.Errorf("one message is still put off: %v", open)
		}
		s.Mail.RefuseTo(put[1].Email, 0, "")
		arrives(t, s, put[1])
		s.Clock.Add(24 * time.Hour)
		if open := openAlerts(t, s); !slices.Equal(open, []gatehouse.AlertKind{gatehouse.AlertKeyFile, gatehouse.AlertSigningKeys}) {
			t.Errorf("a day later: %v", open)
		}
		allSent(t, s) // or the mails of the alerts themselves are old in a quarter of an hour
		rotate()
		s.Clock.Add(16 * time.Minute)
		if open := openAlerts(t, s); !slices.Equal(open, []gatehouse.AlertKind{gatehouse.AlertKeyFile}) {
			t.Errorf("with new keys: %v", open)
		}
	})
}

// Enrolments really fail: an administrator switches Enhanced Security on for colleagues whose mail has
// come back, so that no code can reach them. It is one alert for the site, until the hour is over in
// which it happened.
func TestC13_EnrolmentsThatFail(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, at string) {
		const site = "meridian-uk"
		s := testkit.NewServer(t, at, testkit.With(func(o *assembly.Options) {
			o.Alerts = assembly.Alerts{Mail: []string{"watch@platform.example"}, Thresholds: gatehouse.AlertThresholds{gatehouse.AlertEnrolment: 2}}
		}))
		s.AddUser(site, "msantos", password, administrator)
		for _, name := range []string{"gone.one", "gone.two"} {
			u := s.AddUser(site, name, password, nil)
			s.Mail.RefuseTo(u.Email, 550, "5.1.1 No such user")
			resetPassword(t, s, u)
			testkit.Eventually(t, "mail to "+name+" came back", func() bool { u = s.User(u); return u.Bouncing() })
			if u.State != gatehouse.Active {
				t.Fatalf("%s is %s", name, u.State)
			}
		}
		if open := openAlerts(t, s); len(open) != 0 {
			t.Fatalf("nothing is switched yet: %v", open)
		}
		c := visitor(t, s, site)
		wantHome(t, signIn(c, "msantos", password))
		if result := finished(t, c, setTwoFactor(c, "enabled")); !result.Has("2 failed") {
			t.Fatalf("%q", result.Text("main"))
		}
		for range 2 { // a second look opens nothing
			lookForAlerts(t, s)
			open, err := s.Store.Read().OpenAlerts(t.Context())
			if err != nil || len(open) != 1 || open[0].Kind != gatehouse.AlertEnrolment || open[0].Cause != site || open[0].Value != 2 {
				t.Fatalf("%+v %v", open, err)
			}
		}
		if n := len(messagesAbout(t, s, "alert-opened")); n != 1 {
			t.Errorf("%d mails", n)
		}
		if _, op, _ := operatorWithApp(t, s, "skeller", gatehouse.RoleSecurity); !op.Get("/operator/alerts").Want(200).Has("An enrolment failed for some users") {
			t.Errorf("the page does not say it: %q", op.Get("/operator/alerts").Text("main"))
		}
		for _, later := range []time.Duration{gatehouse.AlertWindow + time.Minute, 16 * time.Minute} {
			s.Clock.Add(later)
			lookForAlerts(t, s)
		}
		if open := openAlerts(t, s); len(open) != 0 {
			t.Errorf("still open when it is over: %v", open)
		}
	})
}

// allSent waits until no mail waits to be sent.
func allSent(t *testing.T, s *testkit.Server) {
	t.Helper()
	for range 500 {
		waiting, _, err := s.Store.Read().MailQueue(t.Context(), s.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		if waiting == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("mail still waits")
}

// arrives lets time pass until a mail that was put off has been tried again, which is later the more
// often it was tried before.
func arrives(t *testing.T, s *testkit.Server, u gatehouse.User) {
	t.Helper()
	for range 40 {
		s.Clock.Add(5 * time.Minute)
		for range 10 {
			all, err := s.Store.Read().MessagesOfUser(t.Context(), u.SiteID, u.ID, "", 1)
			if err != nil {
				t.Fatal(err)
			}
			if len(all) > 0 && all[0].State == store.MessageSent {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	t.Fatal("the mail does not arrive")
}
