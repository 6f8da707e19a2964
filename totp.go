package gatehouse

import (
	"crypto/hmac"
	"crypto/sha1" // as every app uses it (RFC 6238); HMAC does not depend on collision resistance
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"time"

	"gatehouse/internal/guard"
)

// The parameters of authenticator app codes (RFC 6238), as every app uses them.
const (
	// AppPeriod is how long an app shows a code.
	AppPeriod = 30 * time.Second
	// AppKeyBytes is the length of a key: as long as the hash (RFC 4226 4, R6).
	AppKeyBytes = 20
	// appSteps is how many steps are valid at a time: the current one, and the one before it,
	// which the user may still be typing. So a code is valid for a minute at most.
	appSteps = 2
	// appClockOff is how many steps a phone's clock may be off, either way: five minutes.
	appClockOff = 10
)

// AppStep returns the number of the period that contains a moment.
func AppStep(at time.Time) int64 { return at.Unix() / int64(AppPeriod/time.Second) }

// AppCode returns what an app with this key shows in a step (RFC 4226 5.3).
func AppCode(key []byte, step int64) string {
	h := hmac.New(sha1.New, key)
	_ = binary.Write(h, binary.BigEndian, step) // a hash never returns an error
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%0*d", codeDigits, (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

// AppKeyText returns a key as apps accept it: base32 without padding.
func AppKeyText(key []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key)
}

// AppClock is what is known about an app: how far its phone's clock is off, and which steps were
// used.
type AppClock struct {
	// Drift is how many steps the phone is ahead; negative: behind.
	Drift int64
	// Last is the last step whose code was accepted. It and those before it are used up.
	Last int64
	// Missed is the step of a code that would be right for a clock that is off; 0: none. The next
	// code proves that the clock is off; no guess hits both (RFC 4226 7.4).
	Missed int64
}

// AppVerdict is the verdict on a code of an app.
type AppVerdict string

// The verdicts.
const (
	AppRight AppVerdict = "right"
	AppWrong AppVerdict = "wrong"
	// AppUsed: it, or one after it, has been used (RFC 6238 5.2).
	AppUsed AppVerdict = "used"
	// AppMissed: the phone's clock seems to be off, and the next code will show whether it is. The
	// page must show the same as for AppWrong: otherwise a guesser would learn a future code.
	AppMissed AppVerdict = "missed"
)

// Take judges a code, and returns what is known about the app then. It compares all steps, each in
// constant time.
func (c AppClock) Take(key []byte, code string, now time.Time) (AppClock, AppVerdict) {
	here := AppStep(now)
	step, found := findAppStep(key, code, here)
	offset := step - here
	switch {
	case !found:
		return c, AppWrong
	case step <= c.Last && !guard.Out(guard.AppCodeOnce):
		return c, AppUsed
	case offset <= c.Drift && offset > c.Drift-appSteps:
		return AppClock{Drift: c.Drift, Last: step}, AppRight
	case c.Missed != 0 && step == c.Missed+1:
		return AppClock{Drift: offset, Last: step}, AppRight
	}
	c.Missed = step
	return c, AppMissed
}

// FirstAppCode is Take for the first code of an app, which reveals the phone's clock.
func FirstAppCode(key []byte, code string, now time.Time) (AppClock, AppVerdict) {
	here := AppStep(now)
	step, found := findAppStep(key, code, here)
	if !found {
		return AppClock{}, AppWrong
	}
	drift := step - here
	if drift == -1 { // somebody typed slowly: that is likelier than a clock that is off by so little
		drift = 0
	}
	return AppClock{Drift: drift, Last: step}, AppRight
}

// findAppStep returns the step around now that a code belongs to; of several, the nearest.
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
