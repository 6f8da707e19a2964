package gatehouse

import "time"

// EmailKeeper is the mailbox that an account's changes of address are answered to: it
// alone may stop one that waits, or take back those that were made.
type EmailKeeper struct {
	// Email is empty where nobody has that power.
	Email string
	// First is the change that led away from Email; its zero value where the account
	// still has the address, and nothing can be taken back.
	First EmailChange
	// Until is when the power to take changes back ends; zero where First is.
	Until time.Time
}

// KeeperOf says who keeps an account with this current address, given the changes that
// were made to it, oldest first.
//
// Changes that follow each other within UndoEmailFor are a chain, and the chain is judged
// as a whole: the address from before its first change had been in place the longest, so
// it keeps its power until UndoEmailFor after the last change, however many follow and
// no matter who makes them. An address that came inside the chain has none: it may be a
// thief's, and the change that replaces it the owner's repair.
//
// What an administrator, an operator or an import changes is the company's word about its
// own account. It gives no power to the address before it, which may be a stranger's or
// that of somebody who has left, so a chain begins with the first change that was made by
// the user. Once that chain has begun, the company's changes do not end it: a thief may
// have asked for them.
func KeeperOf(current string, made []EmailChange, now time.Time) EmailKeeper {
	var chain []EmailChange
	for _, c := range made {
		if c.State != EmailConfirmed || SameMailbox(c.Old, c.New) {
			continue
		}
		if n := len(chain); n > 0 && c.ConfirmedAt.Sub(chain[n-1].ConfirmedAt) >= UndoEmailFor {
			chain = chain[:0]
		}
		if len(chain) > 0 || !c.ByCompany {
			chain = append(chain, c)
		}
	}
	if n := len(chain); n > 0 {
		if until := chain[n-1].ConfirmedAt.Add(UndoEmailFor); now.Before(until) {
			return EmailKeeper{Email: chain[0].Old, First: chain[0], Until: until}
		}
	}
	return EmailKeeper{Email: current}
}

// Is reports whether an address is the keeper's.
func (k EmailKeeper) Is(address string) bool {
	return k.Email != "" && SameMailbox(k.Email, address)
}

// CanRestore reports whether there is something to take back.
func (k EmailKeeper) CanRestore() bool { return !k.Until.IsZero() }

// Undo decides what the link that was mailed to the old address of a change is worth:
// restores, the account gets that address back; else what waits is stopped. ok: the link
// works. changes are those of the user that wait or were made, oldest first.
//
// Any link to the keeper's address does all that the keeper may do, so it does not matter
// which of several mails is opened. It must not be from long before the chain, though: a
// mailbox can have been somebody else's then.
func (c EmailChange) Undo(u User, changes []EmailChange, now time.Time) (restores, ok bool) {
	keeper := KeeperOf(u.Email, changes, now)
	if c.State == EmailUndone || c.ByCompany || u.State == Deactivated || !keeper.Is(c.Old) {
		return false, false
	}
	if keeper.CanRestore() {
		ok := keeper.First.AskedAt.Sub(c.AskedAt) < UndoEmailFor
		return ok, ok
	}
	for _, w := range changes {
		if w.State == EmailAsked && SameMailbox(w.Old, u.Email) && now.Before(c.AskedAt.Add(UndoEmailFor)) {
			return false, true
		}
	}
	return false, false
}
