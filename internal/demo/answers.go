package demo

import (
	"context"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// answers are the demo users' answers to the built-in questions: one answer per
// question, which makes eight hashes instead of thousands.
var answers = map[string]string{
	"school": "Alderbrook Primary", "teacher": "Mrs Quince", "street": "Tannery Row", "friend": "Pip Marlowe",
	"pet": "Biscuit", "meal": "Leek pie", "concert": "The Paper Lanterns", "car": "A blue estate",
}

// challenge is a stored question, and its answer.
type challenge struct {
	question gatehouse.Challenge
	answer   string
}

// challenge returns what the n-th user of a site stores: their own question, or a
// built-in one.
func (p person) challenge(n int) challenge {
	if p.question != "" {
		return challenge{gatehouse.Challenge{Own: p.question}, p.answer}
	}
	id := gatehouse.ChallengeQuestions[n%len(gatehouse.ChallengeQuestions)]
	return challenge{gatehouse.Challenge{Question: id}, answers[id]}
}

// answered reports whether an account in this state has stored a question.
func (s State) answered(of *site.Site) bool {
	return of.Recovery == gatehouse.RecoverByChallenge && s != StateInvited && s != StateNeverSignedIn
}

// insertChallenges stores the questions of everybody who has one.
func (sc *scene) insertChallenges(ctx context.Context, q store.Queries, keys *secret.Keys) error {
	for _, u := range sc.users {
		c, ok := sc.challenges[u.ID]
		if !ok {
			continue
		}
		sealed, err := signin.SealAnswer(keys, u.ID, sc.hashes[gatehouse.AnswerKey(c.answer)])
		if err != nil {
			return err
		}
		c.question.SetAt = u.FirstSignInAt
		if err := q.SetChallenge(ctx, u.SiteID, u.ID, c.question, sealed); err != nil {
			return err
		}
	}
	return nil
}
