package mail

import (
	"maps"
	"time"
)

// samples are all kinds, in each of their forms.
func samples() map[string]Message {
	all := accountSamples()
	maps.Copy(all, lockSamples())
	maps.Copy(all, noticeSamples())
	return all
}

func lockSamples() map[string]Message {
	lock := Lock{Username: "hkruse", Attempts: 6, At: testTime, Address: "203.0.113.7"}
	until := lock
	until.UnlockAfter, until.Administrator = 90*time.Minute, "Jonas Weber"
	password := TemporaryPassword{Username: "hkruse", Password: "Kepu-37fan-Rodi-94tem-Gasu", ExpiresAt: testTime.Add(24 * time.Hour)}
	account, reset, recovery, operator := password, password, password, password
	account.For, account.Name, account.Company = PasswordForAccount, "Jonas Weber", "Lindenhof Books"
	reset.For, reset.Name, reset.Company = PasswordForReset, "Jonas Weber", "Lindenhof Books"
	operator.For = PasswordForReset
	recovery.For, recovery.At, recovery.Address = PasswordForRecovery, testTime, "203.0.113.7"
	return map[string]Message{
		"locked":                      Locked{lock},
		"locked-until":                Locked{until},
		"locked-strangers":            LockedStrangers{lock},
		"locked-strangers-until":      LockedStrangers{until},
		"unlocked-administrator":      Unlocked{Username: "hkruse", At: testTime, By: UnlockedByAdministrator, Name: "Jonas Weber"},
		"unlocked-operator":           Unlocked{Username: "hkruse", At: testTime, By: UnlockedByOperator},
		"unlocked-recovery":           Unlocked{Username: "hkruse", At: testTime, By: UnlockedByRecovery},
		"temporary-password-account":  account,
		"temporary-password-reset":    reset,
		"temporary-password-operator": operator,
		"temporary-password-recovery": recovery,
	}
}

// What the samples know of where something was done.
const (
	testAddress = "203.0.113.7"
	testPlace   = "Leeds, United Kingdom"
	testBrowser = "Firefox on Windows"
	testToken   = "q7XkV2mC9sT4bN1wZ8eR5yU3oP6aLdFh"
)

// accountSamples are about passwords and addresses. Each kind that can know where
// something was done is there once without.
func accountSamples() map[string]Message {
	changed := PasswordChanged{Username: "hkruse", At: testTime, Address: testAddress, Place: testPlace, Browser: testBrowser, By: ChangedByOwner}
	recovered := changed
	recovered.By = ChangedByRecovery
	return map[string]Message{
		"reset-link": ResetLink{Username: "hkruse", Token: testToken, ExpiresAt: testTime.Add(time.Hour), At: testTime,
			Address: testAddress, Place: testPlace},
		"reset-link-nowhere":        ResetLink{Username: "hkruse", Token: testToken, ExpiresAt: testTime.Add(time.Hour), At: testTime},
		"password-changed":          changed,
		"password-changed-recovery": recovered,
		"password-changed-nowhere":  PasswordChanged{Username: "hkruse", At: testTime, By: ChangedByOwner},
		"challenge-changed": ChallengeChanged{Username: "hkruse", At: testTime, Address: testAddress, Place: testPlace,
			Browser: testBrowser},
		"challenge-changed-nowhere": ChallengeChanged{Username: "hkruse", At: testTime},
		"confirm-address":           ConfirmAddress{Username: "hkruse", Token: testToken, ExpiresAt: testTime.Add(24 * time.Hour)},
		"address-change-asked": AddressChangeAsked{Username: "hkruse", NewAddress: "h•••@books.example", UndoToken: testToken, At: testTime,
			Address: testAddress, Place: testPlace},
		"address-change-asked-nowhere": AddressChangeAsked{Username: "hkruse", NewAddress: "h•••@books.example", UndoToken: testToken, At: testTime},
		"address-changed": AddressChanged{Username: "hkruse", NewAddress: "h•••@books.example", UndoToken: testToken,
			UndoUntil: testTime.Add(7 * 24 * time.Hour), At: testTime},
		"address-undone":          AddressUndone{Username: "hkruse", At: testTime},
		"address-undone-password": AddressUndone{Username: "hkruse", At: testTime, SendsPassword: true},
		"address-undone-loses":    AddressUndone{Username: "hkruse", At: testTime, Loses: true},
		"address-taken":           AddressTaken{Username: "hkruse", At: testTime},
		"password-expiring":       PasswordExpiring{Username: "hkruse", Days: 14, ExpiresAt: testTime.Add(14 * 24 * time.Hour)},
		"password-expiring-one":   PasswordExpiring{Username: "hkruse", Days: 1, ExpiresAt: testTime.Add(24 * time.Hour)},
		"password-expiring-today": PasswordExpiring{Username: "hkruse", ExpiresAt: testTime.Add(3 * time.Hour)},
	}
}

// noticeSamples are about signing in, the terms and other people.
func noticeSamples() map[string]Message {
	request := UsernameRequest{Asker: "hanna.kruse@lindenhof.example", Usernames: []string{"hkruse"}, At: testTime, Address: testAddress}
	wrote := request
	wrote.Usernames = []string{"hkruse", "lindenhof-orders"}
	wrote.Message = "I am back from parental leave and have lost my notes. You can reach me at the warehouse, extension 21. Thank you, Hanna"
	return map[string]Message{
		"new-browser":         NewBrowser{Username: "hkruse", At: testTime, Address: testAddress, Place: testPlace, Browser: testBrowser},
		"new-browser-nowhere": NewBrowser{Username: "hkruse", At: testTime},
		"terms-receipt": TermsReceipt{Username: "hkruse", Version: "2026-09", At: testTime, Address: testAddress,
			TextHash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		"username-request":         request,
		"username-request-message": wrote,
		"shared-sign-in":           SharedSignIn{Username: "hkruse", Name: "Hanna Kruse", Company: "Lindenhof Books", At: testTime},
		"shared-sign-in-nameless":  SharedSignIn{Username: "hkruse", Company: "Lindenhof Books", At: testTime},
	}
}
