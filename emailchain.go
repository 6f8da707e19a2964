package gatehouse

import "time"

// EmailKeeper is the mailbox that controls changes of an account's address: it alone may stop a
// waiting one, or undo those that were made.
type EmailKeeper struct {
	// Email is empty if nobody has that power.
	Email string
	// First is the change that led away from Email; its zero value if the account still has the
	// address and there is nothing to undo.
	First EmailChange
	// Until is when the power to undo changes ends; zero if First is.
	Until time.Time
}

// KeeperOf returns the keeper of an account with this current address, given the changes that were
// made to it, oldest first.
//
// Changes that follow each other within UndoEmailFor are a chain, and the chain is judged as a
// whole. The address before its first change had been in place the longest, so it keeps its power
// until UndoEmailFor after the last change, no matter how many follow or who makes them. An
// address that came inside the chain has none: it may be a thief's, and the change that replaces
// it the owner's repair.
//
// Changes by an administrator, an operator or an import are the company's decision about its own
// account. They give no power to the previous address, which may be a stranger's or a former
// employee's, so a chain begins with the first change that was made by the user. Once that chain
// has begun, the company's changes do not end it: a thief may have asked for them.
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

// CanRestore reports whether there is anything to undo.
func (k EmailKeeper) CanRestore() bool { return !k.Until.IsZero() }

// Undo decides what the link that was mailed to the old address of a change does. If it restores,
// the account gets that address back; otherwise it stops a waiting change. ok: the link works.
// changes are the user's changes that wait or were made, oldest first.
//
// Any link to the keeper's address does all that the keeper may do, so it does not matter which of
// several mails is opened. It must not be from long before the chain, though: the mailbox may have
// been somebody else's then.
func (c EmailChange) Undo(u User, changes []EmailChange, now time.Time) (restores, ok bool) {
	keeper := KeeperOf(u.Email, changes, now)
	if c.State == EmailUndone || c.ByCompany || u.Off() || !keeper.Is(c.Old) {
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
