package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// component is a part of the program, as CycloneDX 1.6 describes it.
type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl"`
	// The checksum of Go is no checksum of a file, so it is a property.
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// parts writes a list of what each program is made of: Go itself, and every module that is in it.
func (r *release) parts() error {
	for _, t := range r.targets {
		info, err := buildinfo.ReadFile(r.program(t))
		if err != nil {
			return err
		}
		list := []component{{Type: "library", Ref: "go", Name: "std", Version: strings.TrimPrefix(info.GoVersion, "go"), PURL: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go")}}
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			purl := "pkg:golang/" + m.Path + "@" + url.PathEscape(m.Version)
			list = append(list, component{Type: "library", Ref: purl, Name: m.Path, Version: m.Version, PURL: purl, Properties: []property{{"go:sum", m.Sum}}})
		}
		main := "pkg:golang/gatehouse@" + url.PathEscape(r.version)
		refs := make([]string, len(list))
		for i, c := range list {
			refs[i] = c.Ref
		}
		text, err := json.MarshalIndent(map[string]any{
			"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "serialNumber": r.serial(t, list),
			"metadata": map[string]any{
				"timestamp": r.time.Format(time.RFC3339),
				"component": map[string]any{"type": "application", "bom-ref": main, "name": "gatehouse", "version": r.version, "purl": main,
					"licenses": []any{map[string]any{"license": map[string]string{"id": "Apache-2.0"}}}},
			},
			"components":   list,
			"dependencies": []any{map[string]any{"ref": main, "dependsOn": refs}},
		}, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(r.program(t)+".cdx.json", append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// serial is a UUID of what the list says (RFC 9562, version 8), so that it is the same for the same list.
func (r *release) serial(t target, list []component) string {
	h := sha256.New()
	fmt.Fprintln(h, r.version, t.os, t.arch)
	for _, c := range list {
		fmt.Fprintln(h, c.PURL, c.Properties)
	}
	id := h.Sum(nil)[:16]
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// sums writes the SHA-256 of every file: sha256sum --check SHA256SUMS.
func (r *release) sums() error {
	entries, err := os.ReadDir(r.out) // sorted
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, entry := range entries {
		file, err := os.Open(filepath.Join(r.out, entry.Name()))
		if err != nil {
			return err
		}
		h := sha256.New()
		_, err = io.Copy(h, file)
		file.Close()
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%s  %s\n", hex.EncodeToString(h.Sum(nil)), entry.Name())
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(text.String()), 0o644)
}
