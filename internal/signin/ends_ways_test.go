package signin_test

import (
	"errors"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/directory"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/store"
)

const (
	oldHash = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
	newHash = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWz"
)

var newPassword = signin.NewPassword{Old: first, New: second, Repeat: second}

// waysToEnd are the ways that the services offer. A page calls the method of a service as an
// administrator or as the user, a command as an operator.
var waysToEnd = []way{
	{change: gatehouse.PasswordChanged, name: "the user's page", kept: gatehouse.Kept{Session: "yes", Device: "yes"}, act: func(o *opened) error {
		_, err := o.SignIn.ChangePassword(ctx, o.st, o.in, newPassword)
		return err
	}},
	{change: gatehouse.PasswordChanged, name: "a step", is: unfinished, kept: gatehouse.Kept{SignIn: "yes", Device: "yes"}, act: func(o *opened) error {
		_, err := o.SignIn.ChoosePassword(ctx, o.st, o.at, newPassword)
		return err
	}},
	{change: gatehouse.PasswordIssued, name: "page", act: func(o *opened) error {
		return o.desk.SendPassword(ctx, o.st, o.administrator(), o.user.ID)
	}},
	{change: gatehouse.PasswordIssued, name: "command", act: func(o *opened) error {
		_, err := o.desk.ResetPassword(ctx, o.st, operator, o.user.ID)
		return err
	}},
	{change: gatehouse.PasswordIssued, name: "import", is: justImported, act: func(o *opened) error { return o.imports("password_hash", newHash) }},
	{change: gatehouse.PasswordRenewed, name: "the sign-in page", is: tooLate, act: func(o *opened) error {
		cookie, over := secret.NewToken(), &signin.TemporaryOverError{}
		_, err := o.SignIn.Password(ctx, o.st, signin.PasswordRequest{Username: o.user.Username, Password: first, SignIn: cookie, Caller: visitor(o.st)})
		if !errors.As(err, &over) {
			return err
		}
		return o.SignIn.MailTemporary(ctx, o.st, visitor(o.st), over.Ticket, cookie)
	}},
	{change: gatehouse.CompanySuspended, name: "an operator", act: func(o *opened) error {
		err := o.desk.Suspend(ctx, o.st, operator, o.user.CompanyID, "not paid", "")
		o.setSuspended(time.Time{}) // for the other ways
		return err
	}},
	{change: gatehouse.CompanyResumed, name: "an operator", act: func(o *opened) error {
		o.setSuspended(o.Clock.Now())
		return o.desk.Resume(ctx, o.st, operator, o.user.CompanyID, "")
	}},
	{change: gatehouse.Moved, name: "an operator", act: func(o *opened) error {
		_, err := o.desk.MoveUsers(ctx, o.st, operator, o.user.CompanyID, directory.Move{To: o.company().ID, Users: []string{o.user.ID}})
		return err
	}},
	{change: gatehouse.Moved, name: "a merge", act: func(o *opened) error {
		_, err := o.desk.MergeCompany(ctx, o.st, operator, o.user.CompanyID, directory.Merge{To: o.company().ID})
		return err
	}},
	{change: gatehouse.PasswordUsed, name: "the sign-in page", is: temporarily, act: func(o *opened) error {
		_, err := o.enter(o.user, first, "")
		return err
	}},
	{change: gatehouse.Recovered, name: "link", act: func(o *opened) error {
		token := secret.NewToken()
		o.put(func(q store.Queries, now time.Time) error {
			return q.InsertRecovery(ctx, secret.HashToken(token), store.Recovery{SiteID: o.st.ID, ID: store.NewID("rec", now), Kind: gatehouse.RecoverByLink,
				UserID: o.user.ID, Subject: o.user.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)})
		})
		return o.SignIn.ResetPassword(ctx, o.st, visitor(o.st), token, newPassword)
	}},
	{change: gatehouse.QuestionChanged, name: "page", act: func(o *opened) error {
		return o.SignIn.SetChallenge(ctx, o.st, o.in, gatehouse.ChallengeForm{Question: "pet", Answer: answer, CurrentPassword: first})
	}},
	{change: gatehouse.AddressChanged, name: "page", act: func(o *opened) error {
		token := secret.NewToken()
		o.put(func(q store.Queries, now time.Time) error {
			c := o.asked
			c.ID, c.New = store.NewID("eml", now), "right-"+o.user.Email
			return q.InsertEmailChange(ctx, secret.HashToken(token), c)
		})
		return o.own.ConfirmEmail(ctx, o.st, visitor(o.st), token)
	}},
	{change: gatehouse.AddressCorrected, name: "page", temporary: true, act: func(o *opened) error {
		_, err := o.desk.CorrectEmail(ctx, o.st, o.administrator(), o.user.ID, "right-"+o.user.Email)
		return err
	}},
	{change: gatehouse.AddressCorrected, name: "page, to be confirmed", temporary: true, site: "inkwell", act: func(o *opened) error {
		_, err := o.desk.CorrectEmail(ctx, o.st, o.administrator(), o.user.ID, "right-"+o.user.Email)
		return err
	}},
	{change: gatehouse.AddressCorrected, name: "command", temporary: true, act: func(o *opened) error {
		email := "right-" + o.user.Email
		_, err := o.desk.UpdateUser(ctx, o.st, operator, o.user.ID, directory.UserChange{Email: &email})
		return err
	}},
	{change: gatehouse.AddressCorrected, name: "import", temporary: true, is: unconfirmed, act: func(o *opened) error { return o.imports("email", "right-"+o.user.Email) }},
	{change: gatehouse.AddressStopped, name: "link", act: func(o *opened) error {
		_, err := o.own.UndoEmail(ctx, o.st, visitor(o.st), o.undoToken(o.asked))
		return err
	}},
	{change: gatehouse.AddressRestored, name: "link", act: func(o *opened) error {
		made := o.asked
		o.put(func(q store.Queries, now time.Time) error {
			made.ID, made.Old, made.New = store.NewID("eml", now), "before-"+o.user.Email, o.user.Email
			made.State, made.ConfirmedAt = gatehouse.EmailConfirmed, now
			return q.InsertEmailChange(ctx, made.ID, made)
		})
		_, err := o.own.UndoEmail(ctx, o.st, visitor(o.st), o.undoToken(made))
		return err
	}},
	{change: gatehouse.RoleChanged, name: "page", temporary: true, act: func(o *opened) error { return o.role(o.administrator()) }},
	{change: gatehouse.RoleChanged, name: "command", act: func(o *opened) error { return o.role(operator) }},
	{change: gatehouse.RoleChanged, name: "import", act: func(o *opened) error { return o.imports("role", "admin") }},
	{change: gatehouse.Locked, name: "guesses in a known browser", act: func(o *opened) error {
		for range 30 {
			if o.User(o.user).Locked() {
				return nil
			}
			o.enter(o.user, wrong, o.in.Device) //nolint:errcheck // it is wrong
		}
		return errors.New("it is not locked")
	}},
	{change: gatehouse.Unlocked, name: "page", temporary: true, act: func(o *opened) error {
		return o.desk.Unlock(ctx, o.st, o.administrator(), o.user.ID)
	}},
	{change: gatehouse.Unlocked, name: "command", act: func(o *opened) error { return o.desk.Unlock(ctx, o.st, operator, o.user.ID) }},
	{change: gatehouse.TurnedOff, name: "page", temporary: true, act: func(o *opened) error {
		return o.desk.Deactivate(ctx, o.st, o.administrator(), o.user.ID)
	}},
	{change: gatehouse.TurnedOff, name: "command", act: func(o *opened) error { return o.desk.Deactivate(ctx, o.st, operator, o.user.ID) }},
	{change: gatehouse.TurnedOff, name: "import", act: func(o *opened) error { return o.imports("active", "no") }},
	{change: gatehouse.TurnedOn, name: "page", is: turnedOff, temporary: true, act: func(o *opened) error {
		return o.desk.Activate(ctx, o.st, o.administrator(), o.user.ID)
	}},
	{change: gatehouse.TurnedOn, name: "command", is: turnedOff, act: func(o *opened) error { return o.desk.Activate(ctx, o.st, operator, o.user.ID) }},
	{change: gatehouse.TurnedOn, name: "import", is: turnedOff, act: func(o *opened) error { return o.imports("active", "yes") }},
	{change: gatehouse.TwoFactorChanged, name: "the user's page", act: func(o *opened) error {
		return o.own.SaveSecurity(ctx, o.st, o.in, o.here, account.SecurityForm{Own: "on"})
	}},
	{change: gatehouse.TwoFactorChanged, name: "page", temporary: true, act: func(o *opened) error {
		return o.desk.ResetTwoFactor(ctx, o.st, o.administrator(), o.user.ID)
	}},
	{change: gatehouse.TwoFactorChanged, name: "command", act: func(o *opened) error { return o.desk.ResetTwoFactor(ctx, o.st, operator, o.user.ID) }},
	{change: gatehouse.DeviceDistrusted, name: "the user's page", act: func(o *opened) error {
		return o.own.EndTrust(ctx, o.st, o.in.Caller, o.here, o.devices[1])
	}},
	{change: gatehouse.DeviceDistrusted, name: "page", act: func(o *opened) error {
		return o.desk.EndTrust(ctx, o.st, o.administrator(), o.user.ID, o.devices[1])
	}},
	{change: gatehouse.SignedOutElsewhere, name: "page", kept: gatehouse.Kept{Session: "yes", Device: "yes"}, act: func(o *opened) error {
		return o.own.SignOutElsewhere(ctx, o.st, o.in.Caller, o.here)
	}},
	{change: gatehouse.Disowned, name: "page", kept: gatehouse.Kept{Session: "yes", Device: "yes"}, act: func(o *opened) error {
		var id string
		o.put(func(q store.Queries, now time.Time) error {
			id = store.NewID("evt", now)
			return q.InsertEvent(ctx, visitor(o.st).Event(id, now.Add(-time.Hour), o.st.ID, o.user, gatehouse.EventSignIn, gatehouse.ResultOK, nil))
		})
		return o.own.NotMe(ctx, o.st, o.in.Caller, o.here, id)
	}},
}

