package gatehouse

import "time"

// TokenFamily is everything that goes back to one authorization: its code, and the tokens that
// come of that. It is good for as long as the session that it was made in.
type TokenFamily struct {
	ID            string
	SiteID        string
	ApplicationID string
	UserID        string
	SessionID     string
	// Subject is what the application calls the user.
	Subject string
	// JKT is the key that was proved when the code was redeemed, by its thumbprint: who
	// renews the tokens proves one too (RFC 9449 5). Empty: none was.
	JKT string
	// Terms are what the code was made for.
	Terms     FamilyTerms
	CreatedAt time.Time
	// UsedAt is when the code was redeemed; zero: not yet.
	UsedAt time.Time
	// EndsAt is when nothing of it can be good any longer.
	EndsAt time.Time
	// EndedAt is when it ended before its time, and Ended why.
	EndedAt time.Time
	Ended   FamilyEnd
}

// FamilyTerms are what a code was made for. They are kept as JSON.
type FamilyTerms struct {
	Scopes      []string      `json:"scopes"`
	RedirectURI string        `json:"redirect_uri"`
	Challenge   string        `json:"challenge,omitempty"`
	Nonce       string        `json:"nonce,omitempty"`
	Claims      ClaimsRequest `json:"claims"`
	// JKT is the key that the code is bound to, Resources the servers that tokens are for.
	JKT       string   `json:"jkt,omitempty"`
	Resources []string `json:"resources,omitempty"`
}

// FamilyEnd is why a family ended before its time.
type FamilyEnd string

// The ends of families.
const (
	// CodeReplayed and RefreshReplayed: somebody else had the code or the token too (RFC 9700
	// 4.5, 4.14.2).
	CodeReplayed    FamilyEnd = "code-replayed"
	RefreshReplayed FamilyEnd = "refresh-replayed"
	// Revoked: the application gave its tokens up (RFC 7009).
	Revoked FamilyEnd = "revoked"
	// AccessRemoved: the user took the application's access away.
	AccessRemoved FamilyEnd = "access-removed"
)

// CodeGood reports whether the family's code can still be redeemed.
func (f TokenFamily) CodeGood(now time.Time) bool {
	return f.UsedAt.IsZero() && f.Alive(now) && now.Sub(f.CreatedAt) < CodeLifetime
}

// KeyFits reports whether the tokens may be renewed by somebody who has proved a key, by its
// thumbprint; empty: none. An application that cannot keep a secret proves the one key that
// they were made for, others one that may have changed (RFC 9449 5).
func (f TokenFamily) KeyFits(a Application, jkt string) bool {
	return f.JKT == "" || jkt == f.JKT || jkt != "" && a.Confidential()
}

// Alive reports whether the family has not ended by itself. Whether its tokens are good is
// for MayIssue to say as well.
func (f TokenFamily) Alive(now time.Time) bool { return f.EndedAt.IsZero() && now.Before(f.EndsAt) }

// RefreshToken is one of the refresh tokens of a family, of which the last one is good.
type RefreshToken struct {
	SiteID    string
	FamilyID  string
	CreatedAt time.Time
	ExpiresAt time.Time
	// UsedAt is when another one took its place; zero: not yet.
	UsedAt time.Time
	// Successor is that other one, sealed.
	Successor []byte
}

// RefreshOutcome is what comes of a refresh token.
type RefreshOutcome string

// The outcomes.
const (
	// Rotated: it is used for the first time, and another one takes its place.
	Rotated RefreshOutcome = "rotated"
	// Repeated: the answer was lost; the same one takes its place again.
	Repeated RefreshOutcome = "repeated"
	// Reused: two have had it, of whom one has stolen it.
	Reused RefreshOutcome = "reused"
	// RanOut: nobody has used it for too long.
	RanOut RefreshOutcome = "ran-out"
)

// Use says what comes of a refresh token that is presented by its application (RFC 9700
// 4.14.2). A clock that went backwards does not make a repetition of a theft.
func (t RefreshToken) Use(now time.Time) RefreshOutcome {
	switch {
	case t.UsedAt.IsZero() && !now.Before(t.ExpiresAt):
		return RanOut
	case t.UsedAt.IsZero():
		return Rotated
	case now.Sub(t.UsedAt) <= RefreshGrace:
		return Repeated
	}
	return Reused
}

// AccessToken is a random access token; those that resource servers can read are kept
// nowhere.
type AccessToken struct {
	SiteID        string
	ApplicationID string
	// FamilyID is empty for one that the application got for itself.
	FamilyID string
	Scopes   []string
	// Audience are the servers that it is for; empty: the application itself, and this one.
	Audience []string
	// JKT is the key that has to be proved with it, by its thumbprint; empty: none.
	JKT       string
	CreatedAt time.Time
	ExpiresAt time.Time
}
