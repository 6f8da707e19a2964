package main

var nistAll = nistGroup{"All authenticators (3.2)", []nistRow{
	{"3.2.1 PHYSA-1", "Users are told how to look after them", "", "documented: on the pages that set them up, and in second-factors.md", ""},
	{"3.2.1 PHYSA-2", "One that is lost or stolen ends at once", "TestC10_AnAppIsRemoved TestAResetByTheAdministrator", "", ""},
	{"3.2.1 a", "A browser's cookie is no authenticator", "TestAssureForEveryPolicy TestWhatNoPolicyMayHave", "", "a trusted device skips the second step"},
	{"3.2.2 RL-1", "Online guessing is limited", "TestNeverMoreWrongGuessesInARowThanThePolicyAllows TestWrongCodesCountAcrossWays TestWrongEntriesOfADayCountAcrossWays", "", ""},
	{"3.2.2 RL-2", "After 100 wrong attempts in a row the authenticator is off", "TestTheHundredthWrongAttemptInAllLocks TestB06_TwoHundredCodesAMinute", "not met: passwords stop there; entered codes have a limit for each sign-in and day, and no number of them turns an app off", ""},
	{"3.2.2 RL-3", "So is the other one, if there were two", "", "not met: only the account is locked", ""},
	{"3.2.2 RL-4", "It has to be set up again", "TestALockByTotalDoesNotEndByTime", "not met: a recovery needs a new password; an administrator's unlock keeps the old one", ""},
	{"3.2.2 RL-5", "A new count gives no more than what was proved", "TestARecoveryNeverSkipsTwoFactor TestARecoveryDoesNotSkipAnApp", "", ""},
	{"3.2.2 RL-6", "Without the factor that is needed, there is a recovery", "TestC10_AResetOfFactorsIsCarriedOut TestARecoveryCodeWorksOnce", "", ""},
	{"3.2.2 a", "May: strangers wait longer and longer", "", anAllowed, ""},
	{"3.2.2 b", "Should: a success begins a new count", "TestA08_ARightAttemptBreaksTheRow", "", ""},
	{"3.2.5", "Codes are never said to be safe from phishing", "TestTheContextClassNeverClaimsWhatWasNotDone", "", ""},
	{"3.2.5.2", "Passkeys belong to a host", "TestHostsOfASite TestAnswersThatProveNothing", "", ""},
	{"3.2.8", "The authenticator asks the user", "TestAnswersThatProveNothing", "", ""},
	{"3.2.9 RESTA", "Restricted ones: alternatives, a notice, the risk, and an end", "TestC10_ACodeByTextMessage", "documented: second-factors.md, Text messages", ""},
	{"3.2.12 RANV-1", "Randomness is the operating system's", "TestKeptImports", "", ""},
}}

var nistLifeCycle = nistGroup{"From set-up to removal (4.1, 4.3 to 4.5)", []nistRow{
	{"4.1 AUTHB-1", "Users bring their own", "TestC10_AnAuthenticatorApp TestC10_PasskeysSignIn", "", ""},
	{"4.1 AUTHB-2", "All that there ever were are on record", "TestFactorsAreOnRecordWhenTheyAreGone", "", ""},
	{"4.1 AUTHB-3", "What each is worth is known from the start", "TestNewPasskeysThatAreNotTaken TestAssureModern", "", ""},
	{"4.1 AUTHB-4", "Counts are stored", "TestKilledServerForgetsNothing TestHeldAttemptsLoseNoChange", "", ""},
	{"4.1 AUTHB-5", "What happens to them is on record, with its time", "TestFactorsAreOnRecordWhenTheyAreGone", "", ""},
	{"4.1 a", "Should: with address and device", "TestFactorsAreOnRecordWhenTheyAreGone", "", ""},
	{"4.1.2.1 a", "Should: a second way is encouraged", "TestC10_RecoveryCodes TestC10_PasskeysAreOffered", "", ""},
	{"4.1.2.1 BAA-1", "An account can have several", "TestAnAppCountsOnceItsCodeWasEntered TestNewPasskeysThatAreNotTaken", "", ""},
	{"4.1.2.1 BAA-2", "A new one takes a proof of those that are there", "TestAFactorProvesWhoSomebodyIs TestTrustProvesNothing TestC10_EveryMarkedRouteAsks", "", ""},
	{"4.1.2.1 BAA-3", "The owner is told of it", "TestC10_AnAuthenticatorApp TestGolden", "", ""},
	{"4.1.2.2 BINAE-3 to 5", "Codes for another device are random", "", noLinking, ""},
	{"4.1.2.2 BINAE-6, 7", "They are not mailed", "", noLinking, ""},
	{"4.1.2.2 BINAE-8, 9", "They work once, for ten minutes", "", noLinking, ""},
	{"4.1.2.2 BINAE-10", "What to do after a mistake", "", noLinking, ""},
	{"4.1.3 BSPA-2", "The kinds are documented", "", "documented: second-factors.md", ""},
	{"4.1.3 a", "Should: no attestation is required", "TestC10_PasskeysSignIn", "", ""},
	{"4.3 LTDC-1", "What may be stolen is turned off at once", "TestNotMeEndsEverythingElse TestAResetByTheAdministrator", "", ""},
	{"4.4 EXP-1, 2", "An expired one is useless", "", noExpiry, ""},
	{"4.5 INVAL-1, 2", "They end with the account, and when the owner asks", "TestDeactivateEndsEverything TestC10_AnAppIsRemoved TestAResetBySupportWaits", "", ""},
}}

