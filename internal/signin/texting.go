package signin

import (
	"context"
	"errors"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/phone"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Reasons of the errors about text messages.
const (
	// ReasonNoTexts: the site sends none, or none to that country. Kind Conflict.
	ReasonNoTexts = "no-texts"
	// ReasonTextsOver: too many were sent today. Kind TooMany.
	ReasonTextsOver = "texts-over"
)

// Texting is what text messages need in addition to the outbox.
type Texting struct {
	// PerDay is how many this installation sends in 24 hours before it stops, for everybody: that
	// limits the cost of a fraud.
	PerDay int
	// SecurityAddress is notified when it stops; empty: nobody is.
	SecurityAddress string
}

// Texts reports whether codes go to phones on a site.
func (s *Service) Texts(st *site.Site) bool { return s.Texting != nil && len(st.TextCountries) > 0 }

// AllowText takes one text message from every limit, before it is written: after the password was
// right, and never for somebody who only types numbers.
//
// Errors: Conflict with ReasonNoTexts; TooMany with ReasonTextsOver; Unavailable.
func (s *Service) AllowText(ctx context.Context, st *site.Site, c gatehouse.Caller, u gatehouse.User, n phone.Number) error {
	if !s.Texts(st) || !slices.Contains(st.TextCountries, n.Country) {
		return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonNoTexts}
	}
	own := []store.Limit{
		aDay("texts:number:"+s.Keys.MAC("text-number", n.E164), gatehouse.TextsANumber),
		aDay("texts:user:"+st.ID+":"+u.ID, gatehouse.TextsAnAccount),
		aDay("texts:company:"+st.ID+":"+u.CompanyID, gatehouse.TextsACompany),
		aDay("texts:address:"+IPBlock(c.IPAddress), gatehouse.TextsAnIPAddress),
	}
	wait, err := s.Store.Allow(ctx, s.Now(), own...)
	if err != nil || wait > 0 {
		return over(err, wait)
	}
	if wait, err = s.Store.Allow(ctx, s.Now(), aDay("texts:all", s.Texting.PerDay)); err == nil && wait == 0 {
		return nil
	}
	err = errors.Join(err, s.Store.GiveBack(ctx, own...))
	if err == nil {
		err = s.stopTexts(ctx, st, c)
	}
	return over(err, wait)
}

func over(err error, wait time.Duration) error {
	if err != nil {
		return err
	}
	return &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonTextsOver, RetryAfter: wait}
}

// aDay is a limit of n in any 24 hours: one half at once, the other over the day.
func aDay(key string, n int) store.Limit {
	half := max(1, n/2)
	return store.Limit{Key: key, Every: 24 * time.Hour / time.Duration(half), Burst: half}
}

// stopTexts reports that the installation's limit is reached, once a day.
func (s *Service) stopTexts(ctx context.Context, st *site.Site, c gatehouse.Caller) error {
	s.Log.ErrorContext(ctx, "text messages stopped: there were as many as text_messages.per_day allows", "per_day", s.Texting.PerDay)
	wait, err := s.Store.Allow(ctx, s.Now(), store.Limit{Key: "texts:told", Every: 24 * time.Hour, Burst: 1})
	if err != nil || wait > 0 || s.Texting.SecurityAddress == "" {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		_, err := tx.Mail(mail.Recipient{Email: s.Texting.SecurityAddress, Lang: st.Language("", "")}, mail.TextsStopped{PerDay: s.Texting.PerDay, At: tx.Now()})
		return err
	})
}

// numberPurpose is the purpose that phone numbers are sealed for.
const numberPurpose = "phone-number"

// SealNumber seals a number for its user: somebody who can write to the database cannot redirect
// another user's codes to their own phone.
func SealNumber(keys *secret.Keys, f gatehouse.Factor, n phone.Number) ([]byte, error) {
	return keys.Seal(numberPurpose+":"+f.UserID+":"+f.ID, []byte(n.E164))
}

// OpenNumber returns the number of a phone.
func OpenNumber(keys *secret.Keys, f store.SealedFactor) (phone.Number, error) {
	text, err := keys.Open(numberPurpose+":"+f.UserID+":"+f.ID, f.Sealed)
	if err != nil {
		return phone.Number{}, err
	}
	n, reason := phone.Read(string(text), "")
	if reason != "" {
		// The country's numbering plan has changed since: it is still what the user confirmed.
		return phone.Number{E164: string(text)}, nil
	}
	return n, nil
}

