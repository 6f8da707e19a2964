package gatehouse

import "time"

// Erasure is the receipt of an erasure (GDPR, article 17): what became of what was known about
// somebody. Nobody is named in it, so it can be kept.
type Erasure struct {
	SiteID, CompanyID, UserID string
	At                        time.Time
	// Tables are the tables of the database that had something, in the order of their names.
	Tables []ErasedRows
	// Platforms are the names of those that the user had signed in to: they know what they were told,
	// and have to be asked in turn (article 19).
	Platforms []string
}

// ErasedRows is how many rows of a table were removed, and of how many only what said who it was.
type ErasedRows struct {
	Table             string
	Removed, Nameless int
}