var nistRecovery = nistGroup{"Recovery (4.2)", []nistRow{
	{"4.2.1 ARM-1", "A saved code, a mailed code, a contact, or another check of who somebody is", "TestC03_ResetByAnEmailedLink", "", ""},
	{"4.2.1 ARM-2", "Other ways have an analysis of their risk", "TestAResetBySupportWaits", "documented: decisions/0057-fresh-proof-and-lost-factors.md", "the challenge question has none"},
	{"4.2.1.1 SRC-1", "A saved code has 64 random bits", "", savedCodes, ""},
	{"4.2.1.1 SRC-2", "A new one is told", "", savedCodes, ""},
	{"4.2.1.1 SRC-3", "Guesses are limited", "", savedCodes, ""},
	{"4.2.1.1 SRC-4", "It is stored hashed", "", savedCodes, ""},
	{"4.2.1.1 SRC-5", "One that was used is replaced", "", savedCodes, ""},
	{"4.2.1.2 IRC-1", "What is mailed has six random digits at least", "TestTokens TestTemporaryPasswords", "", ""},
	{"4.2.1.2 IRC-2", "It works for 24 hours at most", "TestPolicyBounds TestC03_TheNewestLinksWorkUntilTheyExpire", "", ""},
	{"4.2.1.2 IRC-3", "Guesses are limited", "TestRequestsForMailAreLimited TestInvariant7_LimitsAnswerEveryoneTheSame", "", ""},
	{"4.2.1.2 IRC-4, 5", "The address was confirmed before", "TestAUsedLinkProvesTheAddress", "not met: if nobody has confirmed an address, as after an import, a link goes to it as well", ""},
	{"4.2.1.2 IRC-6", "A user can have two addresses for it", "", oneAddress, ""},
	{"4.2.1.3 RECC-1, 2", "Contacts are the user's own", "", noContacts, ""},
	{"4.2.1.3 a", "Should: a reminder every year", "", noContacts, ""},
	{"4.2.2.1 RWIP-1", "An account of level 1 is recovered by these ways alone", "TestC03_ResetByAnEmailedLink TestSiteYAMLProblems", "", ""},
	{"4.2.2.2 RAAL2-1", "With a factor, an email is not enough", "TestARecoveryDoesNotSkipAnApp", "", ""},
	{"4.2.3 ACCRN-1", "Each recovery is told", "TestC03AResetLink TestC10_AResetOfFactorsIsStopped", "", ""},
}}

var nistNotices = nistGroup{"Notices (4.6)", []nistRow{
	{"4.6 ANOT-1", "They go to stored addresses", "TestResetsAreToldAtAllAddresses", "", ""},
	{"4.6 ANOT-2", "There can be two addresses", "", oneAddress, ""},
	{"4.6 ANOT-4", "They go to all of them", "TestResetsAreToldAtAllAddresses", "", ""},
	{"4.6 ANOT-6", "A letter, if the only address has got the recovery code", "", "not met: " + oneAddress[len("not met: "):] + ", and nothing goes by post", ""},
	{"4.6 ANOT-7", "They say what to do if it was somebody else", "TestGolden TestTwoFactorMailsSayWhatIsSo", "", ""},
}}

