package support

import (
	"context"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
)

// mayConfirm reports whether a confirmation may be mailed: a stranger's address may be somebody
// else's, whose mailbox nobody may fill from here.
func (s *Service) mayConfirm(ctx context.Context, st *site.Site, one gatehouse.Case) (bool, error) {
	if one.UserID != "" {
		return true, nil
	}
	wait, err := s.Store.Allow(ctx, s.Now(), s.Limits.Email.of("case:"+st.ID+":email:"+gatehouse.NameKey(one.Email)))
	return wait == 0, err
}

// mayNotify reports whether support may be mailed.
func (s *Service) mayNotify(ctx context.Context, st *site.Site) (bool, error) {
	wait, err := s.Store.Allow(ctx, s.Now(), s.Limits.Notices.of("case:"+st.ID+":notices"))
	return wait == 0, err
}

// confirm mails the number. The mail has nothing that a stranger has typed, not even the name.
func (s *Service) confirm(tx *act.Unit, one gatehouse.Case, user gatehouse.User) error {
	msg := mail.CaseOpened{CaseLink: s.linkTo(tx, one), At: one.CreatedAt}
	if one.UserID != "" {
		return tx.Tell(user, msg)
	}
	_, err := tx.Mail(recipient(one), msg)
	return err
}

// linkTo is how a customer gets to the case: a user signs in, a stranger has a token.
func (s *Service) linkTo(tx *act.Unit, one gatehouse.Case) mail.CaseLink {
	link := mail.CaseLink{Number: one.Number, Answers: s.repliesTo(tx.Site, one)}
	if one.UserID == "" {
		link.Token = s.linkOf(one)
	}
	return link
}

// recipient is a stranger. There is no name: until the address is confirmed it is unknown whose it is,
// and the name is something that the stranger wrote.
func recipient(one gatehouse.Case) mail.Recipient {
	return mail.Recipient{Email: one.Email, Lang: one.Locale}
}

// notify tells the site's support.
func (s *Service) notify(tx *act.Unit, may bool, one gatehouse.Case, what mail.CaseNews, text string, files int) error {
	if !may {
		return nil
	}
	return tx.MailSupport(one.CompanyID, mail.CaseForSupport{Number: one.Number, What: what, Email: one.Email, Name: one.Name,
		SignedIn: one.UserID != "", Text: text, Reference: one.Reference, Files: files, At: tx.Now()})
}
