package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An operator registers an application, changes its secret without a break, and turns it off.
func TestApplicationsAreKeptByCommands(t *testing.T) {
	in := install(t, "")
	in.expect(0, "migrate")
	made := in.run("app", "create", "Shop", "--site", "inkwell", "--redirect-uri", "https://shop.example/cb?a=1,2", "--json")
	var v struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
		Issuer string `json:"issuer"`
	}
	if err := json.Unmarshal([]byte(made.out), &v); err != nil || !strings.HasPrefix(v.ID, "app_") || len(v.Secret) != 43 || v.Issuer == "" {
		t.Fatalf("%+v %v", made, err)
	}
	in.expect(0, "app list -s inkwell", v.ID, "Shop", "active", "client_secret_basic")
	in.expect(0, "app show "+v.ID+" -s inkwell", "https://shop.example/cb?a=1,2", "ES256")
	if out := in.run("app", "show", v.ID, "-s", "inkwell", "--json").out; strings.Contains(out, v.Secret) || strings.Contains(out, "hash") {
		t.Error("a secret is shown again")
	}
	in.expect(1, "app show "+v.ID+" -s meridian-uk", "no application")
	in.expect(0, "app change "+v.ID+" -s inkwell --name Store --id-token-alg RS256", "Changed Store")
	in.expect(0, "app show "+v.ID+" -s inkwell", "RS256", "https://shop.example/cb?a=1,2")
	for _, wrong := range []string{"--redirect-uri http://shop.example/cb", "--id-token-alg none", "--access-token 2h", "--native --auth client_secret_post", "--role owner"} {
		in.expect(1, "app change "+v.ID+" -s inkwell "+wrong, "cannot be used")
	}
	second := in.run("app", "secret", v.ID, "-s", "inkwell")
	if second.status != 0 || !strings.Contains(second.out, "Client secret") {
		t.Errorf("%+v", second)
	}
	in.expect(0, "app secret "+v.ID+" -s inkwell --end-old", "newest")
	in.expect(0, "app disable "+v.ID+" -s inkwell", "Turned off")
	in.expect(0, "app list -s inkwell", "disabled")
	in.expect(0, "app enable "+v.ID+" -s inkwell", "Turned on")
	in.expect(1, "app restore "+v.ID+" -s inkwell", "is not deleted")
	in.expect(0, "app delete "+v.ID+" -s inkwell", "Deleted Store", "app restore "+v.ID)
	in.expect(0, "app list -s inkwell", "deleted")
	in.expect(0, "app show "+v.ID+" -s inkwell", "Removed from")
	in.expect(1, "app enable "+v.ID+" -s inkwell", "is deleted", "app restore")
	in.expect(1, "app delete nothing -s inkwell", "no application")
	in.expect(0, "app restore "+v.ID+" -s inkwell", "Restored Store", "still off")
	in.expect(0, "app list -s inkwell", "disabled")
	in.expect(1, "app registration-token -s inkwell", "client_registration")
	in.expect(0, "keys rotate -s inkwell", "Made new keys")
	in.expect(0, "app create Fetched -s inkwell --redirect-uri https://f.example/ --auth private_key_jwt --jwks-uri https://keys.invalid/jwks", "Created Fetched", "cannot be fetched now")
	for _, inside := range []string{"https://169.254.169.254/latest", "https://10.0.0.1/", "http://keys.example/jwks", "file:///etc/passwd"} {
		in.expect(1, "app create Bad -s inkwell --redirect-uri https://f.example/ --auth private_key_jwt --jwks-uri "+inside, "cannot be used (address)")
	}
	in.expect(1, "app create Bad -s inkwell --redirect-uri https://f.example/ --auth private_key_jwt", "cannot be used")
	keys := filepath.Join(in.dir, "jwks")
	must(t, os.WriteFile(keys, []byte(`{"keys":[{"kty":"oct","k":"AAAA"}]}`), 0o600))
	in.expect(1, "app create Bad -s inkwell --redirect-uri https://bad.example/ --auth private_key_jwt --jwks "+keys, "cannot be used")
	must(t, os.WriteFile(keys, []byte(`{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`), 0o600))
	in.expect(0, "app create Good -s inkwell --redirect-uri https://good.example/ --auth private_key_jwt --jwks "+keys, "Created Good")
}
