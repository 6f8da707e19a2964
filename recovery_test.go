package gatehouse_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
)

// faultsOf returns what is wrong with a form, as "field code".
func faultsOf(bad []gatehouse.FieldError) string {
	var all []string
	for _, e := range bad {
		all = append(all, e.Field+" "+e.Reason)
	}
	return strings.Join(all, ", ")
}

// Which questions and answers may be chosen (A07, B14).
func TestCheckChallenge(t *testing.T) {
	known := []string{"mira.santos", "Mira", "Santos", "Mira Santos", "m.santos77@northgate.example", "m.santos77", ""}
	const own, password = gatehouse.OwnQuestion, "Kestrel-Over-9"
	for _, test := range []struct {
		name, question, own, answer, want string
	}{
		{"one of the house's", "pet", "", "Tibbles", ""},
		{"what is left in the other field does not matter", "pet", strings.Repeat("x", 500), "Tibbles", ""},
		{"an own one", own, "Which boat did we hire in 1988?", "The Gannet", ""},
		{"none chosen", "", "", "Tibbles", "question required"},
		{"one that is none of ours", "mother", "", "Tibbles", "question required"},
		{"not the text of one", "Pet", "", "Tibbles", "question required"},
		{"an own one that is empty", own, "", "Tibbles", "own_question required"},
		{"nothing but spaces", own, " \t\u00a0 ", "Tibbles", "own_question required"},
		{"nine characters", own, "Pet name?", "Tibbles", "own_question question-short"},
		{"nine and spaces around", own, "   Pet name?   ", "Tibbles", "own_question question-short"},
		{"ten characters", own, "Pet names?", "Tibbles", ""},
		{"ten characters that are no bytes", own, "Имя кошки?", "Мурка", ""},
		{"150 characters", own, strings.Repeat("é", 150), "Tibbles", ""},
		{"151 characters", own, strings.Repeat("é", 151), "Tibbles", "own_question question-long"},
		{"500 characters", own, strings.Repeat("x", 500), "Tibbles", "own_question question-long"},
		{"a question on two lines", own, "Which boat\ndid we hire?", "Gannet", "own_question character"},
		{"a NUL in the question", own, "Which boat\x00 did we hire?", "Gannet", "own_question character"},
		{"a question that turns around", own, "Which boat \u202edid we hire?", "Gannet", "own_question character"},
		{"a mark from right to left in the question", own, "Which boat \u200fdid we hire?", "Gannet", "own_question character"},
		{"a question that is no text", own, "Which boat \xff did we hire?", "Gannet", "own_question character"},
		{"Arabic needs no marks", own, "ما اسم قطتي الأولى؟", "مشمش", ""},

		{"no answer", "pet", "", "", "answer required"},
		{"an answer of spaces", "pet", "", " \u3000 ", "answer required"},
		{"one letter", "pet", "", "T", "answer answer-short"},
		{"two letters and spaces", "pet", "", "  T  b ", ""}, // as typed: two words
		{"two letters", "pet", "", "Tb  ", "answer answer-short"},
		{"three letters", "pet", "", "Tib", ""},
		{"three that cannot be seen", "pet", "", "\u200b\u200b\u200b", "answer required"},
		{"one that can be seen", "pet", "", "T\u200b\u200b\u200b", "answer answer-short"},
		{"100 characters", "pet", "", strings.Repeat("ß", 100), ""},
		{"101 characters", "pet", "", strings.Repeat("ß", 101), "answer answer-long"},
		{"a NUL in the answer", "pet", "", "Tib\x00bles", "answer character"},
		{"a tab in the answer", "pet", "", "Tib\tbles", "answer character"},
		{"an answer that turns around", "pet", "", "Tib\u202ebles", "answer character"},
		{"a mark from right to left in the answer", "pet", "", "Tibbles\u200f", "answer character"},
		{"an answer that is no text", "pet", "", "Tib\xffbles", "answer character"},

		{"the password", "pet", "", password, "answer answer-password"},
		{"the password in capitals", "pet", "", "  KESTREL-OVER-9 ", "answer answer-password"},
		{"the username", "pet", "", "mira.santos", "answer answer-known"},
		{"the username in other letters", "pet", "", "ＭＩＲＡ Santos", "answer answer-known"},
		{"the first name", "pet", "", "mira", "answer answer-known"},
		{"the last name", "pet", "", "SANTOS", "answer answer-known"},
		{"both", "pet", "", "Mira  Santos", "answer answer-known"},
		{"the address", "pet", "", "M.Santos77@northgate.example", "answer answer-known"},
		{"what is before its @", "pet", "", "msantos77", "answer answer-known"},
		{"a name among others", "pet", "", "Mira the Cat", ""},

		{"in the question", own, "Was my cat called Tibbles or not?", "Tibbles", "answer answer-in-question"},
		{"in the question in capitals", own, "Was my cat called Tibbles or not?", "TIBBLES", "answer answer-in-question"},
		{"two words of the question", own, "Did we hire The  Gannet in 1988?", "the gannet", "answer answer-in-question"},
		{"with a comma", own, "Tibbles, Tom or Rex: which one?", "tibbles", "answer answer-in-question"},
		{"a part of a word of it", own, "Was my cat called Tibbles or not?", "bbl", ""},
		{"in a question of the house's", "pet", "Was my cat called Tibbles?", "Tibbles", ""},

		{"both fields at once", own, "Who?", "T", "own_question question-short, answer answer-short"},
		{"everything empty", "", "", "", "question required, answer required"},
	} {
		bad := gatehouse.CheckChallenge(gatehouse.ChallengeForm{Question: test.question, Own: test.own, Answer: test.answer, CurrentPassword: password}, known)
		if got := faultsOf(bad); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		for _, e := range bad {
			limit := map[string]string{"question-short": "10", "question-long": "150", "answer-short": "3", "answer-long": "100"}[e.Reason]
			if e.Args["limit"] != limit {
				t.Errorf("%s: the text is told the limit %q, want %q", test.name, e.Args["limit"], limit)
			}
		}
	}
}

