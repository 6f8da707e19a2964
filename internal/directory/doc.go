// Package directory manages companies and their users: it creates, changes, unlocks and resets
// them, and imports them from the previous system.
//
// Every method takes the caller. The method itself decides whether the caller may do it, and
// writes the event in the transaction of the change. An administrator gets "not found" for
// everything that belongs to another company or site (invariant 6); a caller who administers
// nothing gets "forbidden" before anything is looked up. Users are returned without their
// password's hash.
//
// Temporary passwords are mailed to the user. They are only returned if no address is known, for
// the caller to hand over, and are only stored as hashes.
package directory
