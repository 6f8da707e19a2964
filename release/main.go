// Command release builds what a release of Gatehouse is made of: programs, packages, an image, a
// chart, a list of their parts, and checksums. Two runs on one commit make the same bytes. It has a
// go.mod of its own, so that its tools are no dependency of the program.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// release is what is built, from what and to where.
type release struct {
	source, out string // folders: the module, and what is made
	version     string // 1.2.3
	time        time.Time
	targets     []target
	flags       []string // of go build; nil: those of a release
}

// target is an operating system and a processor.
type target struct{ os, arch string }

// all is what a release has. Servers run Linux; the others are for trying.
var all = []target{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}}

func main() {
	r := release{}
	targets := ""
	flag.StringVar(&r.source, "source", "..", "the folder of the module")
	flag.StringVar(&r.out, "out", "../dist", "the folder to write to; it must not be there")
	flag.StringVar(&r.version, "version", "", "the version, such as 1.2.3; otherwise 0.0.0 and the commit")
	flag.StringVar(&targets, "targets", "", "some of the targets, such as linux/amd64,linux/arm64")
	flag.Parse()
	err := r.prepare(targets)
	if err == nil {
		if err = r.build(); err != nil { // half a release is none
			err = errors.Join(err, os.RemoveAll(r.out))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

var versionForm = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+([-+~][0-9A-Za-z.~-]+)?$`)

// prepare reads what the commit says, and makes the folder.
func (r *release) prepare(targets string) (err error) {
	if r.source, err = filepath.Abs(r.source); err != nil {
		return err
	}
	if r.out, err = filepath.Abs(r.out); err != nil {
		return err
	}
	if r.time.IsZero() {
		if r.time, err = r.commitTime(); err != nil {
			return err
		}
	}
	if r.version == "" {
		commit, err := r.git("rev-parse", "--short=12", "HEAD")
		if err != nil {
			return err
		}
		r.version = "0.0.0-" + commit
	}
	if !versionForm.MatchString(r.version) {
		return fmt.Errorf("the version is %q, must be like 1.2.3 or 1.2.3-rc.1", r.version)
	}
	if r.targets, err = chosen(targets); err != nil {
		return err
	}
	if err := r.committed(); err != nil {
		return err
	}
	if err := os.Mkdir(r.out, 0o755); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there, from an earlier release: remove it first", r.out)
	} else if err != nil {
		return err
	}
	return nil
}

// committed refuses what is in no commit: a release is made again from its commit by others.
func (r *release) committed() error {
	if os.Getenv("SOURCE_DATE_EPOCH") != "" { // the source may come without git
		return nil
	}
	changes, err := r.git("status", "--porcelain")
	if err == nil && changes != "" {
		err = fmt.Errorf("what is released must be committed:\n%s", changes)
	}
	return err
}

// chosen are the targets that a list names; all without a list.
func chosen(list string) ([]target, error) {
	if list == "" {
		return all, nil
	}
	var some []target
	for _, name := range strings.Split(list, ",") {
		found := false
		for _, t := range all {
			if t.os+"/"+t.arch == name {
				some, found = append(some, t), true
			}
		}
		if !found {
			return nil, fmt.Errorf("%s is no target: there are %v", name, all)
		}
	}
	return some, nil
}

// commitTime is the time that everything made has: that of the commit, or SOURCE_DATE_EPOCH
// (reproducible-builds.org).
func (r *release) commitTime() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		var err error
		if text, err = r.git("log", "-1", "--format=%ct"); err != nil {
			return time.Time{}, err
		}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0).UTC(), err
}

func (r *release) git(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stderr = r.source, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// build makes everything.
func (r *release) build() error {
	for _, step := range []func() error{r.programs, r.packages, r.image, r.chart, r.compose, r.parts, r.sums} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// program is the file of a target's program.
func (r *release) program(t target) string {
	name := fmt.Sprintf("gatehouse-%s-%s-%s", r.version, t.os, t.arch)
	if t.os == "windows" {
		name += ".exe"
	}
	return filepath.Join(r.out, name)
}

// programs builds one static file for each target.
func (r *release) programs() error {
	for _, t := range r.targets {
		flags := r.flags
		if flags == nil {
			flags = []string{"-trimpath", "-pgo", "cmd/gatehouse/production.pgo"}
		}
		args := slices.Concat([]string{"build"}, flags, []string{"-buildvcs=false", "-ldflags", "-s -w -buildid= -X main.version=" + r.version, "-o", r.program(t), "./cmd/gatehouse"})
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Stderr = r.source, os.Stderr
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+t.os, "GOARCH="+t.arch, "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0")
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("building for %s/%s: %w", t.os, t.arch, err)
		}
	}
	return nil
}

// linux are the targets that servers run on.
func (r *release) linux() []target {
	var some []target
	for _, t := range r.targets {
		if t.os == "linux" {
			some = append(some, t)
		}
	}
	return some
}
