package gatehouse

import (
	"strings"
	"unicode"
)

// answerWords is how many words of an answer tell it from others: what follows names a mailbox, a
// message or a help page.
const answerWords = 8

// AnswerGroup is what answers of mail servers have in common that say the same: the numbers that they
// begin with, and the first words without addresses, names of machines and identifiers.
func AnswerGroup(reply string) string {
	codes := AnswerCodes(reply)
	var kept []string
	for _, word := range strings.Fields(reply) {
		if answerCode.MatchString(strings.Trim(word, "-")) {
			continue
		}
		if len(kept) == answerWords || strings.ContainsAny(word, "@/<>[]=") {
			break
		}
		if strings.ContainsFunc(word, unicode.IsDigit) || !strings.ContainsFunc(word, unicode.IsLetter) {
			continue
		}
		kept = append(kept, word)
	}
	return strings.TrimSpace(codes + " " + strings.TrimRight(strings.Join(kept, " "), ".:;,"))
}
