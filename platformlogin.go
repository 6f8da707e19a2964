package gatehouse

import "time"

// PlatformLogin is an application that a session has reached, and after the session's end
// what came of telling it so.
type PlatformLogin struct {
	SiteID        string
	SessionID     string
	ApplicationID string
	UserID        string
	// SID is what the application calls the session, and Subject the user.
	SID     string
	Subject string
	FirstAt time.Time
	LastAt  time.Time
	// EndedAt is when the session ended; zero: it goes on.
	EndedAt time.Time
	// DueAt is when to tell the application next; zero: there is nothing to tell.
	DueAt time.Time
	// Tries counts those that came to nothing.
	Tries int
	Told  LogoutState
	// ToldAt is when that was, and Problem what was wrong at the last try.
	ToldAt  time.Time
	Problem string
}

// LogoutState is what has become of telling an application that a session has ended.
type LogoutState string

// The states. Empty: nothing yet.
const (
	// LogoutConfirmed: it has said that it ended the session, too.
	LogoutConfirmed LogoutState = "confirmed"
	// LogoutFailed: it was tried for as long as LogoutEffort, and nobody tries again.
	LogoutFailed LogoutState = "failed"
	// LogoutUntold: it has said nothing of where to tell it.
	LogoutUntold LogoutState = "untold"
)

// How applications are told.
const (
	// LogoutEffort is how long after the end of a session it is tried. By then the
	// application's own session is over too, or soon will be.
	LogoutEffort = 24 * time.Hour
	// LogoutTokenLifetime is how long a logout token is good (OpenID Connect Back-Channel
	// Logout 1.0, 2.4, recommends two minutes at most).
	LogoutTokenLifetime = 2 * time.Minute

	firstLogoutWait = 5 * time.Second
	lastLogoutWait  = time.Hour
)

// NextLogout is when to tell an application again that could not be told: at first soon, in
// case it was being restarted, then less and less often. zero: not again.
func (l PlatformLogin) NextLogout(now time.Time) time.Time {
	wait := firstLogoutWait
	for range min(l.Tries-1, 10) {
		wait = min(3*wait, lastLogoutWait)
	}
	if next := now.Add(wait); next.Sub(l.EndedAt) <= LogoutEffort {
		return next
	}
	return time.Time{}
}
