package portal

import (
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/signin"
	"gatehouse/internal/testkit/fixture"
	"gatehouse/internal/testkit/pages"
	"gatehouse/internal/web/ui"
)

// longQuestion is longer than the form accepts: it may come from an earlier rule.
var longQuestion = strings.Repeat("Which of all the questions that nobody else can answer is this? ", 8)[:500]

// everyRule is a new password that breaks every rule.
func everyRule() []gatehouse.FieldError {
	var codes []string
	for _, rule := range []gatehouse.PasswordRule{gatehouse.RuleLength, gatehouse.RuleTooLong, gatehouse.RuleCharacter, gatehouse.RuleUpper, gatehouse.RuleLower,
		gatehouse.RuleDigit, gatehouse.RuleUsername, gatehouse.RuleContext, gatehouse.RuleSame, gatehouse.RuleHistory, gatehouse.RuleCommon} {
		codes = append(codes, "password-"+string(rule))
	}
	return fixture.Wrong("new_password", codes...)
}

func atStep(step gatehouse.Step) InSteps {
	return stepOf(gatehouse.User{Username: "msantos"}, step, gatehouse.StepCode, gatehouse.StepPassword, gatehouse.StepChallenge, gatehouse.StepTerms, gatehouse.StepSoleUser)
}

// stepOf is a step of a user's sign-in, with the steps that were due when it began.
func stepOf(u gatehouse.User, step gatehouse.Step, due ...gatehouse.Step) InSteps {
	return InSteps{step, gatehouse.SignInFacts{User: u, SignIn: gatehouse.SignIn{Steps: due}}}
}

func badChallenge() ChallengeForm {
	bad := append(fixture.Wrong("own_question", "required", "character", "question-short", "question-long"), fixture.Wrong("question", "required")...)
	bad = append(bad, fixture.Wrong("answer", "required", "character", "answer-short", "answer-long", "answer-password", "answer-known", "answer-in-question")...)
	return ChallengeForm{Question: gatehouse.OwnQuestion, Own: longQuestion, Errors: append(bad, fixture.Wrong("current_password", "required", "password-wrong")...)}
}

// stepSamples are the pages of the steps of a sign-in, and of what they set in My account.
func stepSamples() []pages.Sample {
	temporary, long, terms := atStep(gatehouse.StepPassword), atStep(gatehouse.StepPassword), TermsText{"2026-09", fixture.Document}
	long.User.Username = fixture.LongName
	sole := atStep(gatehouse.StepSoleUser)
	sole.User.Username = fixture.LongName
	administrator := sole
	administrator.User.Role = gatehouse.RoleAdmin
	bad := append(fixture.Wrong("old_password", "required", "password-wrong"), everyRule()...)
	bad = append(bad, fixture.Wrong("repeat_password", "required", "mismatch")...)
	return []pages.Sample{
		{Name: "expired", View: PasswordExpired{InSteps: stepOf(gatehouse.User{Username: "msantos", Password: gatehouse.Password{Origin: gatehouse.PasswordChosen}}, gatehouse.StepPassword)}},
		{Name: "expired-short", View: PasswordExpired{InSteps: shortPassword()}},
		{Name: "expired-temporary", View: PasswordExpired{InSteps: long}},
		{Name: "expired-wrong", View: PasswordExpired{temporary, bad}},
		{Name: "challenge", View: ChallengeSetup{InSteps: atStep(gatehouse.StepChallenge)}},
		{Name: "challenge-wrong", View: ChallengeSetup{atStep(gatehouse.StepChallenge), badChallenge()}},
		{Name: "terms", View: AcceptTerms{InSteps: atStep(gatehouse.StepTerms), TermsText: terms}},
		{Name: "terms-wrong", View: AcceptTerms{InSteps: atStep(gatehouse.StepTerms), TermsText: terms, Errors: fixture.Wrong("accept", "required")}},
		{Name: "terms-changed", View: AcceptTerms{InSteps: atStep(gatehouse.StepTerms), TermsText: terms, Errors: fixture.Wrong("accept", "terms-changed")}},
		{Name: "terms-public", View: Terms{TermsText: terms, InForce: true}},
		{Name: "terms-old", View: Terms{TermsText: terms}, SignedIn: true},
		{Name: "sole-user", View: SoleUser{InSteps: sole}},
		{Name: "sole-user-admin", View: SoleUser{InSteps: administrator}},
		{Name: "sole-user-wrong", View: SoleUser{InSteps: atStep(gatehouse.StepSoleUser), Errors: fixture.Wrong("sole_user", "required")}},
		{Name: "password", View: ChangePassword{Username: "msantos"}, SignedIn: true},
		{Name: "password-not-me", View: ChangePassword{Username: "msantos", NotMe: true}, SignedIn: true},
		{Name: "password-saved", View: ChangePassword{Username: "msantos", Saved: true}, SignedIn: true},
		{Name: "password-wrong", View: ChangePassword{Username: "msantos", Errors: append(fixture.Wrong("current_password", "password-wrong"), everyRule()...)}, SignedIn: true},
		{Name: "account-challenge", View: AccountChallenge{Username: "msantos"}, SignedIn: true},
		{Name: "account-challenge-set", View: AccountChallenge{Username: "msantos", Saved: true, Current: &gatehouse.Challenge{Question: "pet", SetAt: fixture.Noon}}, SignedIn: true},
		{Name: "account-challenge-own", View: AccountChallenge{Username: "msantos", Current: &gatehouse.Challenge{Own: longQuestion, SetAt: fixture.Noon}, ChallengeForm: badChallenge()}, SignedIn: true},
	}
}

