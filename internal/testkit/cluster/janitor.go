package cluster

import (
	"io"
	"os/exec"
	"sync"
)

// janitor is a small process that waits for the end of this one and cleans up
// what this one could not: it reads from a pipe that nobody else holds.
type janitor struct {
	cmd  *exec.Cmd
	pipe io.Closer
}

// The server is ended and its folder removed, unless Close has done it.
const janitorScript = `read -r _ || true
[ -d "$1" ] || exit 0
"$2/pg_ctl" stop -s -w -t 30 -m immediate -D "$1/data"
cd /
rm -rf "$1"`

func (c *Cluster) hireJanitor() (*janitor, error) {
	cmd := c.command("pg_ctl") // as the same user, in a separate session
	cmd.Path = "/bin/sh"
	cmd.Args = []string{"sh", "-c", janitorScript, "gatehouse-test-janitor", c.folder, c.bin}
	cmd.Dir = "/"
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	j := &janitor{cmd, pipe}
	waiting.Store(j, true)
	return j, nil
}

// waiting holds the janitors: without a reference, the garbage collector would close a
// janitor's pipe, and end a server that is in use.
var waiting sync.Map

func (j *janitor) dismiss() {
	waiting.Delete(j)
	j.pipe.Close()
	j.cmd.Wait() //nolint:errcheck // it has nothing left to do
}
