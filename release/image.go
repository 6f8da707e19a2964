package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// nobody is the user of the image, who is nobody anywhere else.
const nobody = 65532

// The media types of the OCI image specification, 1.1.
const (
	indexType    = "application/vnd.oci.image.index.v1+json"
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

// blob is a descriptor of the specification.
type blob struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Platform    map[string]string `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// archive is an image layout in a tar file.
type archive struct {
	tar  *tar.Writer
	time time.Time
	has  map[string]bool
}

// image makes one file with an image for every Linux target: the program, certificates of
// authorities, and a folder for its data. Time zones are in the program. There is no shell.
func (r *release) image() error {
	if len(r.linux()) == 0 {
		return nil
	}
	file, err := os.Create(filepath.Join(r.out, "gatehouse-"+r.plainVersion()+"-image.tar"))
	if err != nil {
		return err
	}
	defer file.Close()
	a := &archive{tar.NewWriter(file), r.time, map[string]bool{}}
	var manifests []blob
	for _, t := range r.linux() {
		m, err := r.manifest(a, t)
		if err != nil {
			return err
		}
		manifests = append(manifests, m)
	}
	many, err := a.json(indexType, map[string]any{"schemaVersion": 2, "mediaType": indexType, "manifests": manifests})
	if err != nil {
		return err
	}
	many.Annotations = map[string]string{"org.opencontainers.image.ref.name": r.plainVersion()}
	top, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": indexType, "manifests": []blob{many}})
	if err != nil {
		return err
	}
	if err := a.entry("index.json", top); err != nil {
		return err
	}
	if err := a.entry("oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)); err != nil {
		return err
	}
	if err := a.tar.Close(); err != nil {
		return err
	}
	return file.Close()
}

// manifest adds the image of one target.
func (r *release) manifest(a *archive, t target) (blob, error) {
	plain, packed, err := r.layer(t)
	if err != nil {
		return blob{}, err
	}
	layer, err := a.add(layerType, packed)
	if err != nil {
		return blob{}, err
	}
	config, err := a.json(configType, map[string]any{
		"created": r.time.Format(time.RFC3339), "architecture": t.arch, "os": t.os,
		"config": map[string]any{
			"User": fmt.Sprintf("%d:%d", nobody, nobody), "Entrypoint": []string{"/gatehouse"}, "Cmd": []string{"serve"}, "WorkingDir": "/etc/gatehouse",
			"Env": []string{"PATH=/", "GATEHOUSE_CONFIG=/etc/gatehouse/gatehouse.yaml"}, "Volumes": map[string]any{"/var/lib/gatehouse": map[string]any{}},
			"ExposedPorts": map[string]any{"8080/tcp": map[string]any{}, "9090/tcp": map[string]any{}}, "StopSignal": "SIGTERM",
			"Labels": map[string]string{"org.opencontainers.image.title": "gatehouse", "org.opencontainers.image.version": r.version, "org.opencontainers.image.licenses": "Apache-2.0"},
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{digest(plain)}},
		"history": []any{map[string]any{"created": r.time.Format(time.RFC3339), "created_by": "gatehouse release"}},
	})
	if err != nil {
		return blob{}, err
	}
	m, err := a.json(manifestType, map[string]any{"schemaVersion": 2, "mediaType": manifestType, "config": config, "layers": []blob{layer}})
	m.Platform = map[string]string{"architecture": t.arch, "os": t.os}
	return m, err
}

// layer is the only layer, as a tar file and compressed.
func (r *release) layer(t target) (plain, packed []byte, err error) {
	program, err := os.ReadFile(r.program(t))
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	put := func(h tar.Header, content []byte) {
		if err != nil {
			return
		}
		h.ModTime, h.Size, h.Format = r.time, int64(len(content)), tar.FormatPAX
		if err = w.WriteHeader(&h); err == nil {
			_, err = w.Write(content)
		}
	}
	folder := func(name string, mode int64, owner int) {
		put(tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: mode, Uid: owner, Gid: owner}, nil)
	}
	for _, name := range []string{"etc/", "etc/gatehouse/", "etc/ssl/", "etc/ssl/certs/", "var/", "var/lib/"} {
		folder(name, 0o755, 0)
	}
	folder("var/lib/gatehouse/", 0o700, nobody)
	put(tar.Header{Typeflag: tar.TypeReg, Name: "etc/ssl/certs/ca-certificates.crt", Mode: 0o644}, authorities())
	put(tar.Header{Typeflag: tar.TypeReg, Name: "gatehouse", Mode: 0o755}, program)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, nil, err
	}
	var z bytes.Buffer
	zip := gzip.NewWriter(&z) // without a name and a time
	if _, err = zip.Write(b.Bytes()); err == nil {
		err = zip.Close()
	}
	return b.Bytes(), z.Bytes(), err
}

// authorities are those that Mozilla trusts without reservation, at the version in go.mod.
func authorities() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if _, err := x509.ParseCertificate(root.Certificate); err == nil && root.Constraint == nil {
			pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) //nolint:errcheck // to memory
		}
	}
	return b.Bytes()
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// add adds a blob.
func (a *archive) add(kind string, data []byte) (blob, error) {
	b := blob{MediaType: kind, Digest: digest(data), Size: len(data)}
	if a.has[b.Digest] {
		return b, nil
	}
	a.has[b.Digest] = true
	return b, a.entry("blobs/sha256/"+b.Digest[len("sha256:"):], data)
}

func (a *archive) json(kind string, value any) (blob, error) {
	data, err := json.Marshal(value) // the keys of a map come sorted
	if err != nil {
		return blob{}, err
	}
	return a.add(kind, data)
}

func (a *archive) entry(name string, data []byte) error {
	if err := a.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(data)), ModTime: a.time, Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err := a.tar.Write(data)
	return err
}
