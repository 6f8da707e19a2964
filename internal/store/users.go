package store

import (
	"context"
	"time"

	"gatehouse"
)

const ownUserColumns = `site_id, id, company_id, username, first_name, last_name, email, email_confirmed,
	role, state, locale, locked_at, lock_reason, password_hash, password_origin, password_set_at,
	password_expires_at, first_sign_in_at, last_sign_in_at, challenge_set, terms_accepted,
	sole_user_for, sole_user, created_at, password_used_by, password_warned, codes_on_request,
	own_two_factor, factors, apps, passkeys, bounced_at, bounce_reason, bounce_reported, deleted_at, deleted_state`

// userColumns are a user's own columns, and since when the company is suspended. That is read with the
// account, and not written to it: there is one truth about a company, also for users who are added
// while it is being suspended.
var userColumns = userColumnsOf("users")

// userColumnsOf are the userColumns of a query that calls the users something else.
func userColumnsOf(alias string) string {
	return ownUserColumns + `, (SELECT firm.suspended_at FROM companies firm WHERE firm.site_id = ` + alias + `.site_id AND firm.id = ` + alias + `.company_id)`
}

// userFields are the destinations of a row's columns, in the order of userColumns.
func userFields(u *gatehouse.User) []any {
	return []any{&u.SiteID, &u.ID, &u.CompanyID, &u.Username, &u.FirstName, &u.LastName, &u.Email, &u.EmailConfirmed,
		&u.Role, &u.State, &u.Locale, when{&u.LockedAt}, &u.LockReason, &u.Password.Hash, &u.Password.Origin,
		when{&u.Password.SetAt}, when{&u.Password.ExpiresAt}, when{&u.FirstSignInAt}, when{&u.LastSignInAt},
		&u.ChallengeSet, &u.TermsAccepted, &u.SoleUserFor, &u.SoleUser, when{&u.CreatedAt}, &u.Password.UsedBy, &u.Password.Warned, &u.CodesOnRequest,
		&u.OwnTwoFactor, &u.Factors, &u.Apps, &u.Passkeys, when{&u.Bounce.At}, &u.Bounce.Reason, &u.Bounce.Reported,
		when{&u.DeletedAt}, &u.DeletedState, when{&u.SuspendedAt}}
}

// InsertUser adds a user; Conflict if the site already has the username.
func (q Queries) InsertUser(ctx context.Context, u gatehouse.User) error {
	return q.InsertUsers(ctx, []gatehouse.User{u})
}

var insertUsers = insertion("users", ownUserColumns+", username_key, email_key, changed")

// InsertUsers is InsertUser for many.
func (q Queries) InsertUsers(ctx context.Context, users []gatehouse.User) error {
	rows, stamps := make([][]any, len(users)), map[[2]string]int64{}
	for i, u := range users {
		of := [2]string{u.SiteID, u.CompanyID}
		if _, known := stamps[of]; !known {
			stamp, err := q.stampFor(ctx, u.SiteID, u.CompanyID)
			if err != nil {
				return err
			}
			stamps[of] = stamp
		}
		rows[i] = append(userValues(u), stamps[of])
	}
	return q.insertRows(ctx, insertUsers, rows)
}

// userValues are a user's columns, in the order of InsertUser, without the stamp.
func userValues(u gatehouse.User) []any {
	return []any{u.SiteID, u.ID, u.CompanyID, u.Username, u.FirstName, u.LastName, u.Email, u.EmailConfirmed,
		string(u.Role), string(u.State), u.Locale, micros(u.LockedAt), string(u.LockReason), u.Password.Hash,
		string(u.Password.Origin), micros(u.Password.SetAt), micros(u.Password.ExpiresAt), micros(u.FirstSignInAt),
		micros(u.LastSignInAt), u.ChallengeSet, u.TermsAccepted, u.SoleUserFor, u.SoleUser, micros(u.CreatedAt),
		u.Password.UsedBy, u.Password.Warned, u.CodesOnRequest,
		u.OwnTwoFactor, u.Factors, u.Apps, u.Passkeys, micros(u.Bounce.At), u.Bounce.Reason, u.Bounce.Reported,
		micros(u.DeletedAt), string(u.DeletedState),
		gatehouse.NameKey(u.Username), gatehouse.NameKey(u.Email)}
}

