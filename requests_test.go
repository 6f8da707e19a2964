package gatehouse_test

import (
	"fmt"
	"testing"
	"time"

	"gatehouse"
)

// What waits, and what ends the wait: an answer, the user's own, or time.
func TestOpenRequests(t *testing.T) {
	at := func(hours int) time.Time { return noon.Add(time.Duration(hours) * time.Hour) }
	asked := func(user string, hours int) gatehouse.Event {
		return gatehouse.Event{Kind: gatehouse.EventUsernameAsked, Result: gatehouse.ResultOK, UserID: user, At: at(hours)}
	}
	sole := func(user, answer string, hours int) gatehouse.Event {
		return gatehouse.Event{Kind: gatehouse.EventSoleUser, Result: gatehouse.ResultOK, UserID: user, At: at(hours), Detail: map[string]string{"answer": answer}}
	}
	answered := func(user string, kind gatehouse.UserRequestKind, hours int) gatehouse.Event {
		return gatehouse.Event{Kind: gatehouse.EventRequestAnswered, Result: gatehouse.ResultOK, UserID: user, At: at(hours), Detail: map[string]string{"kind": string(kind)}}
	}
	unknown := asked("", -1)
	unknown.Result = gatehouse.ResultUnknown
	for name, c := range map[string]struct {
		events []gatehouse.Event // newest first
		want   string
	}{
		"nothing":                    {nil, "[]"},
		"a forgotten username":       {[]gatehouse.Event{asked("a", -1)}, "[username a -1]"},
		"asked twice":                {[]gatehouse.Event{asked("a", -1), asked("a", -2)}, "[username a -1]"},
		"answered":                   {[]gatehouse.Event{answered("a", gatehouse.RequestUsername, -1), asked("a", -2)}, "[]"},
		"asked again":                {[]gatehouse.Event{asked("a", -1), answered("a", gatehouse.RequestUsername, -2), asked("a", -3)}, "[username a -1]"},
		"another one is answered":    {[]gatehouse.Event{answered("a", gatehouse.RequestShared, -1), asked("a", -2)}, "[username a -2]"},
		"another user's is answered": {[]gatehouse.Event{answered("b", gatehouse.RequestUsername, -1), asked("a", -2)}, "[username a -2]"},
		"nobody known":               {[]gatehouse.Event{unknown}, "[]"},
		"shared":                     {[]gatehouse.Event{sole("a", "no", -1)}, "[shared a -1]"},
		"no longer shared":           {[]gatehouse.Event{sole("a", "yes", -1), sole("a", "no", -2)}, "[]"},
		"shared again":               {[]gatehouse.Event{sole("a", "no", -1), sole("a", "yes", -2)}, "[shared a -1]"},
		"too long ago":               {[]gatehouse.Event{asked("a", -30*24)}, "[]"},
		"several, the oldest first":  {[]gatehouse.Event{sole("b", "no", -1), asked("a", -2)}, "[username a -2 shared b -1]"},
	} {
		var got []string
		for _, r := range gatehouse.OpenRequests(c.events, noon) {
			got = append(got, fmt.Sprint(r.Kind, " ", r.UserID, " ", r.At.Sub(noon).Hours()))
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}
