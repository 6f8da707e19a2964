package gatehouse_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"gatehouse"
	"pgregory.net/rapid"
)

// Short names for the rules, so that the tables fit on a line.
const (
	short     = gatehouse.RuleLength
	tooLong   = gatehouse.RuleTooLong
	character = gatehouse.RuleCharacter
	upper     = gatehouse.RuleUpper
	lower     = gatehouse.RuleLower
	digit     = gatehouse.RuleDigit
	username  = gatehouse.RuleUsername
	word      = gatehouse.RuleContext
	history   = gatehouse.RuleHistory
	common    = gatehouse.RuleCommon
)

func rules(r ...gatehouse.PasswordRule) []gatehouse.PasswordRule { return r }

// A11, and the second site's eight characters. The first line is the document's own example.
func TestA11WhichPasswordsTheClassicPolicyTakes(t *testing.T) {
	const john = "JohnSmith@mycompany.com"
	seven := gatehouse.ClassicPolicy().Password
	seven.MinLength = 7
	for _, test := range []struct {
		username, password string
		want               []gatehouse.PasswordRule
	}{
		{john, "Johnsmith3", rules(username)},
		{john, "johnSMITH3", rules(username)},
		{john, "xJoHn7x!", rules(username)},
		{john, "Mycompany1", rules(username)},
		{john, "Blacksmith9", rules(username)},
		{john, "Ｊｏｈｎｓｍｉｔｈ３", rules(username)},
		{john, "JohnＳmith３x", rules(username)},
		{john, "htimSnhoj3", nil},   // a reversed name is not a part
		{john, "J-o-h-n-7", nil},    // nor is one with other characters in between
		{john, "Company.com1", nil}, // "company" is not between punctuation, "com" too short
		{john, "Weather7", nil},
		{john, "Weathe7", nil},         // seven characters
		{john, "Weath7", rules(short)}, // six
		{john, "weather7", rules(upper)},
		{john, "WEATHER7", rules(lower)},
		{john, "Weatherly", rules(digit)},
		{john, "weather", rules(upper, digit)},
		{john, "", rules(short, upper, lower, digit)},
		{john, "       ", rules(upper, lower, digit)},
		{john, "Wéäthër7", nil},
		{john, "ＷＥＡｔｈｅｒ７", nil}, // full-width letters are letters
		{john, "Погода77", nil},
		{john, "天気予報は晴れです", rules(upper, lower, digit)},
		{john, "Wea\x00ther7", rules(character)},
		{john, "Wea\xffther7", rules(character)},
		{john, "\xff\xfe\xfd", rules(short, character, upper, lower, digit)},
		{"x", "Xylophone7", nil},              // a single letter is no part
		{"jo", "Joanna777", nil},              // nor are two
		{"joe", "Joestar77", rules(username)}, // three are, as the whole username
		{"joe.x", "Joestar77", nil},           // but not as a piece of one
		{"joe.x", "1Joe.Xavier", rules(username)},
		{"", "Weather7", nil},
		{"@.@", "Weather7@.@", rules(username)},
		{"anna_lena-99", "Lena1234", rules(username)},
		{"annaLena", "Lena1234", rules(username)},
		{"lena2019", "Xy2019xy", rules(username)},
		{"müller", "MÜLLER77x", rules(username)},
		{"Иванов", "иВАНОВ777", rules(username)},
		{"ｊｏｈｎｓｍｉｔｈ", "Johnsmith3", rules(username)},
	} {
		got := gatehouse.CheckPassword(seven, gatehouse.PasswordFacts{Password: test.password, Username: test.username})
		if !slices.Equal(got, test.want) {
			t.Errorf("%q for %q fails %v, want %v", test.password, test.username, got, test.want)
		}
	}
}

func TestA11AllFailedRulesAreShownAtOnce(t *testing.T) {
	all := gatehouse.PasswordPolicy{
		MinLength: 300, Upper: true, Lower: true, Digit: true, NoUsernameParts: true, NoContextWords: true, History: 1, Blocklist: true,
	}
	facts := gatehouse.PasswordFacts{Password: strings.Repeat("-", 257) + "天気予報\xff", Username: "天気予報", Reused: true, Common: true}
	if got, want := gatehouse.CheckPassword(all, facts), rules(short, tooLong, character, upper, lower, digit, username, word, history, common); !slices.Equal(got, want) {
		t.Errorf("fails %v, want %v", got, want)
	}
}

