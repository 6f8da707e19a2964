package demo

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"gatehouse"
	"gatehouse/internal/site"
)

var firstNames = strings.Fields(`
	Abigail Adaeze Aisling Alessandro Aleksandra Amara Anaïs Andrzej Angus Anneliese Arjun Astrid Ayşe Bartholomew
	Beatriz Benedict Björn Bronwyn Carlos Catriona Chiamaka Christopher Ciarán Cosima Dafydd Damini Deborah Dmitri
	Dolores Ebony Eduardo Elif Emeka Emma Esther Fatima Fergus Fiona François Frederick Gabriela Gareth Georgina
	Giulia Gökçe Grace Hamish Harriet Hassan Heleen Hiroko Hugo Ibrahim Ifeoma Imogen Ingrid Isabella Ivo Jamal
	Jasmine Jean-Baptiste Joanna José Katarzyna Keiko Kwame Lachlan Lakshmi Laurent Leilani Linnéa Lorcan Ludmila
	Magnus Mairéad Manuela Marguerite Mateusz Mehmet Mohammed Naomi Natasha Niamh Noah Nomvula Oisín Olga Oscar
	Padma Patrick Penelope Pierre Quentin Rachel Ramón René Rohan Rosa Ruth Samira Sarah-Jane Selma Sergei Sinéad
	Sofia Stefan Sunniva Tamsin Thabo Théo Thomas Tiago Ursula Usha Victor Violet Wanda William Xavier Yasmin
	Yuki Zainab Žofia Zuzana`)

var lastNames = strings.Split(`Abernethy,Achebe,Ahmed,Ainsworth,Almeida,Ångström,Appleyard,Arnaud,Asante,Balogun,Banerjee,
Bélanger,Bianchi,Blenkinsop,Błaszczyk,Bondarenko,Bowes,Brannigan,Çelik,Chaudhry,Chen,Cholmondeley,Cohen,Cooper,Crowther,
D'Souza,Da Silva,Dąbrowski,Davies,De la Cruz,Delgado,Diallo,Dimitrov,Dragomirescu,Edwards,El Amrani,Eriksson,Evans,
Fairweather,Farrukhzad,Fernández,Fischer,Fitzpatrick,Gallagher,García Márquez,Georgiou,Goldberg,Greenhalgh,Gupta,Haddad,
Hernández,Higginbotham,Hussain,Ibáñez,Ivanov,Jankowski,Jeyaratnam,Johansson,Jones,Kamau,Kapoor,Khan,Kim,Kovács,Kumar,
Lefèvre,Leung,Lindgren,Lowe,MacGillivray,Mahlangu,Martin,McAuliffe,Mbeki,Mehta,Mikkelsen,Moreau,Müller,Murphy,Nakagawa,
Ndiaye,Nkosi,Novák,O'Connor,O'Neill,Oduya,Okafor,Osbourne,Østergaard,Özdemir,Papadopoulos,Park,Patel,Pereira,Petersen,
Popescu,Quayle,Rahman,Ramanathan,Rossi,Saito,Sánchez,Schröder,Shah,Šimková,Skarsgård,Smith,Sokolov,St John,Suzuki,Tanaka,
Taylor,Thackeray,Tuilagi,Ueda,Usman,Van der Merwe,Vasquez,Villanueva,Wachira,Wang,Warburton,Weiß,Whittingstall,Williams,
Wołoszyn,Yamamoto,Young,Zając,Zhang,Zimmermann`, ",")

// namer makes up users of one site, the same ones at every start.
type namer struct {
	dice *rand.Rand
	site *site.Site
	// taken are the keys of the usernames and of the addresses given so far.
	taken map[string]bool
}

func newNamer(s *site.Site, c cast, dice *rand.Rand) *namer {
	n := &namer{dice: dice, site: s, taken: map[string]bool{}}
	for _, p := range c.people {
		n.taken[gatehouse.NameKey(p.username)] = true
		n.taken[gatehouse.NameKey(p.email)] = true
	}
	return n
}

// longestUsername is where portals of that age cut usernames.
const longestUsername = 20

// next makes up the next user of a company.
func (n *namer) next(f firm) gatehouse.User {
	first := firstNames[n.dice.IntN(len(firstNames))]
	last := strings.TrimSpace(lastNames[n.dice.IntN(len(lastNames))])
	u := gatehouse.User{FirstName: first, LastName: last}
	u.Email = n.free(plainLetters(first)+"."+plainLetters(last), "@"+f.domain)
	if n.site.SignInWith == gatehouse.WithEmail {
		u.Username = u.Email
		return u
	}
	name := plainLetters(first)[:1] + plainLetters(last)
	u.Username = n.free(name[:min(len(name), longestUsername)], "")
	return u
}

// free puts a number between two parts of a name if the name is taken.
func (n *namer) free(before, after string) string {
	name := before + after
	for i := 2; n.taken[name]; i++ {
		name = before + strconv.Itoa(i) + after
	}
	n.taken[name] = true
	return name
}

// unmarked are the letters that do not decompose into a plain one and a mark.
var unmarked = strings.NewReplacer("ł", "l", "ø", "o", "ı", "i", "đ", "d", "ð", "d", "ß", "ss", "æ", "ae", "þ", "th")

// plainLetters is a name in the letters of usernames: a to z.
func plainLetters(name string) string {
	return strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, norm.NFD.String(unmarked.Replace(strings.ToLower(name))))
}

// devices are what people's browsers call themselves.
var devices = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36 Edg/147.0.0.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.3 Safari/605.1.15",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 26_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.3 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
}
