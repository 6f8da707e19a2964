package testkit

import (
	"os/exec"
	"syscall"
)

// removeAfterwards removes a folder when this process has ended, however it ends: a
// shell waits on a pipe that nobody else holds.
func removeAfterwards(folder string) error {
	cmd := exec.Command("/bin/sh", "-c", `read -r _ || true
for try in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" 2>/dev/null && sleep 0.3 && [ ! -e "$1" ] && exit; sleep 0.3; done`,
		"gatehouse-test-janitor", folder)
	cmd.Dir = "/"
	detach(cmd)
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	openPipes = append(openPipes, pipe)
	return cmd.Start()
}

// openPipes keeps the janitors' pipes open until the process ends.
var openPipes []interface{ Close() error }

// detach gives a program its own session, so that the terminal's Ctrl-C does not reach
// it.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
