package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gatehouse"
)

// erasure is what becomes of a table's rows about a user who is erased. Its texts have facts of the user
// in braces: {username} and {email} are keys, {address} and {login} are as they are written, {name} as
// pages show it, and {full} only if both names are known.
type erasure struct {
	table string
	// where says which rows they are.
	where string
	// set is what is overwritten; empty: the rows are removed.
	set string
	// keeps are the columns that stay as they are, because nobody is named in them.
	keeps string
}

// ofUser are the rows of a table that belong to the user alone.
func ofUser(table string) erasure { return erasure{table: table, where: "user_id = {id}"} }

// erasures are all tables that say something about somebody, in the order in which they are dealt
// with: rows that others refer to come after those. A test compares them with the database. The event
// log keeps that something happened, under an ID that leads to nobody: who did what to others in a
// company must stay provable for them (article 17(3)(e)).
var erasures = []erasure{
	ofUser("access_requests"), ofUser("address_proposals"), ofUser("card_fetches"), ofUser("challenges"), ofUser("codes"), ofUser("device_bindings"), ofUser("devices"),
	ofUser("email_changes"), ofUser("factor_asks"), ofUser("factor_resets"), ofUser("recovery_codes"), ofUser("passkeys"), ofUser("passkey_handles"), ofUser("factors"),
	ofUser("grants"), ofUser("hidden_searches"), ofUser("saved_searches"), ofUser("home_layouts"), ofUser("old_passwords"), ofUser("platform_cards"),
	ofUser("recoveries"), ofUser("refusals"), ofUser("repeats"), ofUser("terms_acceptances"),
	{table: "access_tokens", where: "family_id IN (SELECT id FROM token_families WHERE site_id = {site} AND user_id = {id})"},
	{table: "refresh_tokens", where: "family_id IN (SELECT id FROM token_families WHERE site_id = {site} AND user_id = {id})"},
	ofUser("token_families"), ofUser("signins"), ofUser("sessions"),
	{table: "attempts", where: "subject IN ({id}, 'answers:' || {id}, 'name:' || {username}, 'answers:name:' || {username})"},
	{table: "open_attempts", where: "subject IN ({id}, 'answers:' || {id}, 'name:' || {username}, 'answers:name:' || {username})"},
	// A stranger may have given the address, on a form.
	{table: "messages", where: "(user_id = {id} OR user_id = '' AND {email} <> '' AND lower(recipient) = {email})"},
	// Subjects of mails to colleagues name the user.
	{table: "messages", where: "company_id = {company} AND kind IN ('access-request', 'new-administrator', 'shared-sign-in') AND (replace(subject, {name}, '') <> subject OR replace(subject, {login}, '') <> subject)", set: "subject = ''",
		keeps: "id company_id user_id kind secret recipient message_id state tries created_at due_at expires_at lease done_at reply body try_log"},
	{table: "case_file_parts", where: "file_id IN (SELECT f.id FROM cases c JOIN case_files f ON f.site_id = c.site_id AND f.case_id = c.id WHERE c.site_id = {site} AND " + casesOfErased + ")"},
	{table: "case_files", where: "case_id IN (SELECT c.id FROM cases c WHERE c.site_id = {site} AND " + casesOfErased + ")"},
	{table: "case_messages", where: "case_id IN (SELECT c.id FROM cases c WHERE c.site_id = {site} AND " + casesOfErased + ")"},
	{table: "cases", where: "id IN (SELECT c.id FROM cases c WHERE c.site_id = {site} AND " + casesOfErased + ")"},
	{table: "company_contacts", where: "company_id = {company} AND ({email} <> '' AND lower(email) = {email} OR {full} <> '' AND name = {full})"},
	{table: "companies", where: "policy_by = {name} AND {name} <> ''", set: "policy_by = ''",
		keeps: "id name account_number two_factor created_at two_factor_at factor factor_by zone report_off reported_at session_idle session_length trusted_device password_length password_names password_age policy_at merged_into merged_at suspended_at suspended_by suspended_why"},
	{table: "bulk_acts", where: "started_by = {id}", set: "started_name = '', ip_address = '', query = ''", keeps: "company_id id act undoes state started_at started_by reference ended_at total changed unchanged skipped failed told after lease lease_until"},
	{table: "bulk_act_users", where: "user_id = {id}", set: "username = '', username_key = {id}", keeps: "bulk_act_id user_id outcome reason message_id at"},
	{table: "enrolments", where: "started_by = {id}", set: "started_name = ''", keeps: "company_id id enable state started_at started_by ended_at total changed unchanged skipped failed told after lease lease_until factor factor_by"},
	{table: "enrolment_users", where: "user_id = {id}", set: "username = '', username_key = {id}", keeps: "enrolment_id user_id outcome reason message_id at"},
	{table: "imports", where: "user_id = {id}", set: "begun_by = ''", keeps: "company_id id user_id file_name file state created_at started_at ended_at expires_at headed file_columns invite planned mark moved done after lease lease_until merged"},
	{table: "site_imports", where: "user_id = {id}", set: "begun_by = ''", keeps: "company_id id user_id file_name file state created_at started_at ended_at expires_at headed file_columns invite planned mark moved done after lease lease_until merged"},
	{table: "import_lines", where: "user_id = {id}", set: "username = '', name = '', detail = '', cells = '', mark = ''", keeps: "import_id line outcome reached moved user_id invited"},
	{table: "factor_asks", where: "by_id = {id}", set: "by_name = ''", keeps: "user_id asked_at by_id told_at"},
	{table: "factor_resets", where: "by_id = {id}", set: "by_name = ''", keeps: "id user_id state asked_at due_at by_kind by_id stop_hash"},
	{table: "events", where: "user_id = {id}", set: "address = '', user_agent = '', detail = '', actor_name = CASE WHEN actor_id IN ('', {id}) THEN '' ELSE actor_name END",
		keeps: "id company_id user_id at kind result actor_kind actor_id reference"},
	{table: "events", where: "actor_id = {id} AND actor_id <> user_id", set: "address = '', user_agent = '', actor_name = ''", keeps: "id company_id user_id at kind result actor_kind actor_id reference detail"},
	// Changes of a company's contacts name people.
	{table: "events", where: "company_id = {company} AND ({full} <> '' AND replace(detail, {full}, '') <> detail OR {address} <> '' AND replace(detail, {address}, '') <> detail)",
		set: "detail = ''", keeps: "id company_id user_id at kind result actor_kind actor_id actor_name address user_agent reference"},
}

