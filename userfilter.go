package gatehouse

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// UserFilter says which users of a company an administrator means. What is chosen combines: a user
// has to fit all of it. The zero value means everybody. It is comparable, and has a text form: see
// Query and ReadUserFilter.
type UserFilter struct {
	// Text are parts of a name, username or address, in any order; empty: any.
	Text string
	// Groups are the groups that a user has to be in, all of them.
	Groups GroupSet
	// Role is empty for any.
	Role Role
	// Factor selects by two-factor authentication; empty: any.
	Factor FactorFilter
}

// ReadUserFilter reads a filter from an address or a form. It ignores what it does not know, except
// that a text that nobody can have does not become any text.
func ReadUserFilter(asked url.Values) UserFilter {
	text := strings.ToValidUTF8(strings.ReplaceAll(strings.TrimSpace(asked.Get("q")), "\x00", "\ufffd"), "\ufffd")
	if utf8.RuneCountInString(text) > MostSearchText {
		text = string([]rune(text)[:MostSearchText])
	}
	f := UserFilter{Text: text}
	for _, name := range asked["group"] {
		f.Groups = f.Groups.With(UserGroup(name))
	}
	if r := Role(asked.Get("role")); slices.Contains(Roles, r) {
		f.Role = r
	}
	if by := FactorFilter(asked.Get("factor")); slices.Contains(FactorFilters, by) {
		f.Factor = by
	}
	return f
}

// Query is the text form of a filter: ReadUserFilter reads it again.
func (f UserFilter) Query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"q": f.Text, "role": string(f.Role), "factor": string(f.Factor)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for _, g := range f.Groups.All() {
		q.Add("group", string(g))
	}
	return q
}

// Words are the parts of the text, as they are looked for in UserKey.
func (f UserFilter) Words() []string {
	words := strings.Fields(f.Text)
	for i, w := range words {
		words[i] = SearchKey(w)
	}
	return words
}

// Fits reports whether a user is meant.
func (f UserFilter) Fits(u UserFacts) bool {
	return f.FitsKind(u) && HasWords(UserKey(u.User), f.Words())
}

// FitsKind is Fits for any text.
func (f UserFilter) FitsKind(u UserFacts) bool {
	return (f.Role == "" || u.Role == f.Role) && f.Factor.Fits(u) && u.Groups().Contains(f.Groups)
}

// UserSort is what a list of users is sorted by.
type UserSort string

// The orders of the list.
const (
	// SortName: by last name, then first name; users without a name by their usernames.
	SortName     UserSort = ""
	SortUsername UserSort = "username"
	// SortSeen: by the day of the last sign-in.
	SortSeen    UserSort = "seen"
	SortCreated UserSort = "created"
)

// UserSorts are all of them.
var UserSorts = []UserSort{SortName, SortUsername, SortSeen, SortCreated}

// UserFacts is what decides which filters a user fits.
type UserFacts struct {
	User
	// Reachable: mail can be sent to the user's address.
	Reachable bool
	// Need is what the company and its site require, at the latest in the end.
	Need Requirement
	// Today is the day at the site; see DayOf.
	Today int
	// Seen is the day of the last sign-in at the site; 0: never.
	Seen int
}

// AwayDays is how many days without a sign-in make a user one who has not been seen for long.
const AwayDays = 90

// DayOf returns the number of a day at a place, counted from 1970; 0 for the zero time.
func DayOf(t time.Time, place *time.Location) int {
	if t.IsZero() {
		return 0
	}
	if place == nil {
		place = time.UTC
	}
	y, m, d := t.In(place).Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// SeenToday reports whether an active user has signed in before on the same day at the site.
func SeenToday(u User, now time.Time, place *time.Location) bool {
	return u.State == Active && !u.FirstSignInAt.IsZero() && DayOf(u.LastSignInAt, place) == DayOf(now, place)
}

// Groups returns the groups that a user is in.
func (u UserFacts) Groups() (all GroupSet) {
	for _, g := range GroupsOf(u.User, u.Reachable) {
		all = all.With(g)
	}
	for g, in := range map[UserGroup]bool{
		GroupNever:  u.Seen == 0,
		GroupAway:   u.Seen != 0 && u.Today-u.Seen > AwayDays && u.State != Deactivated,
		GroupShared: u.SoleUserFor != "" && !u.SoleUser && u.State != Deactivated,
	} {
		if in {
			all = all.With(g)
		}
	}
	return all
}

// Groups of the list of users only; the others are those of an enrolment, too.
const (
	GroupNever  UserGroup = "never"  // has never signed in
	GroupAway   UserGroup = "away"   // has not signed in for AwayDays
	GroupShared UserGroup = "shared" // has said that others use the sign-in, too
)

// ListGroups are all groups of the list, in the order in which they are shown.
var ListGroups = append([]UserGroup{GroupNever, GroupAway, GroupShared}, UserGroups...)

// GroupSet is a set of ListGroups.
type GroupSet uint32

// SetOf returns the set of some groups.
func SetOf(groups ...UserGroup) (s GroupSet) {
	for _, g := range groups {
		s = s.With(g)
	}
	return s
}

func bitOf(g UserGroup) GroupSet {
	if i := slices.Index(ListGroups, g); i >= 0 {
		return 1 << i
	}
	return 0
}

// With and Without return the set with a group, and without it.
func (s GroupSet) With(g UserGroup) GroupSet    { return s | bitOf(g) }
func (s GroupSet) Without(g UserGroup) GroupSet { return s &^ bitOf(g) }

// Has reports whether a group is in the set, and Contains whether all of another set are.
func (s GroupSet) Has(g UserGroup) bool          { return s&bitOf(g) != 0 }
func (s GroupSet) Contains(others GroupSet) bool { return s&others == others }

// All lists the groups in the order in which they are shown.
func (s GroupSet) All() (all []UserGroup) {
	for i, g := range ListGroups {
		if s&(1<<i) != 0 {
			all = append(all, g)
		}
	}
	return all
}

// Roles are all roles, as they are shown.
var Roles = []Role{RoleAdmin, RoleUser}

// SearchKey is NameKey without accents, so that "muller" finds Müller. Only marks of the European
// alphabets are dropped: in other scripts they are letters of their own.
func SearchKey(s string) string {
	if isPlain(s) {
		return strings.ToLower(strings.TrimSpace(s))
	}
	key := NameKey(s)
	if isLowerASCII(key) {
		return key
	}
	key = strings.Map(func(r rune) rune {
		if '\u0300' <= r && r <= '\u036f' {
			return -1
		}
		return r
	}, norm.NFD.String(key))
	return norm.NFC.String(barred.Replace(key))
}

// isPlain reports whether the key of a text is its small letters: most names are like that.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] == '@' {
			return false
		}
	}
	return true
}

// barred are letters with strokes and joined letters, which have no parts.
var barred = strings.NewReplacer("ø", "o", "ł", "l", "đ", "d", "ħ", "h", "ŧ", "t", "æ", "ae", "œ", "oe", "þ", "th", "ð", "d")

// UserKey is what users are searched and sorted by: the last name, the first name, the username and
// the address, without case and accents.
func UserKey(u User) string {
	name := strings.TrimSpace(u.LastName + " " + u.FirstName)
	if name == "" {
		name = u.Username
	}
	return SearchKey(name) + "\n" + SearchKey(u.Username) + "\n" + SearchKey(u.Email)
}

// HasWords reports whether all words are in a UserKey.
func HasWords(key string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(key, w) {
			return false
		}
	}
	return true
}
