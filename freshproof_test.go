package gatehouse_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gatehouse"
)

var (
	allWays    = []gatehouse.Way{gatehouse.WayEmail, gatehouse.WayApp, gatehouse.WayPasskey, gatehouse.WayText, gatehouse.WayRecoveryCode}
	allMethods = []gatehouse.Method{gatehouse.MethodPassword, gatehouse.MethodEmailCode, gatehouse.MethodTOTP, gatehouse.MethodRecoveryCode, gatehouse.MethodTextMessage,
		gatehouse.MethodPasskey, gatehouse.MethodVerifiedPasskey, gatehouse.MethodSyncedPasskey, gatehouse.MethodVerifiedSyncedPasskey, gatehouse.MethodTrustedDevice}
)

func TestIsFresh(t *testing.T) {
	if !gatehouse.IsFresh(noon, noon.Add(15*time.Minute-1)) || gatehouse.IsFresh(noon, noon.Add(15*time.Minute)) || gatehouse.IsFresh(time.Time{}, noon) {
		t.Error("a quarter of an hour")
	}
}

func TestAskProof(t *testing.T) {
	const (
		email, app, key, text, code, password = gatehouse.WayEmail, gatehouse.WayApp, gatehouse.WayPasskey, gatehouse.WayText, gatehouse.WayRecoveryCode, gatehouse.WayPassword
	)
	type ways = []gatehouse.Way
	for name, c := range map[string]struct {
		has    ways
		proved []gatehouse.Method
		ask    ways
	}{
		"a mailbox only":                      {ways{email}, nil, ways{password}},
		"a mailbox, and the password":         {ways{email}, []gatehouse.Method{gatehouse.MethodPassword}, nil},
		"a mailbox, and its code alone":       {ways{email}, []gatehouse.Method{gatehouse.MethodEmailCode}, ways{password}},
		"an app":                              {ways{app, code}, nil, ways{app, code}},
		"an app, and the password":            {ways{app, code}, []gatehouse.Method{gatehouse.MethodPassword}, ways{app, code}},
		"an app on a trusted device":          {ways{app}, []gatehouse.Method{gatehouse.MethodPassword, gatehouse.MethodTrustedDevice}, ways{app}},
		"an app, proved":                      {ways{app, code}, []gatehouse.Method{gatehouse.MethodPassword, gatehouse.MethodTOTP}, nil},
		"a lost app, and a recovery code":     {ways{app, code}, []gatehouse.Method{gatehouse.MethodRecoveryCode}, nil},
		"an app used last, and a passkey":     {ways{app, key, code}, nil, ways{key, app, code}},
		"a passkey, and the app proved":       {ways{key, app}, []gatehouse.Method{gatehouse.MethodTOTP}, nil},
		"a passkey without user verification": {ways{key}, []gatehouse.Method{gatehouse.MethodPasskey}, nil},
		"a phone":                             {ways{text, code}, nil, ways{text, code}},
		"a phone, proved":                     {ways{text, code}, []gatehouse.Method{gatehouse.MethodTextMessage}, nil},
		"a phone and an app, the phone proved": {ways{text, app, code}, []gatehouse.Method{gatehouse.MethodPassword, gatehouse.MethodTextMessage},
			ways{app, code}},
		"a passkey that was removed since": {ways{email}, []gatehouse.Method{gatehouse.MethodVerifiedPasskey}, nil},
		"nothing that is known":            {nil, nil, ways{password}},
	} {
		t.Run(name, func(t *testing.T) {
			var proofs []gatehouse.Proof
			for _, m := range c.proved {
				proofs = append(proofs, gatehouse.Proof{Method: m, At: noon.Add(-gatehouse.FreshFor + 1)})
			}
			if got := gatehouse.AskProof(c.has, proofs, noon); !slices.Equal(got, c.ask) {
				t.Errorf("asks for %v, want %v", got, c.ask)
			}
		})
	}
}

// drawProofs draws what was proved within the last half hour.
func drawProofs(t *rapid.T) []gatehouse.Proof {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) gatehouse.Proof {
		return gatehouse.Proof{Method: rapid.SampledFrom(allMethods).Draw(t, "method"), At: noon.Add(-time.Duration(rapid.IntRange(0, 30).Draw(t, "minutes")) * time.Minute)}
	}), 0, 5).Draw(t, "proofs")
}

