package main

import (
	"archive/tar"
	"compress/gzip"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// chart packs the Helm chart, with the release's version in the place of 0.0.0.
func (r *release) chart() error {
	file, err := os.Create(filepath.Join(r.out, "gatehouse-chart-"+r.plainVersion()+".tgz"))
	if err != nil {
		return err
	}
	defer file.Close()
	zip := gzip.NewWriter(file)
	w := tar.NewWriter(zip)
	root := filepath.Join(r.source, "release", "chart")
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error { // in order
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if name == "Chart.yaml" {
			text = []byte(strings.ReplaceAll(string(text), "0.0.0", r.plainVersion()))
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "gatehouse/" + filepath.ToSlash(name), Mode: 0o644, Size: int64(len(text)), ModTime: r.time, Format: tar.FormatPAX}); err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	})
	for _, end := range []func() error{w.Close, zip.Close, file.Close} {
		if err == nil {
			err = end()
		}
	}
	return err
}

// compose copies the example for containers on one machine.
func (r *release) compose() error {
	text, err := os.ReadFile(r.file("compose.yaml"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, "compose.yaml"), []byte(strings.ReplaceAll(string(text), ":0.0.0", ":"+r.plainVersion())), 0o644)
}
