package store_test

import (
	"fmt"
	"testing"
	"time"

	"gatehouse/internal/testkit"
)

// What an older program wrote about devices and two-factor is read under the current names: a
// device stays known and trusted, and keeps its session and its events.
func TestRowsOfOldNamesAreRead(t *testing.T) {
	testkit.EmptyDatabases(t, func(t *testing.T, url string) {
		s := open(t, url)
		if err := s.MigrateTo(t.Context(), 9, noon); err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{
			`INSERT INTO companies (site_id, id, name, account_number, created_at) VALUES ('s', 'com_1', 'Northgate', '1', 1)`,
			`INSERT INTO users (site_id, id, company_id, username, username_key, role, state, created_at) VALUES ('s', 'usr_1', 'com_1', 'mira', 'mira', 'user', 'active', 1)`,
			`INSERT INTO browsers (site_id, user_id, token_hash, id, created_at, seen_at, trusted_at) VALUES ('s', 'usr_1', 'token', 'brw_1', 5, 5, 7)`,
			`INSERT INTO attempts (site_id, subject, browser, wrong_row, touched_at) VALUES ('s', 'usr_1', 'brw_1', 3, 5)`,
			`INSERT INTO sessions (site_id, token_hash, id, user_id, company_id, created_at, seen_at, ends_at, browser_id, methods) VALUES ('s', 'h', 'ses_1', 'usr_1', 'com_1', 1, 1, 9, 'brw_1', 'password trusted-browser')`,
			`INSERT INTO events (site_id, id, company_id, user_id, at, kind, result, actor_kind, detail) VALUES ('s', 'evt_1', 'com_1', 'usr_1', 1, 'second_step.reset', 'ok', 'user', '{"browser":"brw_1","browsers":"1"}')`,
		} {
			testkit.Exec(t, url, statement)
		}
		if _, err := s.Migrate(t.Context(), noon); err != nil {
			t.Fatal(err)
		}
		q := s.Read()
		devices, err := q.DevicesOf(t.Context(), "s", "usr_1", time.Time{})
		if err != nil || len(devices) != 1 || devices[0].ID != "dev_1" || devices[0].TrustedAt.IsZero() {
			t.Errorf("devices %+v, %v", devices, err)
		}
		if a, err := q.Attempts(t.Context(), "s", "usr_1", "dev_1"); err != nil || a.Row != 3 {
			t.Errorf("attempts %+v, %v", a, err)
		}
		ses, _, _, err := q.Session(t.Context(), "s", "h")
		if err != nil || ses.DeviceID != "dev_1" || fmt.Sprint(ses.Assurance.Methods) != "[password trusted-device]" {
			t.Errorf("session %+v, %v", ses, err)
		}
		events, err := q.EventsOfUser(t.Context(), "s", "usr_1", 5)
		if err != nil || len(events) != 1 || events[0].Kind != "two_factor.reset" || fmt.Sprint(events[0].Detail) != "map[device:dev_1 devices:1]" {
			t.Errorf("events %+v, %v", events, err)
		}
	})
}
