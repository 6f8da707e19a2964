package mail

import (
	"time"

	"gatehouse"
)

// OperatorChanged tells an operator, and all owners, that somebody is an operator now, has another
// role, or can no longer sign in: nobody becomes one in silence.
type OperatorChanged struct {
	notice
	Username, Name string
	What           AccountAct
	Role           gatehouse.Role
	// By is the owner's name; empty: a command on the server did it.
	By string
	At time.Time
}

// Kind implements Message.
func (OperatorChanged) Kind() string { return "operator-changed" }
