package attachment_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/attachment"
)

// picture is half red, half blue: the left and the right tell which side is up.
func picture(w, h int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p.Set(x, y, color.RGBA{255, 0, 0, 255})
			if x >= w/2 {
				p.Set(x, y, color.RGBA{0, 0, 255, 255})
			}
		}
	}
	return p
}

func asPNG(t *testing.T, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t *testing.T, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an EXIF segment with an orientation and a place behind a JPEG's first marker.
func withExif(file []byte, orientation uint16) []byte {
	tiff := append([]byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"), byte(orientation>>8), byte(orientation), 0, 0, 0, 0, 0, 0)
	body := append(append([]byte("Exif\x00\x00"), tiff...), "GPS 51.5007 N 0.1246 W"...)
	segment := append([]byte{0xff, 0xe1, 0, 0}, body...)
	binary.BigEndian.PutUint16(segment[2:], uint16(len(body)+2))
	return append(append(append([]byte{}, file[:2]...), segment...), file[2:]...)
}

// chunk is a chunk of a PNG.
func chunk(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// bomb is a PNG that says it has so many pixels.
func bomb(w, h uint32) []byte {
	head := append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h), 8, 6, 0, 0, 0)
	return append(append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", head)...), chunk("IDAT", make([]byte, 64))...)
}

// tinyWebP is a lossless WebP of one pixel.
var tinyWebP = []byte("\x52\x49\x46\x46\x1a\x00\x00\x00\x57\x45\x42\x50\x56\x50\x38\x4c\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")

// A picture comes out with its pixels and nothing else; what is no picture is refused, whatever it
// is called, before it costs anything (C07).
func TestC07OnlyThePixelsOfAPictureAreKept(t *testing.T) {
	hidden := []byte("<script>alert(1)</script>")
	plain := asPNG(t, picture(40, 20))
	for what, file := range map[string][]byte{
		"text in a chunk":    append(append(append([]byte{}, plain[:33]...), chunk("tEXt", append([]byte("Comment\x00"), hidden...))...), plain[33:]...),
		"a page after it":    append(append([]byte{}, plain...), hidden...),
		"a place in a photo": withExif(asJPEG(t, picture(40, 20)), 1),
		"a page after a photo": append(asJPEG(t, picture(40, 20)),
			hidden...),
	} {
		got, err := attachment.Read(file)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		pixels, _, err := image.Decode(bytes.NewReader(got.Body))
		if err != nil || pixels.Bounds().Dx() != 40 || bytes.Contains(got.Body, hidden) || bytes.Contains(got.Body, []byte("GPS")) {
			t.Errorf("%s: %v, %d bytes", what, err, len(got.Body))
		}
		if r, _, b, _ := pixels.At(2, 10).RGBA(); r < 0xa000 || b > 0x5000 {
			t.Errorf("%s: the left side is no longer red", what)
		}
	}
}

// A photograph that a camera took on its side stands up although nothing says so any longer.
func TestC07PhotographsStandUp(t *testing.T) {
	for orientation, where := range map[uint16]image.Point{1: {2, 10}, 2: {37, 10}, 3: {37, 10}, 4: {2, 10}, 5: {10, 2}, 6: {10, 2}, 7: {10, 37}, 8: {10, 37}, 9: {2, 10}} {
		got, err := attachment.Read(withExif(asJPEG(t, picture(40, 20)), orientation))
		if err != nil {
			t.Fatal(err)
		}
		pixels, _, err := image.Decode(bytes.NewReader(got.Body))
		if err != nil {
			t.Fatal(err)
		}
		if r, _, b, _ := pixels.At(where.X, where.Y).RGBA(); r < 0xa000 || b > 0x5000 {
			t.Errorf("orientation %d: not red at %v of %v", orientation, where, pixels.Bounds())
		}
	}
}

func TestC07WhatIsNoPictureIsRefusedBeforeItCosts(t *testing.T) {
	var animated bytes.Buffer
	if err := gif.Encode(&animated, picture(4, 4), nil); err != nil {
		t.Fatal(err)
	}
	scans := asJPEG(t, picture(8, 8))
	scans = append(scans[:len(scans)-2:len(scans)-2], bytes.Repeat([]byte{0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0}, 5000)...)
	for what, test := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":                   {nil, attachment.ErrKind},
		"an SVG with a script":      {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), attachment.ErrKind},
		"a page called .png":        {[]byte("<!doctype html><title>x</title>"), attachment.ErrKind},
		"a GIF":                     {animated.Bytes(), attachment.ErrKind},
		"a program":                 {[]byte("MZ\x90\x00"), attachment.ErrKind},
		"a PDF after something":     {[]byte("GIF89a\n%PDF-1.7"), attachment.ErrKind},
		"40,000 by 40,000":          {bomb(40_000, 40_000), attachment.ErrPixels},
		"one row of a million":      {bomb(1_000_000, 1), attachment.ErrPixels},
		"as many as a number holds": {bomb(1<<31-1, 1<<31-1), nil},
		"thousands of scans":        {scans, attachment.ErrPixels},
		"half a picture":            {asPNG(t, picture(40, 20))[:50], attachment.ErrDamaged},
		"only the beginning":        {[]byte("\xff\xd8\xff\xe0"), attachment.ErrDamaged},
		"a WebP without content":    {[]byte("RIFF\x04\x00\x00\x00WEBP    "), attachment.ErrDamaged},
	} {
		began := time.Now()
		got, err := attachment.Read(test.file)
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: %v, %v", what, got.Kind, err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s took %v", what, took)
		}
	}
	if got, err := attachment.Read([]byte("%PDF-1.7\n<script>")); err != nil || got.Kind != attachment.PDF {
		t.Errorf("a PDF: %v, %v", got.Kind, err)
	}
	if got, err := attachment.Read(tinyWebP); err != nil || got.Kind != attachment.PNG || !bytes.HasPrefix(got.Body, []byte("\x89PNG")) {
		t.Errorf("a WebP: %v, %v", got.Kind, err)
	}
}

func TestC07NamesOfFiles(t *testing.T) {
	for came, want := range map[string]string{
		"Screenshot 2026-11-29.png": "Screenshot-2026-11-29.png", `C:\Users\ada\shot.PNG`: "shot.png", "../../etc/passwd": "passwd.png",
		"..%2f": "file-3.png", "..%2f..%2fa.svg": "2f--2fa.png", "": "file-3.png", ".htaccess": "file-3.png", "a\x00b\r\nc.exe": "abc.png", "Bücher (2).webp": "Bücher--2.png",
		"\u202egnp.exe": "gnp.png", "<script>.png": "script.png", strings.Repeat("x", 300) + ".png": strings.Repeat("x", 60) + ".png",
	} {
		if got := attachment.Name(came, attachment.PNG, 3); got != want {
			t.Errorf("%q: %q, want %q", came, got, want)
		}
	}
}

// No bytes make it panic, and what it accepts it accepts again.
func FuzzRead(f *testing.F) {
	f.Add(tinyWebP)
	f.Add(bomb(4, 4))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x08Exif\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := attachment.Read(file)
		if err != nil {
			return
		}
		if again, err := attachment.Read(got.Body); err != nil || again.Kind != got.Kind {
			t.Errorf("%v is read again as %v: %v", got.Kind, again.Kind, err)
		}
	})
}