func TestPasswordLengthIsInCodePoints(t *testing.T) {
	policy := gatehouse.ModernPolicy().Password
	for _, test := range []struct {
		password string
		want     []gatehouse.PasswordRule
	}{
		{strings.Repeat("a", 14), rules(short)},
		{strings.Repeat("a", 15), nil},
		{strings.Repeat("ä", 14), rules(short)},
		{strings.Repeat("🔑", 15), nil},
		{strings.Repeat("🔑", 256), nil},
		{strings.Repeat("a", 256), nil},
		{strings.Repeat("a", 257), rules(tooLong)},
		{strings.Repeat("🔑", 257), rules(tooLong)},
		{strings.Repeat("a", 10000), rules(tooLong)},
		{strings.Repeat(" ", 15), nil},
		{"a" + strings.Repeat(" ", 14), nil}, // spaces are not trimmed
	} {
		if got := gatehouse.CheckPassword(policy, gatehouse.PasswordFacts{Password: test.password}); !slices.Equal(got, test.want) {
			t.Errorf("%d code points: fails %v, want %v", utf8.RuneCountInString(test.password), got, test.want)
		}
	}
}

// The modern profile only refuses context words as the whole password (PV-9), with any decoration.
func TestContextWordsAreRefusedAsAWhole(t *testing.T) {
	policy := gatehouse.PasswordPolicy{MinLength: 1, NoContextWords: true}
	facts := gatehouse.PasswordFacts{Username: "JohnSmith@mycompany.com", Context: []string{"John", "Smith", "My Company Ltd", "", "!?"}}
	for _, test := range []struct {
		password string
		want     []gatehouse.PasswordRule
	}{
		{"johnsmith@mycompany.com", rules(word)},
		{"JOHNSMITH MYCOMPANY COM", rules(word)},
		{"my-company-ltd!!", rules(word)},
		{"ｓｍｉｔｈ", rules(word)},
		{"Smith", rules(word)},
		{"Smith and John", nil},
		{"smith1", nil},
		{"!?", nil}, // a word without letters is none
		{"", rules(short)},
	} {
		facts.Password = test.password
		if got := gatehouse.CheckPassword(policy, facts); !slices.Equal(got, test.want) {
			t.Errorf("%q fails %v, want %v", test.password, got, test.want)
		}
	}
}

// A rule that a policy does not have never fails, and the facts that the service adds only count
// under their own rule.
func TestOnlyThePolicysRulesAreFailed(t *testing.T) {
	facts := gatehouse.PasswordFacts{Password: "john", Username: "john", Context: []string{"john"}, Reused: true, Common: true}
	if got := gatehouse.CheckPassword(gatehouse.PasswordPolicy{}, facts); got != nil {
		t.Errorf("the empty policy: fails %v", got)
	}
	for _, test := range []struct {
		policy gatehouse.PasswordPolicy
		want   gatehouse.PasswordRule
	}{
		{gatehouse.PasswordPolicy{MinLength: 5}, short}, {gatehouse.PasswordPolicy{Upper: true}, upper},
		{gatehouse.PasswordPolicy{Digit: true}, digit}, {gatehouse.PasswordPolicy{NoUsernameParts: true}, username},
		{gatehouse.PasswordPolicy{NoContextWords: true}, word}, {gatehouse.PasswordPolicy{History: 1}, history},
		{gatehouse.PasswordPolicy{Blocklist: true}, common},
	} {
		if got := gatehouse.CheckPassword(test.policy, facts); !slices.Equal(got, rules(test.want)) {
			t.Errorf("%+v: fails %v, want only %s", test.policy, got, test.want)
		}
	}
}

