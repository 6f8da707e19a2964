package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/store"
)

func TestA05_TheOldAddressStopsAChange(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		f.signedIn(u, "Firefox")
		f.setPassword(u)
		f.ask(u, "new@northgate.example")
		undo, token := f.token(u.Email, undoPath), f.token("new@northgate.example", confirmPath)
		if link, err := f.own.UndoLink(t.Context(), f.site, undo); err != nil || link.Restores || link.Username != u.Username || link.Change.Old != u.Email {
			t.Errorf("%+v, %v", link, err)
		}
		if restored, err := f.undo(undo); err != nil || restored {
			t.Errorf("restored %v, %v", restored, err)
		}
		f.wantOpen(u, "0 sessions, 0 browsers") // somebody else may have been in the account
		if now := f.User(u); now.Password.Hash != "new" {
			t.Error("the password is another one")
		}
		wantCode(t, "confirming what was stopped", f.confirm(token), gatehouse.Gone, account.ReasonEmailLinkOver)
		_, err := f.undo(undo)
		wantCode(t, "again", err, gatehouse.Gone, account.ReasonEmailLinkOver)
		f.wantEmail(u, u.Email)
		if p, err := f.own.Profile(t.Context(), f.site, f.caller(u)); err != nil || p.Waiting != nil {
			t.Errorf("still waiting: %+v, %v", p.Waiting, err)
		}
		if got := f.kinds(u); !strings.HasSuffix(got, "email.asked email.undone") {
			t.Error(got)
		}
	})
}

// A thief changes the address twice, and a third change is waiting. The owner's first mail gets
// the account back, and nothing the thief has still works.
func TestA05_AThiefWhoChangesTwiceDoesNotKeepTheAccount(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		for siteID, name := range map[string]string{"meridian-uk": "priya", "inkwell": "ink@northgate.example"} {
			u := f.user(siteID, name, nil)
			evil := func(n int) string { return fmt.Sprintf("evil%d.%s@elsewhere.example", n, siteID) }
			owners := f.move(u, evil(1))
			f.Clock.Add(time.Hour)
			if thiefs := f.move(u, evil(2)); thiefs != "" {
				t.Error("the thief got a link")
			}
			f.Clock.Add(6 * 24 * time.Hour)
			f.ask(u, evil(3))
			third := f.token(evil(3), confirmPath)
			f.signedIn(u, "Thief's")
			if restored, err := f.undo(owners); err != nil || !restored {
				t.Fatalf("restored %v, %v", restored, err)
			}
			f.wantEmail(u, u.Email)
			if !f.User(u).EmailConfirmed {
				t.Error("who reads the mail of an address has confirmed it")
			}
			f.wantOpen(u, "0 sessions, 0 browsers")
			f.subject(u.Email, "has its email address back")
			wantCode(t, "the third change", f.confirm(third), gatehouse.Gone, account.ReasonEmailLinkOver)
			_, err := f.undo(owners)
			wantCode(t, "the owner's link again", err, gatehouse.Gone, account.ReasonEmailLinkOver)
			f.wantEmail(u, u.Email)
		}
	})
}

// A thief requests a change, withdraws it, and requests another address: the first mail still
// works.
func TestA05_GivingUpDoesNotVoidTheOwnersLink(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		f.ask(u, "evil1@elsewhere.example")
		first := f.token(u.Email, undoPath)
		if err := f.own.DropEmailChange(t.Context(), f.site, f.caller(u)); err != nil {
			t.Fatal(err)
		}
		_, err := f.undo(first)
		wantCode(t, "there is nothing to undo", err, gatehouse.Gone, account.ReasonEmailLinkOver)
		f.move(u, "evil2@elsewhere.example")
		if restored, err := f.undo(first); err != nil || !restored {
			t.Errorf("restored %v, %v", restored, err)
		}
		f.wantEmail(u, u.Email)
	})
}

