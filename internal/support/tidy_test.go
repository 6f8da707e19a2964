package support_test

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"gatehouse"
	"gatehouse/internal/support"
	"gatehouse/internal/testkit"
)

// Silence closes an answered case, its files go a week later, and the case after a year; nothing of it
// is left (C07).
func TestC07WhatBecomesOfACase(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := testkit.NewServer(t, url, testkit.SharedSites())
		ctx, st, cases := t.Context(), s.Sites.ByID("meridian-uk"), s.House.Support
		var shot bytes.Buffer
		if err := png.Encode(&shot, image.NewGray(image.Rect(0, 0, 900, 900))); err != nil {
			t.Fatal(err)
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		pdf := append([]byte("%PDF-1.7"), make([]byte, 2<<20)...)
		number, err := cases.Open(ctx, st, gatehouse.Caller{Kind: gatehouse.Visitor}, support.Form{Email: "ines@elsewhere.example", Name: "Ines", What: "my-password-is-hunter2"},
			[]support.Upload{{Name: "a.png", Body: shot.Bytes()}, {Name: "b.pdf", Body: pdf}})
		must(err)
		op := gatehouse.Caller{Kind: gatehouse.Operator, Name: "root"}
		work, err := cases.Work(ctx, st, op, number)
		must(err)
		if len(work.Messages) != 1 || len(work.Messages[0].Files) != 2 || work.Messages[0].Text != "my-password-is-hunter2" {
			t.Fatalf("%+v", work)
		}
		if _, body, err := cases.WorkFile(ctx, st, op, number, work.Messages[0].Files[1].ID); err != nil || !bytes.Equal(body, pdf) {
			t.Errorf("the file in pieces: %d bytes, %v", len(body), err)
		}
		for _, query := range []string{"SELECT title FROM cases", "SELECT words FROM case_messages", "SELECT body FROM case_file_parts ORDER BY file_id DESC"} {
			var kept []byte
			must(testkit.Raw(t, url).QueryRow(query).Scan(&kept))
			if len(kept) == 0 || bytes.Contains(kept, []byte("hunter2")) || bytes.Contains(kept, []byte("%PDF")) {
				t.Errorf("%s can be read without the key file", query)
			}
		}
		rows := func(table string) (n int) {
			t.Helper()
			must(testkit.Raw(t, url).QueryRow("SELECT COUNT(*) FROM " + table).Scan(&n))
			return n
		}
		must(cases.Step(ctx, st, op, support.CaseStep{Number: number, Version: work.Version, Do: support.StepAnswer, Text: "Look there."}))
		state := func() (gatehouse.Case, error) { return s.Store.Read().CaseByNumber(ctx, st.ID, number) }
		s.Clock.Add(gatehouse.CaseSilence - 1)
		must(cases.Tidy(ctx))
		if one, err := state(); err != nil || one.State != gatehouse.CaseAnswered {
			t.Errorf("closed too early: %v %v", one.State, err)
		}
		s.Clock.Add(1)
		must(cases.Tidy(ctx))
		if one, err := state(); err != nil || one.State != gatehouse.CaseClosed || one.Files != 2 {
			t.Errorf("after silence: %v, %d files, %v", one.State, one.Files, err)
		}
		s.Clock.Add(gatehouse.CaseFilesFor)
		must(cases.Tidy(ctx))
		if one, err := state(); err != nil || one.Files != 0 || rows("case_file_parts") != 0 {
			t.Errorf("its files are still there: %d, %v", one.Files, err)
		}
		s.Clock.Add(gatehouse.CaseFor)
		must(cases.Tidy(ctx))
		if _, err := state(); gatehouse.KindOf(err) != gatehouse.NotFound || rows("case_messages") != 0 {
			t.Errorf("the case is still there: %v", err)
		}
	})
}