// UpdateProfile writes a user's names, address, role and locale, and when the profile, as
// applications read it, was last changed. A bounce mark was about the old address, so it is
// deleted. An old key (rekey) stays while the name does.
func (q Queries) UpdateProfile(ctx context.Context, u gatehouse.User, now time.Time) error {
	n, err := q.exec(ctx, "update profile", q.changes()+`username = $3,
		username_key = CASE WHEN username = $3 THEN username_key ELSE $4 END, first_name = $5,
		last_name = $6, email = $7, email_key = $8, email_confirmed = $9, role = $10, locale = $11,
		bounced_at = CASE WHEN email = $7 THEN bounced_at ELSE 0 END,
		bounce_reason = CASE WHEN email = $7 THEN bounce_reason ELSE '' END,
		bounce_reported = email = $7 AND bounce_reported,
		profile_changed_at = CASE WHEN username = $3 AND first_name = $5 AND last_name = $6 AND locale = $11 THEN profile_changed_at ELSE $12 END
		WHERE site_id = $1 AND id = $2`,
		u.SiteID, u.ID, u.Username, gatehouse.NameKey(u.Username), u.FirstName, u.LastName, u.Email,
		gatehouse.NameKey(u.Email), u.EmailConfirmed, string(u.Role), u.Locale, micros(now))
	return oneRow(n, err)
}

// SetUserState writes the state of a user who exists. Acts on many users call it for each.
func (q Queries) SetUserState(ctx context.Context, siteID, id string, state gatehouse.UserState) error {
	return q.later(ctx, "set state", q.changes()+`state = $3 WHERE site_id = $1 AND id = $2`, siteID, id, string(state))
}

// ReplaceHash stores a newer hash of the same password, unless the password has been changed since
// the old hash was read. It reports whether it did.
func (q Queries) ReplaceHash(ctx context.Context, siteID, id, old, fresh string) (bool, error) {
	n, err := q.exec(ctx, "replace hash", `UPDATE users SET password_hash = $4
		WHERE site_id = $1 AND id = $2 AND password_hash = $3`, siteID, id, old, fresh)
	return n == 1, err
}

// LockUser locks a user for everybody; an existing lock stays as it is. It reports whether this
// call locked.
func (q Queries) LockUser(ctx context.Context, siteID, id string, reason gatehouse.LockReason, now time.Time) (bool, error) {
	n, err := q.exec(ctx, "lock user", q.changes()+`locked_at = $3, lock_reason = $4
		WHERE site_id = $1 AND id = $2 AND locked_at = 0`, siteID, id, micros(now), string(reason))
	return n == 1, err
}

// UnlockUser ends a user's lock.
func (q Queries) UnlockUser(ctx context.Context, siteID, id string) error {
	n, err := q.exec(ctx, "unlock user", q.changes()+`locked_at = 0, lock_reason = ''
		WHERE site_id = $1 AND id = $2`, siteID, id)
	return oneRow(n, err)
}

// EndLock ends the lock that a user has had since the given time, and no other one. It reports
// whether it did.
func (q Queries) EndLock(ctx context.Context, siteID, id string, lockedAt time.Time) (bool, error) {
	n, err := q.exec(ctx, "end lock", q.changes()+`locked_at = 0, lock_reason = ''
		WHERE site_id = $1 AND id = $2 AND locked_at = $3`, siteID, id, micros(lockedAt))
	return n == 1, err
}

// SignedIn records a finished sign-in of a held user; an invited one becomes active.
func (q Queries) SignedIn(ctx context.Context, siteID, id string, now time.Time) error {
	return q.later(ctx, "signed in", q.changes()+`last_sign_in_at = $3,
		first_sign_in_at = CASE WHEN first_sign_in_at = 0 THEN $3 ELSE first_sign_in_at END,
		state = CASE WHEN state = 'invited' THEN 'active' ELSE state END
		WHERE site_id = $1 AND id = $2`, siteID, id, micros(now))
}

// SignedInAgain is SignedIn for a user who is active and has signed in on the same day before. Lists
// show nothing else of it, so it changes nothing that is in an index.
func (q Queries) SignedInAgain(ctx context.Context, siteID, id string, now time.Time) error {
	return q.later(ctx, "signed in again", `UPDATE users SET last_sign_in_at = $3 WHERE site_id = $1 AND id = $2`, siteID, id, micros(now))
}

