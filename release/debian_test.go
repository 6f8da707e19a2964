package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// boot boots this machine's system once more, in namespaces of its own and over a file system that
// forgets everything, and runs the script there as a service.
const boot = `set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/changes" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/changes,workdir=$1/work" "$1/root"
mkdir -p "$1/root/gatehouse-test"
cat >"$1/root/etc/systemd/system/gatehouse-test.service" <<END
[Unit]
Requires=basic.target
After=basic.target
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
ExecStart=/bin/bash /gatehouse-test/script
StandardOutput=append:/gatehouse-test/log
StandardError=append:/gatehouse-test/log
END
exec systemd-nspawn --quiet --register=no --keep-unit --private-network --link-journal=no --directory "$1/root" --bind "$2:/gatehouse-test" --boot -- --unit=gatehouse-test.service
`

// The package of Debian is installed, started by systemd as its unit says, upgraded, removed and
// purged. Both versions have the same program: what is tested is the package.
func TestThePackageOfDebian(t *testing.T) {
	needs(t, os.Geteuid() == 0, "root")
	for _, program := range []string{"systemd-nspawn", "unshare", "dpkg", "curl"} {
		_, err := exec.LookPath(program)
		needs(t, err == nil, program)
	}
	if out, err := exec.Command("unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "none", "/mnt").CombinedOutput(); err != nil {
		t.Skipf("this machine lets nobody make namespaces and mount in them, so nothing can be booted: %v %s", err, out)
	}
	r := built(t)
	shared, root := t.TempDir(), t.TempDir()
	for name, version := range map[string]string{"old.deb": "0.9.0", "new.deb": "0.9.1"} {
		some := *r
		some.version, some.out = version, t.TempDir()
		must(t, os.Link(r.program(here), some.program(here)))
		must(t, some.pack(here, "deb"))
		found, err := filepath.Glob(filepath.Join(some.out, "*.deb"))
		must(t, err)
		must(t, os.Rename(found[0], filepath.Join(shared, name)))
	}
	script, err := os.ReadFile("testdata/life-of-a-package.sh")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(shared, "script"), script, 0o755))
	must(t, os.Chmod(shared, 0o755))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "sh", "-c", boot, "sh", root, shared).CombinedOutput()
	if _, passed := os.Stat(filepath.Join(shared, "passed")); passed != nil {
		log, _ := os.ReadFile(filepath.Join(shared, "log"))
		lines := strings.Split(string(log), "\n")
		t.Fatalf("%v\n%s\n%s", err, tail(strings.Split(string(out), "\n"), 15), tail(lines, 60))
	}
}

func tail(lines []string, n int) string {
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// What an attacker who takes over the server could reach is little: systemd's own measure.
func TestTheUnitIsConfined(t *testing.T) {
	_, err := exec.LookPath("systemd-analyze")
	needs(t, err == nil, "systemd-analyze")
	text, err := os.ReadFile("files/gatehouse.service")
	must(t, err)
	unit := filepath.Join(t.TempDir(), "gatehouse.service")
	must(t, os.WriteFile(unit, []byte(strings.ReplaceAll(string(text), "/usr/bin/gatehouse", "/bin/true")), 0o600)) // it looks for the program
	if out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--threshold=15", unit).CombinedOutput(); err != nil {
		t.Errorf("more than 1.5: %v\n%s", err, out)
	}
}