func temporarily(u *gatehouse.User) {
	u.FirstSignInAt = time.Time{}
	u.Password.Origin, u.Password.ExpiresAt = gatehouse.PasswordInitial, u.Password.SetAt.Add(24*time.Hour)
}

// unfinished has another step after the password.
func unfinished(u *gatehouse.User) {
	temporarily(u)
	u.ChallengeSet = false
}

func tooLate(u *gatehouse.User) {
	temporarily(u)
	u.Password.ExpiresAt = u.Password.SetAt.Add(time.Microsecond)
}

// justImported is an account with a password that nobody has used yet.
func justImported(u *gatehouse.User) {
	u.FirstSignInAt, u.Password.Hash, u.Password.SetAt = time.Time{}, oldHash, u.CreatedAt
}

func unconfirmed(u *gatehouse.User) { u.EmailConfirmed = false }

func turnedOff(u *gatehouse.User) { u.State = gatehouse.Deactivated }

// put writes a change into the database.
func (o *opened) put(fn func(q store.Queries, now time.Time) error) {
	o.t.Helper()
	o.must(o.Store.Write(ctx, func(q store.Queries) error { return fn(q, o.Clock.Now()) }))
}

func (o *opened) role(by gatehouse.Caller) error {
	admin := gatehouse.RoleAdmin
	_, err := o.desk.UpdateUser(ctx, o.st, by, o.user.ID, directory.UserChange{Role: &admin})
	return err
}
