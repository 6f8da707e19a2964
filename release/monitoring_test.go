package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// The chart brings the dashboard and the rules as they are in the files.
func TestTheChartHasTheDashboardAndTheRules(t *testing.T) {
	objects, err := render(chartValues(t))
	must(t, err)
	found := map[string]bool{}
	for _, o := range objects {
		kind, _ := o["kind"].(string)
		if text, is := at(o, "data", "gatehouse.json").(string); is {
			var dashboard object
			must(t, json.Unmarshal([]byte(text), &dashboard))
			found["dashboard"] = dashboard["title"] == "Gatehouse" && len(dashboard["panels"].([]any)) > 10
		}
		if groups, is := at(o, "spec", "groups").([]any); is && kind == "PrometheusRule" {
			rules, _ := at(groups, 0, "rules").([]any)
			found["rules"] = len(rules) >= 10
		}
		found["monitor"] = found["monitor"] || kind == "ServiceMonitor"
	}
	if !found["dashboard"] || !found["rules"] || !found["monitor"] {
		t.Errorf("the chart has %v", found)
	}
	values := chartValues(t)
	values["monitoring"] = object{"enabled": false}
	objects, err = render(values)
	must(t, err)
	for _, o := range objects {
		if o["kind"] == "ServiceMonitor" || o["kind"] == "PrometheusRule" {
			t.Errorf("%s, which no cluster without the operator knows", o["kind"])
		}
	}
}

// Prometheus itself reads the rules, and tries each of them on series that are well and not.
func TestTheRulesWithPromtool(t *testing.T) {
	promtool := os.Getenv("GATEHOUSE_PROMTOOL")
	if promtool == "" {
		t.Skip("it takes minutes to build promtool: make release-test")
	}
	for _, args := range [][]string{{"check", "rules", "alerts.yaml"}, {"test", "rules", "alerts.test.yaml"}} {
		check := exec.Command(promtool, args...)
		check.Dir = "chart/monitoring"
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}
