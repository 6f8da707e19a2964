package main

// nistRow is something that SP 800-63B-4 asks for.
type nistRow struct {
	// id is the section and the name of NIST's own criterion, where it has one; asks is what it asks in
	// our words.
	id, asks string
	// tests are the names of the tests that show it.
	tests string
	// standing is empty if tests show it. Otherwise it begins with "documented", which counts as met,
	// with "outside", which does not count at all, or with "not met".
	standing string
	// classic says why the classic profile does not meet what the modern one does.
	classic string
}

// nistGroup is a section.
type nistGroup struct {
	title string
	rows  []nistRow
}

// What the standings have in common.
const (
	noLevel3   = "outside: level 3 is never claimed"
	noLinking  = "outside: no authenticator is set up across devices with a code"
	noContacts = "outside: there are no recovery contacts"
	noExpiry   = "outside: apps, passkeys and phones do not expire"
	oneAddress = "not met: an account has one address"
	noPepper   = "outside: there is no key over the password hashes"
	savedCodes = "outside: a recovery code stands in for a factor beside the password, and recovers no account"
	anAllowed  = "outside: it allows something, and asks for nothing"
	operators  = "outside: the operator's duty"
)

// nistGroups are the rows of the modern profile, in the order of the document.
var nistGroups = []nistGroup{nistLevels, nistPasswords, nistCodes, nistKeys, nistAll, nistLifeCycle, nistRecovery, nistNotices, nistSessions, nistCookies, nistSyncable}

var nistLevels = nistGroup{"Levels (2)", []nistRow{
	{"2.1", "Should: somebody with a password alone is offered more", "TestC10_TheFirstSignInOffersAFactor TestC10_PasskeysAreOffered", "", ""},
	{"2.1.1 AAL1PAT-1", "Sign-ins use the listed kinds of authenticators", "TestAssureForEveryPolicy TestWaysOfAUser", "", ""},
	{"2.1.2 AAL1AVR-2", "Everything goes over TLS", "TestPlainHTTPIsSentToHTTPS TestPlainHTTP", "", ""},
	{"2.1.3 AAL1REA-1", "Sessions end, and a new sign-in is needed", "TestC05_SessionsEndAtTheirLimits", "", ""},
	{"2.1.3 AAL1REA-2", "A session has an absolute limit; should: 30 days at most", "TestPolicyBounds TestSessionAlive", "", ""},
	{"2.2.1 AAL2PAT-1", "Level 2 takes two factors", "TestAssureModern TestAssureForEveryPolicy", "", ""},
	{"2.2.1 AAL2PAT-2", "Besides the password, the second one is something that the user has", "TestAssureModern TestAssureForEveryPolicy", "", "a code by email is the second step; no level 2 is claimed"},
	{"2.2.2 AAL2AVR-3", "One of them cannot be replayed", "TestACodeThatManyHaveOpensOneSignIn TestChallengesOfPasskeys", "", ""},
	{"2.2.2 a", "Should: the user does something with one of them", "TestAnswersThatProveNothing TestAnAppIsAskedForAtEachSignIn", "", ""},
	{"2.2.2 AAL2AVR-4", "Level 2 goes over TLS", "TestPlainHTTPIsSentToHTTPS", "", ""},
	{"2.2.2 AAL2AVR-6", "One option cannot be phished", "TestC10_PasskeysSignIn TestC10_PasskeysAfterThePassword", "", ""},
	{"2.2.2 b", "Should: it is encouraged", "TestC10_PasskeysAreOffered", "", ""},
	{"2.2.3 AAL2REA-1", "A session of level 2 has an absolute limit", "TestC05_SessionsEndAtTheirLimits", "", ""},
	{"2.2.3 a", "Should: 24 hours at most, and one hour without use", "TestModernSessionsAreShort TestRulesOfThePolicy", "", ""},
	{"2.2.3 b", "May: after an idle end, one factor is enough", "", anAllowed, ""},
	{"2.3.2 AAL3AVR-3", "The key cannot be exported", "", noLevel3, ""},
	{"2.3.2 AAL3AVR-7", "No synced passkeys", "", noLevel3, ""},
	{"2.3.3", "Twelve hours at most", "", noLevel3, ""},
	{"2.4.2", "Records are kept as the operator's rules say", "", operators, ""},
	{"2.4.3 PR-2", "Other uses of attributes are predictable", "", operators, ""},
	{"2.4.3 PR-3", "Consent to other uses is no condition", "", "outside: nothing is used for anything but signing in", ""},
	{"2.4.4 REDAUTH-1", "There is help with sign-ins that fail", "TestA09_WhoeverIsStuckIsPointedToBoth TestC06_ContactAsksForWhatSupportNeeds", "", ""},
	{"2.4.4 REDAUTH-2", "It is easy to find", "TestC06_TroubleIsFoundBySearching TestContactsFollowTheSite", "", ""},
	{"2.4.4 REDAUTH-3", "It is looked at how well it works", "", operators, ""},
}}