// User returns a user by ID.
func (q Queries) User(ctx context.Context, siteID, id string) (u gatehouse.User, err error) {
	err = q.one(ctx, "user", userText, []any{siteID, id}, userFields(&u)...)
	return u, err
}

// HoldUser returns a user and holds the account: until the transaction ends, nobody else changes
// it. Opening a session requires this, so a concurrent reset, lock or deactivation comes either
// before, and is seen here, or after, and ends the session.
func (q Queries) HoldUser(ctx context.Context, siteID, id string) (u gatehouse.User, err error) {
	err = q.one(ctx, "hold user", q.holdUserText(), []any{siteID, id}, userFields(&u)...)
	return u, err
}

func (q Queries) holdUserText() string { return userText + q.d.hold }

var userText = `SELECT ` + userColumns + ` FROM users WHERE site_id = $1 AND id = $2 `

// UserByUsername returns a user by username, compared by gatehouse.NameKey. If two have the same
// key, because one has kept a former key (rekey), it returns the one with this exact spelling.
func (q Queries) UserByUsername(ctx context.Context, siteID, username string) (u gatehouse.User, err error) {
	key, former := gatehouse.NameKey(username), gatehouse.FormerNameKey(username)
	found, err := q.users(ctx, `SELECT `+userColumns+` FROM users WHERE site_id = $1 AND username_key IN ($2, $3)`, siteID, key, former)
	if err != nil {
		return u, err
	}
	err = gatehouse.ErrNotFound
	for _, other := range found {
		switch {
		case gatehouse.NameKey(other.Username) != key: // a former key of this name, and a current key of another name
		case err != nil, gatehouse.FormerNameKey(other.Username) == former:
			u, err = other, nil
		}
	}
	return u, err
}

// UsersByEmail returns up to limit users with an address, compared by gatehouse.NameKey, in the
// order of their claims (gatehouse.Claim). Among equal claims the companies take turns, so none of
// them fills the list with its own accounts. Accounts of one site may share an address if they
// sign in by username.
func (q Queries) UsersByEmail(ctx context.Context, siteID, email string, limit int) ([]gatehouse.User, error) {
	const claim = `CASE WHEN email_confirmed THEN 0 ELSE 2 END + CASE WHEN state = 'deactivated' THEN 1 ELSE 0 END`
	// Otherwise SQLite would read all users of the site in the order of their companies, to number
	// them.
	return q.users(ctx, `WITH those AS MATERIALIZED (SELECT * FROM users WHERE site_id = $1 AND email_key = $2 AND email_key <> '')
		SELECT `+userColumnsOf("claims")+` FROM (
			SELECT *, `+claim+` AS claim, ROW_NUMBER() OVER (PARTITION BY company_id, `+claim+` ORDER BY id) AS turn FROM those) AS claims
		ORDER BY claim, turn, id LIMIT $3`, siteID, gatehouse.NameKey(email), limit)
}

// Users returns up to limit users of a company in the order of their usernames, after the given
// username key. No list has deleted users; see DeletedUsers.
func (q Queries) Users(ctx context.Context, siteID, companyID, after string, limit int) ([]gatehouse.User, error) {
	return q.users(ctx, `SELECT `+userColumns+` FROM users
		WHERE site_id = $1 AND company_id = $2 AND username_key > $3 AND deleted_at = 0 ORDER BY username_key LIMIT $4`,
		siteID, companyID, after, limit)
}

// UsersOfSite is Users over all companies of a site.
func (q Queries) UsersOfSite(ctx context.Context, siteID, after string, limit int) ([]gatehouse.User, error) {
	return q.users(ctx, `SELECT `+userColumns+` FROM users
		WHERE site_id = $1 AND username_key > $2 AND deleted_at = 0 ORDER BY username_key LIMIT $3`, siteID, after, limit)
}

func (q Queries) users(ctx context.Context, text string, args ...any) ([]gatehouse.User, error) {
	var all []gatehouse.User
	err := q.all(ctx, "users", text, args, func(scan func(...any) error) error {
		var u gatehouse.User
		err := scan(userFields(&u)...)
		all = append(all, u)
		return err
	})
	return all, err
}

