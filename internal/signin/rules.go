package signin

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/trace"
)

// nextStep is gatehouse.NextStep, and traces what it said.
func nextStep(ctx context.Context, st gatehouse.Site, facts gatehouse.SignInFacts, now time.Time) gatehouse.Step {
	span := trace.Begin(ctx, trace.Rule, "next step")
	defer span.End()
	step := gatehouse.NextStep(st, facts, now)
	span.Say(trace.Decision, string(step))
	return step
}

// verdicts are the names of what the lockout rule says.
var verdicts = map[gatehouse.AttemptVerdict]string{gatehouse.Admit: "admit", gatehouse.Refuse: "refuse", gatehouse.Wait: "wait"}

// admits is what the lockout rule says to another attempt, and traces it.
func admits(ctx context.Context, p gatehouse.LockoutPolicy, before gatehouse.Attempts, now time.Time) (gatehouse.Attempts, gatehouse.AttemptVerdict) {
	span := trace.Begin(ctx, trace.Rule, "lockout")
	defer span.End()
	after, verdict := before.Take(p, now)
	span.Say(trace.Decision, verdicts[verdict])
	return after, verdict
}
