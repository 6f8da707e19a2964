// Package directory keeps companies and their users: it creates, changes, unlocks
// and resets them, and imports them from the system before.
//
// Every method takes the caller. Whether the caller may do it is decided in that
// method, and the event is written there, in the transaction of the change. An
// administrator is told "not found" about everything that belongs to another company or
// site (invariant 6); anyone who administers nothing is told "forbidden" before
// anything is looked up. Users come out without their password's hash.
//
// Temporary passwords are mailed to the person. Only where no address is known are
// they returned, for the caller to hand over; they are stored nowhere but hashed.
package directory
