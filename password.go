package gatehouse

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// PasswordPolicy says which new passwords a site accepts.
type PasswordPolicy struct {
	// MinLength counts code points.
	MinLength int
	// Upper, Lower and Digit require at least one of each.
	Upper, Lower, Digit bool
	// NoUsernameParts refuses a password that contains a part of the username.
	NoUsernameParts bool
	// NoContextWords refuses a password that is as a whole the username, a name, the company or
	// the site (ASVS 6.2.11, SP 800-63B-4 PV-9).
	NoContextWords bool
	// History refuses the current password and earlier ones, this many in all.
	History int
	// Blocklist refuses common passwords (ASVS 6.2.4).
	Blocklist bool
	// MaxAge is when a chosen password expires; 0: never.
	MaxAge time.Duration
}

// MaxPasswordLength is the maximum length of a password in code points. Longer ones are refused
// with a message, never truncated (ASVS 6.2.8, 6.2.9).
const MaxPasswordLength = 256

// minPartLength is the length from which a part of a username counts; shorter ones ("com", "jo")
// would forbid half the dictionary.
const minPartLength = 4

// PasswordRule names a rule that a new password can fail.
type PasswordRule string

// The rules, in display order.
const (
	RuleLength    PasswordRule = "length"
	RuleTooLong   PasswordRule = "too-long"
	RuleCharacter PasswordRule = "character" // not valid text, or a NUL
	RuleUpper     PasswordRule = "upper"
	RuleLower     PasswordRule = "lower"
	RuleDigit     PasswordRule = "digit"
	RuleUsername  PasswordRule = "username"
	RuleContext   PasswordRule = "context"
	RuleSame      PasswordRule = "same"
	RuleHistory   PasswordRule = "history"
	RuleCommon    PasswordRule = "common"
)

// PasswordFacts is what CheckPassword needs to know.
type PasswordFacts struct {
	Password string
	Username string
	// Context are further words that must not be the whole password: names,
	// email address, company, site.
	Context []string
	// Same: it is the present password, which no policy accepts as a new one.
	Same bool
	// Reused: it matches one of the earlier passwords that the policy checks.
	Reused bool
	// Common: it is on the blocklist.
	Common bool
}

// CheckPassword returns every rule that a new password fails, all at once, so users need not find
// them one by one (A11). Empty: it may be used.
func CheckPassword(p PasswordPolicy, f PasswordFacts) []PasswordRule {
	var failed []PasswordRule
	fail := func(bad bool, r PasswordRule) {
		if bad {
			failed = append(failed, r)
		}
	}
	n := utf8.RuneCountInString(f.Password)
	fail(n < p.MinLength, RuleLength)
	fail(n > MaxPasswordLength, RuleTooLong)
	fail(!utf8.ValidString(f.Password) || strings.ContainsRune(f.Password, 0), RuleCharacter)
	fail(p.Upper && !strings.ContainsFunc(f.Password, unicode.IsUpper), RuleUpper)
	fail(p.Lower && !strings.ContainsFunc(f.Password, unicode.IsLower), RuleLower)
	fail(p.Digit && !strings.ContainsFunc(f.Password, unicode.IsDigit), RuleDigit)
	fail(p.NoUsernameParts && containsPart(f.Password, f.Username), RuleUsername)
	fail(p.NoContextWords && (isContextWord(f.Password, f.Username) || slices.ContainsFunc(f.Context, func(w string) bool { return isContextWord(f.Password, w) })), RuleContext)
	fail(f.Same, RuleSame)
	fail(p.History > 0 && f.Reused && !f.Same, RuleHistory)
	fail(p.Blocklist && f.Common, RuleCommon)
	return failed
}

// UsernameParts returns what "part of the username" means: the whole username if it has at least
// three characters, and each piece between its punctuation, and each word in that (split where
// case or kind of character changes), if it has at least four. JohnSmith@mycompany.com: johnsmith,
// john, smith, mycompany.
func UsernameParts(username string) []string {
	seen := map[string]bool{}
	var parts []string
	add := func(s string, least int) {
		s = Fold(s)
		if utf8.RuneCountInString(s) >= least && !seen[s] {
			seen[s] = true
			parts = append(parts, s)
		}
	}
	add(username, 3)
	for _, enrolment := range strings.FieldsFunc(norm.NFKC.String(username), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		add(enrolment, minPartLength)
		for _, word := range splitWords(enrolment) {
			add(word, minPartLength)
		}
	}
	return parts
}

func containsPart(password, username string) bool {
	folded := Fold(password)
	for _, part := range UsernameParts(username) {
		if strings.Contains(folded, part) {
			return true
		}
	}
	return false
}

func isContextWord(password, word string) bool {
	s := squeeze(word)
	return s != "" && s == squeeze(password)
}

// splitWords splits "JSmith77" into J, Smith and 77: where letters and digits meet, before a
// capital that follows a small letter, and before the last of several capitals if a small letter
// follows.
func splitWords(enrolment string) []string {
	letters := []rune(enrolment)
	var words []string
	start := 0
	for i := 1; i < len(letters); i++ {
		last, r := letters[i-1], letters[i]
		initial := unicode.IsUpper(last) && unicode.IsUpper(r) && i+1 < len(letters) && unicode.IsLower(letters[i+1])
		if unicode.IsDigit(r) != unicode.IsDigit(last) || unicode.IsLower(last) && unicode.IsUpper(r) || initial {
			words = append(words, string(letters[start:i]))
			start = i
		}
	}
	return append(words, string(letters[start:]))
}

// Fold makes texts comparable regardless of case and Unicode form (NFKC around full case folding,
// so the result folds to itself).
func Fold(s string) string {
	if isLowerASCII(s) {
		return s
	}
	return norm.NFKC.String(cases.Fold().String(strings.Map(cherokee, norm.NFKD.String(s))))
}

// cherokee maps that script's letters to capitals before they are folded: folding would only swap
// small ones and capitals.
func cherokee(r rune) rune {
	if unicode.Is(unicode.Cherokee, r) {
		return unicode.ToUpper(r)
	}
	return r
}

func isLowerASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || 'A' <= s[i] && s[i] <= 'Z' {
			return false
		}
	}
	return true
}

// squeeze is Fold of letters and digits only.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, Fold(s))
}

// PasswordExpired reports whether a user must choose a new password before
// anything else: it is temporary, or older than the policy allows.
func PasswordExpired(p PasswordPolicy, w Password, now time.Time) bool {
	if w.Temporary() {
		return true
	}
	return p.MaxAge > 0 && !now.Before(w.SetAt.Add(p.MaxAge))
}

// PasswordUsedUp reports whether a right password no longer works: a temporary one opens one
// sign-in (invariant 2), which may be restarted only in the browser that began it, because people
// close windows halfway.
func PasswordUsedUp(w Password, browser string) bool {
	return w.Temporary() && w.UsedBy != "" && w.UsedBy != browser
}

// PasswordUsable reports whether a right password may open a sign-in: a temporary one expires
// (E50, ASVS 6.4.1).
func PasswordUsable(w Password, now time.Time) bool {
	return w.Hash != "" && (w.ExpiresAt.IsZero() || now.Before(w.ExpiresAt))
}
