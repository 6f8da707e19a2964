package signin

import (
	"context"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/dbsc"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Sessions that are tied to a device; gatehouse.DeviceBinding says how. What browsers get is derived
// with the key file from the number in the row, so the database has nothing worth stealing, and all
// processes know it.
const (
	bindPurpose      = "bind-session"
	boundPurpose     = "bound-cookie"
	challengeOfBound = "bound-challenge"
)

// ReasonOtherDevice: the session is tied to a device, and the request does not come from it.
const ReasonOtherDevice = "other-device"

// errOtherDevice is Unauthenticated: the request is treated as one of somebody who has not signed
// in.
var errOtherDevice = &gatehouse.Error{Kind: gatehouse.Unauthenticated, Reason: ReasonOtherDevice}

// IsOtherDevice reports whether a session exists, but a request has not shown to come from the
// device that it is tied to.
func IsOtherDevice(err error) bool { return err == errOtherDevice }

// errNotBound declines to tie a session to a device: it goes on as it is.
var errNotBound = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: "not-bound"}

// BoundCookie is what a browser gets for a session that is tied to its device.
type BoundCookie struct {
	// ID is the binding.
	ID    string
	Value string
	// For is how long the cookie is valid from now.
	For time.Duration
	// Challenge is the next one to sign.
	Challenge string
}

// BindChallenge is the challenge that a browser signs to bind a session with this token. Only the
// response that set the session's cookie contains it, so somebody who has copied the cookie has no
// use for it. A session is bound once, so it is good once.
func (s *Service) BindChallenge(st *site.Site, token string) string {
	return s.Keys.MAC(bindPurpose, st.ID, token)
}

// Bind ties the session with this token to the device whose key has signed proof.
//
// Errors: Unauthenticated if there is no such session; Conflict if the site does not bind sessions,
// if it is too late, or if the session is bound already; Invalid if the proof is wrong; Unavailable.
func (s *Service) Bind(ctx context.Context, st *site.Site, c gatehouse.Caller, token, proof string) (BoundCookie, error) {
	if token == "" {
		return BoundCookie{}, errNoSession
	}
	ses, err := s.alive(ctx, st, secret.HashToken(token))
	if err != nil {
		return BoundCookie{}, err
	}
	if ses.BindingID != "" || !st.Policy.Session.Binds(ses.CreatedAt, s.Now()) {
		return BoundCookie{}, errNotBound
	}
	c = ses.Caller(c)
	key, challenge, err := dbsc.Registered(proof)
	if err != nil || !s.Keys.CheckMAC(bindPurpose, challenge, st.ID, token) {
		return BoundCookie{}, s.refuseProof(ctx, st, c, ses.Session, "bind")
	}
	id, b := secret.NewToken(), gatehouse.DeviceBinding{}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := tx.HoldUser(tx, st.ID, ses.UserID)
		if err != nil {
			return err
		}
		if !u.MaySignIn() {
			return errNoSession
		}
		b = gatehouse.DeviceBinding{ID: id, SiteID: st.ID, SessionID: ses.ID, UserID: u.ID, Key: key.JWK, Algorithm: key.Algorithm,
			Thumbprint: key.Thumbprint, UserAgent: c.UserAgent}.Bind(tx.Now())
		bound, err := tx.InsertBinding(tx, b, ses.CreatedAt.Add(st.Policy.For(ses.Company.Policy).Session.Absolute))
		if err != nil {
			return err
		}
		if !bound {
			return errNotBound
		}
		return tx.Record(u, gatehouse.EventSessionBound, gatehouse.ResultOK, map[string]string{"session": ses.ID, "algorithm": key.Algorithm})
	})
	return s.boundCookie(st, b), err
}

// refuseProof records a wrong proof for a session, as far as the limits admit, and returns Invalid.
func (s *Service) refuseProof(ctx context.Context, st *site.Site, c gatehouse.Caller, ses gatehouse.Session, why string) error {
	wait, err := s.DoAllowed(ctx, st, c, proofLimits(st, ses.ID), func(tx *act.Unit) error {
		u, err := tx.User(tx, st.ID, ses.UserID)
		if err != nil {
			return err
		}
		return tx.Record(u, gatehouse.EventDeviceRefused, gatehouse.ResultWrong, map[string]string{"session": ses.ID, "why": why})
	})
	if err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonTooMany, RetryAfter: wait}
	}
	if err == nil {
		err = &gatehouse.Error{Kind: gatehouse.Invalid, Reason: "proof"}
	}
	return err
}

// proofLimits limit proofs per session, and not per address: a whole company may be behind one. A
// browser needs a few in ten minutes.
func proofLimits(st *site.Site, sessionID string) []store.Limit {
	return []store.Limit{{Key: "device-proof:" + st.ID + ":" + sessionID, Every: time.Second, Burst: 60}}
}

// boundCookie derives what a browser gets from a binding.
func (s *Service) boundCookie(st *site.Site, b gatehouse.DeviceBinding) BoundCookie {
	return BoundCookie{ID: b.ID, Value: s.numbered(boundPurpose, b, b.Cookie), For: b.CookieEnds(st.Policy.Session).Sub(s.Now()),
		Challenge: s.numbered(challengeOfBound, b, b.Challenge)}
}

// numbered is a token with a number of a binding, which only this installation can make.
func (s *Service) numbered(purpose string, b gatehouse.DeviceBinding, n int) string {
	number := strconv.Itoa(n)
	return number + "." + s.Keys.MAC(purpose, b.SiteID, b.ID, number)
}

// numberOf is the number of such a token; 0 for anything else.
func (s *Service) numberOf(purpose string, b gatehouse.DeviceBinding, token string) int {
	number, mac, _ := strings.Cut(token, ".")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || strconv.Itoa(n) != number || !s.Keys.CheckMAC(purpose, mac, b.SiteID, b.ID, number) {
		return 0
	}
	return n
}

// fromItsDevice checks that a request for a bound session comes from its device. A binding that is
// gone opens nothing: it ends with its session.
func (s *Service) fromItsDevice(ctx context.Context, st *site.Site, ses *Session, cookie string) error {
	b, err := s.Store.BoundCookie(ctx, st.ID, ses.BindingID)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return errOtherDevice
	}
	if err == nil && !b.Admits(s.numberOf(boundPurpose, b, cookie), st.Policy.Session, s.Now()) {
		err = errOtherDevice
	}
	return err
}
