package mail

import (
	"maps"
	"time"

	"gatehouse"
)

// samples are all kinds, in each of their forms.
func samples() map[string]Message {
	all := accountSamples()
	maps.Copy(all, lockSamples())
	maps.Copy(all, noticeSamples())
	maps.Copy(all, twoFactorSamples())
	maps.Copy(all, companySamples())
	maps.Copy(all, caseSamples())
	return all
}

// companySamples are about what administrators do.
func companySamples() map[string]Message {
	all := map[string]Message{
		"invitation":          Invitation{Username: "hkruse", Token: testToken, ExpiresAt: testTime.Add(24 * time.Hour), Name: "Jonas Weber", Company: "Lindenhof Books"},
		"invitation-operator": Invitation{Username: "hkruse", Token: testToken, ExpiresAt: testTime.Add(24 * time.Hour)},
		"new-administrator":   NewAdministrator{Username: "hkruse", Name: "Hanna Kruse", By: "Jonas Weber", At: testTime},
		"monthly-report": MonthlyReport{Company: "Lindenhof Books", AccountNumber: "20871-UK", From: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), Query: "2026-10", Users: 152, Never: 4, Away: 11, Bouncing: 1, NoEmail: 2, Locked: 1, Bare: 97, Worked: 1893, Failed: 71,
			Changes: []RoleChange{{Name: "Hanna Kruse", By: "Jonas Weber", Is: true, At: testTime}, {Name: "", At: testTime}}},
		"monthly-report-quiet":      MonthlyReport{Company: "Lindenhof Books", AccountNumber: "20871-UK", From: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), Query: "2026-10", Users: 1, Worked: 1},
		"company-suspended":         CompanySuspended{Company: "Hartmann Werkzeuge GmbH", At: testTime},
		"company-suspended-resumed": CompanySuspended{Company: "Hartmann Werkzeuge GmbH", At: testTime, Resumed: true},
		"user-moved":                UserMoved{Username: "hkruse", From: "Lindenhof Books", To: "Hartmann Werkzeuge GmbH", At: testTime},
		"user-moved-merged":         UserMoved{Username: "hkruse", From: "Lindenhof Books", To: "Hartmann Werkzeuge GmbH", Merged: true, Administrator: true, At: testTime},
		"users-moved":               UsersMoved{Company: "Lindenhof Books", Users: 1, Names: []string{"Hanna Kruse"}, At: testTime},
		"users-moved-came":          UsersMoved{Company: "Hartmann Werkzeuge GmbH", Came: true, Users: 22, Names: []string{"Hanna Kruse", "Jonas Weber"}, At: testTime},
		"companies-merged":          CompaniesMerged{From: "Lindenhof Books", FromNumber: "20871-UK", To: "Hartmann Werkzeuge GmbH", ToNumber: "30992-UK", Users: 152, At: testTime},
		"companies-merged-kept":     CompaniesMerged{From: "Lindenhof Books", FromNumber: "20871-UK", To: "Hartmann Werkzeuge GmbH", ToNumber: "30992-UK", Users: 1, Kept: true, At: testTime},
		"new-administrator-support": NewAdministrator{Username: "hkruse", Name: "Hanna Kruse", At: testTime},
		"policy-changed": PolicyChanged{Company: "Lindenhof Books", By: "Jonas Weber", At: testTime, Changes: []PolicyChange{
			{gatehouse.SettingIdle, int64(30 * time.Minute), int64(15 * time.Minute)}, {gatehouse.SettingAbsolute, int64(12 * time.Hour), int64(8 * time.Hour)},
			{gatehouse.SettingTrust, int64(15 * 24 * time.Hour), int64(gatehouse.NeverTrusted)}, {gatehouse.SettingLength, 8, 15}, {gatehouse.SettingContext, 0, 1},
			{gatehouse.SettingAge, int64(365 * 24 * time.Hour), int64(90 * 24 * time.Hour)}}},
		"policy-changed-back": PolicyChanged{Company: "Lindenhof Books", At: testTime, Changes: []PolicyChange{
			{gatehouse.SettingTrust, int64(gatehouse.NeverTrusted), int64(24 * time.Hour)}, {gatehouse.SettingContext, 1, 0}}},
		"requests-waiting":        RequestsWaiting{Usernames: 1, Shared: 2, Access: 12},
		"requests-waiting-one":    RequestsWaiting{Access: 1},
		"alert-opened":            AlertOpened{What: gatehouse.AlertGuessing, Cause: "203.0.113.0/24", Value: 214, Threshold: 100, At: testTime},
		"alert-opened-many":       AlertOpened{What: gatehouse.AlertGuessing, Cause: gatehouse.AlertMany, Value: 120, Threshold: 100, At: testTime},
		"alert-opened-job":        AlertOpened{What: gatehouse.AlertJob, Cause: "expiry", Value: 960, Threshold: 900, At: testTime},
		"alert-opened-cert":       AlertOpened{What: gatehouse.AlertCertificate, Value: 9, Threshold: 14, At: testTime},
		"operator-changed":        OperatorChanged{Username: "hkruse", Name: "Hanna Kruse", What: AccountCreated, Role: gatehouse.RoleSupport, By: "Owen Hale", At: testTime},
		"operator-changed-role":   OperatorChanged{Username: "hkruse", Name: "Hanna Kruse", What: AccountRole, Role: gatehouse.RoleOwner, At: testTime},
		"operator-changed-off":    OperatorChanged{Username: "hkruse", Name: "Hanna Kruse", What: AccountDeactivated, Role: gatehouse.RoleSecurity, By: "Owen Hale", At: testTime},
		"operator-changed-on":     OperatorChanged{Username: "hkruse", Name: "Hanna Kruse", What: AccountActivated, Role: gatehouse.RoleSecurity, By: "Owen Hale", At: testTime},
		"account-changed-support": AccountChanged{Username: "hkruse", What: AccountDeactivated, At: testTime},
	}
	for _, what := range []AccountAct{AccountDeactivated, AccountActivated, AccountDeleted, AccountRestored, AccountAdministrator, AccountUser} {
		all["account-changed-"+string(what)] = AccountChanged{Username: "hkruse", What: what, By: "Jonas Weber", At: testTime, Until: testTime.Add(30 * 24 * time.Hour)}
	}
	return all
}

