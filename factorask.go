package gatehouse

import "time"

// FactorAsk is an administrator's wish that a user sets up a second factor.
type FactorAsk struct {
	SiteID  string
	UserID  string
	AskedAt time.Time
	// ByID and ByName are the administrator; ByID is empty for support.
	ByID   string
	ByName string
}

// FactorAskEvery is how often a user is asked at most, so that nobody is flooded with mail.
const FactorAskEvery = 7 * 24 * time.Hour

// MayAskFactor reports whether a user can be asked to set up a second factor: one who has none, can
// read the mail, and has not been asked lately. reachable: mail can be sent to the user's address.
func MayAskFactor(u User, reachable bool, asked, now time.Time) bool {
	return u.Factors == 0 && !u.Off() && reachable && !u.Bouncing() && now.Sub(asked) >= FactorAskEvery
}
