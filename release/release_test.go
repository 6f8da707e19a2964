package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// here is what is built for the tests: what this machine runs.
var here = target{"linux", runtime.GOARCH}

var day = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// once builds the program for all tests with what is cached for others: with a profile, or with paths
// trimmed, everything is compiled again, down to the standard library.
var once = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "gatehouse-release-")
	if err != nil {
		return "", err
	}
	r := &release{source: "..", out: dir, version: "0.9.0", targets: []target{here}, flags: []string{"-pgo", "off"}}
	return r.program(here), r.programs()
})

func TestMain(m *testing.M) {
	status := m.Run()
	if program, err := once(); err == nil {
		os.RemoveAll(filepath.Dir(program))
	}
	if whole.release != nil {
		os.RemoveAll(whole.release.out)
	}
	os.Exit(status)
}

// built is a release with its program.
func built(t *testing.T) *release {
	t.Helper()
	program, err := once()
	must(t, err)
	source, err := filepath.Abs("..")
	must(t, err)
	r := &release{source: source, out: t.TempDir(), version: "0.9.0", time: day, targets: []target{here}}
	text, err := os.ReadFile(program)
	must(t, err)
	must(t, os.WriteFile(r.program(here), text, 0o755))
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// needs skips a test without what it needs; in CI that is a failure.
func needs(t *testing.T, have bool, what string) {
	t.Helper()
	if !have && os.Getenv("CI") != "" {
		t.Fatalf("%s is needed", what)
	} else if !have {
		t.Skipf("%s is needed", what)
	}
}

// made is a whole release, for the tests that only look at it.
func made(t *testing.T) *release {
	t.Helper()
	whole.Do(func() {
		dir, err := os.MkdirTemp("", "gatehouse-release-")
		must(t, err)
		whole.release = everything(t, dir)
	})
	if whole.release == nil {
		t.Fatal("it could not be made")
	}
	return whole.release
}

var whole struct {
	sync.Once
	release *release
}

// everything makes all that there is of a built program, in a folder.
func everything(t *testing.T, dir string) *release {
	t.Helper()
	r := built(t)
	must(t, os.Link(r.program(here), filepath.Join(dir, filepath.Base(r.program(here)))))
	r.out = dir
	for _, step := range []func() error{r.packages, r.image, r.chart, r.compose, r.parts, r.sums} {
		must(t, step())
	}
	return r
}

// Two releases of one commit are the same, whenever and by whomever they are made. (The programs
// are compared by make release-test.)
func TestTheSameIsMadeTwice(t *testing.T) {
	first := made(t)
	must(t, os.Chtimes(first.program(here), day, day)) // the other one has the time of the test
	second := everything(t, t.TempDir())
	one, err := os.ReadFile(filepath.Join(first.out, "SHA256SUMS"))
	must(t, err)
	two, err := os.ReadFile(filepath.Join(second.out, "SHA256SUMS"))
	must(t, err)
	if !bytes.Equal(one, two) {
		t.Errorf("two releases differ:\n%s\n%s", one, two)
	}
	check := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
	check.Dir = first.out
	if out, err := check.CombinedOutput(); err != nil || strings.Count(string(out), ": OK") != 7 {
		t.Errorf("the checksums: %v\n%s", err, out)
	}
}

// Programs that are built in other places, with what there is in the cache and without any, are the same.
func TestTheSameProgramIsBuiltTwice(t *testing.T) {
	if os.Getenv("GATEHOUSE_TEST_RELEASE") == "" {
		t.Skip("it builds everything twice: make release-test")
	}
	elsewhere := filepath.Join(t.TempDir(), "another", "place")
	if out, err := exec.Command("git", "clone", "--quiet", "..", elsewhere).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var sums []string
	for i, source := range []string{"..", elsewhere} {
		if i > 0 {
			t.Setenv("GOCACHE", t.TempDir())
		}
		r := &release{source: source, out: filepath.Join(t.TempDir(), "dist"), version: "0.9.0"}
		must(t, r.prepare(""))
		must(t, r.build())
		text, err := os.ReadFile(filepath.Join(r.out, "SHA256SUMS"))
		must(t, err)
		sums = append(sums, string(text))
	}
	if sums[0] != sums[1] {
		t.Errorf("two releases differ:\n%s\n%s", sums[0], sums[1])
	}
}

// files reads a tar file.
func filesOf(t *testing.T, r io.Reader) map[string]*tar.Header {
	t.Helper()
	all := map[string]*tar.Header{}
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if err == io.EOF {
			return all
		}
		must(t, err)
		if h.PAXRecords == nil {
			h.PAXRecords = map[string]string{}
		}
		content, err := io.ReadAll(archive)
		must(t, err)
		h.PAXRecords["content"] = string(content)
		all[h.Name] = h
	}
}

