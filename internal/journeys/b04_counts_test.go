package journeys

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// counts are the numbers that a place gives for an enrolment, by outcome, with the
// notices.
type counts [5]int

// One count has one meaning everywhere an enrolment is mentioned, before, during and
// after it, in both directions (B01 to B04).
func TestB04_OneCountEverywhere(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		admin := s.AddUser(site, "msantos", password, administrator)
		colleagues(s, site)
		for name, change := range map[string]func(*gatehouse.User){
			"ownlost": func(u *gatehouse.User) { u.OwnTwoFactor, u.Email = true, "" },
			"ownback": func(u *gatehouse.User) {
				u.OwnTwoFactor, u.Bounce = true, gatehouse.Bounce{At: s.Clock.Now(), Reported: true}
			},
			"ownleft":  func(u *gatehouse.User) { u.OwnTwoFactor, u.State = true, gatehouse.Deactivated },
			"lostlock": func(u *gatehouse.User) { u.Email, u.LockedAt = "", s.Clock.Now() },
		} {
			s.AddUser(site, name, "", change)
		}
		c := visitor(t, s, site)
		wantHome(t, signIn(c, "msantos", password))
		for _, way := range []struct{ choice, done, word string }{
			{"enabled", "enrolled", "Enrolled"}, {"disabled", "no longer enrolled", "No longer enrolled"},
		} {
			said := map[string]counts{}
			page := c.Get(enhancedSecurityPath).Want(200)
			if now := page.MustFind("label:has(.badge-info) input[checked]"); now.AttrOr("value", "") == way.choice {
				t.Errorf("%s is preselected, and not what is in force", way.choice)
			}
			said["the preview"] = previewed(t, page, "section[data-for="+way.choice+"]")
			if foot := page.Text("section[data-for=" + way.choice + "] .card-foot"); strings.Contains(foot, "Failed") {
				t.Errorf("before anything ran: %q", foot)
			}
			ask := c.Submit(page, twoFactorForm, testkit.Values{"two_factor": way.choice}).Want(200)
			said["the question"] = previewed(t, ask, "main section")
			told := said["the preview"][4]
			for place, want := range map[string]int{"h1": said["the preview"][0], "main form button": said["the preview"][0], "#confirm-text": told} {
				text := ask.Text(place)
				if place == "#confirm-text" { // the last sentence
					text = regexp.MustCompile(`\d+ users? will be emailed`).FindString(text)
				}
				if number(t, text) != want {
					t.Errorf("%s: %q says %q, want %d", way.choice, place, text, want)
				}
			}
			run := c.Submit(ask, twoFactorForm, nil).Want(200)
			if run.URL.RawQuery != "progress=1" {
				t.Fatalf("it leads to %s", run.URL)
			}
			testkit.Eventually(t, "the end of the run", func() bool {
				run = c.Get(run.URL.RequestURI()).Want(200)
				return strings.HasPrefix(run.Text("#running-done"), "Done: ")
			})
			said["the progress"] = progressed(t, run)
			said["its last line"] = lastLine(run.Text("#running-done"), way.done, told)
			result := c.Follow(run, "Close").Want(200)
			of := sum(t, result, "section")
			said["the result"] = counts{of[0], of[1], of[2], of[3], number(t, result.MustFind(".list li:contains('prepared')").Text())}
			if got := number(t, result.Text(".alert-title")); got != of[0] {
				t.Errorf("the heading of the result says %d", got)
			}
			said["the file"] = filed(t, c.Get(result.MustFind("a[href$='.csv']").AttrOr("href", "")).Want(200), way.word)
			said["the mail"] = mailed(t, s, admin, way.word)
			said["the history"] = lastLine(c.Get(enhancedSecurityPath).Find("section[aria-labelledby=history] tbody small").First().Text(), way.done, told)
			for place, got := range said {
				if got != said["the preview"] {
					t.Errorf("%s: %s says %v, the preview %v", way.choice, place, got, said["the preview"])
				}
			}
			if group := c.Get("/company/users?group=enrolled").Want(200).Find("tbody tr").Length(); group != said["the preview"][0] {
				t.Errorf("%s: the list has %d users", way.choice, group)
			}
		}
	})
}

// previewed are the numbers of a preview.
func previewed(t *testing.T, p *testkit.Page, part string) counts {
	t.Helper()
	of := sum(t, p, part)
	return counts{of[0], of[1], of[2], of[3], number(t, p.Text(part+" .card-foot > strong"))}
}

// progressed are the numbers of an enrolment's progress.
func progressed(t *testing.T, p *testkit.Page) (n counts) {
	t.Helper()
	for i, text := range p.Texts("dialog dd") {
		n[i] = number(t, text)
	}
	return n
}

// lastLine are the numbers in a line like "Done: 7 enrolled, 6 skipped": zeros may be left
// out.
func lastLine(text, changed string, told int) counts {
	n := counts{4: told}
	for i, word := range []string{changed, "unchanged", "skipped", "failed"} {
		if found := regexp.MustCompile(`(\d+) ` + word + `\b`).FindStringSubmatch(text); found != nil {
			fmt.Sscan(found[1], &n[i]) //nolint:errcheck // digits
		}
	}
	return n
}

// filed are the numbers in an enrolment's file.
func filed(t *testing.T, p *testkit.Page, changed string) (n counts) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(string(p.Body))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		n[slices.Index([]string{changed, "Unchanged", "Skipped", "Failed"}, row[3])]++
		if row[5] != "No email" {
			n[4]++
		}
	}
	return n
}

// mailed are the numbers of the newest summary that an administrator got.
func mailed(t *testing.T, s *testkit.Server, admin gatehouse.User, changed string) (n counts) {
	t.Helper()
	text := ""
	for _, m := range delivered(t, s)[admin.Email] {
		if strings.Contains(m.Text, "\n"+changed+": ") {
			text = m.Text
		}
	}
	for i, row := range []string{changed + ": +(\\d+)", "Unchanged: +(\\d+)", "Skipped: +(\\d+)", "Failed: +(\\d+)", "We sent (\\d+) email"} {
		found := regexp.MustCompile(`(?m)^` + row).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("no %q in %q", row, text)
		}
		fmt.Sscan(found[1], &n[i]) //nolint:errcheck // digits
	}
	return n
}
