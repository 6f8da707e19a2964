package testkit

import (
	"os/exec"
	"syscall"
)

// detach gives a program a session of its own, so that the terminal's Ctrl-C
// does not reach it.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
