package dbsc

import "encoding/json"

// Cookie is the cookie that a browser keeps fresh: its name on the wire, and its attributes as in
// Set-Cookie. If they differ from what was set, browsers drop the binding silently.
type Cookie struct{ Name, Attributes string }

// Instructions return the JSON that a browser gets for a binding: the cookie, where to renew it, and
// the paths of this host that need no cookie, so that requests for them do not wait. Only this host
// is in its scope.
//
// Pages of any other site may send a browser here and have it renew first: platforms do, and links
// in mails. A browser that was not allowed to would come without the cookie. Those pages learn
// nothing, because cookies come along only with whole pages (SameSite=Lax), and these tell nobody
// how long they took.
func Instructions(id, refresh string, cookie Cookie, outside []string) []byte {
	type rule struct {
		Type   string `json:"type"`
		Domain string `json:"domain"`
		Path   string `json:"path"`
	}
	type credential struct {
		Type       string `json:"type"`
		Name       string `json:"name"`
		Attributes string `json:"attributes"`
	}
	type scope struct {
		IncludeSite   bool   `json:"include_site"`
		Specification []rule `json:"scope_specification"`
	}
	all := struct {
		ID          string       `json:"session_identifier"`
		RefreshURL  string       `json:"refresh_url"`
		Continue    bool         `json:"continue"`
		Scope       scope        `json:"scope"`
		Credentials []credential `json:"credentials"`
		Initiators  []string     `json:"allowed_refresh_initiators"`
	}{ID: id, RefreshURL: refresh, Continue: true, Credentials: []credential{{"cookie", cookie.Name, cookie.Attributes}}, Initiators: []string{"*"}}
	for _, path := range outside {
		all.Scope.Specification = append(all.Scope.Specification, rule{"exclude", "*", path})
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // strings and booleans
	}
	return text
}

// Over is the JSON that makes a browser forget a binding.
const Over = `{"continue":false}`