// A rule is a pure function: it does not change its arguments.
func TestCheckPasswordLeavesItsArgumentsAlone(t *testing.T) {
	words := []string{"John", "Smith"}
	gatehouse.CheckPassword(gatehouse.ModernPolicy().Password, gatehouse.PasswordFacts{
		Password: "correct horse battery", Username: "jsmith", Context: words[:1],
	})
	if words[1] != "Smith" {
		t.Errorf("the caller's list is now %q", words)
	}
}

func TestUsernameParts(t *testing.T) {
	for _, test := range []struct {
		username string
		want     []string
	}{
		{"JohnSmith@mycompany.com", []string{"johnsmith@mycompany.com", "johnsmith", "john", "smith", "mycompany"}},
		{"jsmith77", []string{"jsmith77", "jsmith"}},
		{"smith2019", []string{"smith2019", "smith", "2019"}},
		{"maria.de.la.cruz", []string{"maria.de.la.cruz", "maria", "cruz"}},
		{"john.john", []string{"john.john", "john"}},
		{"joe", []string{"joe"}},
		{"jo", nil}, {"j", nil}, {"", nil}, {"@", nil},
		{"...", []string{"..."}},
		{"АннаПетрова", []string{"аннапетрова", "анна", "петрова"}},
		{"Ｊｏｈｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", []string{"john@example.com", "john", "example"}},
	} {
		if got := gatehouse.UsernameParts(test.username); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.username, got, test.want)
		}
	}
}

// The words of JSmith are J and Smith: its owner may not use Smith2024.
func TestUsernamePartsSplitAfterInitials(t *testing.T) {
	for _, test := range []struct{ username, part string }{
		{"JSmith", "smith"}, {"ABCJohnson@example.com", "johnson"},
	} {
		if got := gatehouse.UsernameParts(test.username); !slices.Contains(got, test.part) {
			t.Errorf("%q: parts %q lack %q", test.username, got, test.part)
		}
	}
}

// The Unicode form of a username makes no difference to its parts.
func TestUsernamePartsWhateverTheUnicodeForm(t *testing.T) {
	composed, decomposed := "Ann\u00e9@example.com", "Anne\u0301@example.com"
	if got, want := gatehouse.UsernameParts(decomposed), gatehouse.UsernameParts(composed); !slices.Equal(got, want) {
		t.Errorf("decomposed %q, composed %q", got, want)
	}
}

func TestPasswordExpiredAndUsable(t *testing.T) {
	aged := gatehouse.PasswordPolicy{MaxAge: 90 * 24 * time.Hour}
	day := func(n int) time.Time { return noon.Add(time.Duration(n) * 24 * time.Hour) }
	for _, test := range []struct {
		name            string
		policy          gatehouse.PasswordPolicy
		password        gatehouse.Password
		expired, usable bool
	}{
		{"chosen, for ever", gatehouse.PasswordPolicy{}, gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordChosen, SetAt: day(-3650)}, false, true},
		{"chosen, 89 days old", aged, gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordChosen, SetAt: day(-89)}, false, true},
		{"chosen, 90 days old", aged, gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordChosen, SetAt: day(-90)}, true, true},
		{"chosen, of unknown age", aged, gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordChosen}, true, true},
		{"chosen by a clock that was ahead", aged, gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordChosen, SetAt: day(1)}, false, true},
		{"initial", aged, gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordInitial, SetAt: noon, ExpiresAt: day(1)}, true, true},
		{"from a recovery", aged, gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordRecovery, SetAt: noon, ExpiresAt: noon.Add(1)}, true, true},
		{"from a recovery, at its end", aged, gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordRecovery, SetAt: day(-1), ExpiresAt: noon}, true, false},
		{"from a recovery, after its end", aged, gatehouse.Password{Hash: "h", Origin: gatehouse.PasswordRecovery, SetAt: day(-9), ExpiresAt: day(-8)}, true, false},
		{"of unknown origin", aged, gatehouse.Password{Hash: "h", SetAt: noon}, true, true},
		{"none", aged, gatehouse.Password{Origin: gatehouse.PasswordChosen, SetAt: noon}, false, false},
	} {
		if got := gatehouse.PasswordExpired(test.policy, test.password, noon); got != test.expired {
			t.Errorf("%s: expired %v", test.name, got)
		}
		if got := gatehouse.PasswordUsable(test.password, noon); got != test.usable {
			t.Errorf("%s: usable %v", test.name, got)
		}
	}
}