// textFactor returns the confirmed phone of a user; NotFound if there is none.
func (s *Service) textFactor(ctx context.Context, q store.Queries, u gatehouse.User) (f store.SealedFactor, n phone.Number, err error) {
	all, err := q.Factors(ctx, u.SiteID, u.ID)
	if err != nil {
		return f, n, err
	}
	i := slices.IndexFunc(all, func(f store.SealedFactor) bool { return f.Kind == gatehouse.FactorText && f.Confirmed() })
	if i < 0 {
		return f, n, gatehouse.ErrNotFound
	}
	n, err = OpenNumber(s.Keys, all[i])
	return all[i], n, err
}

// SendText sends a code to the user's phone. The password was right, or the sign-in would not be
// at this step.
//
// Errors: those of AllowText; TooMany with ReasonCodeWait; NotFound for a user without a phone;
// *MovedError; Unauthenticated; Unavailable.
func (s *Service) SendText(ctx context.Context, st *site.Site, at At) error {
	facts, err := s.dueNow(ctx, st, at, gatehouse.StepCode)
	if err != nil {
		return err
	}
	q := s.Store.Read()
	_, n, err := s.textFactor(ctx, q, facts.User)
	if err != nil {
		return err
	}
	// Checked before the limits are taken from: a second press costs nothing.
	if err := s.codeWait(ctx, q, facts.User); err != nil {
		return err
	}
	if err := s.AllowText(ctx, st, at.Caller, facts.User, n); err != nil {
		return err
	}
	_, err = s.step(ctx, st, at, gatehouse.StepCode, func(tx *act.Unit, facts *gatehouse.SignInFacts) error {
		if err := s.codeWait(tx, tx.Queries, facts.User); err != nil {
			return err
		}
		return s.textCode(tx, *facts, n)
	})
	return err
}

// textCode makes a code for a sign-in and sends it to a phone.
func (s *Service) textCode(tx *act.Unit, f gatehouse.SignInFacts, n phone.Number) (err error) {
	now, plain := tx.Now(), secret.NewCode()
	code := gatehouse.Code{ID: store.NewID("cod", now), MAC: s.codeMAC(f.SignIn, plain), SentAt: now, ExpiresAt: now.Add(tx.Site.Policy.Code)}
	code.MessageID, err = tx.Text(f.User, n.E164, mail.TextMessage{Purpose: mail.TextSignIn, Code: plain, At: now, ExpiresAt: code.ExpiresAt})
	if err != nil {
		return err
	}
	return errors.Join(
		tx.InsertCode(tx, f.SignIn.SiteID, f.User.ID, f.SignIn.ID, code),
		tx.Record(f.User, gatehouse.EventCodeSent, gatehouse.ResultOK, map[string]string{"way": string(gatehouse.WayText)}))
}

// codeWait refuses another code that is requested too early.
func (s *Service) codeWait(ctx context.Context, q store.Queries, u gatehouse.User) error {
	next, err := s.nextCode(ctx, q, u)
	if wait := next.Sub(s.Now()); err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: ReasonCodeWait, RetryAfter: wait}
	}
	return err
}

// findTextCode finds the code among those that were sent for this sign-in.
func (s *Service) findTextCode(ctx context.Context, st *site.Site, facts gatehouse.SignInFacts, codes []gatehouse.Code, typed string) (proof factorProof, fault string, err error) {
	plain, _ := gatehouse.ReadCode(typed)
	code, fault := s.findCode(codes, facts.SignIn, plain)
	if fault != "" {
		return proof, "text-" + fault, nil
	}
	f, _, err := s.textFactor(ctx, s.Store.Read(), facts.User)
	return factorProof{gatehouse.MethodTextMessage, func(tx *act.Unit) (bool, error) {
		used, err := tx.UseCode(tx, st.ID, code.ID, tx.Now())
		if err != nil || !used {
			return used, err
		}
		return true, tx.TouchFactor(tx, st.ID, f.UserID, f.ID, tx.Now())
	}}, "", err
}
