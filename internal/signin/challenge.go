package signin

import (
	"context"
	"errors"
	"strings"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
)

// knownWords are what everybody knows about a user, so not an answer.
func knownWords(u gatehouse.User) []string {
	local, _, _ := strings.Cut(u.Email, "@")
	name, _, _ := strings.Cut(u.Username, "@")
	return []string{u.Username, name, u.FirstName, u.LastName, u.DisplayName(), u.Email, local}
}

// SealAnswer seals the hash of a user's answer for storage: the answer in the form of
// gatehouse.AnswerKey, hashed like a password.
func SealAnswer(keys *secret.Keys, userID, hash string) ([]byte, error) {
	return keys.Seal(answerPurpose(userID), []byte(hash))
}

// answerPurpose binds a sealed answer to its user, so somebody who can write to the database
// cannot copy an answer from one account to another.
func answerPurpose(userID string) string { return "challenge-answer:" + userID }

// sealChallenge returns a question and answer as stored: the answer's hash, sealed. It is hashed
// like a password, because it can replace one, and sealed, because it is short (ASVS 11.4.2,
// 13.3.1).
func (s *Service) sealChallenge(ctx context.Context, place *secret.Place, u gatehouse.User, form gatehouse.ChallengeForm) (c gatehouse.Challenge, sealed []byte, err error) {
	c = gatehouse.Challenge{Question: form.Question, SetAt: s.Now()}
	if form.Question == gatehouse.OwnQuestion {
		c.Question, c.Own = "", strings.TrimSpace(form.Own)
	}
	hash, err := place.Hash(ctx, gatehouse.AnswerKey(form.Answer))
	if err != nil && ctx.Err() != nil {
		return c, nil, busy(err)
	}
	if err != nil {
		return c, nil, err
	}
	sealed, err = SealAnswer(s.Keys, u.ID, hash)
	return c, sealed, err
}

// setChallenge stores a question. It ends recoveries that were begun with the previous one.
func (s *Service) setChallenge(tx *act.Unit, u gatehouse.User, c gatehouse.Challenge, sealed []byte) error {
	return errors.Join(
		tx.SetChallenge(tx, tx.Site.ID, u.ID, c, sealed),
		tx.EndAll(u, gatehouse.QuestionChanged),
		tx.Record(u, gatehouse.EventChallengeSet, gatehouse.ResultOK, nil),
		tx.Tell(u, mail.ChallengeChanged{Username: u.Username, At: tx.Now(), IPAddress: tx.Caller.IPAddress, Place: tx.PlaceFor(u), Browser: tx.DeviceFor(u)}))
}

// plausible returns the question for a name that has none: always the same for the same name, and
// unpredictable without the key (invariant 7).
func (s *Service) plausible(siteID, name string) gatehouse.Challenge {
	mac := s.Keys.StableMAC("plausible-question", siteID, name)
	n := 0
	for _, c := range []byte(mac) {
		n = (n*31 + int(c)) % len(gatehouse.ChallengeQuestions)
	}
	return gatehouse.Challenge{Question: gatehouse.ChallengeQuestions[n]}
}
