package support

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Form is what somebody who needs help has typed.
type Form struct {
	// Email and Name are a stranger's; a user's come from the account.
	Email, Name string
	// What has happened, Since when, the Reference of an error page, and what was Tried.
	What, Since, Reference, Tried string
	// Lang is the language of the page.
	Lang string
}

// Open begins a case and returns its number. Whether a stranger's address has an account makes no
// difference to anything: it is not looked up. The same form posted again is the same case.
//
// Errors: Invalid with the fields email, name, what, since, reference, tried, files; TooMany
// (ReasonCaseWait); Unavailable.
func (s *Service) Open(ctx context.Context, st *site.Site, c gatehouse.Caller, form Form, uploads []Upload) (number string, err error) {
	user, err := s.asker(ctx, st, c)
	if err != nil {
		return "", err
	}
	form = form.trimmed()
	if err := form.check(user.ID == "", len(uploads)).Err(); err != nil {
		return "", err
	}
	limits := []store.Limit{s.Limits.User.of("case:" + st.ID + ":user:" + user.ID)}
	if user.ID == "" {
		limits = []store.Limit{s.Limits.Site.of("case:" + st.ID), s.Limits.IP.of("case:" + st.ID + ":address:" + signin.IPBlock(c.IPAddress))}
	}
	if err := s.allow(ctx, limits...); err != nil {
		return "", err
	}
	files, faults, err := s.readFiles(ctx, uploads)
	if err == nil {
		err = faults.Err()
	}
	if err != nil {
		return "", err
	}
	kept, err := s.putFiles(ctx, st, files)
	if err != nil {
		return "", err
	}
	return s.open(ctx, st, c, user, form, kept)
}

// asker is the user who asks; a zero User for a stranger.
func (s *Service) asker(ctx context.Context, st *site.Site, c gatehouse.Caller) (gatehouse.User, error) {
	if c.Kind != gatehouse.SignedIn || c.SiteID != st.ID {
		return gatehouse.User{}, nil
	}
	return s.Store.Read().User(ctx, st.ID, c.UserID)
}

func (f Form) trimmed() Form {
	for _, field := range []*string{&f.Email, &f.Name, &f.What, &f.Since, &f.Reference, &f.Tried} {
		*field = strings.TrimSpace(strings.ReplaceAll(*field, "\r\n", "\n"))
	}
	if found, ok := secret.ReadReference(f.Reference); ok {
		f.Reference = found
	}
	return f
}

func (f Form) check(stranger bool, files int) (faults gatehouse.Faults) {
	if stranger {
		line(&faults, "email", f.Email, gatehouse.MaxUsername)
		if !faults.At("email") && !mail.CanSend(f.Email) {
			faults.Add("email", "email")
		}
		line(&faults, "name", f.Name, gatehouse.MaxName)
	}
	prose(&faults, "what", f.What, true)
	if bad, ok := gatehouse.CheckLine("since", f.Since, gatehouse.MostCaseLine, gatehouse.InNames); !ok {
		faults = append(faults, bad)
	}
	if _, ok := secret.ReadReference(f.Reference); f.Reference != "" && !ok {
		faults.Add("reference", "case-reference")
	}
	prose(&faults, "tried", f.Tried, false)
	if files > gatehouse.MostCaseFiles {
		faults.Add("files", "case-files-many", "most", strconv.Itoa(gatehouse.MostCaseFiles))
	}
	return faults
}

// line checks a required line.
func line(faults *gatehouse.Faults, field, value string, most int) {
	if value == "" {
		faults.Add(field, "required")
		return
	}
	if bad, ok := gatehouse.CheckLine(field, value, most, gatehouse.InNames); !ok {
		*faults = append(*faults, bad)
	}
}

// prose checks a text of several lines.
func prose(faults *gatehouse.Faults, field, value string, required bool) {
	switch {
	case value == "" && required:
		faults.Add(field, "required")
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		faults.Add(field, "character")
	case utf8.RuneCountInString(value) > gatehouse.MostCaseText:
		faults.Add(field, "too-long", "max", strconv.Itoa(gatehouse.MostCaseText))
	}
}

func (s *Service) open(ctx context.Context, st *site.Site, c gatehouse.Caller, user gatehouse.User, form Form, files []gatehouse.CaseFile) (string, error) {
	one, first, err := s.begun(st, c, user, form)
	if err != nil {
		return "", err
	}
	one.Files = len(files)
	mailed, err := s.mayConfirm(ctx, st, one)
	if err != nil {
		return "", err
	}
	told, err := s.mayNotify(ctx, st)
	if err != nil {
		return "", err
	}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		if err := tx.InsertCase(tx, one); err != nil {
			return err
		}
		if _, err := tx.InsertCaseMessage(tx, first); err != nil {
			return err
		}
		if err := own(tx, first, files); err != nil {
			return err
		}
		if err := record(tx, one, gatehouse.EventCaseOpened); err != nil {
			return err
		}
		if mailed {
			if err := s.confirm(tx, one, user); err != nil {
				return err
			}
		}
		return s.notify(tx, told, one, mail.CaseNew, form.What, len(files))
	})
	if gatehouse.KindOf(err) == gatehouse.Conflict { // this form was posted before
		before, found := s.Store.Read().CaseByNumber(ctx, st.ID, one.Number)
		if found == nil && before.UserID == one.UserID && before.Email == one.Email {
			return one.Number, nil
		}
	}
	return one.Number, err
}

// begun is a new case and its first message.
func (s *Service) begun(st *site.Site, c gatehouse.Caller, user gatehouse.User, form Form) (one gatehouse.Case, first gatehouse.CaseMessage, err error) {
	now := s.Now()
	one = gatehouse.Case{SiteID: st.ID, ID: store.NewID("cas", now), Number: secret.NewCaseNumber(c.Post), Email: form.Email, Name: form.Name,
		Locale: st.Language("", form.Lang), Reference: form.Reference, State: gatehouse.CaseOpen, CreatedAt: now, WaitingSince: now}
	if user.ID != "" {
		one.UserID, one.CompanyID, one.Email, one.Name, one.Confirmed = user.ID, user.CompanyID, user.Email, user.DisplayName(), user.EmailConfirmed
	}
	if one.Title, err = s.Keys.Seal(sealedFor(st.ID, one.ID), []byte(titleOf(form.What))); err != nil {
		return one, first, err
	}
	first = gatehouse.CaseMessage{SiteID: st.ID, CaseID: one.ID, ID: store.NewID("csm", now), Kind: gatehouse.CaseFromCustomer, ByID: one.UserID, By: one.Name, At: now}
	first.Words, err = s.sealWords(st.ID, one.ID, gatehouse.CaseWords{Text: form.What, Since: form.Since, Tried: form.Tried})
	return one, first, err
}