// anyText draws text of any alphabet, and invalid bytes.
func anyText() *rapid.Generator[string] {
	bytes := rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 40), func(b []byte) string { return string(b) })
	return rapid.OneOf(rapid.String(), bytes, rapid.StringMatching(`[A-Za-z0-9.@_-]{0,30}`))
}

func anyPasswordPolicy(t *rapid.T) gatehouse.PasswordPolicy {
	b := func(name string) bool { return rapid.Bool().Draw(t, name) }
	return gatehouse.PasswordPolicy{
		MinLength: rapid.IntRange(0, 64).Draw(t, "length"), Upper: b("upper"), Lower: b("lower"), Digit: b("digit"),
		NoUsernameParts: b("parts"), NoContextWords: b("words"), History: rapid.IntRange(0, 24).Draw(t, "history"), Blocklist: b("blocklist"),
	}
}

// No text makes the check panic, name a rule twice, or depend on anything else.
func TestCheckPasswordTakesAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPasswordPolicy(t)
		f := gatehouse.PasswordFacts{
			Password: anyText().Draw(t, "password"), Username: anyText().Draw(t, "username"),
			Context: rapid.SliceOfN(anyText(), 0, 3).Draw(t, "context"),
			Reused:  rapid.Bool().Draw(t, "reused"), Common: rapid.Bool().Draw(t, "common"),
		}
		got := gatehouse.CheckPassword(p, f)
		if again := gatehouse.CheckPassword(p, f); !slices.Equal(got, again) {
			t.Fatalf("%v, then %v", got, again)
		}
		seen := map[gatehouse.PasswordRule]bool{}
		for _, r := range got {
			if seen[r] {
				t.Fatalf("%s twice in %v", r, got)
			}
			seen[r] = true
		}
		if bad := !utf8.ValidString(f.Password) || strings.Contains(f.Password, "\x00"); bad != seen[character] {
			t.Fatalf("characters: %v for %q", got, f.Password)
		}
	})
}

func TestMoreCharactersNeverFailTheLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPasswordPolicy(t)
		some, more := rapid.String().Draw(t, "password"), rapid.String().Draw(t, "more")
		fails := func(s string, r gatehouse.PasswordRule) bool {
			return slices.Contains(gatehouse.CheckPassword(p, gatehouse.PasswordFacts{Password: s}), r)
		}
		for _, r := range rules(short, upper, lower, digit) {
			if !fails(some, r) && fails(some+more, r) {
				t.Fatalf("%q passes %s, %q does not", some, r, some+more)
			}
		}
		if fails(some, tooLong) && !fails(some+more, tooLong) {
			t.Fatalf("%q is too long, %q is not", some, some+more)
		}
	})
}

// A password that contains a part of the username fails, in any case and with anything around it.
func TestAPasswordWithAPartOfTheUsernameFails(t *testing.T) {
	names := rapid.StringMatching(`([A-Z]?[a-z]{1,9}|[А-Я][а-я]{2,7}|[0-9]{1,5}|[ａ-ｚ]{3,6}|[äöüé]{2,5}|[.@_-]){1,5}`).
		Filter(func(name string) bool { return len(gatehouse.UsernameParts(name)) > 0 })
	rapid.Check(t, func(t *rapid.T) {
		name := names.Draw(t, "username")
		part := rapid.SampledFrom(gatehouse.UsernameParts(name)).Draw(t, "part")
		cased := strings.Map(func(r rune) rune {
			if rapid.Bool().Draw(t, "upper") {
				return []rune(strings.ToUpper(string(r)))[0]
			}
			return r
		}, part)
		around := rapid.StringMatching(`[A-Za-z0-9 !#$%]{0,9}`)
		password := around.Draw(t, "before") + cased + around.Draw(t, "after")
		if got := gatehouse.CheckPassword(gatehouse.ClassicPolicy().Password, gatehouse.PasswordFacts{Password: password, Username: name}); !slices.Contains(got, username) {
			t.Fatalf("%q for %q (part %q) fails only %v", password, name, part, got)
		}
	})
}
