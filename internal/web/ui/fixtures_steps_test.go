package ui

import (
	"strings"
	"time"

	"gatehouse"
)

const (
	longName = "anastasia.konstantinopoulou-featherstonehaugh.procurement@subsidiary.northgate-systems.example"
	document = "In force from 1 September 2026.\n\n1. **What these terms cover.** Everything <b>here</b>.\n\n2. See [the notice](https://www.example.com/privacy).\n\n# A heading\n\nAnd a paragraph.\n"
)

// longQuestion is longer than the form takes: it may come from an earlier rule.
var longQuestion = strings.Repeat("Which of all the questions that nobody else can answer is this? ", 8)[:500]

func wrong(field string, codes ...string) []gatehouse.FieldError {
	var all []gatehouse.FieldError
	for _, code := range codes {
		all = append(all, gatehouse.FieldError{Field: field, Code: code,
			Args: map[string]string{"min": "8", "max": "256", "n": "5", "limit": "3"}})
	}
	return all
}

// everyRule is a new password that fails all there is.
func everyRule() []gatehouse.FieldError {
	var codes []string
	for _, rule := range []gatehouse.PasswordRule{gatehouse.RuleLength, gatehouse.RuleTooLong, gatehouse.RuleCharacter, gatehouse.RuleUpper, gatehouse.RuleLower,
		gatehouse.RuleDigit, gatehouse.RuleUsername, gatehouse.RuleContext, gatehouse.RuleSame, gatehouse.RuleHistory, gatehouse.RuleCommon} {
		codes = append(codes, "password-"+string(rule))
	}
	return wrong("new_password", codes...)
}

func at(step gatehouse.Step) InSteps {
	return InSteps{step, []gatehouse.Step{gatehouse.StepCode, gatehouse.StepPassword, gatehouse.StepChallenge, gatehouse.StepTerms, gatehouse.StepSoleUser}}
}

func badChallenge() ChallengeForm {
	bad := append(wrong("own_question", "required", "character", "question-short", "question-long"), wrong("question", "required")...)
	bad = append(bad, wrong("answer", "required", "character", "answer-short", "answer-long", "answer-password", "answer-known", "answer-in-question")...)
	return ChallengeForm{Question: gatehouse.OwnQuestion, Own: longQuestion, Errors: append(bad, wrong("current_password", "required", "password-wrong")...)}
}

// stepSamples are the pages of the steps of a sign-in, and of what they set in My account.
func stepSamples() []sample {
	temporary, terms := at(gatehouse.StepPassword), TermsText{"2026-09", document}
	bad := append(wrong("old_password", "required", "password-wrong"), everyRule()...)
	bad = append(bad, wrong("repeat_password", "required", "mismatch")...)
	return []sample{
		{name: "expired", view: PasswordExpired{InSteps: InSteps{Step: gatehouse.StepPassword}, Username: "msantos"}},
		{name: "expired-temporary", view: PasswordExpired{InSteps: temporary, Username: longName, Temporary: true}},
		{name: "expired-wrong", view: PasswordExpired{InSteps: temporary, Username: "msantos", Temporary: true, Errors: bad}},
		{name: "challenge", view: ChallengeSetup{InSteps: at(gatehouse.StepChallenge), Username: "msantos"}},
		{name: "challenge-wrong", view: ChallengeSetup{InSteps: at(gatehouse.StepChallenge), Username: "msantos", ChallengeForm: badChallenge()}},
		{name: "terms", view: AcceptTerms{InSteps: at(gatehouse.StepTerms), TermsText: terms}},
		{name: "terms-wrong", view: AcceptTerms{InSteps: at(gatehouse.StepTerms), TermsText: terms, Errors: wrong("accept", "required")}},
		{name: "terms-changed", view: AcceptTerms{InSteps: at(gatehouse.StepTerms), TermsText: terms, Errors: wrong("accept", "terms-changed")}},
		{name: "terms-public", view: Terms{TermsText: terms, InForce: true}},
		{name: "terms-old", view: Terms{TermsText: terms}, signedIn: true},
		{name: "sole-user", view: SoleUser{InSteps: at(gatehouse.StepSoleUser), Username: longName}},
		{name: "sole-user-admin", view: SoleUser{InSteps: at(gatehouse.StepSoleUser), Username: longName, Administrator: true}},
		{name: "sole-user-wrong", view: SoleUser{InSteps: at(gatehouse.StepSoleUser), Username: "msantos", Errors: wrong("sole_user", "required")}},
		{name: "password", view: ChangePassword{Username: "msantos"}, signedIn: true},
		{name: "password-not-me", view: ChangePassword{Username: "msantos", NotMe: true}, signedIn: true},
		{name: "password-saved", view: ChangePassword{Username: "msantos", Saved: true}, signedIn: true},
		{name: "password-wrong", view: ChangePassword{Username: "msantos", Errors: append(wrong("current_password", "password-wrong"), everyRule()...)}, signedIn: true},
		{name: "account-challenge", view: AccountChallenge{Username: "msantos"}, signedIn: true},
		{name: "account-challenge-set", view: AccountChallenge{Username: "msantos", Saved: true, Current: &gatehouse.Challenge{Question: "pet", SetAt: noon}}, signedIn: true},
		{name: "account-challenge-own", view: AccountChallenge{Username: "msantos", Current: &gatehouse.Challenge{Own: longQuestion, SetAt: noon}, ChallengeForm: badChallenge()}, signedIn: true},
	}
}

