package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// packages makes .deb and .rpm for every Linux target.
func (r *release) packages() error {
	for _, t := range r.linux() {
		for _, format := range []string{"deb", "rpm"} {
			if err := r.pack(t, format); err != nil {
				return fmt.Errorf("%s for %s: %w", format, t.arch, err)
			}
		}
	}
	return nil
}

func (r *release) pack(t target, format string) error {
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "gatehouse", Arch: t.arch, Platform: "linux", Version: r.version, Section: "net", Priority: "optional",
		Maintainer: "Gatehouse <gatehouse@example.com>", Vendor: "Gatehouse", License: "Apache-2.0", MTime: r.time,
		Description:     "Sign-in server for business portals\nCompanies, their users and administrators; an OpenID provider for the portals behind it.",
		DisableGlobbing: true,
		Overridables: nfpm.Overridables{
			Contents: r.contents(t),
			Scripts:  nfpm.Scripts{PostInstall: r.file("postinstall.sh"), PreRemove: r.file("preremove.sh"), PostRemove: r.file("postremove.sh")},
			RPM:      nfpm.RPM{BuildHost: "localhost", Compression: "zstd"},
			Deb:      nfpm.Deb{Compression: "zstd"},
		},
	})
	if format == "deb" {
		info.Depends, info.Recommends = []string{"passwd"}, []string{"ca-certificates", "systemd"}
	} else {
		info.Depends, info.Recommends = []string{"shadow-utils"}, []string{"ca-certificates", "systemd"}
	}
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return err
	}
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(r.out, packager.ConventionalFileName(info)))
	if err != nil {
		return err
	}
	if err := packager.Package(info, out); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// file is one of the files that packages are made of.
func (r *release) file(name string) string {
	return filepath.Join(r.source, "release", "files", name)
}

// contents is what a package puts where. The configuration is written by the first start of
// gatehouse init, so no upgrade ever asks about it.
func (r *release) contents(t target) files.Contents {
	at := func(source, destination string, mode os.FileMode) *files.Content {
		return &files.Content{Source: source, Destination: destination, FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: mode, MTime: r.time}}
	}
	folder := func(path string, mode os.FileMode) *files.Content {
		return &files.Content{Destination: path, Type: files.TypeDir, FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: mode, MTime: r.time}}
	}
	all := files.Contents{
		at(r.program(t), "/usr/bin/gatehouse", 0o755),
		at(r.file("gatehouse.service"), "/usr/lib/systemd/system/gatehouse.service", 0o644),
		at(r.file("gatehouse.socket"), "/usr/lib/systemd/system/gatehouse.socket", 0o644),
		at(filepath.Join(r.source, "LICENSE"), "/usr/share/doc/gatehouse/copyright", 0o644),
		at(filepath.Join(r.source, "THIRD_PARTY.md"), "/usr/share/doc/gatehouse/THIRD_PARTY.md", 0o644),
		at(filepath.Join(r.source, "CHANGELOG.md"), "/usr/share/doc/gatehouse/CHANGELOG.md", 0o644),
		folder("/etc/gatehouse", 0o750), folder("/etc/gatehouse/sites", 0o750), folder("/etc/gatehouse/tls", 0o750),
		folder("/etc/gatehouse/credentials", 0o700), folder("/var/lib/gatehouse", 0o700),
	}
	for _, file := range []string{"dashboard.json", "alerts.yaml"} {
		all = append(all, at(filepath.Join(r.source, "release", "chart", "monitoring", file), "/usr/share/gatehouse/monitoring/"+file, 0o644))
	}
	for _, document := range []string{"first-hour", "operations", "configuration", "import", "mail", "platforms", "operators", "administrators",
		"enhanced-security", "second-factors", "retention", "log"} {
		all = append(all, at(filepath.Join(r.source, "docs", document+".md"), "/usr/share/doc/gatehouse/"+document+".md", 0o644))
	}
	return all
}

// plainVersion is the version as file names of charts and images have it: a plus is not allowed there.
func (r *release) plainVersion() string {
	return strings.NewReplacer("+", "-", "~", "-").Replace(r.version)
}
