package gatehouse

import "time"

// TokenFamily is everything that derives from one authorization: its code, and the tokens from
// that code. It is valid for as long as its session.
type TokenFamily struct {
	ID            string
	SiteID        string
	ApplicationID string
	UserID        string
	SessionID     string
	// Subject is the user's subject for the application.
	Subject string
	// JKT is the thumbprint of the key that was proved when the code was redeemed; renewing the
	// tokens requires a proof too (RFC 9449 5). Empty: none was.
	JKT string
	// Terms are the terms that the code was issued for.
	Terms     FamilyTerms
	CreatedAt time.Time
	// UsedAt is when the code was redeemed; zero: not yet.
	UsedAt time.Time
	// EndsAt is when everything in it has expired.
	EndsAt time.Time
	// EndedAt is when it ended early, and Ended why.
	EndedAt time.Time
	Ended   FamilyEnd
}

// FamilyTerms are the terms that a code was issued for. They are kept as JSON.
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

// FamilyEnd is why a family ended early.
type FamilyEnd string

// The reasons for an early end.
const (
	// CodeReplayed and RefreshReplayed: somebody else had the code or the token too (RFC 9700
	// 4.5, 4.14.2).
	CodeReplayed    FamilyEnd = "code-replayed"
	RefreshReplayed FamilyEnd = "refresh-replayed"
	// Revoked: the application revoked its tokens (RFC 7009).
	Revoked FamilyEnd = "revoked"
	// AccessRemoved: the user removed the application's access.
	AccessRemoved FamilyEnd = "access-removed"
)

// CodeGood reports whether the family's code can still be redeemed.
func (f TokenFamily) CodeGood(now time.Time) bool {
	return f.UsedAt.IsZero() && f.Alive(now) && now.Sub(f.CreatedAt) < CodeLifetime
}

// KeyFits reports whether the tokens may be renewed with a proof of the key that has this
// thumbprint; empty: none. An application that cannot keep a secret must prove the key that they
// were issued for; others may have changed keys (RFC 9449 5).
func (f TokenFamily) KeyFits(a Application, jkt string) bool {
	return f.JKT == "" || jkt == f.JKT || jkt != "" && a.Confidential()
}

// Alive reports whether the family has not ended by itself. MayIssue also decides whether its
// tokens are valid.
func (f TokenFamily) Alive(now time.Time) bool { return f.EndedAt.IsZero() && now.Before(f.EndsAt) }

// RefreshToken is one of the refresh tokens of a family; only the last one is valid.
type RefreshToken struct {
	SiteID    string
	FamilyID  string
	CreatedAt time.Time
	ExpiresAt time.Time
	// UsedAt is when another one replaced it; zero: not yet.
	UsedAt time.Time
	// Successor is the new one, sealed.
	Successor []byte
}

// RefreshOutcome is the result of presenting a refresh token.
type RefreshOutcome string

// The outcomes.
const (
	// Rotated: it is used for the first time, and another one replaces it.
	Rotated RefreshOutcome = "rotated"
	// Repeated: the response was lost; the same one replaces it again.
	Repeated RefreshOutcome = "repeated"
	// Reused: two parties have had it, so one has stolen it.
	Reused RefreshOutcome = "reused"
	// RanOut: it was not used for too long.
	RanOut RefreshOutcome = "ran-out"
)

// Use returns the result of presenting a refresh token (RFC 9700 4.14.2). A clock that went
// backwards does not turn theft into a repetition.
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

// AccessToken is a random access token; JWT access tokens are not stored.
type AccessToken struct {
	SiteID        string
	ApplicationID string
	// FamilyID is empty for one that the application got for itself.
	FamilyID string
	Scopes   []string
	// Audience are the servers that it is for; empty: the application itself, and this one.
	Audience []string
	// JKT is the thumbprint of the key that must be proved with it; empty: none.
	JKT       string
	CreatedAt time.Time
	ExpiresAt time.Time
}
