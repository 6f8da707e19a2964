package directory

import (
	"context"
	"slices"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Asked is what waits for an answer from a company's administrators.
type Asked struct {
	// Users are forgotten usernames and shared sign-ins, Access are users waiting for a platform;
	// each the oldest first.
	Users  []AskedByUser
	Access []Request
}

// AskedByUser is a request with its user.
type AskedByUser struct {
	gatehouse.UserRequest
	User gatehouse.User
}

// Waiting is how many there are.
func (a Asked) Waiting() int { return len(a.Users) + len(a.Access) }

// requestsSeen is among how many events about requests the open ones are looked for.
const requestsSeen = 500

// Asked returns what waits for an answer (A04, A12, B17). Nobody else learns that something does,
// least of all the person who asked for a username.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Asked(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string) (Asked, error) {
	platforms, err := s.Platforms(ctx, st, c, companyID)
	if err != nil {
		return Asked{}, err
	}
	users, err := s.askedByUsers(ctx, s.Store.Read(), st, companyID)
	return Asked{users, platforms.Requests}, err
}

func (s *Service) askedByUsers(ctx context.Context, q store.Queries, st *site.Site, companyID string) (list []AskedByUser, err error) {
	now := s.Now()
	events, err := q.RequestEvents(ctx, st.ID, companyID, now.Add(-gatehouse.RequestsFor), requestsSeen)
	if err != nil {
		return nil, err
	}
	for _, r := range gatehouse.OpenRequests(events, now) {
		u, err := q.User(ctx, st.ID, r.UserID)
		switch {
		case gatehouse.KindOf(err) == gatehouse.NotFound:
			continue
		case err != nil:
			return nil, err
		case u.CompanyID == companyID && !u.Deleted(): // one who has moved is another company's
			list = append(list, AskedByUser{r, bare(u)})
		}
	}
	return list, nil
}

// AnswerRequest ends a request of a user: an administrator has done what was asked for, or declined
// it. Answering twice is no error: somebody else did it a moment ago.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) AnswerRequest(ctx context.Context, st *site.Site, c gatehouse.Caller, userID string, kind gatehouse.UserRequestKind, done bool) error {
	if err := knock(st, c); err != nil {
		return err
	}
	if !slices.Contains(gatehouse.UserRequestKinds, kind) {
		return gatehouse.ErrNotFound
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := s.acting(tx, userID)
		if err != nil {
			return err
		}
		open, err := s.askedByUsers(tx, tx.Queries, st, u.CompanyID)
		if err != nil || !slices.ContainsFunc(open, func(r AskedByUser) bool { return r.UserID == u.ID && r.Kind == kind }) {
			return err
		}
		return tx.Record(u, gatehouse.EventRequestAnswered, gatehouse.ResultOK, map[string]string{"kind": string(kind), "answer": yesNo(done)})
	})
}

// The hours of a site's day in which administrators are told what waits.
const (
	morningBegins = 8
	morningEnds   = 12
)

// mostTold is how many administrators of a company are told what waits.
const mostTold = 5

// TellWaiting mails the administrators of each company of a site in which something waits for an
// answer, once a day, in the morning at the site. Several processes may do this at once.
func (s *Service) TellWaiting(ctx context.Context, st *site.Site) error {
	now := s.Now()
	local := now.In(st.Zone)
	if local.Hour() < morningBegins || local.Hour() >= morningEnds {
		return nil
	}
	companies, err := s.Store.Read().AskedCompanies(ctx, st.ID, now.Add(-gatehouse.RequestsFor))
	for _, id := range companies {
		if err == nil {
			err = s.tellWaiting(ctx, st, id, local.Format("2006-01-02"))
		}
	}
	return err
}

func (s *Service) tellWaiting(ctx context.Context, st *site.Site, companyID, day string) error {
	asked, err := s.Asked(ctx, st, itself(st), companyID)
	if err != nil || asked.Waiting() == 0 {
		return err
	}
	return s.Do(ctx, st, itself(st), func(tx *act.Unit) error {
		mine, err := tx.TellRequests(tx, st.ID, companyID, day)
		if err != nil || !mine {
			return err
		}
		msg := mail.RequestsWaiting{Access: len(asked.Access)}
		for _, r := range asked.Users {
			if r.Kind == gatehouse.RequestUsername {
				msg.Usernames++
			} else {
				msg.Shared++
			}
		}
		leaders, err := tx.Administrators(tx, st.ID, companyID, "", mostTold)
		for _, to := range leaders {
			if err == nil {
				err = tx.Tell(to, msg)
			}
		}
		return err
	})
}
