package gatehouse

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ChallengeQuestions are the house's questions, by their IDs; the text of each is
// question.ID in the site's language. Anyone who likes none of them writes an own one.
var ChallengeQuestions = []string{"school", "teacher", "street", "friend", "pet", "meal", "concert", "car"}

// Challenge is the question that proves who forgot a password. The answer is kept as
// a hash, and is nowhere in here.
type Challenge struct {
	// Question is one of ChallengeQuestions; empty: Own is asked.
	Question string
	// Own is a question in the person's own words.
	Own   string
	SetAt time.Time
}

// RecoveryTries is how many answers one recovery takes; the last wrong one ends it
// (A07).
const RecoveryTries = 3

// AnswerLockout is the rule for wrong answers to an account's challenge, across its
// recoveries. Their counts are apart from those of passwords, because a recovery must
// work for who is locked out by wrong passwords; and a lock of theirs ends after a day,
// because a stranger can cause it.
func (p Policy) AnswerLockout() LockoutPolicy {
	l := p.Lockout
	if l.UnlockAfter == 0 {
		l.UnlockAfter = 24 * time.Hour
	}
	return l
}

// AnswerSubject is under which wrong answers of a subject of attempts are counted.
func AnswerSubject(subject string) string { return "answers:" + subject }

// EndsByRecovery reports whether a completed recovery ends a lock: one by wrong
// attempts, not what an administrator or an operator decided.
func (r LockReason) EndsByRecovery() bool {
	return r == "" || r == LockedByAttempts || r == LockedByTotal
}

// MayRecover reports whether a recovery can come to its end for this account.
func (u User) MayRecover() bool {
	return (u.State == Invited || u.State == Active) && u.LockReason.EndsByRecovery()
}

// How long questions and answers may be, in code points.
const (
	MinQuestion = 10
	MaxQuestion = 150
	MinAnswer   = 3
	MaxAnswer   = 100
)

// ChallengeForm is a question and an answer that somebody has chosen.
type ChallengeForm struct {
	// Question is an ID of ChallengeQuestions, or OwnQuestion for Own.
	Question string
	Own      string
	Answer   string
	// CurrentPassword is typed again, so that nobody sets a question on a screen
	// that was left open.
	CurrentPassword string
}

// OwnQuestion is what the form sends for a question in one's own words.
const OwnQuestion = "own"

// AnswerKey is what answers are compared by: case, Unicode form, spaces around and
// how many between words make no difference (A07), nor does what nobody can see.
func AnswerKey(answer string) string {
	seen := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, answer)
	return strings.Join(strings.Fields(Fold(seen)), " ")
}

// CheckChallenge says what is wrong with a chosen question and answer. words are what
// everybody knows about the person: names, username, address.
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

// squeezeWords is a text's words and nothing else, comparable.
func squeezeWords(s string) string {
	var words []string
	for word := range strings.FieldsSeq(s) {
		if w := squeeze(word); w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// isText reports whether a line of text has nothing in it that ends a line or turns it.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !InNames(r) })
}
