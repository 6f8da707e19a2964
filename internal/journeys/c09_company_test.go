package journeys

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"gatehouse"
	"gatehouse/internal/testkit"
)

// A company's administrator sees who signed in, what went wrong, and exports it; what an export holds
// is no formula, and the export itself is in it. Nobody else gets any of it.
func TestC09_AnAdministratorSeesTheCompanysActivity(t *testing.T) {
	each(t, func(t *testing.T, s *testkit.Server) {
		s.AddUser("meridian-uk", "msantos", password, administrator)
		s.AddUser("meridian-uk", "kim", password, nil)
		elsewhere(t, s, "meridian-uk", "stranger", administrator)
		s.AddUser("meridian-uk", "=1+1", password, nil)
		signIn(visitor(t, s, "meridian-uk"), "kim", "wrong")
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), "kim", password))
		wantHome(t, signIn(visitor(t, s, "meridian-uk"), "=1+1", password))
		other, user := visitor(t, s, "meridian-uk"), visitor(t, s, "meridian-uk")
		wantHome(t, signIn(other, "stranger", password))
		wantHome(t, signIn(user, "kim", password))
		c := visitor(t, s, "meridian-uk")
		wantHome(t, signIn(c, "msantos", password))
		page := c.Get("/company/activity").Want(200)
		if got := strings.Join(page.Texts(".keys strong"), " "); got != "4 0 1" {
			t.Errorf("sign-ins: %s", got)
		}
		if last := page.Find(".disclose tbody tr").Last().Find("td"); last.Eq(0).Text() != "4" || last.Eq(2).Text() != "1" {
			t.Errorf("today: %s", last.Text())
		}
		if page.Find("tbody tr strong").Length() != 1 || page.Has("stranger") {
			t.Errorf("what stands out: %s", page.Text("main"))
		}
		if page.Find("td a bdi").First().Text() != "Mira Santos" || !strings.Contains(strings.Join(page.Texts("td small"), " "), "kim") {
			t.Errorf("whom it is about: %q", page.Texts("tbody td"))
		}
		failed := c.Submit(page, "form.toolbar", testkit.Values{"person": "kim", "result": "not-ok"}).Want(200)
		if n := failed.Find("table.table-stack tbody tr").Length(); n != 1 {
			t.Errorf("%d failed sign-ins", n)
		}
		c.Submit(page, "form.toolbar", testkit.Values{"person": "stranger"}).Want(200).MustFind(".empty")
		all, err := csv.NewReader(bytes.NewReader(c.Get("/company/files/activity.csv").Want(200).Body)).ReadAll()
		names := ""
		for _, line := range all[1:] {
			names += line[4] + " "
		}
		if err != nil || all[1][2] != string(gatehouse.EventActivityExported) || all[1][5] != "msantos" || !strings.Contains(names, "'=1+1") || strings.Contains(names, "stranger") {
			t.Errorf("%q, %v", all, err)
		}
		lines := json.NewDecoder(bytes.NewReader(c.Get("/company/files/activity.jsonl?result=not-ok").Want(200).Body))
		var line map[string]string
		if err := lines.Decode(&line); err != nil || line["username"] != "kim" || line["result"] != "wrong" || lines.More() {
			t.Errorf("%v, %v", line, err)
		}
		for _, path := range []string{"/company/activity", "/company/files/activity.csv", "/company/files/activity.jsonl"} {
			user.Get(path).Want(403)
			if p := other.Get(path).Want(200); strings.Contains(string(p.Body), "kim") {
				t.Errorf("%s shows another company", path)
			}
		}
		c.Get("/company/files/users.txt").Want(404)
		c.Get("/company/activity?from=x&to=9999-99-99&before=%00&person=%ff&address=%25").Want(200)
	})
}
