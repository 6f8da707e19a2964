// Package attachment reads files that strangers send: what they are is told by their content, never
// by their name, and of a picture only the pixels are kept. So no page, program or place can hide in
// one. A PDF is kept as it is, and must only ever be given out as a download.
package attachment

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/webp"
)

// Kind is what a file is once it is read.
type Kind string

// The kinds of files.
const (
	PNG  Kind = "png"
	JPEG Kind = "jpeg"
	PDF  Kind = "pdf"
)

// File is a file that has been read.
type File struct {
	Kind Kind
	Body []byte
}

// Reasons why a file is refused.
var (
	// ErrKind: it is none of the kinds that are taken.
	ErrKind = errors.New("attachment: not a picture or a PDF")
	// ErrPixels: the picture has too many pixels to be unpacked.
	ErrPixels = errors.New("attachment: too many pixels")
	// ErrDamaged: it begins like one, but cannot be read.
	ErrDamaged = errors.New("attachment: damaged")
)

// The limits of a picture, before it is unpacked: a few bytes can hold a billion pixels.
const (
	mostPixels = 20_000_000
	mostSide   = 16_000
	// mostScans is how many passes over the pixels a JPEG may ask for. A progressive one has ten or so;
	// a file of 5 MB could ask for a quarter of a million, each of which costs as much as a whole picture.
	mostScans = 64
	// mostPNG is the largest PNG that is kept as one: a photograph would be many times as large as it
	// came.
	mostPNG = 8 << 20
	quality = 88
)

// format is a kind of picture that is read.
type format struct {
	is     func([]byte) bool
	config func([]byte) (image.Config, error)
	decode func([]byte) (image.Image, error)
}

var formats = []format{
	{begins("\x89PNG\r\n\x1a\n"), config(png.DecodeConfig), decode(png.Decode)},
	{begins("\xff\xd8\xff"), config(jpeg.DecodeConfig), decode(jpeg.Decode)},
	{isWebP, config(webp.DecodeConfig), decode(webp.Decode)},
}

// Read reads a file. The errors are ErrKind, ErrPixels and ErrDamaged.
func Read(file []byte) (File, error) {
	if begins("%PDF-")(file) {
		return File{PDF, file}, nil
	}
	for _, f := range formats {
		if f.is(file) {
			return f.picture(file)
		}
	}
	return File{}, ErrKind
}

func (f format) picture(file []byte) (File, error) {
	about, err := f.config(file)
	switch {
	case err != nil:
		return File{}, ErrDamaged
	case about.Width < 1 || about.Height < 1:
		return File{}, ErrDamaged
	case about.Width > mostSide || about.Height > mostSide || about.Width*about.Height > mostPixels:
		return File{}, ErrPixels
	}
	isJPEG := formats[1].is(file)
	if isJPEG && bytes.Count(file, []byte{0xff, 0xda}) > mostScans {
		return File{}, ErrPixels
	}
	pixels, err := f.decode(file)
	if err != nil {
		return File{}, ErrDamaged
	}
	if isJPEG { // photographs of a screen lie on their side without this
		pixels = turned(pixels, orientation(file))
	}
	return encoded(pixels, isJPEG)
}

// encoded writes pixels again: a picture that came as a JPEG as one, all others as PNG unless that is
// too large.
func encoded(pixels image.Image, asJPEG bool) (File, error) {
	var made bytes.Buffer
	if !asJPEG {
		if err := png.Encode(&made, pixels); err != nil {
			return File{}, ErrDamaged
		}
		if made.Len() <= mostPNG {
			return File{PNG, made.Bytes()}, nil
		}
		made.Reset()
		pixels = onWhite(pixels)
	}
	if err := jpeg.Encode(&made, pixels, &jpeg.Options{Quality: quality}); err != nil {
		return File{}, ErrDamaged
	}
	return File{JPEG, made.Bytes()}, nil
}

// onWhite is a picture without transparency.
func onWhite(pixels image.Image) *image.RGBA {
	page := image.NewRGBA(image.Rect(0, 0, pixels.Bounds().Dx(), pixels.Bounds().Dy()))
	draw.Draw(page, page.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(page, page.Bounds(), pixels, pixels.Bounds().Min, draw.Over)
	return page
}

func begins(with string) func([]byte) bool {
	return func(file []byte) bool { return bytes.HasPrefix(file, []byte(with)) }
}

func isWebP(file []byte) bool {
	return len(file) > 12 && string(file[:4]) == "RIFF" && string(file[8:12]) == "WEBP"
}
