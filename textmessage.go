package gatehouse

// The limits for text messages in 24 hours, in addition to the limit of the whole installation.
// They cost money, and fraudsters earn from messages sent to their own numbers (SP 800-63B-4
// 3.1.3.3, ASVS 6.6.3).
const (
	// TextsANumber is for one phone, from all accounts of all sites.
	TextsANumber = 10
	// TextsAnAccount is for one account, to all its numbers.
	TextsAnAccount = 10
	// TextsAnIPAddress is for requests from one address block.
	TextsAnIPAddress = 40
	// TextsACompany is for all users of a company.
	TextsACompany = 400
)

// MaskPhone shows the last two digits of a number: enough for its owner, and of no use to
// anyone else.
func MaskPhone(number string) string {
	if len(number) < 4 {
		return "••"
	}
	return "•• " + number[len(number)-2:]
}