var nistPasswords = nistGroup{"Passwords (3.1.1)", []nistRow{
	{"3.1.1.1 PASSAUTH-1", "Passwords are chosen by the user, or random", "TestTemporaryPasswords", "", ""},
	{"3.1.1.1 PASSAUTH-2", "One on the block list is replaced", "TestC03AResetLink TestC08_CommonPasswordsAreRefused", "", ""},
	{"3.1.1.1 PASSAUTH-3", "Nothing else is asked of their characters", "TestModernAsksForNoKindOfCharacter TestWhatNoPolicyMayHave", "", "a capital, a small letter and a digit"},
	{"3.1.1.2 PV-1", "15 characters, or 8 where a second factor is required", "TestPasswordLengthIsInCodePoints TestWhatNoPolicyMayHave TestAssureLooksAtTheLength TestAShortPasswordIsReplaced", "", "8 characters, or 7"},
	{"3.1.1.2 a", "Should: 64 characters at least are possible", "TestPasswordLengthIsInCodePoints TestC08_PasswordsOfAllKinds", "", ""},
	{"3.1.1.2 b", "Should: all printable ASCII characters, and the space", "TestModernAsksForNoKindOfCharacter", "", ""},
	{"3.1.1.2 c", "Should: Unicode", "TestC08_PasswordsOfAllKinds", "", ""},
	{"3.1.1.2 PV-2", "A code point is one character", "TestPasswordLengthIsInCodePoints", "", ""},
	{"3.1.1.2 PV-3", "No rules of composition", "TestModernAsksForNoKindOfCharacter TestWhatNoPolicyMayHave", "", "a capital, a small letter and a digit"},
	{"3.1.1.2 PV-4", "No regular change; one after a compromise", "TestWhatNoPolicyMayHave TestC09_ThisWasntMe TestResetPassword", "", "a site can let passwords expire"},
	{"3.1.1.2 PV-5", "No hints before the sign-in", "", "documented: architecture.md, where no table holds one", "a recovery shows the challenge question"},
	{"3.1.1.2 PV-6", "No questions about what the user knows", "TestSiteYAMLProblems", "", "a site can ask a challenge question"},
	{"3.1.1.2 PV-7", "The whole password counts", "TestNothingIsTruncatedOrChanged", "", ""},
	{"3.1.1.2 d", "Should: normal form C, and a warning about Unicode", "TestNormalForms TestC08_PasswordsOfAllKinds", "not met: the normal form is there, a warning is not", ""},
	{"3.1.1.2 PV-8", "New passwords are compared with a block list", "TestBuiltInList TestC08_CommonPasswordsAreRefused", "", ""},
	{"3.1.1.2 PV-9", "As a whole, not by their parts", "TestContextWordsAreRefusedAsAWhole TestModernTakesPasswordsWithListedWords", "", "no part of the username"},
	{"3.1.1.2 PV-10", "The user is told why, and chooses another one", "TestC03AResetLink TestA11_EveryFailedRuleAtOnceNextToTheField", "", ""},
	{"3.1.1.2 e", "Should: the list is long enough for the number of guesses", "TestBuiltInList", "not met: 41 entries of the built-in list have 15 characters or more; an operator can add lists", ""},
	{"3.1.1.2 PV-11", "The page helps with a choice", "TestReqsFollowThePolicy TestA11_TheRequirementsAreTickedLive", "", ""},
	{"3.1.1.2 PV-12", "Guesses are limited", "TestA08_TooManyWrongAttemptsLock TestA08_ParallelAttemptsCannotExceedTheLimit", "", ""},
	{"3.1.1.2 PV-13", "Password managers work", "TestC02_ACleanSignInPage TestC08_PasswordsCanBePasted", "", ""},
	{"3.1.1.2 f", "Should: passwords can be pasted and shown", "TestC08_PasswordsCanBePasted TestC02_PasswordCanBeShown", "", ""},
	{"3.1.1.2 g", "May: small mistakes are forgiven", "", anAllowed, ""},
	{"3.1.1.2 PV-14", "They are asked for over TLS", "TestPlainHTTPIsSentToHTTPS", "", ""},
	{"3.1.1.2 PV-15, PV-16", "They are stored as salted hashes of a suitable kind", "TestHashFormat TestWeakHashesAreWrapped", "", ""},
	{"3.1.1.2 h", "Should: the cost is high, goes up, and is stored with the hash", "TestHashFormat TestWeakerHashesAreStale", "", ""},
	{"3.1.1.2 PV-17", "The salt has 32 bits at least", "TestHashFormat", "", ""},
	{"3.1.1.2 PV-18", "Salt and hash are stored for each password", "TestHashFormat", "", ""},
	{"3.1.1.2 i", "Should: a key that is stored elsewhere is needed as well", "", "not met: " + noPepper[len("outside: "):], ""},
	{"3.1.1.2 PV-19", "That key is random", "", noPepper, ""},
	{"3.1.1.2 PV-20", "It is stored elsewhere", "", noPepper, ""},
}}

