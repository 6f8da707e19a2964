package store_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
	"gatehouse/internal/testkit"
)

// aboutNobody are the tables that say nothing about a user, and why that is so. What is not here and not
// in store's erasures is a table that somebody forgot.
var aboutNobody = map[string]string{
	"alert_calls":         "about the installation",
	"alerts":              "about the installation; the name is an operator's",
	"application_logos":   "of a platform",
	"application_secrets": "of a platform",
	"applications":        "of the site",
	"authorizations":      "a browser that asks, for minutes, before it is known whose it is",
	"forward_hosts":       "of the site",
	"health_samples":      "about the installation",
	"job_runs":            "about the installation",
	"left_users":          "that an account was in another company; the rows go with it",
	"mail_holds":          "of the site; the name is an operator's",
	"platform_access":     "what a company lets its users reach",
	"platform_logins":     "platforms are told that the user has signed out; the rows go with the account",
	"process_states":      "about the installation",
	"processes":           "about the installation",
	"rate_limits":         "gone an hour after they are free again",
	"refusal_causes":      "gone after an hour",
	"registration_tokens": "of the site",
	"registrations":       "of a platform",
	"request_mails":       "the day on which a company's administrators were told",
	"sign_in_counts":      "numbers by the hour",
	"signing_keys":        "of the site",
	"spent_challenges":    "random, for minutes",
	"terms_texts":         "of the site",
	"used_assertions":     "of a platform",
}

// Every column of every table is removed with somebody who is erased, or emptied, or says nothing about
// anybody.
func TestEveryTableKnowsErasure(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := full(t, url)
		erasures := map[string][]store.ErasureOf{}
		for _, e := range store.Erasures(gatehouse.User{}) {
			erasures[e.Table] = append(erasures[e.Table], e)
		}
		q := s.Read()
		for _, table := range tables(t, q, s.Engine()) {
			all, known := erasures[table]
			if _, nobody := aboutNobody[table]; nobody == known {
				t.Errorf("%s: dealt with %v, about nobody %v", table, known, nobody)
			}
			delete(erasures, table)
			columns := columnsOf(t, q, s.Engine(), table)
			for _, e := range all {
				if e.Set == "" {
					continue
				}
				said := append(strings.Fields(e.Keeps), "site_id")
				for _, m := range regexp.MustCompile(`(\w+) = `).FindAllStringSubmatch(regexp.MustCompile(`CASE .*? END`).ReplaceAllString(e.Set, "''"), -1) {
					said = append(said, m[1])
				}
				for name := range columns {
					if !slices.Contains(said, name) {
						t.Errorf("%s.%s: is somebody named in it?", table, name)
					}
				}
				for _, name := range said {
					if columns[name] == "" || slices.Index(said, name) != len(said)-1-slices.Index(reversed(said), name) {
						t.Errorf("%s.%s: is not there, or twice", table, name)
					}
				}
			}
		}
		for table := range erasures {
			t.Errorf("%s is no table", table)
		}
	})
}

func reversed(all []string) []string {
	all = slices.Clone(all)
	slices.Reverse(all)
	return all
}

// After an erasure, no row that is removed is there, and nothing of what is emptied.
func TestErase(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, url string) {
		s := full(t, url)
		const mark = "Mira Santos"
		var u gatehouse.User
		write(t, s, func(q store.Queries) (err error) {
			if u, err = q.User(t.Context(), "x7", "x7"); err != nil {
				return err
			}
			for _, e := range store.Erasures(u) {
				if e.Set == "" || e.Table == "users" {
					continue
				}
				for name, kind := range columnsOf(t, q, s.Engine(), e.Table) {
					if strings.Contains(kind, "text") && name != "site_id" && !slices.Contains(strings.Fields(e.Keeps), name) && name != "policy_by" {
						if err := store.Run(t.Context(), q, fmt.Sprintf(`UPDATE %s SET %s = '%s'%s`, e.Table, name, mark, e.Which), e.Args...); err != nil {
							return err
						}
					}
				}
			}
			return nil
		})
		marked := func(q store.Queries) (found []string) {
			for _, table := range tables(t, q, s.Engine()) {
				for name, kind := range columnsOf(t, q, s.Engine(), table) {
					if strings.Contains(kind, "text") && rows(t, q, 1, `SELECT count(*) FROM `+table+` WHERE `+name+` LIKE '%`+mark+`%'`)[0][0] != "0" {
						found = append(found, table+"."+name)
					}
				}
			}
			slices.Sort(found)
			return found
		}
		if before := marked(s.Read()); len(before) < 10 {
			t.Fatalf("only %q", before)
		}
		write(t, s, func(q store.Queries) error {
			counted, err := q.Erasable(t.Context(), u)
			if err != nil {
				return err
			}
			if len(counted) < 40 {
				t.Errorf("only %v", counted)
			}
			return q.Erase(t.Context(), u, time.UnixMicro(3))
		})
		if after := marked(s.Read()); len(after) > 0 {
			t.Errorf("still in %q", after)
		}
		for _, e := range store.Erasures(u) {
			if e.Set == "" {
				if n := rows(t, s.Read(), 1, `SELECT count(*) FROM `+e.Table+e.Which, e.Args...)[0][0]; n != "0" {
					t.Errorf("%s: %s rows", e.Table, n)
				}
			}
		}
		now, err := s.Read().User(t.Context(), "x7", "x7")
		if err != nil || now.Username != "x7" || now.Email != "" || now.Password.Hash != "" || now.MaySignIn() || now.DeletedAt != time.UnixMicro(3).UTC() {
			t.Errorf("%+v %v", now, err)
		}
	})
}