// codeSamples are the page for codes in all its states.
func codeSamples() []pages.Sample {
	sent := Code{InSteps: atStep(gatehouse.StepCode), CodeState: signin.CodeState{Email: "m...s@northgate.example", SentAt: fixture.Noon.Add(-6 * time.Second),
		ExpiresAt: fixture.Noon.Add(5 * time.Minute), NextAt: fixture.Noon.Add(23500 * time.Millisecond)}, Automatic: true}
	with := func(change func(v *Code)) Code {
		v := sent
		change(&v)
		return v
	}
	none := func(v *Code) {
		v.SentAt, v.ExpiresAt, v.NextAt, v.Automatic = time.Time{}, time.Time{}, fixture.Noon, false
	}
	return []pages.Sample{
		{Name: "code", View: sent},
		{Name: "code-alone", View: with(func(v *Code) { v.SignIn.Steps, v.NextAt = nil, fixture.Noon })},
		{Name: "code-again", View: with(func(v *Code) { v.Again, v.Trust, v.NextAt = true, true, fixture.Noon.Add(40*time.Minute) })},
		{Name: "code-wrong", View: with(func(v *Code) {
			v.Typed, v.Trust = `41827"x`, true
			v.Errors = fixture.Wrong("code", "required", "code-form", "code-wrong", "code-expired", "code-used")
		})},
		{Name: "code-over", View: with(func(v *Code) { v.ExpiresAt, v.NextAt = fixture.Noon, fixture.Noon })},
		{Name: "code-lost", View: with(func(v *Code) { v.Lost, v.NextAt = true, fixture.Noon })},
		{Name: "code-lost-again", View: with(func(v *Code) { v.Lost, v.Again = true, true })},
		{Name: "code-unsent", View: with(none)},
		{Name: "code-unsent-wrong", View: with(func(v *Code) { none(v); v.Errors = fixture.Wrong("code", "code-wrong") })},
		{Name: "code-unsent-limit", View: with(func(v *Code) { none(v); v.NextAt = fixture.Noon.Add(50 * time.Minute) })},
		{Name: "code-nowhere", View: with(func(v *Code) { none(v); v.Email = "" })},
		{Name: "code-soon", View: with(func(v *Code) { v.TooSoon, v.Until, v.Typed = SoonSend, fixture.Noon.Add(time.Minute), "418" })},
		{Name: "code-soon-later", View: with(func(v *Code) {
			v.TooSoon, v.Until, v.NextAt = SoonSend, fixture.Noon.Add(time.Hour), fixture.Noon.Add(time.Hour)
		})},
		{Name: "code-too-many", View: with(func(v *Code) { v.TooSoon, v.Until = SoonEnter, fixture.Noon.Add(29*time.Minute) })},
		{Name: "codes-over", View: CodesOver{}},
	}
}

