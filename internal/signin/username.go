package signin

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
)

// MaxMessage is the maximum length of the message from a user who forgot a username, in code
// points.
const MaxMessage = 500

// AskUsername passes the request of a user who forgot a username to the administrators of the
// companies that know the address (A12), and does not reveal whether there are any. If a company
// has nobody else who could help, the request goes to the site's support.
//
// Errors: Invalid with fields email and message, TooMany, Unavailable.
func (s *Service) AskUsername(ctx context.Context, st *site.Site, c gatehouse.Caller, email, message string) error {
	var f faults
	f.email("email", email)
	message = strings.TrimSpace(message)
	switch {
	case !utf8.ValidString(message) || strings.ContainsRune(message, 0):
		f.Add("message", "character")
	case utf8.RuneCountInString(strings.ReplaceAll(message, "\r\n", "\n")) > MaxMessage:
		f.Add("message", "too-long", "max", strconv.Itoa(MaxMessage))
	}
	if err := f.Err(); err != nil {
		return err
	}
	defer s.evenly(ctx)()
	send, own, err := s.admitMail(ctx, st, c, "username", email)
	if err != nil {
		return err
	}
	if !send {
		return s.notSent(ctx, st, c, gatehouse.EventUsernameAsked)
	}
	users, err := s.Store.Read().UsersByEmail(ctx, st.ID, email, gatehouse.MostAccounts)
	if err != nil {
		return err
	}
	users = gatehouse.ConfirmedOnly(users)
	flooded, err := s.flooded(ctx, st, users, own)
	if err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		return s.passOn(tx, users, flooded, mail.UsernameRequest{Asker: strings.TrimSpace(email), Message: message, At: tx.Now(), IPAddress: c.IPAddress})
	})
}

// flooded returns which companies have reached their limit of requests for now: anyone who knows
// the addresses of many colleagues could fill an administrator's mailbox. The requester is not
// told; the event log has the request. A device on which one of them has signed in before has its
// own budget.
func (s *Service) flooded(ctx context.Context, st *site.Site, users []gatehouse.User, own bool) (map[string]bool, error) {
	flooded := map[string]bool{}
	if own {
		return flooded, nil
	}
	for _, u := range users {
		if _, asked := flooded[u.CompanyID]; asked {
			continue
		}
		wait, err := s.Store.Allow(ctx, s.Now(), s.Limits.Company.of("username-request:"+st.ID+":"+u.CompanyID))
		if err != nil {
			return nil, err
		}
		flooded[u.CompanyID] = wait > 0
	}
	return flooded, nil
}

func (s *Service) passOn(tx *act.Unit, users []gatehouse.User, flooded map[string]bool, msg mail.UsernameRequest) error {
	if len(users) == 0 { // the same work for an unknown address (invariant 7)
		_, err := tx.Administrators(tx, tx.Site.ID, "", "", mostAdministrators)
		return errors.Join(err,
			tx.Record(gatehouse.User{}, gatehouse.EventUsernameAsked, gatehouse.ResultUnknown, nil),
			tx.Pretend(msg.Asker, msg))
	}
	var first []gatehouse.User // of each company
	names := map[string][]string{}
	for _, u := range users {
		if names[u.CompanyID] == nil {
			first = append(first, u)
		}
		names[u.CompanyID] = append(names[u.CompanyID], u.Username)
		if err := tx.Record(u, gatehouse.EventUsernameAsked, gatehouse.ResultOK, nil); err != nil {
			return err
		}
	}
	for _, u := range first {
		msg.Usernames = names[u.CompanyID]
		if flooded[u.CompanyID] {
			continue
		}
		if err := s.passToCompany(tx, u, msg); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) passToCompany(tx *act.Unit, asker gatehouse.User, msg mail.UsernameRequest) error {
	administrators, err := tx.Administrators(tx, tx.Site.ID, asker.CompanyID, asker.ID, mostAdministrators)
	if err != nil {
		return err
	}
	told := false
	for _, to := range administrators {
		if !mail.CanSend(to.Email) || gatehouse.SameMailbox(to.Email, msg.Asker) {
			continue
		}
		told = true
		if err := tx.Tell(to, msg); err != nil {
			return err
		}
	}
	if told {
		return nil
	}
	return tx.MailSupport(asker.CompanyID, msg)
}
