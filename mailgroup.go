package gatehouse

import (
	"maps"
	"slices"
)

// MailGroup is what kinds of mail are about, for those who watch the queue.
type MailGroup string

// The groups. MailOther has what this program sends besides.
const (
	MailCodes     MailGroup = "codes"
	MailPasswords MailGroup = "passwords"
	MailDevices   MailGroup = "devices"
	MailTwoFactor MailGroup = "two-factor"
	MailAddresses MailGroup = "addresses"
	MailOther     MailGroup = "other"
)

// MailGroups are all of them, in the order in which they are shown: first what people wait for.
var MailGroups = []MailGroup{MailCodes, MailPasswords, MailDevices, MailTwoFactor, MailAddresses, MailOther}

var mailGroups = map[string]MailGroup{
	"verification-code": MailCodes, "text-sign-in": MailCodes, "text-set-up": MailCodes,
	"temporary-password": MailPasswords, "reset-link": MailPasswords, "recovery-link": MailPasswords, "invitation": MailPasswords,
	"new-device":         MailDevices,
	"two-factor-enabled": MailTwoFactor, "two-factor-disabled": MailTwoFactor, "factor-required": MailTwoFactor, "two-factor-reset": MailTwoFactor,
	"two-factor-reset-asked": MailTwoFactor, "factor-asked": MailTwoFactor, "factor-changed": MailTwoFactor, "own-two-factor": MailTwoFactor,
	"wrong-codes":     MailTwoFactor,
	"confirm-address": MailAddresses, "address-change-asked": MailAddresses, "address-changed": MailAddresses, "address-undone": MailAddresses,
	"address-taken": MailAddresses, "address-corrected": MailAddresses,
}

// MailGroupOf is the group of a kind of message.
func MailGroupOf(kind string) MailGroup {
	if g, known := mailGroups[kind]; known {
		return g
	}
	return MailOther
}

// KindsOfMail are the kinds of a group; of MailOther, which has all the others, those of the other
// groups; none for no group.
func KindsOfMail(g MailGroup) (kinds []string) {
	for _, kind := range slices.Sorted(maps.Keys(mailGroups)) {
		if mailGroups[kind] == g || g == MailOther {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}
