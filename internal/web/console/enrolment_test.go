package console

import "testing"

// A spreadsheet evaluates anything that begins like a formula.
func TestInert(t *testing.T) {
	for cell, want := range map[string]string{
		"": "", "Ada": "Ada", "a=b": "a=b", "ada+news@fernhollow.example": "ada+news@fernhollow.example", "Übel": "Übel",
		"=1+1": "'=1+1", "+44": "'+44", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t'=1", "\r=1": "'\r'=1",
		"\n1": "'\n1", "＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠A1": "'＠A1",
		"x;=1": "x;'=1", "x;+1;-1": "x;'+1;'-1", "x\t@A1": "x\t'@A1", "x\n=1": "x\n'=1", "x\r\n＝1": "x\r\n'＝1", `x;""=1`: `x;""'=1`,
		"x;y": "x;y", "x; y-z": "x; y-z", "x\ty": "x\ty",
	} {
		if got := Inert(cell); got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
	}
}

// A user may have only so many listening pages, in any number of sessions.
func TestAUserHasSoManyStreams(t *testing.T) {
	var s streams
	for range mostStreams {
		if !s.enter("a") {
			t.Fatal("too few")
		}
	}
	if s.enter("a") || !s.enter("b") {
		t.Error("the limit is one of each user")
	}
	if s.leave("a"); !s.enter("a") {
		t.Error("who has left is still counted")
	}
	for range mostStreams {
		s.leave("a")
	}
	if s.leave("b"); len(s.open) > 0 {
		t.Errorf("left behind: %v", s.open)
	}
}
