package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
)

type userEraseCmd struct {
	userFlags
	Yes  bool `help:"Erase. Without it, nothing is done, and the receipt says what would be."`
	JSON bool `name:"json" help:"Print the receipt as JSON."`
}

func (c *userEraseCmd) Run(a *app) error {
	return c.withDeleted(a, func(o *office, st *site.Site, u gatehouse.User) error {
		do := o.Erasable
		if c.Yes {
			do = o.Erase
		}
		e, err := do(a.ctx, st, o.caller, u.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			err = asJSON(a.out, viewErasure(e, c.Yes))
		} else {
			err = printErasure(a.out, st, e, c.Yes)
		}
		if err == nil && !c.Yes {
			fmt.Fprintf(a.err, "Nothing was erased. It cannot be undone: run the command again with --yes to erase %s.\n", harmless(u.Username))
		}
		return err
	})
}

// erasureView is the receipt as scripts see it.
type erasureView struct {
	Site      string       `json:"site"`
	CompanyID string       `json:"company_id"`
	UserID    string       `json:"user_id"`
	Erased    bool         `json:"erased"`
	At        time.Time    `json:"at"`
	Tables    []erasedView `json:"tables"`
	Platforms []string     `json:"platforms"`
}

type erasedView struct {
	Table    string `json:"table"`
	Removed  int    `json:"removed"`
	Nameless int    `json:"nameless"`
}

func viewErasure(e gatehouse.Erasure, done bool) erasureView {
	v := erasureView{Site: e.SiteID, CompanyID: e.CompanyID, UserID: e.UserID, Erased: done, At: e.At, Platforms: append([]string{}, e.Platforms...)}
	for _, t := range e.Tables {
		v.Tables = append(v.Tables, erasedView(t))
	}
	return v
}

// printErasure prints the receipt, which names nobody. It is for the person who asked, too.
func printErasure(w io.Writer, st *site.Site, e gatehouse.Erasure, done bool) error {
	title := "What an erasure would do"
	if done {
		title = "Receipt of an erasure"
	}
	fmt.Fprintf(w, "%s\n\nSite     %s (%s)\nAccount  %s\nCompany  %s\nTime     %s\n\n", title, harmless(st.Name), e.SiteID, e.UserID, e.CompanyID, moment(e.At))
	rows := make([][]string, len(e.Tables))
	for i, t := range e.Tables {
		rows[i] = []string{t.Table, strconv.Itoa(t.Removed), strconv.Itoa(t.Nameless)}
	}
	if err := table(w, "TABLE REMOVED NAMELESS", rows); err != nil {
		return err
	}
	platforms := "none"
	if len(e.Platforms) > 0 {
		platforms = harmless(strings.Join(e.Platforms, ", "))
	}
	_, err := fmt.Fprintf(w, "\nNameless rows stay without name, email and IP address, browser and details; the account above leads to nobody.\nPlatforms that were told who it is, and have to be asked in turn: %s\nBackups and the logs of mail servers are not reached: see docs/retention.md.\n", platforms)
	return err
}
