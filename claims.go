package gatehouse

// MostAccounts is for how many accounts with one address something is done.
const MostAccounts = 5

// Claim is how well an account's address is proved to be its person's: lower is better.
// An administrator can write any address into an account. What nobody has proved must not
// take anything away from who has.
type Claim int

// The claims to an address.
const (
	ConfirmedClaim Claim = iota
	// ConfirmedOnce is that of a deactivated account.
	ConfirmedOnce
	UnconfirmedClaim
	// UnconfirmedOnce is that of a deactivated account.
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

// MeantBy is the account that an address means by itself, of those that have it in the
// order of their claims: the only one, or the only one with the best claim. ok: there is
// one.
func MeantBy(users []User) (u User, ok bool) {
	if len(users) == 0 || len(users) > 1 && users[0].EmailClaim() == users[1].EmailClaim() {
		return User{}, false
	}
	return users[0], true
}

// ConfirmedFirst are the accounts that are helped when somebody gives their address. Where
// somebody has confirmed it, each company gets in one more account that nobody has, and
// no company gets in more than that: people are not sent a heap of mail about accounts
// that others have put their address into. Where nobody has, as after an import, all are.
// The order stays.
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

// ConfirmedOnly are the accounts that hear of a request about their address: those that
// have confirmed it, or all where nobody has. What somebody writes to the own company is
// not for another one that has only claimed the address.
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