// An answer typed again is the same regardless of case, spaces and Unicode form.
func TestAnswerKeyOfWhatUsersType(t *testing.T) {
	for _, same := range [][2]string{
		{"Tibbles the Cat", "  tibbles   THE\u00a0cat "},
		{"Straße", "STRASSE"},
		{"Café", "cafe\u0301"},
		{"ＴＩＢＢＬＥＳ", "tibbles"},
		{"ΟΔΥΣΣΕΥΣ", "οδυσσευς"},
		{"Tib\u00adbles\u200b", "tibbles"},
		{"Tibbles", "Tibbles\n"},
	} {
		if a, b := gatehouse.AnswerKey(same[0]), gatehouse.AnswerKey(same[1]); a != b {
			t.Errorf("%q: %q, but %q: %q", same[0], a, same[1], b)
		}
	}
	for _, different := range [][2]string{{"Tibbles", "Tibble"}, {"the cat", "thecat"}, {"café", "cafe"}, {"St. Ives", "St Ives"}} {
		if gatehouse.AnswerKey(different[0]) == gatehouse.AnswerKey(different[1]) {
			t.Errorf("%q and %q are taken for one", different[0], different[1])
		}
	}
}

func TestAnswerKeyIsInsensitive(t *testing.T) {
	words := rapid.SliceOfN(rapid.StringMatching(`[A-Za-z0-9äöüéßñА-Яа-яα-ρσ-ω.@_'-]{1,8}`), 1, 4)
	space := rapid.StringMatching("[ \u00a0\u3000]{1,3}")
	rapid.Check(t, func(t *rapid.T) {
		w := words.Draw(t, "words")
		plain, spaced := strings.Join(w, " "), space.Draw(t, "before")
		for _, word := range w {
			spaced += word + space.Draw(t, "between")
		}
		key := gatehouse.AnswerKey(plain)
		for _, other := range []string{spaced, strings.ToUpper(plain), strings.ToLower(plain), fullWidth(plain), key} {
			if got := gatehouse.AnswerKey(other); got != key {
				t.Fatalf("%q: %q, but %q: %q", plain, key, other, got)
			}
		}
	})
}

func TestAnswerKeyIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := gatehouse.AnswerKey(rapid.OneOf(anyText(), rapid.StringMatching("[a-cA-C \u00a0\u00ad\u0301\u200dßΣ¨ﬁ]{0,12}")).Draw(t, "answer"))
		if again := gatehouse.AnswerKey(key); again != key {
			t.Fatalf("%q, then %q", key, again)
		}
	})
}

