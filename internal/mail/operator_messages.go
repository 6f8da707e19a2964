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

// AlertOpened tells those who run the installation that something is wrong.
type AlertOpened struct {
	notice
	What             gatehouse.AlertKind
	Cause            string
	Value, Threshold int64
	At               time.Time
}

// Kind implements Message.
func (AlertOpened) Kind() string { return "alert-opened" }

// Shown and Bound are the value and the threshold as people read them.
func (m AlertOpened) Shown() int64 { return m.What.Shown(m.Value) }
func (m AlertOpened) Bound() int64 { return m.What.Shown(m.Threshold) }

// Many: it is about further causes than those that have alerts of their own.
func (m AlertOpened) Many() bool { return m.Cause == gatehouse.AlertMany }

// Kind implements Message.
func (OperatorChanged) Kind() string { return "operator-changed" }
