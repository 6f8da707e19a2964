package signin

import (
	"context"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// whence is where a caller is, in the words of a user's language.
type whence struct{ place, browser string }

func (s *Service) whence(st *site.Site, u gatehouse.User, c gatehouse.Caller) whence {
	lang := st.Language("", u.Locale)
	w := whence{browser: st.Browser(lang, c.UserAgent)}
	if s.Place != nil {
		w.place = s.Place(lang, c.Address)
	}
	return w
}

// tell mails a user, unless nothing can be sent there: what the message tells about
// does not fail for that.
func (s *Service) tell(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User, msg mail.Message) error {
	if !mail.CanSend(u.Email) {
		return nil
	}
	return s.Outbox.Enqueue(ctx, q, st, mail.To(st, u), msg)
}

// write is Store.Write, after which mails that were enqueued go out at once.
func (s *Service) write(ctx context.Context, fn func(store.Queries) error) error {
	err := s.Store.Write(ctx, fn)
	if err == nil {
		s.Outbox.Hurry()
	}
	return err
}
