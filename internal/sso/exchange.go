package sso

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// codeKept is how long a code is remembered, so a late or repeated one is recognised.
const codeKept = time.Hour

// Tokens are the response of the token endpoint (RFC 6749 5.1).
type Tokens struct {
	Access    string `json:"access_token"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
	Scope     string `json:"scope"`
	ID        string `json:"id_token,omitempty"`
	Refresh   string `json:"refresh_token,omitempty"`
}

// errGrant is the error for every code and refresh token that is invalid for its sender, for any
// reason.
var errGrant = &ProtocolError{Reason: gatehouse.InvalidGrant, Says: "the code or token is not valid"}

// Token answers a request to the token endpoint.
//
// Errors: *ProtocolError, Unavailable.
func (s *Service) Token(ctx context.Context, st *site.Site, c gatehouse.Caller, h Headers, p Params) (Tokens, error) {
	if p.Doubled != "" {
		return Tokens{}, refuse(gatehouse.InvalidRequest, "a parameter came twice")
	}
	a, err := s.authenticate(ctx, st, c, h.Authorization, p)
	if err != nil {
		return Tokens{}, err
	}
	c.Name = a.ID
	jkt, err := s.provedKey(ctx, st, h.DPoP, "POST", TokenPath, "")
	if err != nil {
		return Tokens{}, err
	}
	if jkt == "" && a.Settings.RequireDPoP {
		return Tokens{}, badProof("the client has to send a DPoP proof")
	}
	switch g := gatehouse.GrantType(p.Get("grant_type")); {
	case g == "":
		return Tokens{}, refuse(gatehouse.InvalidRequest, "grant_type is missing")
	case g != gatehouse.GrantCode && g != gatehouse.GrantRefresh && g != gatehouse.GrantClientCredentials:
		return Tokens{}, refuse(gatehouse.UnsupportedGrantType, "this grant type is not offered")
	case !a.May(g):
		return Tokens{}, refuse(gatehouse.UnauthorizedClient, "the client may not use this grant type")
	case g == gatehouse.GrantCode:
		return s.exchange(ctx, st, c, a, jkt, p)
	case g == gatehouse.GrantRefresh:
		return s.refresh(ctx, st, c, a, jkt, p)
	}
	return s.forItself(ctx, st, a, jkt, p)
}

// exchange gives tokens for a code, in one transaction: of two concurrent requests, one is the
// first.
func (s *Service) exchange(ctx context.Context, st *site.Site, c gatehouse.Caller, a gatehouse.Application, jkt string, p Params) (Tokens, error) {
	r, err := s.ring(ctx, st)
	if err != nil {
		return Tokens{}, err
	}
	code := p.Get("code")
	if code == "" {
		return Tokens{}, refuse(gatehouse.InvalidRequest, "code is missing")
	}
	var g store.TokenGrant
	var made issued
	good := false
	err = s.Do(ctx, st, c, func(tx *act.Unit) (err error) {
		good = false
		if g, err = tx.HoldCode(tx, st.ID, a.ID, secret.HashToken(code)); err != nil {
			return notFound(err, errGrant)
		}
		now := tx.Now()
		if g.Family.ApplicationID != a.ID || g.Family.Terms.RedirectURI != p.Get("redirect_uri") || !verified(g.Family.Terms.Challenge, p.Get("code_verifier")) ||
			g.Family.Terms.JKT != "" && g.Family.Terms.JKT != jkt {
			return errGrant // a guess, or somebody else's code: it ends nothing (OAuth 2.1 7.5.2)
		}
		if !g.Family.UsedAt.IsZero() {
			return s.endFamily(tx, g, gatehouse.CodeReplayed)
		}
		if !g.Family.CodeGood(now) || !mayIssue(st, g, now) {
			return errGrant
		}
		terms := tokenTerms{scopes: g.Family.Terms.Scopes, jkt: jkt}
		if terms.audience, err = audience(a, g.Family.Terms.Resources, p.All("resource")); err != nil {
			return err
		}
		good = true
		refresh := now
		if a.May(gatehouse.GrantRefresh) {
			refresh = now.Add(a.Settings.Lifetimes.Refresh)
		}
		ends := slices.MaxFunc([]time.Time{now.Add(codeKept), now.Add(a.Settings.Lifetimes.Access), refresh}, time.Time.Compare)
		if err := tx.RedeemCode(tx, st.ID, g.Family.ID, jkt, now, ends); err != nil {
			return err
		}
		if err := tx.NoteLogin(tx, loginOf(g, now)); err != nil {
			return err
		}
		made, err = s.give(tx, r, a, g, terms, now)
		if err != nil || !a.May(gatehouse.GrantRefresh) {
			return err
		}
		made.refresh = secret.NewToken()
		return tx.InsertRefreshToken(tx, secret.HashToken(made.refresh), gatehouse.RefreshToken{SiteID: st.ID, FamilyID: g.Family.ID, CreatedAt: now, ExpiresAt: refresh})
	})
	if err == nil && !good {
		err = errGrant
	}
	if err != nil {
		return Tokens{}, err
	}
	return s.answer(st, r, a, g, made)
}

// loginOf returns what to remember of a session that reaches an application.
func loginOf(g store.TokenGrant, now time.Time) gatehouse.PlatformLogin {
	return gatehouse.PlatformLogin{SiteID: g.Family.SiteID, SessionID: g.Session.ID, ApplicationID: g.Application.ID, UserID: g.User.ID,
		SID: sessionName(g.Session.ID, g.Application.ID), Subject: g.Family.Subject, LastAt: now}
}

// verified checks PKCE (RFC 7636 4.6). Without a challenge, there must be no verifier: otherwise
// somebody could have removed the challenge (RFC 9700 4.8.2).
func verified(challenge, verifier string) bool {
	if challenge == "" {
		return verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return gatehouse.VerifierGood(verifier) && subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// endFamily ends a family because somebody else has had its code or token. That is committed.
func (s *Service) endFamily(tx *act.Unit, g store.TokenGrant, why gatehouse.FamilyEnd) error {
	first, err := tx.EndFamily(tx, g.Family.SiteID, g.Family.ID, why, tx.Now())
	if err != nil || !first {
		return err
	}
	return tx.Record(g.User, gatehouse.EventTokenReplayed, gatehouse.ResultUsed, about(g.Application, "name", g.Application.Name, "ended", string(why)))
}

// tokenTerms are the terms of an access token: its scopes, the servers that it is for, and the key
// that must be proved with it.
type tokenTerms struct {
	scopes, audience []string
	jkt              string
}

// issued is what a transaction has issued.
type issued struct {
	tokenTerms
	access, refresh string
	at              time.Time
}

// give makes an access token of a family.
func (s *Service) give(tx *act.Unit, r *ring, a gatehouse.Application, g store.TokenGrant, terms tokenTerms, now time.Time) (issued, error) {
	token, row, err := r.accessToken(tx.Site, a, &g, terms, now)
	if err == nil && row != nil {
		err = tx.InsertAccessToken(tx, secret.HashToken(token), *row)
	}
	return issued{tokenTerms: terms, access: token, at: now}, err
}

// answer returns the response to the application after the commit.
func (s *Service) answer(st *site.Site, r *ring, a gatehouse.Application, g store.TokenGrant, made issued) (Tokens, error) {
	out := Tokens{Access: made.access, Type: tokenType(made.jkt), ExpiresIn: int(a.Settings.Lifetimes.Access / time.Second),
		Scope: strings.Join(made.scopes, " "), Refresh: made.refresh}
	if !slices.Contains(made.scopes, gatehouse.ScopeOpenID) {
		return out, nil
	}
	var err error
	out.ID, err = r.idToken(st, g, made.access, made.at)
	return out, err
}

// refresh gives new tokens for a refresh token, and replaces it.
func (s *Service) refresh(ctx context.Context, st *site.Site, c gatehouse.Caller, a gatehouse.Application, jkt string, p Params) (Tokens, error) {
	r, err := s.ring(ctx, st)
	if err != nil {
		return Tokens{}, err
	}
	token := p.Get("refresh_token")
	if token == "" {
		return Tokens{}, refuse(gatehouse.InvalidRequest, "refresh_token is missing")
	}
	hash := secret.HashToken(token)
	var g store.TokenGrant
	var made issued
	good := false
	err = s.Do(ctx, st, c, func(tx *act.Unit) (err error) {
		good = false
		var t gatehouse.RefreshToken
		if t, g, err = tx.HoldRefreshToken(tx, st.ID, hash); err != nil {
			return notFound(err, errGrant)
		}
		now := tx.Now()
		if g.Family.ApplicationID != a.ID || !g.Family.Alive(now) || !g.Family.KeyFits(a, jkt) {
			return errGrant // somebody else's, or without the key: it ends nothing
		}
		use := t.Use(now)
		if use == gatehouse.Reused {
			return s.endFamily(tx, g, gatehouse.RefreshReplayed)
		}
		if use == gatehouse.RanOut || !mayIssue(st, g, now) {
			return errGrant
		}
		terms := tokenTerms{jkt: jkt}
		if terms.scopes, err = narrowed(g.Family.Terms.Scopes, p.Get("scope")); err != nil {
			return err
		}
		if terms.audience, err = audience(a, g.Family.Terms.Resources, p.All("resource")); err != nil {
			return err
		}
		good = true
		if made, err = s.give(tx, r, a, g, terms, now); err != nil {
			return err
		}
		made.refresh, err = s.succeed(tx, a, t, hash, use, now)
		return err
	})
	if err == nil && !good {
		err = errGrant
	}
	if err != nil {
		return Tokens{}, err
	}
	g.Family.Terms.Nonce = "" // it was for the first ID token (OpenID Connect Core 12.2)
	return s.answer(st, r, a, g, made)
}

// succeed makes the successor of a refresh token, or finds it if the response was lost.
func (s *Service) succeed(tx *act.Unit, a gatehouse.Application, t gatehouse.RefreshToken, hash string, use gatehouse.RefreshOutcome, now time.Time) (string, error) {
	purpose := "refresh-successor/" + t.FamilyID
	if use == gatehouse.Repeated {
		made, err := s.Keys.Open(purpose, t.Successor)
		return string(made), err
	}
	made := secret.NewToken()
	sealed, err := s.Keys.Seal(purpose, []byte(made))
	if err != nil {
		return "", err
	}
	if err := tx.UseRefreshToken(tx, t.SiteID, hash, now, sealed); err != nil {
		return "", err
	}
	ends := now.Add(a.Settings.Lifetimes.Refresh)
	if err := tx.ProlongFamily(tx, t.SiteID, t.FamilyID, ends.Add(codeKept)); err != nil {
		return "", err
	}
	return made, tx.InsertRefreshToken(tx, secret.HashToken(made), gatehouse.RefreshToken{SiteID: t.SiteID, FamilyID: t.FamilyID, CreatedAt: now, ExpiresAt: ends})
}

// narrowed returns the scopes of an access token that should have fewer than its family: never
// more (RFC 6749 6).
func narrowed(all []string, asked string) ([]string, error) {
	if asked == "" {
		return all, nil
	}
	scopes := strings.Fields(asked)
	for _, one := range scopes {
		if !slices.Contains(all, one) {
			return nil, refuse(gatehouse.InvalidScope, "a scope that was not granted")
		}
	}
	return scopes, nil
}

// audience returns the servers that an access token is for: those requested, out of those granted
// if any were, and allowed for the application (RFC 8707 2.2).
func audience(a gatehouse.Application, granted, asked []string) ([]string, error) {
	if len(asked) == 0 {
		asked = granted
	}
	for _, one := range asked {
		if !slices.Contains(a.Settings.Resources, one) || len(granted) > 0 && !slices.Contains(granted, one) {
			return nil, refuse(gatehouse.InvalidTarget, "a resource that the client may not have")
		}
	}
	return asked, nil
}

// forItself gives an application a token for itself (RFC 6749 4.4). It has no scopes about users.
func (s *Service) forItself(ctx context.Context, st *site.Site, a gatehouse.Application, jkt string, p Params) (Tokens, error) {
	may := slices.DeleteFunc(slices.Clone(a.Settings.Scopes), func(one string) bool { return slices.Contains(gatehouse.Scopes(), one) })
	terms := tokenTerms{jkt: jkt}
	var err error
	if terms.scopes, err = narrowed(may, p.Get("scope")); err != nil {
		return Tokens{}, err
	}
	if terms.audience, err = audience(a, nil, p.All("resource")); err != nil {
		return Tokens{}, err
	}
	r, err := s.ring(ctx, st)
	if err != nil {
		return Tokens{}, err
	}
	now := s.Now()
	token, row, err := r.accessToken(st, a, nil, terms, now)
	if err == nil && row != nil {
		err = s.Store.InsertAccessToken(ctx, secret.HashToken(token), *row)
	}
	return Tokens{Access: token, Type: tokenType(jkt), ExpiresIn: int(a.Settings.Lifetimes.Access / time.Second), Scope: strings.Join(terms.scopes, " ")}, err
}
