// A platform made of openid-client as it comes from its makers: it signs users in, reads
// userinfo, refreshes its tokens and signs out. Its settings come in the environment, and
// OPENID_CLIENT is where the library is.
import http from "node:http";

const { OPENID_CLIENT, ISSUER, SERVER, CLIENT_ID, CLIENT_SECRET, AT } = process.env;
const client = await import(OPENID_CLIENT);
const own = `http://node.localhost:${AT}`;

// Not every resolver knows that names below .localhost are this machine's.
const local = (url, { method, headers, body }) => new Promise((resolve, reject) => {
  const to = new URL(url);
  const [host, port] = SERVER.split(":");
  const kind = body instanceof URLSearchParams ? { "content-type": "application/x-www-form-urlencoded" } : {};
  http.request({ host, port, method, path: to.pathname + to.search, headers: { ...kind, ...Object.fromEntries(new Headers(headers)), host: to.host } }, (answer) => {
    const parts = [];
    answer.on("data", (part) => parts.push(part));
    answer.on("end", () => resolve(new Response(parts.length ? Buffer.concat(parts) : null, { status: answer.statusCode, headers: Object.entries(answer.headers).map(([name, value]) => [name, String(value)]) })));
  }).on("error", reject).end(body ? String(body) : undefined);
});

let found;
const provider = async () => found ??= await client.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, client.ClientSecretBasic(CLIENT_SECRET),
  { execute: [client.allowInsecureRequests], [client.customFetch]: local });

let begun, tokens; // of the one user that there is

const pages = {
  async "/"() {
    begun = { verifier: client.randomPKCECodeVerifier(), state: client.randomState(), nonce: client.randomNonce() };
    return client.buildAuthorizationUrl(await provider(), {
      redirect_uri: `${own}/callback`, scope: "openid profile email company", state: begun.state, nonce: begun.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(begun.verifier), code_challenge_method: "S256",
    });
  },
  async "/callback"(url) {
    tokens = await client.authorizationCodeGrant(await provider(), url,
      { pkceCodeVerifier: begun.verifier, expectedState: begun.state, expectedNonce: begun.nonce, idTokenExpected: true });
    return { sub: tokens.claims().sub, refreshable: !!tokens.refresh_token };
  },
  async "/userinfo"() {
    return client.fetchUserInfo(await provider(), tokens.access_token, client.skipSubjectCheck);
  },
  async "/refresh"() {
    const before = tokens;
    tokens = { ...await client.refreshTokenGrant(await provider(), tokens.refresh_token), first: before.first ?? before.id_token };
    return { another: tokens.access_token !== before.access_token && tokens.refresh_token !== before.refresh_token };
  },
  async "/sign-out"() {
    return client.buildEndSessionUrl(await provider(), { id_token_hint: tokens.first ?? tokens.id_token, post_logout_redirect_uri: `${own}/bye`, state: "s" });
  },
  async "/bye"(url) {
    return { state: url.searchParams.get("state") };
  },
};

http.createServer(async (request, response) => {
  const url = new URL(request.url, own);
  try {
    const answer = await pages[url.pathname](url);
    if (answer instanceof URL) {
      response.writeHead(303, { Location: answer.href }).end();
    } else {
      response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
    }
  } catch (e) {
    response.writeHead(500, { "Content-Type": "application/json" }).end(JSON.stringify({ error: e.error ?? e.code ?? String(e), cause: String(e.cause ?? "") }));
  }
}).listen(AT, "127.0.0.1");
