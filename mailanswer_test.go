package gatehouse_test

import (
	"testing"

	"gatehouse"
)

// Answers that say the same are one, whatever mailbox, queue or help page they name.
func TestAnswerGroup(t *testing.T) {
	for reply, want := range map[string]string{
		"550 5.1.1 <tom@northgate.example>: Recipient address rejected": "550 5.1.1",
		"550 5.7.1 Message rejected. See https://help.example/a7":       "550 5.7.1 Message rejected. See",
		"451 4.7.1 Greylisted, try again in 300 seconds":                "451 4.7.1 Greylisted, try again in seconds",
		"451-4.7.1 Greylisted, try again in 60 seconds":                 "451 4.7.1 Greylisted, try again in seconds",
		"550 No such user here as far as we can say anything at all":    "550 No such user here as far as we",
		"dial tcp 10.0.0.7:25: connection refused":                      "dial tcp connection refused",
		"451 4.0.0 …":                     "451 4.0.0",
		"":                                "",
		"452 4.2.2 Mailbox full id=4XYZ7": "452 4.2.2 Mailbox full",
	} {
		if got := gatehouse.AnswerGroup(reply); got != want {
			t.Errorf("%q: %q", reply, got)
		}
	}
}
