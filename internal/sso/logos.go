package sso

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	_ "image/jpeg" // an accepted format of logos
	"image/png"
	"maps"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
)

// The limits of a logo.
const (
	// MostLogo is the maximum size of a logo's file in bytes, both as received and as stored.
	MostLogo = 256 << 10
	// The longest and shortest side, in pixels. Pages show it some 44 pixels wide.
	mostLogoSide, leastLogoSide = 1024, 32
	// mostLogoRatio: a longer one would be too thin.
	mostLogoRatio = 4
)

// Logo is a checked picture. It is a PNG that we have encoded ourselves: only the pixels of the
// uploaded file are kept, so no page or program can hide in it, and no location where it was
// taken.
type Logo struct {
	Hash string
	PNG  []byte
}

// ReadLogo reads a picture, PNG or JPEG. Formats with markup, such as SVG, are refused.
//
// Errors: Invalid with the field logo, and the reasons picture, size, sides.
func ReadLogo(file []byte) (Logo, error) {
	wrong := func(reason string) (Logo, error) {
		return Logo{}, &gatehouse.Error{Kind: gatehouse.Invalid, Reason: "invalid", Fields: []gatehouse.FieldError{{Field: "logo", Reason: reason}}}
	}
	if len(file) > MostLogo {
		return wrong("size")
	}
	about, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return wrong("picture")
	}
	long, short := max(about.Width, about.Height), min(about.Width, about.Height)
	if long > mostLogoSide || short < leastLogoSide || long > mostLogoRatio*short {
		return wrong("sides") // before it is unpacked: a small file can contain a huge picture
	}
	pixels, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return wrong("picture")
	}
	var made bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&made, pixels); err != nil {
		return wrong("picture")
	}
	if made.Len() > MostLogo {
		return wrong("size")
	}
	sum := sha256.Sum256(made.Bytes())
	return Logo{hex.EncodeToString(sum[:16]), made.Bytes()}, nil
}

// SetLogo gives an application a logo, in a language or, with the empty one, in all that have no
// logo. A Logo without a picture removes it. Only operators may.
//
// Errors: Forbidden, NotFound, Conflict (ReasonDeleted), Invalid with fields, Unavailable.
func (s *Service) SetLogo(ctx context.Context, st *site.Site, c gatehouse.Caller, id, lang string, logo Logo) error {
	c, err := operates(st, c, gatehouse.OperatorPlatforms)
	if err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		a, err := changeable(tx, id, "")
		if err != nil {
			return err
		}
		logos := maps.Clone(a.Settings.Home.Logos)
		if logos == nil {
			logos = map[string]string{}
		}
		if delete(logos, lang); len(logo.PNG) > 0 {
			logos[lang] = logo.Hash
		}
		a.Settings.Home.Logos = logos
		if err := s.check(a.Name, a.Settings); err != nil {
			return err
		}
		if len(logo.PNG) > 0 {
			if err := tx.PutApplicationLogo(tx, st.ID, id, logo.Hash, logo.PNG); err != nil {
				return err
			}
		}
		if err := tx.UpdateApplication(tx, a); err != nil {
			return err
		}
		if err := tx.KeepApplicationLogos(tx, st.ID, id, logos); err != nil {
			return err
		}
		return tx.Record(gatehouse.User{}, gatehouse.EventApplicationChanged, gatehouse.ResultOK, about(a, "logo", logo.Hash))
	})
}

// Logo returns a logo's PNG by its hash. Errors: NotFound, Unavailable.
func (s *Service) Logo(ctx context.Context, st *site.Site, hash string) ([]byte, error) {
	return s.Store.Read().ApplicationLogo(ctx, st.ID, hash)
}