func TestA05_LinksEnd(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		f.ask(u, "late@northgate.example")
		token := f.token("late@northgate.example", confirmPath)
		f.Mail.Wait(t, u.Email)
		f.Clock.Add(gatehouse.ConfirmEmailFor)
		wantCode(t, "a day later", f.confirm(token), gatehouse.Gone, account.ReasonEmailLinkOver)
		undo := f.move(u, "new@northgate.example")
		f.Clock.Add(gatehouse.UndoEmailFor)
		_, err := f.undo(undo)
		wantCode(t, "a week later", err, gatehouse.Gone, account.ReasonEmailLinkOver)
		f.wantEmail(u, "new@northgate.example")
		for _, token := range []string{"", ".", "x", "eml_1.", undo + "x", "x" + undo, strings.Repeat("a", 100), "\xff"} {
			_, err := f.undo(token)
			wantCode(t, "undo "+token, err, gatehouse.Gone, account.ReasonEmailLinkOver)
			wantCode(t, "confirm "+token, f.confirm(token), gatehouse.Gone, account.ReasonEmailLinkOver)
		}
		// The same link at another site of the same installation.
		f.site = f.Sites.ByID("inkwell")
		_, err = f.undo(undo)
		wantCode(t, "at another site", err, gatehouse.Gone, account.ReasonEmailLinkOver)
	})
}

func TestA05_WhatTheCompanyChangedIsConfirmedByNoOlderLink(t *testing.T) {
	eachFlat(t, func(t *testing.T, f *flat) {
		u := f.user("meridian-uk", "priya", nil)
		undo := f.move(u, "second@northgate.example")
		f.ask(u, "third@northgate.example")
		token := f.token("third@northgate.example", confirmPath)
		if err := f.correct(u, "admin@northgate.example"); err != nil {
			t.Fatal(err)
		}
		wantCode(t, "confirming", f.confirm(token), gatehouse.Gone, account.ReasonEmailLinkOver)
		f.wantEmail(u, "admin@northgate.example")
		// A thief may have requested the correction, so the first address keeps the account.
		if restored, err := f.undo(undo); err != nil || !restored {
			t.Errorf("restored %v, %v", restored, err)
		}
		f.wantEmail(u, u.Email)

		// A change by the company alone cannot be undone from the previous mailbox: a former
		// employee cannot take an account along.
		left := f.user("meridian-uk", "left", nil)
		if err := f.correct(left, "successor@northgate.example"); err != nil {
			t.Fatal(err)
		}
		if links := f.links(left.Email, undoPath); len(links) != 0 {
			t.Error("the mailbox before a correction can undo it")
		}

		// Nor can a former employee whose account was deactivated, when it is activated again.
		gone := f.user("meridian-uk", "gone", nil)
		undo = f.move(gone, "gone.too@home.example")
		by := gatehouse.Caller{Kind: gatehouse.Operator, Name: "support"}
		if err := errors.Join(f.directory().Deactivate(t.Context(), f.site, by, gone.ID), f.directory().Activate(t.Context(), f.site, by, gone.ID),
			f.correct(gone, "successor2@northgate.example")); err != nil {
			t.Fatal(err)
		}
		_, err := f.undo(undo)
		wantCode(t, "after deactivating", err, gatehouse.Gone, account.ReasonEmailLinkOver)

		off := f.user("meridian-uk", "tom", nil)
		f.ask(off, "tom.new@northgate.example")
		token = f.token("tom.new@northgate.example", confirmPath)
		undo = f.token(off.Email, undoPath)
		f.write(func(q store.Queries) error {
			return q.SetUserState(t.Context(), off.SiteID, off.ID, gatehouse.Deactivated)
		})
		wantCode(t, "deactivated", f.confirm(token), gatehouse.Gone, account.ReasonEmailLinkOver)
		_, err = f.undo(undo)
		wantCode(t, "deactivated", err, gatehouse.Gone, account.ReasonEmailLinkOver)
	})
}