func drawWays(t *rapid.T) []gatehouse.Way {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(allWays), 1, len(allWays), rapid.ID).Draw(t, "ways")
}

func TestFreshProofIsRecent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		has, proofs := drawWays(t), drawProofs(t)
		recent := slices.DeleteFunc(slices.Clone(proofs), func(p gatehouse.Proof) bool { return !p.At.After(noon.Add(-gatehouse.FreshFor)) })
		if got, want := gatehouse.AskProof(has, proofs, noon), gatehouse.AskProof(has, recent, noon); !slices.Equal(got, want) {
			t.Errorf("with proofs older than %v it asks for %v, without them for %v", gatehouse.FreshFor, got, want)
		}
		if len(gatehouse.AskProof(has, proofs, noon.Add(gatehouse.FreshFor))) == 0 {
			t.Error("is still fresh a quarter of an hour later")
		}
	})
}

func TestWhatIsAskedForIsEnough(t *testing.T) {
	proves := map[gatehouse.Way]gatehouse.Method{gatehouse.WayPassword: gatehouse.MethodPassword, gatehouse.WayApp: gatehouse.MethodTOTP,
		gatehouse.WayPasskey: gatehouse.MethodPasskey, gatehouse.WayText: gatehouse.MethodTextMessage, gatehouse.WayRecoveryCode: gatehouse.MethodRecoveryCode}
	rapid.Check(t, func(t *rapid.T) {
		has, proofs := drawWays(t), drawProofs(t)
		for _, way := range gatehouse.AskProof(has, proofs, noon) {
			if way != gatehouse.WayPassword && !slices.Contains(has, way) {
				t.Errorf("asks for %s, and the user has %v", way, has)
			}
			if left := gatehouse.AskProof(has, append(proofs, gatehouse.Proof{Method: proves[way], At: noon}), noon); len(left) > 0 {
				t.Errorf("after %s it asks for %v", way, left)
			}
		}
	})
}

// Somebody who only knows the password, reads the mailbox, or sits at a trusted device gets past no
// factor.
func TestAFactorIsNeverSkipped(t *testing.T) {
	weak := []gatehouse.Method{gatehouse.MethodPassword, gatehouse.MethodEmailCode, gatehouse.MethodTrustedDevice}
	rapid.Check(t, func(t *rapid.T) {
		has := drawWays(t)
		var proofs []gatehouse.Proof
		for _, m := range rapid.SliceOf(rapid.SampledFrom(weak)).Draw(t, "proved") {
			proofs = append(proofs, gatehouse.Proof{Method: m, At: noon})
		}
		ask := gatehouse.AskProof(has, proofs, noon)
		factor := slices.ContainsFunc(has, func(w gatehouse.Way) bool {
			return w == gatehouse.WayApp || w == gatehouse.WayPasskey || w == gatehouse.WayText
		})
		if factor && (len(ask) == 0 || slices.Contains(ask, gatehouse.WayPassword)) {
			t.Errorf("with %v and %v it asks for %v", has, proofs, ask)
		}
		strong := slices.Contains(has, gatehouse.WayApp) || slices.Contains(has, gatehouse.WayPasskey)
		if strong && slices.Contains(ask, gatehouse.WayText) {
			t.Errorf("offers a text message to somebody with %v", has)
		}
	})
}

// Another factor, or another proof, never undoes what proofs are worth.
func TestMoreProofsAskForNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		has, proofs, more := drawWays(t), drawProofs(t), drawProofs(t)
		if len(gatehouse.AskProof(has, proofs, noon)) == 0 && len(gatehouse.AskProof(has, append(proofs, more...), noon)) > 0 {
			t.Errorf("%v were enough, with %v they are not", proofs, more)
		}
		fewer := has[:rapid.IntRange(1, len(has)).Draw(t, "of them")]
		if len(gatehouse.AskProof(has, proofs, noon)) == 0 && len(gatehouse.AskProof(fewer, proofs, noon)) > 0 {
			t.Errorf("%v are enough for %v, and not for %v", proofs, has, fewer)
		}
	})
}
