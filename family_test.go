package gatehouse

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestACodeIsGoodOnceAndForAMinute(t *testing.T) {
	now := authorizeNow
	f := TokenFamily{CreatedAt: now, EndsAt: now.Add(time.Hour)}
	if !f.CodeGood(now.Add(CodeLifetime-1)) || f.CodeGood(now.Add(CodeLifetime)) {
		t.Error("its time")
	}
	used, ended := f, f
	used.UsedAt, ended.EndedAt = now, now
	if used.CodeGood(now) || ended.CodeGood(now) || ended.Alive(now) || f.Alive(f.EndsAt) {
		t.Error("a code or family that is over is good")
	}
}

// A refresh token rotates once. Within the grace it returns the same successor; after that it
// counts as stolen. An unused one that ran out never rotates.
func TestRefreshTokensRotateOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := func(name string) time.Duration {
			return time.Duration(rapid.IntRange(0, 40).Draw(t, name)) * time.Second
		}
		r := RefreshToken{CreatedAt: authorizeNow, ExpiresAt: authorizeNow.Add(seconds("lives"))}
		used := rapid.Bool().Draw(t, "used")
		at := authorizeNow.Add(seconds("then"))
		if used {
			r.UsedAt = authorizeNow.Add(seconds("used after"))
		}
		got := r.Use(at)
		switch {
		case !used && (got == Rotated) != at.Before(r.ExpiresAt), !used && got != Rotated && got != RanOut:
			t.Fatal(got)
		case used && got == Rotated:
			t.Fatal("rotates twice")
		case used && (got == Reused) != (at.Sub(r.UsedAt) > RefreshGrace):
			t.Fatal(got)
		}
	})
}
