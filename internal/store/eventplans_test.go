package store_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse"
	"gatehouse/internal/store"
)

// everySourceIsAnIndex checks that each source of the event log is read in the order of its index, from
// the first event of the page on: with conditions and times, both ways, and nothing is sorted first.
func everySourceIsAnIndex(t *testing.T, s *store.Store) {
	t.Helper()
	at := time.UnixMicro(50).UTC()
	all := store.EventWhere{SiteID: "x7", Companies: []string{"x7"}, Users: []string{"x7"}, Actors: []string{"x7"}, ActorKind: gatehouse.Operator,
		ActorName: "x7", Kinds: []gatehouse.EventKind{gatehouse.EventLocked}, Results: store.NotOK, Addresses: []string{"x7"}}
	for index, source := range map[string]store.EventSource{
		"events_user": {SiteID: "x7", UserID: "x7"}, "events_actor": {ActorID: "x7"}, "events_address": {Address: "x7"}, "events_company": {SiteID: "x7", CompanyID: "x7"},
		"events_kind": {Kind: gatehouse.EventLocked}, "events_actor_kind": {ActorKind: gatehouse.Operator}, "events_1": {SiteID: "x7"},
	} {
		for _, where := range []store.EventWhere{{}, all} {
			for _, p := range []store.EventSearch{{Before: "x9"}, {After: "x1"}, {From: at, To: at.Add(time.Hour)}} {
				p.EventSource, p.EventWhere, p.Limit, p.Window = source, where, 3, 9
				texts := map[string][]any{}
				write(t, s, func(q store.Queries) error {
					_, _, err := store.Noting(q, func(text string, args []any) { texts[text] = args }).SearchEvents(t.Context(), p)
					return err
				})
				for _, text := range slices.Sorted(maps.Keys(texts)) {
					readsIndex(t, s, index, text, texts[text])
				}
			}
		}
	}
}

// readsIndex checks that a query of the event log reads an index in its order.
func readsIndex(t *testing.T, s *store.Store, index, text string, args []any) {
	t.Helper()
	for _, line := range scans(t, s, text, args) {
		t.Errorf("%s reads a whole table: %s\n%s", index, line, text)
	}
	if s.Engine() == "postgres" {
		return
	}
	var plan []string
	write(t, s, func(q store.Queries) error {
		for _, row := range rows(t, q, 4, "EXPLAIN QUERY PLAN "+text, args...) {
			plan = append(plan, row[3])
		}
		return nil
	})
	window, _, _ := strings.Cut(strings.Join(plan, "\n"), "SCAN seen")
	fromID := strings.Contains(window, "id>?") || strings.Contains(window, "id)>(?")
	if !strings.Contains(window, index) || !fromID || strings.Contains(window, "TEMP B-TREE") {
		t.Errorf("%s is not read in its order, from an ID on:\n%s\n%s", index, window, text)
	}
}
