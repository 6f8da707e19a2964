package signin

import (
	"context"
	"errors"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// ways returns how a user can prove two-factor, and how many recovery codes are left.
func ways(ctx context.Context, q store.Queries, u gatehouse.User, need gatehouse.Requirement) ([]gatehouse.Way, int, error) {
	if u.Factors == 0 {
		return gatehouse.Ways(u, nil, 0, need), 0, nil
	}
	sealed, err := q.Factors(ctx, u.SiteID, u.ID)
	if err != nil {
		return nil, 0, err
	}
	codes, err := q.RecoveryCodes(ctx, u.SiteID, u.ID)
	factors := make([]gatehouse.Factor, len(sealed))
	for i, f := range sealed {
		factors[i] = f.Factor
	}
	left := gatehouse.Left(codes)
	return gatehouse.Ways(u, factors, left, need), left, err
}

// factorProof is what a user has proved: it is used up in the transaction that continues the
// sign-in. used reports whether this call used it.
type factorProof struct {
	method gatehouse.Method
	use    func(*act.Unit) (used bool, err error)
}

// enterFactor accepts a code of an authenticator app or of a text message, a recovery code, or the
// response of a passkey, from a user who has a factor. Each one is counted, and that is committed,
// before it is checked (invariant 3), for the sign-in and for the account's day, together with
// those of all other ways.
func (s *Service) enterFactor(ctx context.Context, st *site.Site, at At, facts gatehouse.SignInFacts, form CodeForm) (Outcome, error) {
	if fault := factorFormFault(form); fault != "" { // it cannot be one, so nothing is guessed and nothing counted
		var f faults
		f.Add("code", fault)
		return Outcome{}, f.Err()
	}
	need := gatehouse.RulesFor(st.Site, facts.Company).At(s.Now())
	if !need.AcceptsWay(form.Way, facts.User) {
		return Outcome{}, atField("code", "way-refused")
	}
	entered, codes, err := s.countCode(ctx, st, at, facts, form.Way == gatehouse.WayText)
	if err != nil {
		return Outcome{}, err
	}
	proof, fault, err := s.findProof(ctx, st, at, facts, codes, form)
	if err != nil {
		return Outcome{}, err
	}
	if fault == "" {
		var out Outcome
		if out, fault, err = s.useFactor(ctx, st, at, proof, form); err != nil || fault == "" {
			return out, err
		}
	}
	if fault == usedFault[form.Way] {
		if err := s.usedJustNow(ctx, st, at, facts); err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{}, s.wrongCode(ctx, st, at, facts, fault, gatehouse.CodeTries-entered)
}

// findProof finds what an entry proves, in the way that it was made; fault says why it proves
// nothing. codes are those sent for the sign-in.
func (s *Service) findProof(ctx context.Context, st *site.Site, at At, facts gatehouse.SignInFacts, codes []gatehouse.Code, form CodeForm) (proof factorProof, fault string, err error) {
	switch form.Way {
	case gatehouse.WayRecoveryCode:
		return s.findRecoveryCode(ctx, st, facts, form.Code)
	case gatehouse.WayPasskey:
		return s.findPasskey(ctx, st, at, facts, form.Code)
	case gatehouse.WayText:
		return s.findTextCode(ctx, st, facts, codes, form.Code)
	}
	return s.findAppCode(ctx, st, at, facts, form.Code)
}

// factorFormFault returns what is wrong with the form of the input; empty: nothing.
func factorFormFault(form CodeForm) string {
	if form.Way == gatehouse.WayPasskey {
		if form.Code == "" {
			return "required"
		}
		return ""
	}
	if form.Way == gatehouse.WayRecoveryCode {
		if _, ok := gatehouse.ReadRecoveryCode(form.Code); !ok {
			return map[string]string{"required": "required", "code-form": "recovery-code-form"}[codeFormFault(form.Code)]
		}
		return ""
	}
	if _, ok := gatehouse.ReadCode(form.Code); !ok {
		return codeFormFault(form.Code)
	}
	return ""
}

// findAppCode finds the app that shows a code. It compares all of the user's apps.
func (s *Service) findAppCode(ctx context.Context, st *site.Site, at At, facts gatehouse.SignInFacts, typed string) (proof factorProof, fault string, err error) {
	plain, _ := gatehouse.ReadCode(typed)
	factors, err := s.Store.Read().Factors(ctx, st.ID, facts.User.ID)
	if err != nil {
		return proof, "", err
	}
	fault = "app-code-wrong"
	var missed []gatehouse.Factor
	for _, f := range factors {
		if f.Kind != gatehouse.FactorApp || !f.Confirmed() {
			continue
		}
		key, err := OpenAppKey(s.Keys, f)
		if err != nil {
			return proof, "", err
		}
		clock, verdict := f.Clock.Take(key, plain, s.Now())
		last := f.Clock.Last
		f.Clock = clock
		switch verdict {
		case gatehouse.AppRight:
			taken := f.Factor
			proof = factorProof{gatehouse.MethodTOTP, func(tx *act.Unit) (bool, error) { return tx.TakeAppCode(tx, taken, last, tx.Now()) }}
			return proof, "", nil
		case gatehouse.AppUsed:
			fault = "app-code-used"
		case gatehouse.AppMissed:
			missed = append(missed, f.Factor)
		}
	}
	if len(missed) == 0 {
		return proof, fault, nil
	}
	return proof, fault, s.Do(ctx, st, at.Caller, func(tx *act.Unit) error {
		for _, f := range missed {
			if err := tx.MissAppCode(tx, f); err != nil {
				return err
			}
		}
		return nil
	})
}

// findRecoveryCode finds a recovery code among a user's. It compares all, each in constant time.
func (s *Service) findRecoveryCode(ctx context.Context, st *site.Site, facts gatehouse.SignInFacts, typed string) (proof factorProof, fault string, err error) {
	plain, _ := gatehouse.ReadRecoveryCode(typed)
	codes, err := s.Store.Read().RecoveryCodes(ctx, st.ID, facts.User.ID)
	fault = "recovery-code-wrong"
	for _, c := range codes {
		if !s.Keys.CheckMAC(recoveryCodePurpose, c.MAC, st.ID, facts.User.ID, plain) {
			continue
		}
		if fault = "recovery-code-used"; c.UsedAt.IsZero() {
			fault = ""
			proof = factorProof{gatehouse.MethodRecoveryCode, func(tx *act.Unit) (bool, error) {
				used, err := tx.UseRecoveryCode(tx, st.ID, facts.User.ID, c, tx.Now())
				if err != nil || !used {
					return used, err
				}
				return true, tellRecoveryCodeUsed(tx, facts.User, gatehouse.Left(codes)-1)
			}}
		}
	}
	return proof, fault, err
}

// tellRecoveryCodeUsed tells the owner, at all addresses, that a recovery code was used, and how many are left.
func tellRecoveryCodeUsed(tx *act.Unit, u gatehouse.User, left int) error {
	return tx.TellAll(u, func(username string) mail.Message {
		return mail.FactorChanged{Username: username, What: mail.RecoveryCodeUsed, Left: left, At: tx.Now(),
			IPAddress: tx.Caller.IPAddress, Place: tx.PlaceFor(u), Browser: tx.DeviceFor(u)}
	})
}

// useFactor uses up a proof and continues the sign-in.
func (s *Service) useFactor(ctx context.Context, st *site.Site, at At, proof factorProof, form CodeForm) (out Outcome, fault string, err error) {
	out, err = s.step(ctx, st, at, gatehouse.StepCode, func(tx *act.Unit, facts *gatehouse.SignInFacts) error {
		in := &facts.SignIn
		used, err := proof.use(tx)
		if err != nil {
			return err
		}
		if !used {
			return errCodeLate
		}
		in.TwoFactorAt, in.TwoFactorMethod = tx.Now(), proof.method
		// A recovery code replaces a lost phone: it makes no device trusted.
		in.TrustDevice = form.Trust && st.Policy.For(facts.Policy).TrustedDevice > 0 && proof.method != gatehouse.MethodRecoveryCode
		return tx.Record(facts.User, gatehouse.EventCode, gatehouse.ResultOK, map[string]string{"method": string(proof.method)})
	})
	if errors.Is(err, errCodeLate) {
		return Outcome{}, usedFault[form.Way], nil
	}
	return out, "", err
}

// usedFault are the faults for a proof that was just used up; empty way: the app's.
var usedFault = map[gatehouse.Way]string{"": "app-code-used", gatehouse.WayApp: "app-code-used",
	gatehouse.WayRecoveryCode: "recovery-code-used", gatehouse.WayPasskey: "passkey-late", gatehouse.WayText: "text-code-used"}

// The purposes that app keys and recovery codes are sealed and hashed for.
const (
	appKeyPurpose       = "app-key"
	recoveryCodePurpose = "recovery-code"
)

// SealAppKey seals the key of an authenticator app for its user, so nobody can move it to another
// account in the database.
func SealAppKey(keys *secret.Keys, f gatehouse.Factor, key []byte) ([]byte, error) {
	return keys.Seal(appKeyPurpose+":"+f.UserID+":"+f.ID, key)
}

// OpenAppKey returns the key of an authenticator app.
func OpenAppKey(keys *secret.Keys, f store.SealedFactor) ([]byte, error) {
	return keys.Open(appKeyPurpose+":"+f.UserID+":"+f.ID, f.Sealed)
}

// RecoveryCodeMAC returns the stored form of a user's recovery code.
func RecoveryCodeMAC(keys *secret.Keys, u gatehouse.User, plain string) string {
	return keys.MAC(recoveryCodePurpose, u.SiteID, u.ID, plain)
}
