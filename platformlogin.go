package gatehouse

import "time"

// PlatformLogin is an application that a session has reached and, after the session's end, the
// state of notifying it.
type PlatformLogin struct {
	SiteID        string
	SessionID     string
	ApplicationID string
	UserID        string
	// SID is the application's ID for the session, and Subject for the user.
	SID     string
	Subject string
	FirstAt time.Time
	LastAt  time.Time
	// EndedAt is when the session ended; zero: it is still alive.
	EndedAt time.Time
	// DueAt is when to notify the application next; zero: nothing to send.
	DueAt time.Time
	// Tries counts the failed attempts.
	Tries int
	Told  LogoutState
	// ToldAt is when it was notified, and Problem what was wrong at the last try.
	ToldAt  time.Time
	Problem string
}

// LogoutState is the state of notifying an application that a session has ended.
type LogoutState string

// The states. Empty: nothing yet.
const (
	// LogoutConfirmed: it has confirmed that it ended the session, too.
	LogoutConfirmed LogoutState = "confirmed"
	// LogoutFailed: it was tried for as long as LogoutEffort, and will not be tried again.
	LogoutFailed LogoutState = "failed"
	// LogoutUntold: it has no address for such notices.
	LogoutUntold LogoutState = "untold"
)

// How applications are notified.
const (
	// LogoutEffort is how long after the end of a session to keep trying. By then the
	// application's own session is over too, or soon will be.
	LogoutEffort = 24 * time.Hour
	// LogoutTokenLifetime is how long a logout token is valid (OpenID Connect Back-Channel Logout
	// 1.0, 2.4, recommends two minutes at most).
	LogoutTokenLifetime = 2 * time.Minute

	firstLogoutWait = 5 * time.Second
	lastLogoutWait  = time.Hour
)

// NextLogout returns when to try again to notify an application: soon at first, in case it was
// being restarted, then less and less often. zero: not again.
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