// caseSamples are about support cases.
func caseSamples() map[string]Message {
	const number, answers = "CS-7F3K-29QX", "support+cs7f3k29qx.00112233445566778899@mail.meridian.example"
	opened := CaseOpened{CaseLink: CaseLink{number, number + "." + testToken, answers}, At: testTime}
	own := CaseOpened{CaseLink: CaseLink{Number: number}, At: testTime}
	answer := CaseAnswer{CaseLink: CaseLink{Number: number, Answers: answers}, Text: "37-94.\r\n\r\nOK.", By: "Ines Vogel", Until: testTime.Add(14 * 24 * time.Hour)}
	last := CaseAnswer{CaseLink: CaseLink{Number: number, Token: number + "." + testToken}, Text: "OK.", Closed: true}
	news := CaseForSupport{Number: number, What: CaseNew, Email: "hanna.kruse@lindenhof.example", Name: "Hanna Kruse", Text: "The code never comes.", Reference: "GH-7F3K-29QX", Files: 2, At: testTime}
	reply, held := news, news
	reply.What, reply.SignedIn, reply.Files, reply.Reference = CaseReply, true, 0, ""
	held.What = CaseHeld
	return map[string]Message{"case-opened": opened, "case-opened-user": own, "case-answer": answer, "case-answer-last": last,
		"case-for-support": news, "case-for-support-reply": reply, "case-for-support-held": held}
}

