package gatehouse

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ChallengeQuestions are the built-in questions, by ID; the text of each is question.ID in the
// site's language. A user who likes none of them writes their own.
var ChallengeQuestions = []string{"school", "teacher", "street", "friend", "pet", "meal", "concert", "car"}

// Challenge is the question that identifies a user who forgot the password. Only a hash of the
// answer is kept, and not in here.
type Challenge struct {
	// Question is one of ChallengeQuestions; empty: Own is asked.
	Question string
	// Own is a question in the user's own words.
	Own   string
	SetAt time.Time
}

// RecoveryTries is how many answers one recovery accepts; the last wrong one ends it (A07).
const RecoveryTries = 3

// AnswerLockout is the rule for wrong answers to an account's challenge, across its recoveries.
// They are counted separately from passwords, because a recovery must work for a user who is
// locked out by wrong passwords. A lock by answers ends after a day, because a stranger can cause
// it.
func (p Policy) AnswerLockout() LockoutPolicy {
	l := p.Lockout
	if l.UnlockAfter == 0 {
		l.UnlockAfter = 24 * time.Hour
	}
	return l
}

// AnswerSubject returns the subject under which the wrong answers of a subject of attempts are
// counted.
func AnswerSubject(subject string) string { return "answers:" + subject }

// EndsByRecovery reports whether a completed recovery ends a lock: only one by wrong attempts, not
// one set by an administrator or an operator.
func (r LockReason) EndsByRecovery() bool {
	return r == "" || r == LockedByAttempts || r == LockedByTotal
}

// MayRecover reports whether a recovery can be completed for this account.
func (u User) MayRecover() bool {
	return (u.State == Invited || u.State == Active) && !u.Suspended() && u.LockReason.EndsByRecovery()
}

// The length limits of questions and answers, in code points.
const (
	MinQuestion = 10
	MaxQuestion = 150
	MinAnswer   = 3
	MaxAnswer   = 100
)

// ChallengeForm is a question and an answer as the user chose them.
type ChallengeForm struct {
	// Question is an ID of ChallengeQuestions, or OwnQuestion for Own.
	Question string
	Own      string
	Answer   string
	// CurrentPassword is typed again, so nobody can set a question on an unattended screen.
	CurrentPassword string
}

// OwnQuestion is what the form sends for a question in the user's own words.
const OwnQuestion = "own"

// AnswerKey is the form in which answers are compared: case, Unicode form, surrounding spaces, the
// number of spaces between words (A07) and invisible characters make no difference.
func AnswerKey(answer string) string {
	seen := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, answer)
	return strings.Join(strings.Fields(Fold(seen)), " ")
}

// CheckChallenge checks a chosen question and answer. words are what everybody knows about the
// user: names, username, address.
func CheckChallenge(f ChallengeForm, words []string) []FieldError {
	var bad []FieldError
	add := func(field, reason string, limit int) {
		e := FieldError{Field: field, Reason: reason}
		if limit > 0 {
			e.Args = map[string]string{"limit": strconv.Itoa(limit)}
		}
		bad = append(bad, e)
	}
	own := strings.TrimSpace(f.Own)
	switch {
	case f.Question == OwnQuestion && own == "":
		add("own_question", "required", 0)
	case f.Question == OwnQuestion && !isText(own):
		add("own_question", "character", 0)
	case f.Question == OwnQuestion && utf8.RuneCountInString(own) < MinQuestion:
		add("own_question", "question-short", MinQuestion)
	case f.Question == OwnQuestion && utf8.RuneCountInString(own) > MaxQuestion:
		add("own_question", "question-long", MaxQuestion)
	case f.Question != OwnQuestion && !slices.Contains(ChallengeQuestions, f.Question):
		add("question", "required", 0)
	}
	key := AnswerKey(f.Answer)
	n := utf8.RuneCountInString(key)
	switch {
	case key == "":
		add("answer", "required", 0)
	case !isText(f.Answer):
		add("answer", "character", 0)
	case n < MinAnswer:
		add("answer", "answer-short", MinAnswer)
	case utf8.RuneCountInString(f.Answer) > MaxAnswer:
		add("answer", "answer-long", MaxAnswer)
	case key == AnswerKey(f.CurrentPassword):
		add("answer", "answer-password", 0)
	case slices.ContainsFunc(words, func(w string) bool { return isContextWord(f.Answer, w) }):
		add("answer", "answer-known", 0)
	case f.Question == OwnQuestion && strings.Contains(" "+squeezeWords(own)+" ", " "+squeezeWords(f.Answer)+" "):
		add("answer", "answer-in-question", 0)
	}
	return bad
}

// squeezeWords returns only a text's words, for comparison.
func squeezeWords(s string) string {
	var words []string
	for word := range strings.FieldsSeq(s) {
		if w := squeeze(word); w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// isText reports whether a line of text has no line ends and no bidi marks.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !InNames(r) })
}
