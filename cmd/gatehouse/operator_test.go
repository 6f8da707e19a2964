package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// Operators are made and kept by commands; without operator_hosts there are none, and the last owner
// stays one.
func TestOperatorsAreKeptByCommands(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	const create = "operator create --username ohale --email owen@platform.example --role owner --first-name Owen"
	in.expect(2, create, "no operator_hosts")
	replaceInFile(t, in.file, "key_file: keys\n", "key_file: keys\noperator_hosts: [console.localhost]\n")
	for _, wrong := range []string{"operator create --username x --email nowhere --role owner", "operator create --username x --email x@platform.example --role admin"} {
		in.expect(1, wrong, "the ")
	}
	made := in.expect(0, create, "Created the operator ohale", "owner", "/reset-password?token=", "owen@platform.example")
	in.expect(1, create, "username")
	again := in.expect(0, "operator link OHALE", "/reset-password?token=")
	token := func(out string) string {
		_, rest, _ := strings.Cut(out, "token=")
		return strings.Fields(rest)[0]
	}
	if token(made.out) == token(again.out) {
		t.Error("the second link is the first one")
	}
	in.expect(1, "operator link nobody", "there is no operator", "operator list")
	in.expect(0, "operator create --username tbello --email tunde@platform.example --role support", "Created the operator tbello")
	in.expect(0, "operator list", "ohale", "owner", "tbello", "support", "invited")
	var all []struct{ Username, Role string }
	if err := json.Unmarshal([]byte(in.expect(0, "operator list --json").out), &all); err != nil || len(all) != 2 || all[1].Role != "support" {
		t.Errorf("%+v %v", all, err)
	}
	in.expect(1, "operator role tbello admin", "role")
	in.expect(0, "operator role tbello security", "tbello is now security")
	in.expect(0, "operator deactivate tbello", "Deactivated tbello")
	in.expect(0, "operator list", "deactivated")
	in.expect(0, "operator activate tbello", "Activated tbello")
	in.expect(0, "operator unlock tbello", "Unlocked tbello")
	if r := in.run("user", "show", "ohale", "--site", "operators"); r.status == 0 {
		t.Errorf("a command about users reaches operators:\n%s", r.out)
	}
}