// CountUsers returns how many users a company has, by state.
func (q Queries) CountUsers(ctx context.Context, siteID, companyID string) (map[gatehouse.UserState]int, error) {
	counts := map[gatehouse.UserState]int{}
	err := q.all(ctx, "count users", `SELECT state, COUNT(*) FROM users WHERE site_id = $1 AND company_id = $2 AND deleted_at = 0 GROUP BY state`,
		[]any{siteID, companyID}, func(scan func(...any) error) error {
			var state gatehouse.UserState
			var n int
			err := scan(&state, &n)
			counts[state] = n
			return err
		})
	return counts, err
}

// Administrator returns the name of an administrator of a company who can help a user: the first
// active one other than the user. Empty if there is none.
func (q Queries) Administrator(ctx context.Context, siteID, companyID, userID string) (string, error) {
	var u gatehouse.User
	err := q.one(ctx, "administrator", `SELECT `+userColumns+` FROM users WHERE site_id = $1 AND company_id = $2
		AND `+leads(siteID)+` AND state = 'active' AND locked_at = 0 AND id <> $3 ORDER BY username_key LIMIT 1`,
		[]any{siteID, companyID, userID}, userFields(&u)...)
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return "", nil
	}
	return u.DisplayName(), err
}

// SetCodesOnRequest records whether a user wants codes only on request (B09).
func (q Queries) SetCodesOnRequest(ctx context.Context, siteID, userID string, onRequest bool) error {
	n, err := q.exec(ctx, "codes on request", `UPDATE users SET codes_on_request = $3 WHERE site_id = $1 AND id = $2`, siteID, userID, onRequest)
	return oneRow(n, err)
}

// ProveEmail records that a user reads the mail of the present address. It reports whether that is
// new.
func (q Queries) ProveEmail(ctx context.Context, siteID, userID, email string) (bool, error) {
	n, err := q.exec(ctx, "prove email", q.changes()+`email_confirmed = TRUE
		WHERE site_id = $1 AND id = $2 AND email = $3 AND NOT email_confirmed`, siteID, userID, email)
	return n == 1, err
}

// SetOwnTwoFactor records whether a user wants a code at every sign-in.
func (q Queries) SetOwnTwoFactor(ctx context.Context, siteID, userID string, own bool) error {
	n, err := q.exec(ctx, "own two-factor", q.changes()+`own_two_factor = $3 WHERE site_id = $1 AND id = $2`, siteID, userID, own)
	return oneRow(n, err)
}

// AcceptTerms records which version of the terms a user has accepted.
func (q Queries) AcceptTerms(ctx context.Context, siteID, id, version string) error {
	n, err := q.exec(ctx, "accept terms", `UPDATE users SET terms_accepted = $3 WHERE site_id = $1 AND id = $2`, siteID, id, version)
	return oneRow(n, err)
}

// AnswerSoleUser records whether a user is the only person who uses the sign-in.
func (q Queries) AnswerSoleUser(ctx context.Context, siteID, id, version string, sole bool) error {
	n, err := q.exec(ctx, "answer sole user", q.changes()+`sole_user_for = $3, sole_user = $4
		WHERE site_id = $1 AND id = $2`, siteID, id, version, sole)
	return oneRow(n, err)
}

// leads is the condition for users who lead: a company's administrators, by an index, and the owners
// among the operators, who are few.
func leads(siteID string) string {
	if siteID == gatehouse.OperatorsSite {
		return "role = 'owner'"
	}
	return "role = 'admin'"
}

// Administrators returns the active administrators of a company who can help a user, except that
// user.
func (q Queries) Administrators(ctx context.Context, siteID, companyID, userID string, limit int) ([]gatehouse.User, error) {
	return q.users(ctx, `SELECT `+userColumns+` FROM users WHERE site_id = $1 AND company_id = $2
		AND `+leads(siteID)+` AND state = 'active' AND locked_at = 0 AND id <> $3 ORDER BY username_key LIMIT $4`,
		siteID, companyID, userID, limit)
}

// AllUsers calls fn for all users of a company in the order of their usernames, without their
// password data.
func (q Queries) AllUsers(ctx context.Context, siteID, companyID string, fn func(gatehouse.User) error) error {
	return q.usersOf(ctx, siteID, companyID, "", fn)
}

