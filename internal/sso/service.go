package sso

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/outbound"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
)

// Service is the OpenID provider of all sites.
type Service struct {
	*act.Desk
	// Keys seal the signing keys.
	Keys *secret.Keys
	Log  *slog.Logger
	// Outbound fetches what applications publish at their own addresses.
	Outbound *outbound.Client
	// NewRSA makes a key of rsaBits. It is nil, which means rsa.GenerateKey, except in tests,
	// which share a few keys: finding one takes a second.
	NewRSA func() (*rsa.PrivateKey, error)

	rings   sync.Map // site's ID -> *kept
	broken  broken   // platforms whose cards fail
	keysets sync.Map // keysetName -> *keyset
}

// ProtocolError is an error that is reported to an application in the terms of the protocol.
type ProtocolError struct {
	Reason gatehouse.OAuthError
	// Says is for the application's developer: plain ASCII without quotes (RFC 6749 5.2), and
	// nothing that a stranger may not know.
	Says string
	// RetryAfter: the caller has to wait.
	RetryAfter time.Duration
}

func (e *ProtocolError) Error() string { return fmt.Sprintf("%s: %s", e.Reason, e.Says) }

func refuse(reason gatehouse.OAuthError, says string) error {
	return &ProtocolError{Reason: reason, Says: says}
}

// Issuer is the name of a site as an OpenID provider.
func Issuer(st *site.Site) string { return st.Origin }

// notFound replaces a NotFound error with another error.
func notFound(err, instead error) error {
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return instead
	}
	return err
}

var errForbidden = &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: "forbidden"}

// operates is a caller who does an act with the applications of a site, which are the operators': the
// server itself, those who run commands, and operators whose role is good for it.
func operates(st *site.Site, c gatehouse.Caller, act gatehouse.OperatorAct) (gatehouse.Caller, error) {
	if !c.Operates(act) || c.SignedInOperator() && st.ForOperators() {
		return c, errForbidden
	}
	return c.For(act), nil
}

// operatorOnly refuses everybody who may not change applications.
func operatorOnly(c gatehouse.Caller) error {
	if !c.Operates(gatehouse.OperatorPlatforms) {
		return errForbidden
	}
	return nil
}

// errRefused rolls back a unit of work whose caller knows the reason.
var errRefused = errors.New("refused")
