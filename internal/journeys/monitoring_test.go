package journeys

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"gatehouse/internal/testkit"
)

// expressions are those of the dashboard and of the alert rules, by where they are.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	const folder = "../../release/chart/monitoring/"
	all := map[string]string{}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	text, err := os.ReadFile(folder + "dashboard.json")
	if err != nil || json.Unmarshal(text, &dashboard) != nil {
		t.Fatalf("the dashboard: %v", err)
	}
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			all[p.Title+target.Expr] = target.Expr
		}
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if text, err = os.ReadFile(folder + "alerts.yaml"); err != nil || yaml.Unmarshal(text, &rules) != nil {
		t.Fatalf("the rules: %v", err)
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			all[r.Alert] = r.Expr
		}
	}
	if len(all) < 30 {
		t.Fatalf("only %d expressions", len(all))
	}
	return all
}

var (
	metricName   = regexp.MustCompile(`\b(?:gatehouse|process|go)_[a-z_]+`)
	metricMatch  = regexp.MustCompile(`(status|route|result|method|reason|directive)=~?"`)
	metricType   = regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`)
	metricLabel  = regexp.MustCompile(`[{,]([a-z]+)="`)
	routeMatched = regexp.MustCompile(`route="([^"]+)"`)
)

// Every metric and label that the dashboard and the alert rules name is on the page of a running
// server, and each of the server's own metrics is in one of them.
func TestTheDashboardAndTheRulesNameWhatThereIs(t *testing.T) {
	s := testkit.NewServer(t, testkit.SQLiteURL(t))
	u := s.AddUser("meridian-uk", "mary.hopkins", password, nil)
	wantHome(t, signIn(visitor(t, s, "meridian-uk"), u.Username, password))
	w := httptest.NewRecorder()
	s.Management.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	page, names, labels := w.Body.String(), map[string]bool{}, map[string]bool{"reason": true, "directive": true}
	for _, m := range metricType.FindAllStringSubmatch(page, -1) {
		names[m[1]] = true
		if m[2] == "histogram" {
			names[m[1]+"_bucket"], names[m[1]+"_count"], names[m[1]+"_sum"] = true, true, true
		}
	}
	for _, m := range metricLabel.FindAllStringSubmatch(page, -1) {
		labels[m[1]] = true
	}
	var every strings.Builder
	for where, expr := range expressions(t) {
		every.WriteString(expr + "\n")
		for _, name := range metricName.FindAllString(expr, -1) {
			if !names[name] {
				t.Errorf("%s names %s, which is not on the page", where, name)
			}
		}
		for _, m := range metricMatch.FindAllStringSubmatch(expr, -1) {
			if !labels[m[1]] {
				t.Errorf("%s names the label %s, which is not on the page", where, m[1])
			}
		}
		for _, m := range routeMatched.FindAllStringSubmatch(expr, -1) {
			if !strings.Contains(page, m[0]) {
				t.Errorf("%s names the route %s, which is not on the page", where, m[1])
			}
		}
	}
	for name := range names {
		if strings.HasPrefix(name, "gatehouse_") && !strings.HasSuffix(name, "_info") && !strings.HasSuffix(name, "_kib_total") && !strings.Contains(every.String(), name) &&
			!strings.HasSuffix(name, "_sum") && !names[name+"_bucket"] {
			t.Errorf("neither the dashboard nor a rule has %s", name)
		}
	}
}