func recoverySamples() []pages.Sample {
	list := []pages.Sample{
		{Name: "forgot", View: ForgotPassword{}},
		{Name: "forgot-wrong", View: ForgotPassword{Username: fixture.LongName, Email: "mira@", Errors: append(fixture.Wrong("username", "required", "too-long"), fixture.Wrong("email", "required", "email")...)}},
		{Name: "answer-own", View: ForgotChallenge{Recovery: signin.Recovery{Challenge: gatehouse.Challenge{Own: longQuestion}, Left: 3}}},
		{Name: "answer-wrong", View: ForgotChallenge{Recovery: signin.Recovery{Challenge: gatehouse.Challenge{Question: "car"}, Left: 1}, Errors: fixture.Wrong("answer", "answer-wrong", "required")}},
		{Name: "sent", View: ForgotSent{}},
		{Name: "recovery-over", View: RecoveryOver{}},
		{Name: "reset", View: ResetPassword{Username: fixture.LongName, Rules: fixture.Sites()["uk"].Policy.Password}},
		{Name: "reset-wrong", View: ResetPassword{Username: "msantos", Rules: fixture.Sites()["uk"].Policy.Password, Errors: append(everyRule(), fixture.Wrong("repeat_password", "required", "mismatch")...)}},
		{Name: "link-over", View: LinkOver{}},
		{Name: "link-missing", View: LinkMissing{}},
		{Name: "username", View: ForgotUsername{}},
		{Name: "username-wrong", View: ForgotUsername{Email: "x", Message: "First line\nsecond </textarea>", Errors: append(fixture.Wrong("email", "required"), fixture.Wrong("message", "too-long")...)}},
		{Name: "username-sent", View: ForgotUsername{Sent: true}},
	}
	for _, id := range gatehouse.ChallengeQuestions {
		list = append(list, pages.Sample{Name: "answer-" + id, View: ForgotChallenge{Recovery: signin.Recovery{Challenge: gatehouse.Challenge{Question: id}, Left: 3}}})
	}
	return list
}

func ownTwoFactorSamples() []pages.Sample {
	on := *fixture.User()
	on.OwnTwoFactor = true
	list := []pages.Sample{
		{Name: "own-off", View: OwnTwoFactor{Security: account.Security{User: *fixture.User()}, Own: "off", Automatic: "on"}},
		{Name: "own-on", View: OwnTwoFactor{Security: account.Security{User: on, Trusted: 2}, Own: "on", Automatic: "off", Saved: true}},
		{Name: "own-one", View: OwnTwoFactor{Security: account.Security{User: on, Trusted: 1}, Own: "on", Automatic: "on", TooSoon: 61 * time.Second}},
		{Name: "own-wrong", View: OwnTwoFactor{Security: account.Security{User: on}, Own: "off", Automatic: "maybe",
			Fields: []gatehouse.FieldError{{Field: "send_automatically", Reason: "choice"}}}},
	}
	for _, reason := range []gatehouse.OutcomeReason{gatehouse.ReasonNoEmail, gatehouse.ReasonBadEmail, gatehouse.ReasonBouncing, gatehouse.ReasonUnconfirmed} {
		list = append(list,
			pages.Sample{Name: "own-before-" + string(reason), View: OwnTwoFactor{Security: account.Security{User: *fixture.User(), Before: reason}, Own: "off", Automatic: "on"}},
			pages.Sample{Name: "own-late-" + string(reason), View: OwnTwoFactor{Security: account.Security{User: *fixture.User(), Before: reason}, Own: "on", Automatic: "on",
				Fields: []gatehouse.FieldError{{Field: "own_two_factor", Reason: "two-factor-" + string(reason)}}}})
	}
	for i := range list {
		list[i].SignedIn = true
	}
	return list
}

// hostileStep puts a probe into the texts of the views above.
// shortPassword is a sign-in with a password that is shorter than the company wants.
func shortPassword() InSteps {
	in := stepOf(gatehouse.User{Username: "msantos", Password: gatehouse.Password{Origin: gatehouse.PasswordChosen}}, gatehouse.StepPassword)
	in.SignIn.PasswordLength, in.Policy = 9, gatehouse.CompanyPolicy{PasswordLength: 15, NoContextWords: true}
	return in
}

func hostileStep(v ui.View, probe string) ui.View {
	switch v := v.(type) {
	case PasswordExpired:
		v.User.Username = probe
		return v
	case ChallengeSetup:
		v.User.Username, v.Question, v.Own = probe, probe, probe
		return v
	case AcceptTerms:
		v.TermsText = TermsText{probe, probe}
		return v
	case Terms:
		v.TermsText = TermsText{probe, probe}
		return v
	case SoleUser:
		v.User.Username = probe
		return v
	case ChangePassword:
		v.Username = probe
		return v
	case AccountChallenge:
		v.Username, v.Question, v.Own, v.Current = probe, probe, probe, &gatehouse.Challenge{Own: probe, SetAt: fixture.Noon}
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
