package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"gatehouse/internal/secret"
)

// version is set by the release build: -ldflags "-X main.version=1.2.3".
var version = ""

type versionCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// build describes how this program was built.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
	Argon2  string `json:"argon2"` // what computes it on this machine
}

func thisBuild() build {
	b := build{Version: version, Commit: "unknown", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	if b.Version == "" {
		b.Version = info.Main.Version
	}
	if b.Version == "" || b.Version == "(devel)" {
		b.Version = "development"
	}
	changed := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			b.Commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " with changes"
		}
	}
	b.Commit += changed
	b.Argon2, _ = secret.Kernel()
	return b
}

func (c *versionCmd) Run(a *app) error {
	b := thisBuild()
	if c.JSON {
		return asJSON(a.out, b)
	}
	_, err := fmt.Fprintf(a.out, "gatehouse %s\ncommit %s\n%s\nargon2 %s\n", b.Version, b.Commit, b.Go, b.Argon2)
	return err
}