// AllAdministrators is AllUsers for the administrators only, by an index.
func (q Queries) AllAdministrators(ctx context.Context, siteID, companyID string, fn func(gatehouse.User) error) error {
	return q.usersOf(ctx, siteID, companyID, "AND role = 'admin'", fn)
}

func (q Queries) usersOf(ctx context.Context, siteID, companyID, which string, fn func(gatehouse.User) error) error {
	return q.listed(ctx, `WHERE site_id = $1 AND company_id = $2 AND deleted_at = 0 `+which+` ORDER BY username_key`, []any{siteID, companyID}, fn)
}

// UsersWithIDs calls fn for those users of a company who have one of these IDs, in any order, without
// their password data.
func (q Queries) UsersWithIDs(ctx context.Context, siteID, companyID string, ids []string, fn func(gatehouse.User) error) error {
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{id}
	}
	// The company is not asked for: SQLite would read all its users.
	return q.listed(ctx, `WHERE site_id = $1 AND id IN (SELECT value ->> 0 FROM `+q.d.each+`($2)) AND deleted_at = 0`, []any{siteID, inJSON(rows)}, func(u gatehouse.User) error {
		if u.CompanyID != companyID {
			return nil
		}
		return fn(u)
	})
}

// listed queries users as lists show them.
func (q Queries) listed(ctx context.Context, where string, args []any, fn func(gatehouse.User) error) error {
	return q.all(ctx, "listed users", `SELECT site_id, id, company_id, username, first_name, last_name, email, email_confirmed, role, state, locale,
		locked_at, lock_reason, first_sign_in_at, last_sign_in_at, own_two_factor, factors, apps, passkeys, bounced_at,
		sole_user_for, sole_user, created_at, deleted_at FROM users `+where, args, func(scan func(...any) error) error {
		var u gatehouse.User
		err := scan(&u.SiteID, &u.ID, &u.CompanyID, &u.Username, &u.FirstName, &u.LastName, &u.Email, &u.EmailConfirmed, &u.Role, &u.State, &u.Locale,
			when{&u.LockedAt}, &u.LockReason, when{&u.FirstSignInAt}, when{&u.LastSignInAt}, &u.OwnTwoFactor, &u.Factors, &u.Apps, &u.Passkeys, when{&u.Bounce.At},
			&u.SoleUserFor, &u.SoleUser, when{&u.CreatedAt}, when{&u.DeletedAt})
		if err != nil {
			return err
		}
		return fn(u)
	})
}

// UsersMark shows whether any user of a company was changed in a way that matters to Enhanced
// Security: the database computes it in a fraction of the time that reading the users takes.
type UsersMark struct {
	Users, Kinds, Moments int64
	Newest                string
}

// UsersMark returns the mark of a company's users. Each user's kind is weighted by something that
// differs between users, so swapping two users changes the sum.
func (q Queries) UsersMark(ctx context.Context, siteID, companyID string) (m UsersMark, err error) {
	err = q.one(ctx, "mark of people", `SELECT COUNT(*),
		CAST(COALESCE(SUM((1 + created_at % 999983 + 7919 * LENGTH(username) + 104729 * LENGTH(email))
			* (CASE state WHEN 'active' THEN 1 WHEN 'invited' THEN 2 ELSE 3 END
			+ CASE WHEN email = '' THEN 4 ELSE 0 END + CASE WHEN email_confirmed THEN 8 ELSE 0 END
			+ CASE WHEN locked_at > 0 THEN 16 ELSE 0 END + CASE WHEN bounced_at > 0 THEN 32 ELSE 0 END
			+ CASE WHEN own_two_factor THEN 64 ELSE 0 END + CASE WHEN factors > 0 THEN 128 ELSE 0 END
			+ CASE WHEN apps > 0 THEN 256 ELSE 0 END + CASE WHEN passkeys > 0 THEN 512 ELSE 0 END)), 0) AS BIGINT),
		CAST(COALESCE(SUM(locked_at % 999983 + bounced_at % 998244353 + first_sign_in_at % 19260817), 0) AS BIGINT), COALESCE(MAX(id), '')
		FROM users WHERE site_id = $1 AND company_id = $2 AND deleted_at = 0`, []any{siteID, companyID}, &m.Users, &m.Kinds, &m.Moments, &m.Newest)
	return m, err
}