// The image has the program, certificates and an empty folder, is nobody's, and runs.
func TestTheImage(t *testing.T) {
	r := made(t)
	file, err := os.Open(filepath.Join(r.out, "gatehouse-0.9.0-image.tar"))
	must(t, err)
	defer file.Close()
	layout := filesOf(t, file)
	read := func(digest string, into any) {
		t.Helper()
		h := layout["blobs/sha256/"+strings.TrimPrefix(digest, "sha256:")]
		if h == nil || "sha256:"+strings.TrimPrefix(h.Name, "blobs/sha256/") != digestOf(h) {
			t.Fatalf("%s is not there, or is another", digest)
		}
		must(t, json.Unmarshal([]byte(h.PAXRecords["content"]), into))
	}
	var index, many struct{ Manifests []blob }
	must(t, json.Unmarshal([]byte(layout["index.json"].PAXRecords["content"]), &index))
	read(index.Manifests[0].Digest, &many)
	var manifest struct {
		Config blob
		Layers []blob
	}
	read(many.Manifests[0].Digest, &manifest)
	var config struct {
		Architecture string
		Config       struct {
			User            string
			Entrypoint, Cmd []string
		}
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	read(manifest.Config.Digest, &config)
	if config.Config.User != "65532:65532" || config.Architecture != here.arch || config.Config.Entrypoint[0] != "/gatehouse" {
		t.Errorf("the image is %+v", config)
	}
	packed := layout["blobs/sha256/"+strings.TrimPrefix(manifest.Layers[0].Digest, "sha256:")].PAXRecords["content"]
	zip, err := gzip.NewReader(strings.NewReader(packed))
	must(t, err)
	plain, err := io.ReadAll(zip)
	must(t, err)
	if digest(plain) != config.RootFS.DiffIDs[0] {
		t.Error("the layer is not what its image says")
	}
	root := filesOf(t, bytes.NewReader(plain))
	files := 0
	for name, h := range root {
		if h.Typeflag == tar.TypeReg {
			files++
		}
		if h.Mode&0o022 != 0 || h.Uid != 0 && name != "var/lib/gatehouse/" {
			t.Errorf("%s can be changed by others: %o, %d", name, h.Mode, h.Uid)
		}
	}
	block, _ := pem.Decode([]byte(root["etc/ssl/certs/ca-certificates.crt"].PAXRecords["content"]))
	if files != 2 || root["gatehouse"].Mode != 0o755 || block == nil {
		t.Errorf("%d files, certificates %v", files, block != nil)
	}
	runs(t, root["gatehouse"].PAXRecords["content"])
}

func digestOf(h *tar.Header) string { return digest([]byte(h.PAXRecords["content"])) }

// runs runs a program with nothing around it, as in a container from scratch.
func runs(t *testing.T, program string) {
	t.Helper()
	needs(t, os.Geteuid() == 0, "root")
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "gatehouse"), []byte(program), 0o755))
	must(t, os.Chmod(filepath.Dir(dir), 0o755))
	out, err := exec.Command("chroot", "--userspec=65532:65532", dir, "/gatehouse", "version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "gatehouse 0.9.0\n") {
		t.Errorf("in the image: %v\n%s", err, out)
	}
}

// The list of parts names Go and every module in the program.
func TestTheParts(t *testing.T) {
	r := made(t)
	text, err := os.ReadFile(r.program(here) + ".cdx.json")
	must(t, err)
	var list struct {
		BOMFormat, SpecVersion, SerialNumber string
		Components                           []component
		Dependencies                         []struct{ DependsOn []string }
	}
	must(t, json.Unmarshal(text, &list))
	names := map[string]bool{}
	for _, c := range list.Components {
		if names[c.Name] = true; c.Version == "" || c.PURL == "" {
			t.Errorf("%+v", c)
		}
	}
	if list.BOMFormat != "CycloneDX" || list.SpecVersion != "1.6" || !names["std"] || !names["modernc.org/sqlite"] || !names["github.com/jackc/pgx/v5"] ||
		names["github.com/chromedp/chromedp"] || len(list.Dependencies[0].DependsOn) != len(list.Components) {
		t.Errorf("%+v", list)
	}
}

// A package for RPM has the same files; rpm is not here to install it.
func TestThePackageOfRPM(t *testing.T) {
	r := made(t)
	found, err := filepath.Glob(filepath.Join(r.out, "*.rpm"))
	must(t, err)
	head := make([]byte, 4)
	file, err := os.Open(found[0])
	must(t, err)
	defer file.Close()
	if _, err := io.ReadFull(file, head); err != nil || !bytes.Equal(head, []byte{0xed, 0xab, 0xee, 0xdb}) {
		t.Errorf("%v begins with %x", found, head)
	}
}

func TestVersionsAndTargets(t *testing.T) {
	for version, good := range map[string]bool{"1.2.3": true, "1.2.3-rc.1": true, "0.0.0-abc123": true, "v1.2.3": false, "1.2": false, "1.2.3 -X x": false} {
		if versionForm.MatchString(version) != good {
			t.Errorf("%s: %v", version, !good)
		}
	}
	if some, err := chosen("linux/arm64,windows/amd64"); err != nil || len(some) != 2 {
		t.Errorf("%v %v", some, err)
	}
	if _, err := chosen("plan9/amd64"); err == nil {
		t.Error("no error for no target")
	}
}

// What is in no commit is not released, and what an earlier release made is not overwritten.
func TestWhatIsNotReleased(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=T", "-c", "user.email=t@acme.example"}, args...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	git("init", "--quiet")
	must(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module x\n"), 0o600))
	git("add", "go.mod")
	git("commit", "--quiet", "--message", "First")
	r := &release{source: dir, out: filepath.Join(t.TempDir(), "dist"), version: "0.9.0"}
	must(t, r.prepare(""))
	if err := r.prepare(""); err == nil || !strings.Contains(err.Error(), "remove it first") {
		t.Errorf("over an earlier release: %v", err)
	}
	must(t, os.Remove(r.out))
	must(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n"), 0o600))
	if err := r.prepare(""); err == nil || !strings.Contains(err.Error(), "must be committed:\n?? main.go") {
		t.Errorf("with a file in no commit: %v", err)
	}
}