func lockSamples() map[string]Message {
	lock := Lock{Username: "hkruse", Attempts: 6, At: testTime, IPAddress: "203.0.113.7"}
	until := lock
	until.UnlockAfter, until.Administrator = 90*time.Minute, "Jonas Weber"
	password := TemporaryPassword{Username: "hkruse", Password: "Kepu-37fan-Rodi-94tem-Gasu", ExpiresAt: testTime.Add(24 * time.Hour)}
	account, reset, recovery, operator := password, password, password, password
	account.For, account.Name, account.Company = PasswordForAccount, "Jonas Weber", "Lindenhof Books"
	reset.For, reset.Name, reset.Company = PasswordForReset, "Jonas Weber", "Lindenhof Books"
	operator.For = PasswordForReset
	recovery.For, recovery.At, recovery.IPAddress = PasswordForRecovery, testTime, "203.0.113.7"
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

// What the samples know about where something was done.
const (
	testAddress = "203.0.113.7"
	testPlace   = "Leeds, United Kingdom"
	testBrowser = "Firefox on Windows"
	testToken   = "q7XkV2mC9sT4bN1wZ8eR5yU3oP6aLdFh"
)

// accountSamples are about passwords and addresses. Each kind that can say where
// something was done is there once without it.
func accountSamples() map[string]Message {
	changed := PasswordChanged{Username: "hkruse", At: testTime, IPAddress: testAddress, Place: testPlace, Browser: testBrowser, By: ChangedByOwner}
	recovered := changed
	recovered.By = ChangedByRecovery
	return map[string]Message{
		"reset-link": ResetLink{Username: "hkruse", Token: testToken, ExpiresAt: testTime.Add(time.Hour), At: testTime,
			IPAddress: testAddress, Place: testPlace},
		"recovery-link": RecoveryLink{ResetLink{Username: "hkruse", Token: testToken, ExpiresAt: testTime.Add(time.Hour), At: testTime,
			IPAddress: testAddress, Place: testPlace}},
		"recovery-link-nowhere":     RecoveryLink{ResetLink{Username: "hkruse", Token: testToken, ExpiresAt: testTime.Add(time.Hour), At: testTime}},
		"reset-link-nowhere":        ResetLink{Username: "hkruse", Token: testToken, ExpiresAt: testTime.Add(time.Hour), At: testTime},
		"password-changed":          changed,
		"password-changed-recovery": recovered,
		"password-changed-nowhere":  PasswordChanged{Username: "hkruse", At: testTime, By: ChangedByOwner},
		"challenge-changed": ChallengeChanged{Username: "hkruse", At: testTime, IPAddress: testAddress, Place: testPlace,
			Browser: testBrowser},
		"challenge-changed-nowhere": ChallengeChanged{Username: "hkruse", At: testTime},
		"confirm-address":           ConfirmAddress{Username: "hkruse", Token: testToken, ExpiresAt: testTime.Add(24 * time.Hour)},
		"address-change-asked": AddressChangeAsked{Username: "hkruse", NewAddress: "h•••@books.example", UndoToken: testToken, At: testTime,
			IPAddress: testAddress, Place: testPlace},
		"address-change-asked-nowhere": AddressChangeAsked{Username: "hkruse", NewAddress: "h•••@books.example", UndoToken: testToken, At: testTime},
		"address-changed": AddressChanged{Username: "hkruse", NewAddress: "h•••@books.example", UndoToken: testToken,
			UndoUntil: testTime.Add(7 * 24 * time.Hour), At: testTime},
		"address-change-asked-new": AddressChangeAsked{Username: "hkruse", NewAddress: "h•••@books.example", At: testTime},
		"address-changed-again": AddressChanged{Username: "hkruse", NewAddress: "h•••@books.example", UndoToken: testToken,
			UndoUntil: testTime.Add(7 * 24 * time.Hour), At: testTime, Again: true},
		"address-changed-new":     AddressChanged{Username: "hkruse", NewAddress: "h•••@books.example", At: testTime},
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
	request := UsernameRequest{Asker: "hanna.kruse@lindenhof.example", Usernames: []string{"hkruse"}, At: testTime, IPAddress: testAddress}
	wrote := request
	wrote.Usernames = []string{"hkruse", "lindenhof-orders"}
	wrote.Message = "I am back from parental leave and have lost my notes. You can reach me at the warehouse, extension 21. Thank you, Hanna"
	return map[string]Message{
		"new-device": NewDevice{Username: "hkruse", At: testTime, IPAddress: testAddress, Place: testPlace, Browser: testBrowser},
		"verification-code": VerificationCode{Username: "hkruse", Code: "418207", ExpiresAt: testTime.Add(5 * time.Minute), At: testTime,
			IPAddress: testAddress, Place: testPlace, Browser: testBrowser},
		"verification-code-own":             VerificationCode{Username: "hkruse", Code: "418207", ExpiresAt: testTime.Add(5 * time.Minute), At: testTime, Own: true},
		"verification-code-nowhere":         VerificationCode{Username: "hkruse", Code: "418207", ExpiresAt: testTime.Add(time.Minute), At: testTime},
		"two-factor-reset":                  TwoFactorReset{Username: "hkruse", At: testTime, By: "Ines Marchetti", Asked: true},
		"two-factor-reset-support":          TwoFactorReset{Username: "hkruse", At: testTime},
		"two-factor-reset-factors":          TwoFactorReset{Username: "hkruse", At: testTime, By: "Ines Marchetti", Factors: true},
		"two-factor-reset-asked":            TwoFactorResetAsked{Username: "hkruse", At: testTime, By: "Ines Marchetti", DueAt: testTime.Add(24 * time.Hour), StopToken: "tok_STOP"},
		"two-factor-reset-asked-by-support": TwoFactorResetAsked{Username: "hkruse", At: testTime, DueAt: testTime.Add(24 * time.Hour), StopToken: "tok_STOP"},
		"factor-asked":                      FactorAsked{Username: "hkruse", At: testTime, By: "Ines Marchetti"},
		"two-factor-reset-one":              TwoFactorReset{Username: "hkruse", At: testTime, Browser: testBrowser},
		"address-corrected":                 AddressCorrected{Username: "hkruse", NewAddress: "h•••@books.example", At: testTime, By: "Ines Marchetti"},
		"address-corrected-support":         AddressCorrected{Username: "hkruse", NewAddress: "h•••@books.example", At: testTime},
		"address-corrected-removed":         AddressCorrected{Username: "hkruse", At: testTime},
		"own-two-factor":                    OwnTwoFactor{Username: "hkruse", On: true, At: testTime, IPAddress: testAddress, Place: testPlace, Browser: testBrowser},
		"own-two-factor-off":                OwnTwoFactor{Username: "hkruse", At: testTime},
		"app-added":                         FactorChanged{Username: "hkruse", What: AppAdded, Name: "Work phone", At: testTime, IPAddress: testAddress, Place: testPlace, Browser: testBrowser},
		"app-removed":                       FactorChanged{Username: "hkruse", What: AppRemoved, Name: "Work phone", At: testTime, IPAddress: testAddress, Place: testPlace, Browser: testBrowser},
		"passkey-added":                     FactorChanged{Username: "hkruse", What: PasskeyAdded, Name: "iCloud Keychain", At: testTime, IPAddress: testAddress, Place: testPlace, Browser: testBrowser},
		"passkey-removed":                   FactorChanged{Username: "hkruse", What: PasskeyRemoved, Name: "iCloud Keychain", At: testTime, IPAddress: testAddress, Place: testPlace, Browser: testBrowser},
		"recovery-codes-made":               FactorChanged{Username: "hkruse", What: RecoveryCodesMade, At: testTime, IPAddress: testAddress, Place: testPlace, Browser: testBrowser},
		"recovery-code-used":                FactorChanged{Username: "hkruse", What: RecoveryCodeUsed, Left: 3, At: testTime, IPAddress: testAddress, Place: testPlace, Browser: testBrowser},
		"recovery-code-used-last":           FactorChanged{Username: "hkruse", What: RecoveryCodeUsed, At: testTime},
		"wrong-codes":                       WrongCodes{Username: "hkruse", Tries: 5, At: testTime, IPAddress: testAddress, Place: testPlace, Browser: testBrowser},
		"wrong-codes-in-session":            WrongCodes{Username: "hkruse", Tries: 5, InSession: true, At: testTime, IPAddress: testAddress, Place: testPlace, Browser: testBrowser},
		"wrong-codes-nowhere":               WrongCodes{Username: "hkruse", Tries: 5, At: testTime},
		"new-device-nowhere":                NewDevice{Username: "hkruse", At: testTime},
		"terms-receipt": TermsReceipt{Username: "hkruse", Version: "2026-09", At: testTime, IPAddress: testAddress,
			TextHash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		"username-request":         request,
		"access-request":           AccessRequest{Name: "Hanna Kruse", Username: "hkruse", Platform: "Service desk", At: testTime},
		"access-answer":            AccessAnswer{Username: "hkruse", Platform: "Service desk", By: "Ines Marchetti", At: testTime},
		"access-answer-allowed":    AccessAnswer{Username: "hkruse", Platform: "Service desk", Allowed: true, By: "Ines Marchetti", At: testTime},
		"access-answer-support":    AccessAnswer{Username: "hkruse", Platform: "Service desk", Allowed: true, At: testTime},
		"username-request-message": wrote,
		"shared-sign-in":           SharedSignIn{Username: "hkruse", Name: "Hanna Kruse", Company: "Lindenhof Books", At: testTime},
		"shared-sign-in-support":   SharedSignIn{Username: "hkruse", Name: "Hanna Kruse", Company: "Lindenhof Books", At: testTime, ForSupport: true},
		"shared-sign-in-admin":     SharedSignIn{Username: "hkruse", Name: "Hanna Kruse", Company: "Lindenhof Books", At: testTime, ForSupport: true, Administrator: true},
		"shared-sign-in-nameless":  SharedSignIn{Username: "hkruse", Company: "Lindenhof Books", At: testTime},
	}
}

// twoFactorSamples are what people are told about switching Enhanced Security, and the
// summaries of its enrolments.
func twoFactorSamples() map[string]Message {
	by := TwoFactorNotice{Username: "hkruse", Company: "Lindenhof Books", By: "Ines Marchetti", ByEmail: "ines@lindenhof.example", At: testTime, CodeMinutes: 5, TrustDays: 15}
	self, own, hidden := by, by, by
	self.By, self.ByEmail = "Hanna Kruse", testRecipient().Email
	own.Own, hidden.ByEmail = true, ""
	support := TwoFactorNotice{Username: "hkruse", Company: "Lindenhof Books", At: testTime, CodeMinutes: 1}
	ownSupport := support
	ownSupport.Own = true
	enrolment, failed, off, replaced := enrolmentSamples()
	other, untold, quiet := enrolment, failed, enrolment
	other.StartedBy, other.StartedName, other.StartedAt = "usr_2", "Ines Marchetti", testTime.Add(-24*time.Hour)
	untold.StartedBy, untold.StartedName, untold.NotAlerted = "", "", true
	quiet.Total, quiet.Counts = 1, gatehouse.RunCounts{Changed: 1, Told: 1}
	quiet.Reasons = []gatehouse.OutcomeCount{{Outcome: gatehouse.OutcomeChanged, Count: 1}}
	return map[string]Message{
		"two-factor-enabled":              TwoFactorEnabled{by},
		"two-factor-enabled-self":         TwoFactorEnabled{self},
		"two-factor-enabled-no-address":   TwoFactorEnabled{hidden},
		"two-factor-enabled-own":          TwoFactorEnabled{own},
		"two-factor-enabled-support":      TwoFactorEnabled{support},
		"two-factor-enabled-own-support":  TwoFactorEnabled{ownSupport},
		"factor-required":                 FactorRequired{factorNotice(by, gatehouse.RequireFactor, testTime.AddDate(0, 0, 40))},
		"factor-required-now":             FactorRequired{factorNotice(self, gatehouse.RequireFactor, time.Time{})},
		"factor-required-passkey":         FactorRequired{factorNotice(support, gatehouse.RequirePasskey, testTime.AddDate(0, 0, 40))},
		"factor-required-own":             FactorRequired{factorNotice(own, gatehouse.RequirePasskey, time.Time{})},
		"enrolment-summary-factor":        EnrolmentSummary{enrolmentFor(enrolment, gatehouse.RequireFactor, testTime.AddDate(0, 0, 40))},
		"enrolment-summary-passkey":       EnrolmentSummary{enrolmentFor(enrolment, gatehouse.RequirePasskey, time.Time{})},
		"two-factor-disabled":             TwoFactorDisabled{by},
		"two-factor-disabled-self":        TwoFactorDisabled{self},
		"two-factor-disabled-own":         TwoFactorDisabled{own},
		"two-factor-disabled-support":     TwoFactorDisabled{support},
		"two-factor-disabled-own-support": TwoFactorDisabled{ownSupport},
		"enrolment-summary":               EnrolmentSummary{enrolment},
		"enrolment-summary-one":           EnrolmentSummary{quiet},
		"enrolment-summary-other":         EnrolmentSummary{other},
		"enrolment-summary-failed":        EnrolmentSummary{failed},
		"enrolment-summary-not-alerted":   EnrolmentSummary{untold},
		"enrolment-summary-off":           EnrolmentSummary{off},
		"enrolment-summary-replaced":      EnrolmentSummary{replaced},
		"enrolment-failures":              EnrolmentFailures{failed},
		"phone-added":                     FactorChanged{Username: "hkruse", What: PhoneAdded, Name: "•• 56", At: testTime, IPAddress: testAddress, Place: testPlace, Browser: testBrowser},
		"phone-removed":                   FactorChanged{Username: "hkruse", What: PhoneRemoved, Name: "•• 56", At: testTime, IPAddress: testAddress, Place: testPlace, Browser: testBrowser},
		"texts-stopped":                   TextsStopped{PerDay: 1000, At: testTime},
		"many-refusals":                   ManyRefusals{Status: "5.1", Users: 26, Most: 25, TakenBack: 25, At: testTime},
		"many-refusals-domain":            ManyRefusals{Status: "5.1", Domain: "lindenhof.example", Users: 6, Most: 5, TakenBack: 5, At: testTime},
	}
}

// enrolmentSamples are enrolments. Their numbers add up, like those of real ones.
func enrolmentSamples() (enrolment, failed, off, replaced Enrolment) {
	counted := func(o gatehouse.Outcome, why gatehouse.OutcomeReason, n int) gatehouse.OutcomeCount {
		return gatehouse.OutcomeCount{Outcome: o, Reason: why, Count: n}
	}
	const changed, unchanged, skipped, fault = gatehouse.OutcomeChanged, gatehouse.OutcomeUnchanged, gatehouse.OutcomeSkipped, gatehouse.OutcomeFailed
	enrolment = Enrolment{Company: "Lindenhof Books", AccountNumber: "20871-UK", Enrolment: gatehouse.Enrolment{Enable: true, Run: gatehouse.Run{
		ID: "enr_0193", State: gatehouse.RunDone, StartedBy: testRecipient().UserID, StartedName: "Hanna Kruse",
		StartedAt: testTime, EndedAt: testTime.Add(time.Minute),
		Total: 152, Counts: gatehouse.RunCounts{Changed: 115, Unchanged: 31, Skipped: 6, Told: 146}}}}
	enrolment.Reasons = []gatehouse.OutcomeCount{counted(changed, "", 109), counted(changed, gatehouse.ReasonUnconfirmed, 5), counted(changed, gatehouse.ReasonLocked, 1),
		counted(unchanged, gatehouse.ReasonOwn, 31), counted(skipped, gatehouse.ReasonNoEmail, 2), counted(skipped, gatehouse.ReasonDeactivated, 1),
		counted(skipped, gatehouse.ReasonInvited, 1), counted(skipped, gatehouse.ReasonMoved, 1), counted(skipped, gatehouse.ReasonGone, 1)}
	failed, off, replaced = enrolment, enrolment, enrolment
	failed.Counts = gatehouse.RunCounts{Changed: 146, Unchanged: 2, Failed: 4, Told: 149}
	failed.Reasons = []gatehouse.OutcomeCount{counted(changed, "", 146), counted(unchanged, gatehouse.ReasonOwn, 2),
		counted(fault, gatehouse.ReasonBadEmail, 1), counted(fault, gatehouse.ReasonBouncing, 2), counted(fault, gatehouse.ReasonError, 1)}
	off.Enable = false
	off.Counts = gatehouse.RunCounts{Changed: 119, Unchanged: 31, Skipped: 2, Told: 145}
	off.Reasons = []gatehouse.OutcomeCount{counted(changed, "", 116), counted(changed, gatehouse.ReasonNoEmail, 2), counted(changed, gatehouse.ReasonBouncing, 1),
		counted(unchanged, gatehouse.ReasonOwn, 31), counted(skipped, gatehouse.ReasonDeactivated, 2)}
	replaced.State = gatehouse.RunReplaced
	replaced.Counts = gatehouse.RunCounts{Changed: 50, Skipped: 102, Told: 50}
	replaced.Reasons = []gatehouse.OutcomeCount{counted(changed, "", 50), counted(skipped, gatehouse.ReasonNoEmail, 2), counted(skipped, gatehouse.ReasonReplaced, 100)}
	return enrolment, failed, off, replaced
}

func factorNotice(n TwoFactorNotice, need gatehouse.Requirement, by time.Time) TwoFactorNotice {
	n.Factor, n.FactorBy = need, by
	return n
}

func enrolmentFor(e Enrolment, need gatehouse.Requirement, by time.Time) Enrolment {
	e.Factor, e.FactorBy = need, by
	return e
}
