package gatehouse

import "time"

// UserRequest is something that a user asks of the company's administrators, and that none of them
// has answered.
type UserRequest struct {
	Kind   UserRequestKind
	UserID string
	// At is when it was last asked.
	At time.Time
}

// UserRequestKind is what is asked.
type UserRequestKind string

// The kinds of requests, besides access to applications.
const (
	// RequestUsername: a username was forgotten. The person who asked has entered an address that an
	// account of the company has, and may be a stranger.
	RequestUsername UserRequestKind = "username"
	// RequestShared: several people use one sign-in.
	RequestShared UserRequestKind = "shared"
)

// UserRequestKinds are all of them.
var UserRequestKinds = []UserRequestKind{RequestUsername, RequestShared}

// RequestsFor is how long an unanswered request waits: what nobody has answered in a month, somebody
// has settled elsewhere.
const RequestsFor = 30 * 24 * time.Hour

// OpenRequests returns what waits for an answer, the oldest first, from a company's events of the
// kinds EventUsernameAsked, EventSoleUser and EventRequestAnswered, newest first. Asked again, a
// request waits again; a user who says that nobody else uses the sign-in has answered it.
func OpenRequests(newestFirst []Event, now time.Time) []UserRequest {
	type key struct {
		kind UserRequestKind
		user string
	}
	settled := map[key]bool{}
	var open []UserRequest
	for _, e := range newestFirst {
		if e.Result != ResultOK || e.UserID == "" || now.Sub(e.At) >= RequestsFor {
			continue
		}
		k, asks := key{RequestUsername, e.UserID}, true
		switch e.Kind {
		case EventUsernameAsked:
		case EventSoleUser:
			k.kind, asks = RequestShared, e.Detail["answer"] == "no"
		case EventRequestAnswered:
			k.kind, asks = UserRequestKind(e.Detail["kind"]), false
		default:
			continue
		}
		if !settled[k] && asks {
			open = append([]UserRequest{{k.kind, k.user, e.At}}, open...)
		}
		settled[k] = true
	}
	return open
}
