package attachment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"io"
)

func config(read func(r io.Reader) (image.Config, error)) func([]byte) (image.Config, error) {
	return func(file []byte) (c image.Config, err error) {
		err = safely(func() error { c, err = read(bytes.NewReader(file)); return err })
		return c, err
	}
}

func decode(read func(r io.Reader) (image.Image, error)) func([]byte) (image.Image, error) {
	return func(file []byte) (pixels image.Image, err error) {
		err = safely(func() error { pixels, err = read(bytes.NewReader(file)); return err })
		return pixels, err
	}
}

// safely turns a panic of a decoder into an error: the file is a stranger's.
func safely(read func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return read()
}

// orientation is how a camera held a JPEG, 1 to 8 (EXIF 2.3, 4.6.4); 1 if the file does not say.
func orientation(file []byte) int {
	for at := 2; at+4 <= len(file) && file[at] == 0xff; {
		marker, length := file[at+1], int(binary.BigEndian.Uint16(file[at+2:]))
		if marker == 0xda || length < 2 || at+2+length > len(file) {
			return 1
		}
		if segment := file[at+4 : at+2+length]; marker == 0xe1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")) {
			return tiffOrientation(segment[6:])
		}
		at += 2 + length
	}
	return 1
}

// tiffOrientation finds the field in the first directory of a TIFF.
func tiffOrientation(tiff []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	if bytes.HasPrefix(tiff, []byte("MM")) {
		order = binary.BigEndian
	}
	if len(tiff) < 8 {
		return 1
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 1
	}
	for n, field := int(order.Uint16(tiff[at:])), at+2; n > 0 && field+12 <= len(tiff); n, field = n-1, field+12 {
		if order.Uint16(tiff[field:]) == 0x0112 {
			return int(order.Uint16(tiff[field+8:]))
		}
	}
	return 1
}

// turned is a picture with its top side up.
func turned(pixels image.Image, how int) image.Image {
	if how < 2 || how > 8 {
		return pixels
	}
	from := onWhite(pixels)
	w, h := from.Rect.Dx(), from.Rect.Dy()
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	if how >= 5 { // it lies on its side
		to = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			at := to.PixOffset(place(how, x, y, w, h))
			copy(to.Pix[at:at+4], from.Pix[from.PixOffset(x, y):])
		}
	}
	return to
}

// place is where a pixel of a picture of this size goes.
func place(how, x, y, w, h int) (int, int) {
	switch how {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	}
	return y, w - 1 - x
}