var nistCodes = nistGroup{"Recovery codes, mailed codes, text messages and apps (3.1.2 to 3.1.4)", []nistRow{
	{"3.1.2.1 LSA-1", "Recovery codes are random", "TestKeptImports", "", ""},
	{"3.1.2.1 LSA-1.5", "They are handed over safely", "TestC10_RecoveryCodes TestPlainHTTPIsSentToHTTPS", "", ""},
	{"3.1.2.1 LSA-2", "Only to somebody who has proved the factor", "TestC10_EveryMarkedRouteAsks TestAFactorProvesWhoSomebodyIs", "", ""},
	{"3.1.2.1 LSA-3", "Six digits at least", "TestSecretsOfFactorsAreLongEnough", "", ""},
	{"3.1.2.2 LSV-2", "Each works once", "TestARecoveryCodeWorksOnce TestACodeThatManyHaveOpensOneSignIn", "", ""},
	{"3.1.2.2 LSV-4", "They are stored hashed", "TestFactorsAreStoredSealedOrHashed", "", ""},
	{"3.1.2.2 LSV-6 to 8", "Below 112 bits: salted, with a hash for passwords", "TestFactorsAreStoredSealedOrHashed", "not met: they have 60 bits, and are hashed with a key from the key file instead", ""},
	{"3.1.2.2 LSV-9", "Guesses are limited", "TestWrongCodesCountAcrossWays", "", ""},
	{"3.1.3.1 OBA-3", "Email is no second factor", "TestAssureForEveryPolicy TestAnAppIsAskedForAtEachSignIn", "not met: a company can still ask for a code by email; it adds nothing to the level, and nobody who has a factor gets one", ""},
	{"3.1.3.1 OBA-1", "A text message comes by another way than the sign-in", "TestC10_ACodeByTextMessage", "", ""},
	{"3.1.3.2 OBV-3", "Codes by email and text message end within ten minutes", "TestB06CodesThatDoNotWork TestPolicyBounds", "", ""},
	{"3.1.3.2 OBV-4", "Each works once", "TestACodeOpensOneSession TestATextCodeOpensItsSignInOnce", "", ""},
	{"3.1.3.2 OBV-5, 5.5", "Six random digits", "TestCodes", "", ""},
	{"3.1.3.2 OBV-6", "Guesses are limited", "TestB06FiveWrongCodesEndTheSignIn TestFiftyClientsGuessForADay", "", ""},
	{"3.1.3.2 OBV-7", "A new code does not reset the count", "TestFiftyClientsGuessAtOneSignIn", "", ""},
	{"3.1.3.2 a", "Should: few messages are sent", "TestB07HowManyCodesAreSent TestC10_TextMessagesStop", "", ""},
	{"3.1.3.3 AUPSTN-1 to 3", "Text messages are restricted: alternatives, and a notice", "TestC10_ACodeByTextMessage", "documented: second-factors.md, Text messages", ""},
	{"3.1.4.1 SFOA-1", "The key of an app has 112 bits at least", "TestSecretsOfFactorsAreLongEnough", "", ""},
	{"3.1.4.1 SFOA-2", "No time is used twice", "TestEachStepOfAnAppIsGoodOnce TestAppCodesAreThoseOfTheRFC", "", ""},
	{"3.1.4.1 SFOA-3", "Codes change every two minutes at least", "TestEachStepOfAnAppIsGoodOnce", "", ""},
	{"3.1.4.1 a", "Should: with a new device, the old one is removed", "TestC10_AnAppIsRemoved", "not met: the user has to remove the old one; a user may have several", ""},
	{"3.1.4.2 SFOV-1", "Keys of apps are stored safely", "TestFactorsAreStoredSealedOrHashed TestSealedIsProtected", "", ""},
	{"3.1.4.2 SFOV-2", "They are handed over safely", "TestPlainHTTPIsSentToHTTPS TestKeptImports", "", ""},
	{"3.1.4.2 SFOV-3", "Codes are entered over TLS", "TestPlainHTTPIsSentToHTTPS", "", ""},
	{"3.1.4.2 SFOV-4", "Each works once", "TestEachStepOfAnAppIsGoodOnce TestACodeThatManyHaveOpensOneSignIn", "", ""},
	{"3.1.4.2 SFOV-5", "Each has its time", "TestEachStepOfAnAppIsGoodOnce TestAPhoneWithAWrongClockIsFoundAgain", "", ""},
	{"3.1.4.2 SFOV-6", "Guesses are limited", "TestWrongCodesCountAcrossWays", "", ""},
}}

var nistKeys = nistGroup{"Passkeys (3.1.6, 3.1.7)", []nistRow{
	{"3.1.6.2 SFCVER-1", "Stored keys cannot be changed by others", "TestTheDatabaseFileIsItsOwnersOnly", "", ""},
	{"3.1.6.2 SFCVER-2", "Algorithms with 112 bits at least", "TestNewPasskeysThatAreChanged TestNewPasskeysThatAreNotTaken", "", ""},
	{"3.1.6.2 SFCVER-3", "Challenges have 64 bits at least, and never come twice", "TestChallengesOfPasskeys", "", ""},
	{"3.1.6.2 SFCVER-4", "Signatures are verified", "TestAnswersThatAreChanged TestAnotherLibraryAgrees", "", ""},
	{"3.1.7.2 MFCFIERS-1", "Without verification of the user, it is one factor", "TestAPasskeyAfterThePassword TestAssureModern", "", ""},
}}
