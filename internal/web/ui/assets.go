package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

//go:embed static
var staticFiles embed.FS

// StaticPrefix is where the static files are routed.
const StaticPrefix = "/static/"

// mediaTypes are the files that are served; the others in the folder (licences, and the
// icons, which pages embed) are not.
var mediaTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml; charset=utf-8",
	".woff2": "font/woff2",
}

// asset is one static file as served.
type asset struct {
	path    string // /static/NAME.HASH.ext
	media   string
	body    []byte
	gzipped func() []byte // made when first requested; nil, or returns nil, if it saves nothing
}

// assetSet holds the static files, by name ("gatehouse.css") and by path.
type assetSet struct {
	byName, byPath map[string]*asset
}

// assets reads the embedded files once. They are part of the program, so a fault in
// them is a bug.
var assets = sync.OnceValue(func() *assetSet {
	set, err := loadAssets(staticFiles)
	if err != nil {
		panic("ui: static files: " + err.Error())
	}
	return set
})

func loadAssets(files fs.FS) (*assetSet, error) {
	set := &assetSet{map[string]*asset{}, map[string]*asset{}}
	// Fonts come first: the stylesheets name them by their hashed paths.
	for _, folder := range []string{"static/fonts", "static/img", "static/js", "static/css"} {
		if err := set.addFolder(files, folder); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// addFolder adds a folder's files. A folder of stylesheets in it becomes one
// stylesheet, with its files in the order of their names.
func (s *assetSet) addFolder(files fs.FS, folder string) error {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, full := e.Name(), path.Join(folder, e.Name())
		if !e.IsDir() && mediaTypes[path.Ext(name)] == "" {
			continue
		}
		body, err := readAsset(files, full, e.IsDir())
		if err != nil {
			return err
		}
		if e.IsDir() {
			name += ".css"
		}
		if path.Ext(name) == ".css" {
			if body, err = s.linkFonts(body); err != nil {
				return fmt.Errorf("%s: %w", full, err)
			}
		}
		s.add(name, body)
	}
	return nil
}

func readAsset(files fs.FS, name string, dir bool) ([]byte, error) {
	if !dir {
		return fs.ReadFile(files, name)
	}
	parts, err := fs.Glob(files, name+"/*.css")
	if err != nil {
		return nil, err
	}
	var all []byte
	for _, part := range parts {
		body, err := fs.ReadFile(files, part)
		if err != nil {
			return nil, err
		}
		all = append(all, body...)
	}
	return all, nil
}

var fontURL = regexp.MustCompile(`url\("[./]*fonts/([^"]+)"\)`)

// linkFonts puts the hashed paths of the fonts into a stylesheet.
func (s *assetSet) linkFonts(css []byte) ([]byte, error) {
	var unknown error
	out := fontURL.ReplaceAllFunc(css, func(m []byte) []byte {
		name := string(fontURL.FindSubmatch(m)[1])
		font := s.byName[name]
		if font == nil {
			unknown = fmt.Errorf("no font %s", name)
			return m
		}
		return []byte(`url("` + font.path + `")`)
	})
	return out, unknown
}

func (s *assetSet) add(name string, body []byte) {
	ext := path.Ext(name)
	a := &asset{
		path:  StaticPrefix + strings.TrimSuffix(name, ext) + "." + hashOf(body) + ext,
		media: mediaTypes[ext],
		body:  body,
	}
	if ext != ".woff2" {
		a.gzipped = sync.OnceValue(func() []byte { return compress(body) })
	}
	s.byName[name], s.byPath[a.path] = a, a
}

// hashOf names a file after its content: 64 bits are plenty against accidents, and
// nobody but us names files.
func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:8])
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	_, _ = w.Write(body)                                  // a buffer takes everything
	_ = w.Close()
	if b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// Asset returns the path of a static file by its plain name, such as "gatehouse.css";
// it panics for an unknown name, which tests of every page find.
func (p *Pages) Asset(name string) string { return assetPath(name) }

func assetPath(name string) string {
	a := assets().byName[name]
	if a == nil {
		panic("ui: no static file " + name)
	}
	return a.path
}

// Static serves /static/NAME.HASH.ext. The name changes with the content, so a browser
// may cache it forever.
func Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serveAsset(w, r, assets().byPath[r.URL.Path])
	})
}

// serveAsset answers GET and HEAD with a file; nil: 404.
func serveAsset(w http.ResponseWriter, r *http.Request, a *asset) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	if a == nil {
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
		return
	}
	body := a.body
	var smaller []byte
	if a.gzipped != nil {
		smaller = a.gzipped()
	}
	if smaller != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body = smaller
		}
	}
	h.Set("Content-Type", a.media)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the visitor has gone; nothing is left to do
	}
}

// acceptsGzip reads an Accept-Encoding header; "gzip;q=0" refuses it.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		return !found || err == nil && weight > 0
	}
	return false
}
