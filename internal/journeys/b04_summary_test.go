package journeys

import (
	"encoding/csv"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/assembly"
	"gatehouse/internal/testkit"
)

// The page, the file and the mail say the same about everybody, and add up.
func TestB04_PageFileAndMailAgree(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		admin := s.AddUser(site, "msantos", password, administrator)
		colleagues(s, site)
		s.AddUser(site, "=cmd()", "", func(u *gatehouse.User) {
			u.FirstName, u.LastName = "+1", `Quote", "Comma`
			u.Email = "cmd@northgate.example"
		})
		c := visitor(t, s, site)
		wantHome(t, signIn(c, "msantos", password))
		result := finished(t, c, setTwoFactor(c, "enabled"))
		numbers := sum(t, result, "section")
		file := c.Get(result.MustFind("a[href$='.csv']").AttrOr("href", "")).Want(200)
		if kind, as := file.Header.Get("Content-Type"), file.Header.Get("Content-Disposition"); kind != "text/csv; charset=utf-8" || !strings.HasPrefix(as, `attachment; filename="enhanced-security-`) {
			t.Errorf("%s, %s", kind, as)
		}
		rows, err := csv.NewReader(strings.NewReader(string(file.Body))).ReadAll()
		if err != nil || !slices.Equal(rows[0], []string{"username", "name", "email", "outcome", "reason", "notice", "at"}) {
			t.Fatalf("%v: %q", err, rows)
		}
		words := map[string]int{}
		for _, row := range rows[1:] {
			words[row[3]]++
			if row[0] == "'=cmd()" && row[1] != `'+1 Quote", "Comma` {
				t.Errorf("%q", row)
			}
			if _, err := time.Parse(time.RFC3339, row[6]); err != nil {
				t.Error(err)
			}
			if strings.Contains(row[5], "Today") { // it is read tomorrow, too
				t.Errorf("%q", row)
			}
		}
		if want := map[string]int{"Enrolled": numbers[0], "Unchanged": numbers[1], "Skipped": numbers[2], "Failed": numbers[3]}; !maps.Equal(words, want) || len(rows) != 1+18 {
			t.Errorf("the file has %v of %d, the page %v", words, len(rows)-1, want)
		}
		mails := delivered(t, s)[admin.Email]
		has := func(m testkit.Mail) bool {
			return !slices.ContainsFunc(append(numbers, len(rows)-1), func(n int) bool {
				return !regexp.MustCompile(fmt.Sprintf(`\b%d\b`, n)).MatchString(m.Text)
			})
		}
		if !slices.ContainsFunc(mails, has) {
			t.Errorf("none of %d mails has the numbers %v of %d", len(mails), numbers, len(rows)-1)
		}
	})
}

func TestB04_FailuresAlertTheSecurityAddress(t *testing.T) {
	const guard = "security@gatehouse-house.example"
	each(t, func(t *testing.T, s *testkit.Server) {
		const site = "meridian-uk"
		s.AddUser(site, "msantos", password, administrator)
		c := visitor(t, s, site)
		wantHome(t, signIn(c, "msantos", password))
		finished(t, c, setTwoFactor(c, "enabled"))
		if n := len(delivered(t, s)[guard]); n > 0 {
			t.Errorf("%d alerts about a run without failures", n)
		}
		finished(t, c, setTwoFactor(c, "disabled"))
		s.AddUser(site, "bouncing", "", func(u *gatehouse.User) { u.Bounce = gatehouse.Bounce{At: s.Clock.Now(), Reported: true} })
		result := finished(t, c, setTwoFactor(c, "enabled"))
		result.MustFind(".alert-warn")
		if n := len(delivered(t, s)[guard]); n != 1 {
			t.Errorf("%d alerts about a run with a failure", n)
		}
	}, testkit.With(func(o *assembly.Options) { o.SecurityAddress = guard }))
}
