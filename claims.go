package gatehouse

// MostAccounts is the maximum number of accounts with one address that an action covers.
const MostAccounts = 5

// Claim is how well the account's user has proved the address: lower is better. An administrator
// can write any address into an account. An unproved claim must not take anything away from a
// proved one.
type Claim int

// The claims to an address.
const (
	ConfirmedClaim Claim = iota
	// ConfirmedOnce is the confirmed claim of a deactivated account.
	ConfirmedOnce
	UnconfirmedClaim
	// UnconfirmedOnce is the unconfirmed claim of a deactivated account.
	UnconfirmedOnce
)

// EmailClaim is the user's claim to the address of the account.
func (u User) EmailClaim() Claim {
	switch inactive := u.State == Deactivated; {
	case u.EmailConfirmed && inactive:
		return ConfirmedOnce
	case u.EmailConfirmed:
		return ConfirmedClaim
	case inactive:
		return UnconfirmedOnce
	}
	return UnconfirmedClaim
}

// MeantBy returns the account that an address identifies by itself, out of those that have it in
// the order of their claims: the only one, or the only one with the best claim. ok: there is one.
func MeantBy(users []User) (u User, ok bool) {
	if len(users) == 0 || len(users) > 1 && users[0].EmailClaim() == users[1].EmailClaim() {
		return User{}, false
	}
	return users[0], true
}

// ConfirmedFirst returns the accounts to help when somebody gives their address. If any account
// has confirmed it, each company adds at most one unconfirmed account, so people are not flooded
// with mail about accounts that others have put their address into. If none has, as after an
// import, it returns all. It keeps the order.
func ConfirmedFirst(users []User) []User {
	if !anyConfirmed(users) {
		return users
	}
	var some []User
	unconfirmed := map[string]bool{}
	for _, u := range users {
		if u.EmailConfirmed || !unconfirmed[u.CompanyID] {
			some = append(some, u)
		}
		if !u.EmailConfirmed {
			unconfirmed[u.CompanyID] = true
		}
	}
	return some
}

// ConfirmedOnly returns the accounts that hear of a request about their address: those that have
// confirmed it, or all if none has. A request to one's own company is not for another company that
// has only claimed the address.
func ConfirmedOnly(users []User) []User {
	if !anyConfirmed(users) {
		return users
	}
	var some []User
	for _, u := range users {
		if u.EmailConfirmed {
			some = append(some, u)
		}
	}
	return some
}

func anyConfirmed(users []User) bool {
	for _, u := range users {
		if u.EmailConfirmed {
			return true
		}
	}
	return false
}
