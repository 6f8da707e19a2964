package journeys

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/signin"
	"gatehouse/internal/testkit"
)

// Invariant 7: what a page tells a stranger does not depend on whether the account
// exists, is locked, or has mail. make bench measures how long it takes.

// answer is everything that a stranger sees: status, headers and page, without what was
// typed and what is random.
func (a asked) answer(t *testing.T, s *testkit.Server, p *testkit.Page) string {
	t.Helper()
	body := string(p.Body)
	body = strings.NewReplacer(a.email, "ADDRESS", a.name, "NAME").Replace(body)
	body = formToken.ReplaceAllString(body, `name="form_token" value="TOKEN"`)
	body = reference.ReplaceAllString(body, "REFERENCE")
	for _, q := range questions(s, p) {
		body = strings.ReplaceAll(body, q, "QUESTION")
	}
	var lines []string
	for name, values := range p.Header {
		for _, v := range values {
			switch name {
			case "Date":
				continue
			case "Content-Length": // the removed text may be longer or shorter
				if v != fmt.Sprint(len(p.Body)) {
					t.Errorf("Content-Length %s of %d bytes", v, len(p.Body))
				}
				v = fmt.Sprint(len(body))
			case "Set-Cookie":
				v = cookieValue.ReplaceAllString(v, "=VALUE$1")
			}
			lines = append(lines, name+": "+v)
		}
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d\n%s\n\n%s", p.Status, strings.Join(lines, "\n"), body)
}

var (
	formToken   = regexp.MustCompile(`name="form_token" value="[^"]*"`)
	cookieValue = regexp.MustCompile(`^[^=]*=[^;]+(;|$)`)
)

// questions are the texts of all questions that a recovery page can ask.
func questions(s *testkit.Server, p *testkit.Page) []string {
	st := s.Sites.ByHost(p.URL.Hostname())
	all := []string{ownQuestion}
	for _, id := range gatehouse.ChallengeQuestions {
		all = append(all, st.Text(st.Language("", ""), "question."+id))
	}
	return all
}

// walk is a path through pages that asks about a name, and all answers to it.
type walk func(c *testkit.Client, a asked) []*testkit.Page

// wantSame walks for every name and compares all answers.
func wantSame(t *testing.T, s *testkit.Server, siteID string, all []asked, steps walk) {
	t.Helper()
	var want []string
	for i, a := range all {
		c := visitor(t, s, siteID)
		c.Stay = true
		var got []string
		for _, p := range steps(c, a) {
			got = append(got, a.answer(t, s, p))
		}
		if i == 0 {
			want = got
			continue
		}
		if len(got) != len(want) {
			t.Errorf("%s, %s: %d answers, and %d for %s", siteID, a.kind, len(got), len(want), all[0].kind)
			continue
		}
		for n := range got {
			if got[n] != want[n] {
				t.Errorf("%s, %s: answer %d is not that for %s:\n%s", siteID, a.kind, n+1, all[0].kind, firstDifference(got[n], want[n]))
				break
			}
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// onEverySite runs a test for the names of each site, on both databases.
func onEverySite(t *testing.T, with func(st gatehouse.Site) bool, test func(t *testing.T, s *testkit.Server, siteID string, all []asked)) {
	each(t, func(t *testing.T, s *testkit.Server) {
		tested := 0
		for _, st := range s.Sites.All() {
			if with(st.Site) {
				test(t, s, st.ID, askedAbout(t, s, st.ID))
				tested++
			}
		}
		if tested == 0 {
			t.Error("no site has this")
		}
	}, testkit.WithLimits(signin.Limits{}))
}

func everySite(gatehouse.Site) bool        { return true }
func byChallenge(st gatehouse.Site) bool   { return st.Recovery == gatehouse.RecoverByChallenge }
func byLink(st gatehouse.Site) bool        { return st.Recovery == gatehouse.RecoverByLink }
func withUsernames(st gatehouse.Site) bool { return st.SignInWith != gatehouse.WithEmail }

// wrongPasswords tries more often than the lockout allows.
func wrongPasswords(n int) walk {
	return func(c *testkit.Client, a asked) (pages []*testkit.Page) {
		for range n {
			form := c.Get("/sign-in")
			pages = append(pages, form, c.Submit(form, signInForm, testkit.Values{"username": a.name, "password": "wrong"}))
		}
		return pages
	}
}

func TestInvariant7_ASignInAnswersEveryoneTheSame(t *testing.T) {
	onEverySite(t, everySite, func(t *testing.T, s *testkit.Server, siteID string, all []asked) {
		wantSame(t, s, siteID, all, wrongPasswords(8))
		// Now all are locked out, so that not even the correct password reveals
		// anything.
		wantSame(t, s, siteID, all, func(c *testkit.Client, a asked) []*testkit.Page {
			return []*testkit.Page{c.Submit(c.Get("/sign-in"), signInForm, testkit.Values{"username": a.name, "password": password})}
		})
	})
}

// The correct password of an account that may not sign in reveals no more than a wrong
// one.
func TestInvariant7_TheRightPasswordOfALockedAccountTellsNothing(t *testing.T) {
	onEverySite(t, everySite, func(t *testing.T, s *testkit.Server, siteID string, all []asked) {
		shut := slices.DeleteFunc(all, func(a asked) bool {
			return a.kind != "unknown" && a.kind != "deactivated" && a.kind != "no password" && !strings.HasPrefix(a.kind, "locked")
		})
		if len(shut) < 7 {
			t.Fatalf("only %d kinds of names", len(shut))
		}
		wantSame(t, s, siteID, shut, func(c *testkit.Client, a asked) []*testkit.Page {
			return []*testkit.Page{c.Submit(c.Get("/sign-in"), signInForm, testkit.Values{"username": a.name, "password": password})}
		})
	})
}

const usernameForm = "form[action='/forgot-username']"

// recoverByAnswer is one recovery with all its wrong answers, and a look at what is left
// of it.
func recoverByAnswer(c *testkit.Client, a asked) []*testkit.Page {
	form := c.Get("/forgot-password")
	begun := c.Submit(form, forgotForm, testkit.Values{"username": a.name, "email": a.email})
	question := c.Get("/forgot-password/challenge")
	pages := []*testkit.Page{form, begun, question}
	for _, answer := range a.answers {
		pages = append(pages, c.Submit(question, answerForm, testkit.Values{"answer": answer}))
	}
	return append(pages, c.Get("/forgot-password/challenge"), c.Get("/forgot-password/sent"))
}

// Three recoveries with three answers each: in the third one answers are locked.
func TestInvariant7_ARecoveryByChallengeAnswersEveryoneTheSame(t *testing.T) {
	onEverySite(t, byChallenge, func(t *testing.T, s *testkit.Server, siteID string, all []asked) {
		for range 3 {
			wantSame(t, s, siteID, all, recoverByAnswer)
		}
		c := visitor(t, s, siteID)
		c.Stay = true
		for i, want := range []int{200, 303, 200, 422, 422, 410, 410, 200} {
			if p := recoverByAnswer(c, all[0])[i]; p.Status != want {
				t.Errorf("%s: status %d of answer %d, want %d", siteID, p.Status, i+1, want)
			}
		}
	})
}

// The question for a name is always the same and one of the built-in ones. A user's own
// question, which nobody could invent, is shown only if the correct address is given.
func TestInvariant7_EveryNameHasItsQuestion(t *testing.T) {
	onEverySite(t, byChallenge, func(t *testing.T, s *testkit.Server, siteID string, all []asked) {
		asks := func(name, email string) string {
			c := visitor(t, s, siteID)
			c.Submit(c.Get("/forgot-password"), forgotForm, testkit.Values{"username": name, "email": email})
			return c.Get("/forgot-password/challenge").Text("label[for='answer']")
		}
		house := questions(s, visitor(t, s, siteID).Get("/sign-in"))[1:]
		for _, a := range all {
			first := asks(a.name, a.email)
			switch {
			case a.knows && first != ownQuestion:
				t.Errorf("%s, %s: who gives the address is asked %q", siteID, a.kind, first)
			case !a.knows && !slices.Contains(house, first):
				t.Errorf("%s, %s: %q is no question of the house", siteID, a.kind, first)
			}
			if again := asks(strings.ToUpper(a.name), a.email); again != first {
				t.Errorf("%s, %s: asked %q, and then %q", siteID, a.kind, first, again)
			}
			other := asks(a.name, "somebody@elsewhere.example")
			if !slices.Contains(house, other) || !a.knows && other != first {
				t.Errorf("%s, %s: with another address %q, and with the first %q", siteID, a.kind, other, first)
			}
		}
	})
}

// A name that becomes an account gets the same question as before, until the account has
// its own.
func TestInvariant7_ANewAccountChangesNoQuestion(t *testing.T) {
	onEverySite(t, byChallenge, func(t *testing.T, s *testkit.Server, siteID string, _ []asked) {
		ask := func(name string) string {
			c := visitor(t, s, siteID)
			c.Submit(c.Get("/forgot-password"), forgotForm, testkit.Values{"username": name, "email": "newcomer@northgate.example"})
			return c.Get("/forgot-password/challenge").Text("label[for='answer']")
		}
		for n := range 8 { // one alone could be the same by chance
			name := fmt.Sprintf("newcomer-%d", n)
			before := ask(name)
			s.AddUser(siteID, name, password, func(u *gatehouse.User) { u.ChallengeSet = false })
			if after := ask(name); after != before {
				t.Errorf("%s: asked %q, and %q when there was an account", siteID, before, after)
			}
		}
	})
}

func TestInvariant7_ARecoveryByLinkAnswersEveryoneTheSame(t *testing.T) {
	onEverySite(t, byLink, func(t *testing.T, s *testkit.Server, siteID string, all []asked) {
		for range 2 {
			wantSame(t, s, siteID, all, func(c *testkit.Client, a asked) []*testkit.Page {
				form := c.Get("/forgot-password")
				return []*testkit.Page{form, c.Submit(form, forgotForm, testkit.Values{"email": a.email}).Want(http.StatusSeeOther), c.Get("/forgot-password/sent")}
			})
		}
		if m := s.Mail.Wait(t, all[1].email); !strings.Contains(m.Text, "/reset-password?token=") {
			t.Errorf("nothing was tried: no link in\n%s", m.Text)
		}
	})
}

func TestInvariant7_AForgottenUsernameAnswersEveryoneTheSame(t *testing.T) {
	onEverySite(t, withUsernames, func(t *testing.T, s *testkit.Server, siteID string, all []asked) {
		wantSame(t, s, siteID, all, func(c *testkit.Client, a asked) []*testkit.Page {
			form := c.Get("/forgot-username")
			sent := c.Submit(form, usernameForm, testkit.Values{"email": a.email, "message": "It is on the order of last week."})
			return []*testkit.Page{form, sent.Want(http.StatusSeeOther), c.Get("/forgot-username?sent")}
		})
		if len(s.Mail.All()) == 0 {
			testkit.Eventually(t, "a request at the administrator", func() bool { return len(s.Mail.All()) > 0 })
		}
	})
}

// Limits count names, not accounts: the answer that is one too many is the same for
// every name. For requests that send mail, it is the same as the earlier answers: nobody
// is told that others have asked too often, and nobody is kept out by them.
func TestInvariant7_LimitsAnswerEveryoneTheSame(t *testing.T) {
	some := signin.Rate{Burst: 3, PerHour: 1}
	each(t, func(t *testing.T, s *testkit.Server) {
		for _, st := range s.Sites.All() {
			all := slices.DeleteFunc(askedAbout(t, s, st.ID), func(a asked) bool {
				return !slices.Contains([]string{"unknown", "existing", "no question", "locked by attempts", "deactivated"}, a.kind)
			})
			if len(all) != 5 {
				t.Fatalf("%d kinds of names", len(all))
			}
			wantSame(t, s, st.ID, all, wrongPasswords(5))
			wantLimited(t, wrongPasswords(4)(visitor(t, s, st.ID), typed(s, st.ID, "limited", 98)), 3)
			wantSame(t, s, st.ID, all, forgetOften)
			wantLimited(t, forgetOften(visitor(t, s, st.ID), typed(s, st.ID, "limited", 99)), 5)
			if withUsernames(st.Site) {
				wantSame(t, s, st.ID, all, askOften)
				wantLimited(t, askOften(visitor(t, s, st.ID), typed(s, st.ID, "limited", 99)), 5)
			}
		}
	}, testkit.WithLimits(signin.Limits{Username: some, RecoveryName: some}))
}

func forgetOften(c *testkit.Client, a asked) (pages []*testkit.Page) {
	for range 5 {
		form := c.Get("/forgot-password")
		values := testkit.Values{"email": a.email}
		if form.Find("[name=username]").Length() > 0 {
			values["username"] = a.name
		}
		pages = append(pages, c.Submit(form, forgotForm, values))
	}
	return pages
}

func askOften(c *testkit.Client, a asked) (pages []*testkit.Page) {
	for range 5 {
		pages = append(pages, c.Submit(c.Get("/forgot-username"), usernameForm, testkit.Values{"email": a.email, "message": "Help"}))
	}
	return pages
}

// wantLimited: some are answered, and those after them are told to wait.
func wantLimited(t *testing.T, pages []*testkit.Page, admitted int) {
	t.Helper()
	var posts []*testkit.Page
	for _, p := range pages {
		if p.Status != 200 || len(p.Via) > 0 {
			posts = append(posts, p)
		}
	}
	for i, p := range posts {
		if limited := p.Status == http.StatusTooManyRequests; limited != (i >= admitted) {
			t.Errorf("request %d: status %d, want 429 after %d", i+1, p.Status, admitted)
		}
		if p.Status == http.StatusTooManyRequests && p.Header.Get("Retry-After") == "" {
			t.Error("not told how long to wait")
		}
	}
}
