package sso

import (
	"context"
	"net/url"

	"gatehouse"
	"gatehouse/internal/site"
)

// Farewell is a platform that a session had reached, and whether it has ended its own.
type Farewell struct {
	Name  string
	State FarewellState
	// Frame is what the browser opens in a hidden frame, if the platform wants that (OpenID
	// Connect Front-Channel Logout 1.0).
	Frame string
}

// FarewellState is the known state of a platform's own session.
type FarewellState string

// The states of platforms.
const (
	// FarewellConfirmed: the platform has confirmed that it is over.
	FarewellConfirmed FarewellState = "confirmed"
	// FarewellWaiting: it has not responded yet.
	FarewellWaiting FarewellState = "waiting"
	// FarewellFrame: this browser notifies it, and it has no way to confirm that.
	FarewellFrame FarewellState = "frame"
	// FarewellOpen: it has no address for notices, or nobody tries any longer.
	FarewellOpen FarewellState = "open"
)

// Farewells returns the platforms that an ended session had reached.
func (s *Service) Farewells(ctx context.Context, st *site.Site, sessionID string) ([]Farewell, error) {
	reached, err := s.Store.Read().Reached(ctx, st.ID, sessionID)
	all := make([]Farewell, len(reached))
	for i, r := range reached {
		f := Farewell{Name: r.Application.Name, State: FarewellOpen}
		back, front := r.Application.Settings.BackchannelLogoutURI, r.Application.Settings.FrontchannelLogoutURI
		switch {
		case r.Told == gatehouse.LogoutConfirmed:
			f.State = FarewellConfirmed
		case back != "" && !r.DueAt.IsZero():
			f.State = FarewellWaiting
		case front != "":
			f.State = FarewellFrame
		}
		if front != "" {
			f.Frame = frameAddress(front, Issuer(st), r.SID)
		}
		all[i] = f
	}
	return all, err
}

// frameAddress adds to an address which session has ended (Front-Channel Logout 2).
func frameAddress(uri, issuer, sid string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("iss", issuer)
	q.Set("sid", sid)
	u.RawQuery = q.Encode()
	return u.String()
}
