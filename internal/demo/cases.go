package demo

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/support"
)

// supporter is the operator who answers cases, guard the one who takes on alerts. Without the account,
// what they do would look like a command's.
const (
	supporter = "tbello"
	guard     = "skeller"
)

// OpenCases writes two messages to the support of a site: a new one with a screenshot, and one that was
// answered. Those of an earlier start stay as they are.
func OpenCases(ctx context.Context, cases *support.Service, sites *site.Sites) error {
	st := sites.ByID(platformSite)
	if st == nil {
		return nil
	}
	shot, err := screenshot()
	if err != nil {
		return err
	}
	stranger := func(post string) gatehouse.Caller { return gatehouse.Caller{Kind: gatehouse.Visitor, Post: post} }
	_, err = cases.Open(ctx, st, stranger("demo case with a screenshot"), support.Form{Email: "ines.duarte@elsewhere.example", Name: "Ines Duarte", Lang: "en-GB",
		What: "After I sign in, the page stays empty.\nOnly the blue bar at the top is there.", Since: "Monday morning", Tried: "Another browser, and my phone."},
		[]support.Upload{{Name: "empty page.png", Body: shot}})
	if err != nil {
		return err
	}
	number, err := cases.Open(ctx, st, stranger("demo case that was answered"), support.Form{Email: "tom.ashby@elsewhere.example", Name: "Tom Ashby", Lang: "en-GB",
		What: "The code by email never comes."}, nil)
	if err != nil {
		return err
	}
	u, err := cases.Store.Read().UserByUsername(ctx, gatehouse.OperatorsSite, supporter)
	if err != nil {
		return err
	}
	by := gatehouse.Caller{Kind: gatehouse.Operator, SiteID: u.SiteID, CompanyID: u.CompanyID, UserID: u.ID, Role: u.Role, Name: u.DisplayName()}
	err = cases.Step(ctx, st, by, support.CaseStep{Number: number, Do: support.StepAnswer,
		Text: "Please look in the spam folder, and tell us whether it is there."})
	if gatehouse.KindOf(err) == gatehouse.Conflict { // at an earlier start
		return nil
	}
	return err
}

// screenshot is a picture of an empty page.
func screenshot() ([]byte, error) {
	page := image.NewRGBA(image.Rect(0, 0, 960, 600))
	draw.Draw(page, page.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(page, image.Rect(0, 0, 960, 56), image.NewUniform(color.RGBA{0x1f, 0x4e, 0x8c, 0xff}), image.Point{}, draw.Src)
	var b bytes.Buffer
	err := png.Encode(&b, page)
	return b.Bytes(), err
}
