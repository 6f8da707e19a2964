package gatehouse

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Every kind of event is in a group, so none is missing from the choices of a filter.
func TestEveryKindOfEventHasAGroup(t *testing.T) {
	n := 0
	for _, g := range EventGroups {
		n += len(EventFilter{Kind: string(g)}.KindsChosen())
	}
	if all := EventKinds(); n != len(all) {
		t.Errorf("%d kinds in groups, %d in all", n, len(all))
	}
	if got := (EventFilter{Kind: "user.locked"}).KindsChosen(); len(got) != 1 || got[0] != EventLocked {
		t.Errorf("one kind: %v", got)
	}
	if got := (EventFilter{Kind: "%"}).KindsChosen(); len(got) != 0 {
		t.Errorf("no kind: %v", got)
	}
}

// A filter is the same after its way through an address, and has nothing that the address lacks.
func TestEventFilterInAnAddress(t *testing.T) {
	var f EventFilter
	v := reflect.ValueOf(&f).Elem()
	for i := range v.NumField() {
		v.Field(i).SetString("x & " + v.Type().Field(i).Name)
	}
	again, err := url.ParseQuery(f.Query().Encode())
	if err != nil || ReadEventFilter(again) != f {
		t.Errorf("%+v, %v", ReadEventFilter(again), err)
	}
	if got := ReadEventFilter(url.Values{"person": {" \x00" + strings.Repeat("ä", 300) + "\xff "}, "before": {"x"}}); got.Person != strings.Repeat("ä", MaxFindQuery) || got.Kind != "" {
		t.Errorf("a long text: %q", got.Person)
	}
}

// A moment is what it names: a day, a minute or a second, at the zone's clock, also on the day on which
// the clock is put forward.
func TestReadMoment(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]string{
		"2026-03-29":                "2026-03-29T00:00:00Z 2026-03-29T23:00:00Z",
		"2026-07-01 14:32":          "2026-07-01T13:32:00Z 2026-07-01T13:33:00Z",
		"2026-07-01T14:32":          "2026-07-01T13:32:00Z 2026-07-01T13:33:00Z",
		"2026-07-01 14:32:07":       "2026-07-01T13:32:07Z 2026-07-01T13:32:08Z",
		"2026-07-01T14:32:07Z":      "2026-07-01T14:32:07Z 2026-07-01T14:32:08Z",
		"2026-07-01T14:32:07+02:00": "2026-07-01T12:32:07Z 2026-07-01T12:32:08Z",
		"2026-02-30":                "", "yesterday": "", "%": "", "0001-01-01": "", "2026-7-1": "", "2026-07-01 25:00": "",
	} {
		from, until, ok := ReadMoment(typed, london)
		if got := from.UTC().Format(time.RFC3339) + " " + until.UTC().Format(time.RFC3339); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %s, %v", typed, got, ok)
		}
	}
}
