package dbsc

import (
	"errors"
	"slices"
	"strings"

	"github.com/dunglas/httpsfv"
)

// The headers. Earlier drafts had other names; a change of the draft changes them here only.
const (
	// RegistrationHeader is the server's offer to bind a session, and ChallengeHeader the next
	// challenge to sign.
	RegistrationHeader = "Secure-Session-Registration"
	ChallengeHeader    = "Secure-Session-Challenge"
	// ResponseHeader has a proof, IDHeader the binding that is to be renewed, which no script can
	// send, and SkippedHeader why the browser sends a request without renewing.
	ResponseHeader = "Secure-Session-Response"
	IDHeader       = "Sec-Secure-Session-Id"
	SkippedHeader  = "Secure-Session-Skipped"
)

// Registration returns the header that offers to bind a session: where to send the proof, and the
// challenge to sign.
func Registration(path, challenge string) string {
	offer := httpsfv.InnerList{Params: httpsfv.NewParams()}
	for _, alg := range algorithms {
		offer.Items = append(offer.Items, httpsfv.NewItem(httpsfv.Token(alg)))
	}
	offer.Params.Add("path", path)
	offer.Params.Add("challenge", challenge)
	return marshal(httpsfv.List{offer})
}

// Challenge returns the header with the next challenge for a binding.
func Challenge(challenge, id string) string {
	item := httpsfv.NewItem(challenge)
	item.Params.Add("id", id)
	return marshal(item)
}

// marshal cannot fail for our own texts, which are ASCII.
func marshal(v httpsfv.StructuredFieldValue) string {
	text, err := httpsfv.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

var errHeader = errors.New("the header cannot be read")

// Response returns the proof in a request; empty if it has none.
func Response(values []string) (string, error) { return stringOf(values) }

// ID returns the binding that a request is about; empty if it names none.
func ID(values []string) (string, error) { return stringOf(values) }

// stringOf reads a header that is one string. The draft has it in quotes; Chromium sends it bare.
func stringOf(values []string) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	if len(values) == 1 && !strings.HasPrefix(values[0], `"`) {
		return values[0], nil
	}
	item, err := httpsfv.UnmarshalItem(values)
	text, isString := item.Value.(string)
	if err != nil || !isString || len(values) > 1 {
		return "", errHeader
	}
	return text, nil
}

// SkipReasons are why a browser may say that it did not renew.
var SkipReasons = []string{"unreachable", "server_error", "quota_exceeded"}

// SkipOther stands for a reason that is not in the draft, or cannot be read.
const SkipOther = "other"

// Skipped returns the reasons in a request. Anybody can write them, so they are only counted.
func Skipped(values []string) []string {
	list, err := httpsfv.UnmarshalList(values)
	if err != nil {
		return []string{SkipOther}
	}
	var reasons []string
	for _, member := range list {
		reason := SkipOther
		if item, ok := member.(httpsfv.Item); ok {
			if token, ok := item.Value.(httpsfv.Token); ok && slices.Contains(SkipReasons, string(token)) {
				reason = string(token)
			}
		}
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}
