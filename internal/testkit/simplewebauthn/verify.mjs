// Verifies ceremonies of passkeys with somebody else's library, and prints what it says of each:
// "good", "counter" if a counter went back, or why it refuses.
import { readFileSync } from "node:fs";

const { verifyAuthenticationResponse, verifyRegistrationResponse } = await import(process.env.SIMPLEWEBAUTHN);
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64url"));

async function verify(c) {
  const expected = {
    response: JSON.parse(c.answer), expectedChallenge: c.challenge, expectedOrigin: c.origins, expectedRPID: c.rp,
    requireUserVerification: c.verified,
  };
  if (!c.key) {
    const { verified } = await verifyRegistrationResponse({ ...expected, supportedAlgorithmIDs: [-7, -8, -257] });
    return verified;
  }
  const credential = { id: c.id, publicKey: bytes(c.key), counter: c.counter };
  const { verified } = await verifyAuthenticationResponse({ ...expected, credential });
  return verified;
}

const said = [];
for (const ceremony of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    said.push((await verify(ceremony)) ? "good" : "refused");
  } catch (error) {
    said.push(/counter value/.test(error.message) ? "counter" : "refused: " + error.message);
  }
}
console.log(JSON.stringify(said));