// For any text: an accepted form has an answer of some length that is nothing everybody knows, and
// no fault is reported twice.
func TestCheckChallengeTakesAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := gatehouse.ChallengeForm{Answer: anyText().Draw(t, "answer"), CurrentPassword: anyText().Draw(t, "password"),
			Question: rapid.OneOf(rapid.SampledFrom(append([]string{gatehouse.OwnQuestion, ""}, gatehouse.ChallengeQuestions...)), anyText()).Draw(t, "question"),
			Own:      anyText().Draw(t, "own")}
		word := anyText().Draw(t, "known")
		bad := gatehouse.CheckChallenge(f, []string{word})
		key := gatehouse.AnswerKey(f.Answer)
		if len(bad) == 0 && (len([]rune(key)) < gatehouse.MinAnswer || key == gatehouse.AnswerKey(f.CurrentPassword) || key == gatehouse.AnswerKey(word)) {
			t.Fatalf("%+v was taken", f)
		}
		for i, e := range bad {
			if slices.ContainsFunc(bad[:i], func(other gatehouse.FieldError) bool { return other.Field == e.Field }) {
				t.Fatalf("said twice: %v", bad)
			}
		}
	})
}

// A lock of answers ends after a day at the latest, because a stranger can cause it.
func TestAnswerLockoutEnds(t *testing.T) {
	p := gatehouse.ClassicPolicy()
	if got, want := p.AnswerLockout(), (gatehouse.LockoutPolicy{Attempts: 6, InAll: 100, UnlockAfter: 24 * time.Hour}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if p.Lockout.UnlockAfter != 0 {
		t.Error("the policy for passwords was changed with it")
	}
	p.Lockout.UnlockAfter = time.Hour
	if got := p.AnswerLockout().UnlockAfter; got != time.Hour {
		t.Errorf("a site that unlocks sooner: %v", got)
	}
	if gatehouse.AnswerSubject("usr_1") == "usr_1" || gatehouse.AnswerSubject("usr_1") == gatehouse.AnswerSubject("usr_2") {
		t.Error("answers are not counted apart")
	}
}

// A completed recovery ends a lock by attempts, and nothing that somebody decided (A08).
func TestWhoMayRecover(t *testing.T) {
	for _, state := range []gatehouse.UserState{gatehouse.Invited, gatehouse.Active, gatehouse.Deactivated, "suspended", ""} {
		for reason, ends := range map[gatehouse.LockReason]bool{"": true, gatehouse.LockedByAttempts: true, gatehouse.LockedByTotal: true,
			gatehouse.LockedByAdministrator: false, gatehouse.LockedByOperator: false, "court order": false} {
			u := gatehouse.User{State: state, LockReason: reason}
			if reason != "" {
				u.LockedAt = noon
			}
			want := ends && (state == gatehouse.Active || state == gatehouse.Invited)
			if got := u.MayRecover(); got != want {
				t.Errorf("%s, locked by %q: %v, want %v", fmt.Sprintf("%q", state), reason, got, want)
			}
			if reason.EndsByRecovery() != ends {
				t.Errorf("a lock by %q ends by recovery: %v", reason, !ends)
			}
		}
	}
}

// A temporary password opens one sign-in, which may be restarted in the browser that began it
// (invariant 2).
func TestPasswordUsedUp(t *testing.T) {
	for _, test := range []struct {
		name            string
		origin          gatehouse.PasswordOrigin
		usedBy, browser string
		want            bool
	}{
		{"not used yet", gatehouse.PasswordInitial, "", "one", false},
		{"not used yet, no cookie", gatehouse.PasswordRecovery, "", "", false},
		{"the same browser", gatehouse.PasswordRecovery, "one", "one", false},
		{"another browser", gatehouse.PasswordRecovery, "one", "two", true},
		{"another browser, from an invitation", gatehouse.PasswordInitial, "one", "two", true},
		{"a browser without a cookie", gatehouse.PasswordInitial, "one", "", true},
		{"a chosen one is never used up", gatehouse.PasswordChosen, "one", "two", false},
	} {
		w := gatehouse.Password{Hash: "hash", Origin: test.origin, UsedBy: test.usedBy}
		if got := gatehouse.PasswordUsedUp(w, test.browser); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