var nistSessions = nistGroup{"Sessions (5.1, 5.2)", []nistRow{
	{"5.1 SB-1 to 3, 6", "A session has a secret, given out after the sign-in", "TestC05_EverySignInHasATokenOfItsOwn TestC04_HostsAndCookiesOfOneSiteAreNothingToAnother", "", ""},
	{"5.1 a", "Should: it ends with the browser", "TestC05_TheSessionsCookieEndsWithTheBrowser", "", ""},
	{"5.1 SB-4", "A remembered browser replaces no sign-in", "TestAssureForEveryPolicy TestWhatNoPolicyMayHave", "", "a trusted device skips the second step"},
	{"5.1 b", "May: a bound secret may stay", "", anAllowed, ""},
	{"5.1 SB-5", "Limits hold for bound sessions as well", "TestRenewingExtendsNothingElse", "", ""},
	{"5.1 SB-7", "A session has no higher level than its sign-in", "TestTheContextClassNeverClaimsWhatWasNotDone", "", ""},
	{"5.1 SB-8.1", "64 random bits at least", "TestTokens", "", ""},
	{"5.1 SB-8.2", "It ends at sign-out", "TestC05_SignOutEndsEverything", "", ""},
	{"5.1 SB-8.3, 8.5", "It goes over TLS alone", "TestATrustedProxySpeaksForVisitors TestPlainHTTPIsSentToHTTPS", "", ""},
	{"5.1 SB-8.4", "It is useless after its limits", "TestC05_SessionsEndAtTheirLimits", "", ""},
	{"5.1 c", "Should: it is not in the browser's storage", "TestScriptsStoreNothing", "", ""},
	{"5.1 SB-9", "There is no way around TLS", "TestPlainHTTPIsSentToHTTPS TestATrustedProxySpeaksForVisitors", "", ""},
	{"5.1 SB-10", "Forms have a token of the session", "TestOnlyFormsOfOurOwnPagesAreActedOn TestATokenIsForItsPageSiteAndSession", "", ""},
	{"5.1 d", "Should: signing out is easy", "TestC05_SignOutWorksInEveryOldTab", "", ""},
	{"5.1.2 AT-1", "An access token does not show that somebody is there", "TestNoTokenAfterItsEnd TestForgedTokensOpenNothing", "", ""},
	{"5.2 REAUTH-1, 2", "Each limit ends the session", "TestSessionAlive TestC05_SessionsEndAtTheirLimits TestC09SessionsEndAtTheCompanysLimits", "", ""},
	{"5.2 REAUTH-3", "Use begins the idle time again; a sign-in begins both", "TestC05_SessionsEndAtTheirLimits", "", ""},
	{"5.2 REAUTH-4", "The limits are documented", "", "documented: configuration.md", ""},
	{"5.2 REAUTH-5", "Applications are told when and how somebody signed in, and decide", "TestConformanceOfTokens TestB17_SigningInAgainForAPlatform", "", ""},
	{"5.3 SESSM-1", "What is watched is in the privacy assessment", "", operators, ""},
}}

var nistCookies = nistGroup{"Cookies (5.1.1)", []nistRow{
	{"5.1.1 1", "Secure", "TestATrustedProxySpeaksForVisitors", "", ""},
	{"5.1.1 2", "For one host; the one for applications behind a proxy has the site’s domain, and opens nothing else", "TestEveryAnswerCarriesTheHeaders TestB17_ForwardCookieIsGoodForNothingElse", "", ""},
	{"5.1.1 3", "Should: HttpOnly", "TestEveryAnswerCarriesTheHeaders", "", ""},
	{"5.1.1 4", "Should: they end with the session, and the server does not count on it", "TestC05_TheSessionsCookieEndsWithTheBrowser TestC05_SessionsEndAtTheirLimits", "", ""},
	{"5.1.1 5", "Should: __Host-, and the path /", "TestATrustedProxySpeaksForVisitors", "", ""},
	{"5.1.1 6", "Should: SameSite", "TestEveryAnswerCarriesTheHeaders", "", ""},
	{"5.1.1 7", "Should: random values alone; no personal data", "TestTokens TestC05_TheSessionsCookieEndsWithTheBrowser", "", ""},
}}

var nistSyncable = nistGroup{"Synced passkeys (appendix B)", []nistRow{
	{"B.2 CAK-6", "What an organisation asks of them is published", "", operators, ""},
	{"B.3", "Should: somebody was there", "TestAnswersThatProveNothing", "", ""},
	{"B.3 IMPR-1", "Verification is asked for, and looked at", "TestC10_PasskeysAndPrograms TestAPasskeyAfterThePassword", "", ""},
	{"B.3 IMPR-2", "Without it, a passkey is one factor", "TestAPasskeyAfterThePassword TestAssureModern", "", ""},
	{"B.3 a", "Should: whether it is synced keeps nobody out", "TestC10_PasskeysSignIn TestCountersRefuseNobody", "", ""},
	{"B.3 IMPR-3", "What the flags count for is decided and documented", "TestWhatTokensSayOfPasskeys", "documented: second-factors.md, For an operator", ""},
}}
