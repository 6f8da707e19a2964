package testkit

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// tinySite is a site to try the kits on: a form, a page behind it, and some
// mistakes to find.
func tinySite(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	write := func(w http.ResponseWriter, status int, body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'")
		w.WriteHeader(status)
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><title>Tiny</title><link rel="icon" href="data:,">
			<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css">
			<script type="module" src="/script.js"></script></head><body><main>%s</main></body></html>`, body)
	}
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, `.hidden { position: absolute; opacity: 0; width: 1px; height: 1px } .loud { text-transform: uppercase }
			@media (prefers-color-scheme: dark) { body { background: #000; color: #fff } } .pale { color: #eee; background: #fff }
			.far { margin-top: 3000px } .cover { position: fixed; inset: 0; background: #fff8 }`)
	})
	mux.HandleFunc("GET /script.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `for (const e of document.querySelectorAll("#script")) e.textContent = "scripts run";
			for (const e of document.querySelectorAll("#late")) setTimeout(() => e.textContent = "here at last", 300);
			if (location.pathname === "/throws") throw new Error("the script is broken");`)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		write(w, 200, `<h1>Sign   in</h1><p id="script">no scripts</p><p id="late"></p>
			<form id="signin" method="post" action="/in" enctype="application/x-www-form-urlencoded"><input type="hidden" name="csrf" value="tok en">
			<p><label for="u">Username</label> <input id="u" name="username" value="old" autocomplete="username"></p>
			<p><label>Password <input name="password" type="password"></label></p>
			<p><label for="p2">Confirm password</label> <input id="p2" name="password2" type="password"></p>
			<p><label>Country <select name="country"><option value="">Choose<option value="uk">United Kingdom<option value="us" selected>United States</select></label></p>
			<p><label>Note <textarea name="note">hello</textarea></label></p>
			<p><input class="hidden" type="checkbox" id="r" name="remember" value="yes"><label for="r">Remember me</label></p>
			<p><label><input type="radio" name="kind" value="a" checked> First kind</label> <label><input type="radio" name="kind" value="b"> Second kind</label></p>
			<p class="far"><button name="do" value="in">Sign in</button> <button name="do" value="help" formaction="/help">Get <b>help</b></button></p></form>
			<p><a href="/me">My <span class="loud">account</span></a></p>`)
	})
	form := func(w http.ResponseWriter, r *http.Request) {
		r.ParseMultipartForm(1 << 20)
		if r.PostForm.Get("csrf") != "tok en" || r.Header.Get("Origin") == "" || r.Header.Get("Sec-Fetch-Site") != "same-origin" {
			write(w, 403, fmt.Sprintf("<h1>Forged</h1><p>%v %v</p>", html.EscapeString(r.PostForm.Encode()), html.EscapeString(fmt.Sprint(r.Header))))
			return
		}
		if r.PostForm.Get("password") == "wrong" {
			write(w, 422, `<h1>That did not work</h1>`)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "__Host-who", Value: strings.ReplaceAll(r.PostForm.Encode(), "&", "/"), Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		http.Redirect(w, r, "/me", http.StatusSeeOther)
	}
	mux.HandleFunc("POST /in", form)
	mux.HandleFunc("POST /help", form)
	mux.HandleFunc("GET /me", func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if c, err := r.Cookie("__Host-who"); err == nil {
			who = c.Value
		}
		write(w, 200, fmt.Sprintf(`<h1>My account</h1><p id="who">%s</p><p id="site">%s %s %s</p><p id="lang">%s</p><a href="/">Home</a><p class="hidden" hidden>secret</p>`,
			html.EscapeString(who), r.Host, r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin"), r.Header.Get("Accept-Language")))
	})
	mux.HandleFunc("GET /elsewhere", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/me", http.StatusFound)
	})
	mux.HandleFunc("GET /throws", func(w http.ResponseWriter, r *http.Request) { write(w, 200, `<h1>Throws</h1>`) })
	mux.HandleFunc("GET /inline", func(w http.ResponseWriter, r *http.Request) {
		write(w, 200, `<h1 style="color:red">Inline</h1>`)
	})
	mux.HandleFunc("GET /image", func(w http.ResponseWriter, r *http.Request) {
		write(w, 200, `<h1>Image</h1><img alt="x" src="/none.png">`)
	})
	mux.HandleFunc("GET /pale", func(w http.ResponseWriter, r *http.Request) {
		write(w, 200, `<h1>Pale</h1><p class="pale">cannot be read</p>`)
	})
	mux.HandleFunc("GET /covered", func(w http.ResponseWriter, r *http.Request) {
		write(w, 200, `<h1>Covered</h1><button>Under</button><div class="cover"></div>`)
	})
	mux.HandleFunc("GET /upload", func(w http.ResponseWriter, r *http.Request) {
		write(w, 200, `<h1>Upload</h1><form method="post" enctype="multipart/form-data"><input type="hidden" name="csrf" value="tok en"><label>People <input type="file" name="people"></label><button>Send</button></form>`)
	})
	mux.HandleFunc("POST /upload", func(w http.ResponseWriter, r *http.Request) {
		f, h, err := r.FormFile("people")
		if err != nil {
			write(w, 400, html.EscapeString(err.Error()))
			return
		}
		content := make([]byte, h.Size)
		f.Read(content)
		write(w, 200, fmt.Sprintf("<h1>Sent</h1><p>%s of %s: %s</p>", h.Filename, r.FormValue("csrf"), content))
	})
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// at is the tiny site's address under another host name.
func at(server *httptest.Server, host string) string {
	return "http://" + host + strings.TrimPrefix(server.URL, "http://127.0.0.1")
}