// casesOfErased are the support cases of a user, and those that were opened with the address.
const casesOfErased = "(c.user_id = {id} OR {email} <> '' AND c.email_key = {email})"

// emptied is what an account consists of until the job that removes deleted ones has come: platforms
// are told that it is signed out, and their rows go with it.
const emptied = `username = {id}, username_key = {id}, first_name = '', last_name = '', email = '', email_key = '', email_confirmed = FALSE,
	locale = '', lock_reason = '', password_hash = '', password_used_by = '', sole_user_for = '', bounce_reason = '', state = 'deactivated', deleted_state = 'deactivated'`

// accountKeeps are the columns of it that name nobody.
const accountKeeps = "id company_id role locked_at password_origin password_set_at password_expires_at first_sign_in_at last_sign_in_at challenge_set terms_accepted sole_user created_at " +
	"password_warned codes_on_request own_two_factor bounced_at bounce_reported factors profile_changed_at apps passkeys deleted_at changed"

// Erasable returns how many rows of which tables Erase deals with.
func (q Queries) Erasable(ctx context.Context, u gatehouse.User) ([]gatehouse.ErasedRows, error) {
	rows := map[string]gatehouse.ErasedRows{"users": {Table: "users", Removed: 1}}
	for _, e := range erasures {
		text, args := erasing("SELECT count(*) FROM "+e.table+e.which(), u)
		var n int
		if err := q.one(ctx, "erasable in "+e.table, text, args, &n); err != nil {
			return nil, err
		}
		of := rows[e.table]
		of.Table = e.table
		if e.set == "" {
			of.Removed += n
		} else {
			of.Nameless += n
		}
		if n > 0 {
			rows[e.table] = of
		}
	}
	return slices.SortedFunc(maps.Values(rows), func(a, b gatehouse.ErasedRows) int { return cmp.Compare(a.Table, b.Table) }), nil
}

// Erase removes everything that is known about a held user, and makes nameless what must stay. What
// is open has ended before (End). The account itself counts as one that was deleted at a time when it
// could have been restored until now, so RemoveUser removes it next.
func (q Queries) Erase(ctx context.Context, u gatehouse.User, deletedAt time.Time) error {
	for _, e := range erasures {
		text := "DELETE FROM " + e.table
		if e.set != "" {
			text = "UPDATE " + e.table + " SET " + e.set
		}
		text, args := erasing(text+e.which(), u)
		if _, err := q.exec(ctx, "erase in "+e.table, text, args...); err != nil {
			return err
		}
	}
	text, args := erasing(q.changes()+emptied+` WHERE site_id = {site} AND id = {id}`, u)
	n, err := q.exec(ctx, "erase user", text, args...)
	if err := oneRow(n, err); err != nil {
		return err
	}
	_, err = q.exec(ctx, "end grace", q.changes()+`deleted_at = $3 WHERE site_id = $1 AND id = $2`, u.SiteID, u.ID, micros(deletedAt))
	return err
}

// which is the condition of the rows.
func (e erasure) which() string { return " WHERE site_id = {site} AND " + e.where }

// erasing gives a text with the facts of a user its placeholders and arguments.
func erasing(text string, u gatehouse.User) (string, []any) {
	var args []any
	full := ""
	if u.FirstName != "" && u.LastName != "" {
		full = u.DisplayName()
	}
	for _, fact := range []struct{ token, is string }{
		{"{site}", u.SiteID}, {"{id}", u.ID}, {"{company}", u.CompanyID}, {"{username}", gatehouse.NameKey(u.Username)}, {"{email}", gatehouse.NameKey(u.Email)}, {"{name}", u.DisplayName()}, {"{full}", full}, {"{address}", u.Email}, {"{login}", u.Username},
	} {
		if strings.Contains(text, fact.token) {
			args = append(args, fact.is)
			text = strings.ReplaceAll(text, fact.token, fmt.Sprintf("CAST($%d AS TEXT)", len(args)))
		}
	}
	return text, args
}

// PlatformsKnowing returns the applications that have been told who a user is.
func (q Queries) PlatformsKnowing(ctx context.Context, siteID, userID string) (names []string, err error) {
	err = q.all(ctx, "platforms that know", `SELECT a.name FROM (
		SELECT application_id FROM grants WHERE site_id = $1 AND user_id = $2 UNION
		SELECT application_id FROM platform_logins WHERE site_id = $1 AND user_id = $2) known
		JOIN applications a ON a.site_id = $1 AND a.id = known.application_id ORDER BY a.name`, []any{siteID, userID}, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	})
	return names, err
}
