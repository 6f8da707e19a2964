// Command examples starts one of the example platforms alone:
//
//	go run ./examples -platform storefront -issuer https://login.acme.example \
//	    -client-id app_… -client-secret … -url http://shop.localhost:8090
//
// The order desk sends cards for the provider's home page, if the application has the scope
// cards; the storefront answers at /card, if the provider is told to ask there.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"time"

	"gatehouse/examples/orders"
	"gatehouse/examples/platform"
	"gatehouse/examples/storefront"
)

func main() {
	c := platform.Config{Now: time.Now}
	which := flag.String("platform", "storefront", "storefront or orders")
	flag.StringVar(&c.Issuer, "issuer", "", "the provider's `address`")
	flag.StringVar(&c.ClientID, "client-id", "", "the application's `ID`")
	flag.StringVar(&c.ClientSecret, "client-secret", os.Getenv("CLIENT_SECRET"), "its `secret`; default: the environment's CLIENT_SECRET")
	flag.StringVar(&c.URL, "url", "http://shop.localhost:8090", "the platform's own `address`")
	flag.Parse()
	if err := serve(*which, c); err != nil {
		log.Fatal(err)
	}
}

func serve(which string, c platform.Config) error {
	at, err := url.Parse(c.URL)
	if err != nil || at.Port() == "" {
		return fmt.Errorf("-url %q has no port to listen at", c.URL)
	}
	p := platform.New(c)
	var pages http.Handler
	switch which {
	case "storefront":
		pages = storefront.New(p)
	case "orders":
		pages = orders.New(p)
	default:
		return fmt.Errorf("-platform is %q, must be storefront or orders", which)
	}
	log.Printf("%s at %s; its redirect address is %s/callback", which, c.URL, c.URL)
	server := http.Server{Addr: "127.0.0.1:" + at.Port(), Handler: pages, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}