// codeSamples are the page for codes in all its states.
func codeSamples() []sample {
	sent := Code{InSteps: at(gatehouse.StepCode), Address: "m...s@northgate.example", SentAt: noon.Add(-6 * time.Second), ExpiresAt: noon.Add(5 * time.Minute),
		NextAt: noon.Add(23500 * time.Millisecond), Automatic: true}
	with := func(change func(v *Code)) Code {
		v := sent
		change(&v)
		return v
	}
	none := func(v *Code) { v.SentAt, v.ExpiresAt, v.NextAt, v.Automatic = time.Time{}, time.Time{}, noon, false }
	return []sample{
		{name: "code", view: sent},
		{name: "code-alone", view: with(func(v *Code) { v.Steps, v.NextAt = nil, noon })},
		{name: "code-again", view: with(func(v *Code) { v.Again, v.Trust, v.NextAt = true, true, noon.Add(40*time.Minute) })},
		{name: "code-wrong", view: with(func(v *Code) {
			v.Typed, v.Trust = `41827"x`, true
			v.Errors = wrong("code", "required", "code-form", "code-wrong", "code-expired", "code-used")
		})},
		{name: "code-over", view: with(func(v *Code) { v.ExpiresAt, v.NextAt = noon, noon })},
		{name: "code-lost", view: with(func(v *Code) { v.Lost, v.NextAt = true, noon })},
		{name: "code-lost-again", view: with(func(v *Code) { v.Lost, v.Again = true, true })},
		{name: "code-unsent", view: with(none)},
		{name: "code-unsent-wrong", view: with(func(v *Code) { none(v); v.Errors = wrong("code", "code-wrong") })},
		{name: "code-unsent-limit", view: with(func(v *Code) { none(v); v.NextAt = noon.Add(50 * time.Minute) })},
		{name: "code-nowhere", view: with(func(v *Code) { none(v); v.Address = "" })},
		{name: "code-soon", view: with(func(v *Code) { v.TooSoon, v.Until, v.Typed = SoonSend, noon.Add(time.Minute), "418" })},
		{name: "code-soon-later", view: with(func(v *Code) { v.TooSoon, v.Until, v.NextAt = SoonSend, noon.Add(time.Hour), noon.Add(time.Hour) })},
		{name: "code-too-many", view: with(func(v *Code) { v.TooSoon, v.Until = SoonEnter, noon.Add(29*time.Minute) })},
		{name: "codes-over", view: CodesOver{}},
	}
}

func recoverySamples() []sample {
	list := []sample{
		{name: "forgot", view: ForgotPassword{}},
		{name: "forgot-wrong", view: ForgotPassword{Username: longName, Email: "mira@", Errors: append(wrong("username", "required", "too-long"), wrong("email", "required", "email")...)}},
		{name: "answer-own", view: ForgotChallenge{Challenge: gatehouse.Challenge{Own: longQuestion}, Left: 3}},
		{name: "answer-wrong", view: ForgotChallenge{Challenge: gatehouse.Challenge{Question: "car"}, Left: 1, Errors: wrong("answer", "answer-wrong", "required")}},
		{name: "sent", view: ForgotSent{}},
		{name: "recovery-over", view: RecoveryOver{}},
		{name: "reset", view: ResetPassword{Username: longName}},
		{name: "reset-wrong", view: ResetPassword{Username: "msantos", Errors: append(everyRule(), wrong("repeat_password", "required", "mismatch")...)}},
		{name: "link-over", view: LinkOver{}},
		{name: "link-missing", view: LinkMissing{}},
		{name: "username", view: ForgotUsername{}},
		{name: "username-wrong", view: ForgotUsername{Email: "x", Message: "First line\nsecond </textarea>", Errors: append(wrong("email", "required"), wrong("message", "too-long")...)}},
		{name: "username-sent", view: ForgotUsername{Sent: true}},
	}
	for _, id := range gatehouse.ChallengeQuestions {
		list = append(list, sample{name: "answer-" + id, view: ForgotChallenge{Challenge: gatehouse.Challenge{Question: id}, Left: 3}})
	}
	return list
}

// hostileStep puts a probe into the texts of the views above.
func hostileStep(v View, probe string) View {
	switch v := v.(type) {
	case PasswordExpired:
		v.Username = probe
		return v
	case ChallengeSetup:
		v.Username, v.Question, v.Own = probe, probe, probe
		return v
	case AcceptTerms:
		v.TermsText = TermsText{probe, probe}
		return v
	case Terms:
		v.TermsText = TermsText{probe, probe}
		return v
	case SoleUser:
		v.Username = probe
		return v
	case ChangePassword:
		v.Username = probe
		return v
	case AccountChallenge:
		v.Username, v.Question, v.Own, v.Current = probe, probe, probe, &gatehouse.Challenge{Own: probe, SetAt: noon}
		return v
	case ForgotPassword:
		v.Username, v.Email = probe, probe
		return v
	case ForgotChallenge:
		v.Challenge = gatehouse.Challenge{Own: probe}
		return v
	case ResetPassword:
		v.Username = probe
		return v
	case ForgotUsername:
		v.Email, v.Message = probe, probe
		return v
	}
	return v
}
