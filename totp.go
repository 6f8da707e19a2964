package gatehouse

import (
	"crypto/hmac"
	"crypto/sha1" // as every app has it (RFC 6238); HMAC does not rest on collisions
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"time"
)

// The numbers of codes of authenticator apps (RFC 6238), as every app has them.
const (
	// AppPeriod is how long an app shows a code.
	AppPeriod = 30 * time.Second
	// AppKeyBytes is the length of a key: as long as the hash (RFC 4226 4, R6).
	AppKeyBytes = 20
	// appSteps is how many steps are good at a time: the present one, and the one before it,
	// which somebody is still typing. So a code is good for a minute at most.
	appSteps = 2
	// appClockOff is by how many steps a phone's clock may be wrong, either way: five minutes.
	appClockOff = 10
)

// AppStep is the number of the period that a moment is in.
func AppStep(at time.Time) int64 { return at.Unix() / int64(AppPeriod/time.Second) }

// AppCode is what an app with this key shows in a step (RFC 4226 5.3).
func AppCode(key []byte, step int64) string {
	h := hmac.New(sha1.New, key)
	_ = binary.Write(h, binary.BigEndian, step) // a hash takes everything
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%0*d", codeDigits, (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

// AppKeyText is a key as apps take it: base32 without padding.
func AppKeyText(key []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key)
}

// AppClock is what is known of an app: by how much its phone's clock is wrong, and what has been
// used.
type AppClock struct {
	// Drift is how many steps the phone is ahead; negative: behind.
	Drift int64
	// Last is the last step of which a code was taken. It and those before it are used up.
	Last int64
	// Missed is the step of a code that was right for a clock that is wrong; 0: none. The
	// code that follows it proves that the clock is, and no guess hits both (RFC 4226 7.4).
	Missed int64
}

// AppVerdict is what a code of an app comes to.
type AppVerdict string

// The verdicts.
const (
	AppRight AppVerdict = "right"
	AppWrong AppVerdict = "wrong"
	// AppUsed: it, or one after it, has been used (RFC 6238 5.2).
	AppUsed AppVerdict = "used"
	// AppMissed: the phone's clock seems to be wrong, and the next code says whether it is. The
	// page must not tell it from AppWrong: anyone who guesses would learn a code of a minute
	// to come.
	AppMissed AppVerdict = "missed"
)

// Take says what a code comes to, and what is known of the app then. All steps are compared,
// each in constant time.
func (c AppClock) Take(key []byte, code string, now time.Time) (AppClock, AppVerdict) {
	here := AppStep(now)
	step, found := findAppStep(key, code, here)
	offset := step - here
	switch {
	case !found:
		return c, AppWrong
	case step <= c.Last:
		return c, AppUsed
	case offset <= c.Drift && offset > c.Drift-appSteps:
		return AppClock{Drift: c.Drift, Last: step}, AppRight
	case c.Missed != 0 && step == c.Missed+1:
		return AppClock{Drift: offset, Last: step}, AppRight
	}
	c.Missed = step
	return c, AppMissed
}

// FirstAppCode is Take for the first code of an app, which shows what the phone's clock says.
func FirstAppCode(key []byte, code string, now time.Time) (AppClock, AppVerdict) {
	here := AppStep(now)
	step, found := findAppStep(key, code, here)
	if !found {
		return AppClock{}, AppWrong
	}
	drift := step - here
	if drift == -1 { // somebody has typed for long: that is likelier than a clock that is wrong by so little
		drift = 0
	}
	return AppClock{Drift: drift, Last: step}, AppRight
}

// findAppStep is the step around now that a code is of; of several the nearest.
func findAppStep(key []byte, code string, here int64) (step int64, found bool) {
	for i := int64(appClockOff); i >= 0; i-- {
		for _, s := range []int64{here + i, here - i} {
			if subtle.ConstantTimeCompare([]byte(AppCode(key, s)), []byte(code)) == 1 {
				step, found = s, true
			}
		}
	}
	return step, found
}
