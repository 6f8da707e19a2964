package act

import "gatehouse"

// ErrForbidden is the answer to an operator who may no longer do this.
var ErrForbidden = &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: "forbidden"}

// StillOperates refuses an operator who has signed in and may no longer do this: deactivated, locked
// or given another role a moment ago. Others pass.
func (tx *Unit) StillOperates() error {
	if !tx.Caller.SignedInOperator() {
		return nil
	}
	u, err := tx.User(tx, gatehouse.OperatorsSite, tx.Caller.UserID)
	if gatehouse.KindOf(err) == gatehouse.NotFound && err != nil {
		return ErrForbidden
	}
	now := tx.Caller
	now.Role = u.Role
	if err == nil && (!u.MaySignIn() || !now.MayManage(tx.Site.ID, "")) {
		err = ErrForbidden
	}
	return err
}
