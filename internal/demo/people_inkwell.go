package demo

import "gatehouse"

// At Inkwell the username is the address, so everybody has one.
var inkwell = cast{
	site: "inkwell",
	companies: []firm{
		{account: "IP-2001", name: "Fernhollow Press", domain: "fernhollow.example", users: 20},
		{account: "IP-2014", name: "Saltmarsh & Daughters, Literary Agents", domain: "saltmarsh-daughters.example", users: 12},
		{account: "IP-2032", name: "Lantern Street Books", domain: "lantern-street.example", users: 7},
		{account: "IP-2057", name: "Íris Valdimarsdóttir", domain: "iris-valdimars.example", users: 1},
		{account: "IP-2063", name: "R. J. Okonkwo-Delacroix", domain: "okonkwo-delacroix.example", users: 1},
		{account: "IP-2088", name: "The Owl & Inkpot Collective", domain: "owl-inkpot.example", users: 4},
		{account: "IP-2104", name: "Greywater Letterpress", domain: "greywater-letterpress.example", users: 5, twoFactor: true,
			factor: gatehouse.RequireFactor},
	},
	people: withEmailAsUsername([]person{
		{company: "IP-2001", password: "paper-boats-on-a-quiet-canal", first: "Hanna", last: "Lindqvist",
			email: "hanna.lindqvist@fernhollow.example", role: admin, state: StateActive},
		{company: "IP-2001", password: "margins-full-of-blue-pencil", first: "Beatrix", last: "Ollerenshaw",
			email: "beatrix.ollerenshaw@fernhollow.example", role: user, state: StateActive},
		{company: "IP-2014", password: "three-kettles-before-midnight", first: "Tomás", last: "Saltmarsh",
			email: "tomas@saltmarsh-daughters.example", role: admin, state: StateActive},
		{company: "IP-2057", password: "the-glacier-keeps-its-letters", first: "Íris", last: "Valdimarsdóttir",
			email: "iris@iris-valdimars.example", role: admin, state: StateActive, note: "The only user of the company."},

		{company: "IP-2032", password: "borrowed-umbrella-thursday", first: "Owen", last: "Tregarthen",
			email: "owen.tregarthen@lantern-street.example", role: user, state: StateTemporary, mailed: true},
		{company: "IP-2001", password: "seventh-draft-by-candlelight", first: "Noor", last: "El-Hassan",
			email: "noor.elhassan@fernhollow.example", role: user, state: StateTemporary, mailed: true},

		{company: "IP-2001", password: "moth-eaten-velvet-bookmark", first: "Pavel", last: "Sorokin",
			email: "pavel.sorokin@fernhollow.example", role: user, state: StateExpired},
		{company: "IP-2014", password: "an-index-of-small-weathers", first: "Clara", last: "Voss",
			email: "clara.voss@saltmarsh-daughters.example", role: user, state: StateExpired},

		{company: "IP-2001", password: "lighthouse-keepers-cookbook", first: "Ruairí", last: "MacLeod",
			email: "ruairi.macleod@fernhollow.example", role: user, state: StateLocked, mailed: true},
		{company: "IP-2088", password: "wet-ink-and-warm-bread", first: "Delphine", last: "Aubry-Lemaître",
			email: "delphine@owl-inkpot.example", role: user, state: StateLocked},

		{company: "IP-2014", password: "forgotten-serial-in-the-attic", first: "Greta", last: "Holm",
			email: "greta.holm@saltmarsh-daughters.example", role: user, state: StateDeactivated},
		{company: "IP-2032", password: "copper-type-and-cold-coffee", first: "Abel", last: "Quist",
			email: "abel.quist@lantern-street.example", role: user, state: StateDeactivated},

		{company: "IP-2001", password: "first-chapter-of-the-winter", first: "Sanjay", last: "Iyer",
			email: "sanjay.iyer@fernhollow.example", role: user, state: StateInvited, mailed: true},
		{company: "IP-2014", password: "footnotes-from-the-orchard", first: "Lucia", last: "Ferrante",
			email: "lucia.ferrante@saltmarsh-daughters.example", role: user, state: StateInvited},

		{company: "IP-2063", password: "a-river-runs-to-appendix-b", first: "Rosalie", last: "Okonkwo-Delacroix",
			email: "rj@okonkwo-delacroix.example", role: admin, state: StateLegacy,
			hash: "$P$ByXzLfdjwqKeSMQFMyG6nP0rHb7UmE1"},
		{company: "IP-2032", password: "nine-commas-in-a-teacup", first: "Maeve", last: "O’Shaughnessy",
			email: "maeve.oshaughnessy@lantern-street.example", role: user, state: StateLegacy,
			hash: "pbkdf2_sha256$36000$cf2de3ac3157$xpi26JaO8lGM7ngtqNiWbpYnMfzDDI5NpkuFoeS8dT8="},

		{company: "IP-2001", password: "sunday-proofs-with-marmalade", first: "Kofi", last: "Mensah",
			email: "kofi.mensah@fernhollow.example", role: user, state: StateNeverSignedIn},
		{company: "IP-2088", password: "typewriter-under-the-stairs", first: "Inês", last: "Carvalhal",
			email: "ines@owl-inkpot.example", role: user, state: StateNeverSignedIn,
			hash: "$P$BwaKMYZ/c6UE12g3Par63We6lzIRuE."},

		{company: "IP-2104", password: "lead-type-in-a-biscuit-tin", first: "Ottilie", last: "Brandt",
			email: "ottilie.brandt@greywater-letterpress.example", role: admin, state: StateApp,
			note: "The company requires an app or a passkey."},
		{company: "IP-2104", password: "rain-on-the-bindery-skylight", first: "Emrys", last: "Vaughan-Lowe",
			email: "emrys.vaughan-lowe@greywater-letterpress.example", role: user, state: StateFactorAsked,
			note: "The company requires it: nothing else opens before it is done."},
	}),
}

func withEmailAsUsername(people []person) []person {
	for i := range people {
		people[i].username = people[i].email
	}
	return people
}
