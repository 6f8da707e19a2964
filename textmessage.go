package gatehouse

// How many text messages there are in 24 hours at most, besides the ceiling of the whole
// installation. They cost money, and there are people who earn it by having others sent to
// numbers of theirs (SP 800-63B-4 3.1.3.3, ASVS 6.6.3).
const (
	// TextsANumber are to one phone, from all accounts of all sites.
	TextsANumber = 10
	// TextsAnAccount are for one account, to all numbers that it has had.
	TextsAnAccount = 10
	// TextsAnIPAddress are asked for from one address block.
	TextsAnIPAddress = 40
	// TextsACompany are for all users of a company.
	TextsACompany = 400
)
