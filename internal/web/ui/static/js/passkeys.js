// Passkeys. Where the browser has none, nothing is shown of them: all that is about them is
// hidden until this file shows it. It holds no words: those come from data- attributes.
(() => {
  "use strict";
  const keys = window.PublicKeyCredential;
  if (!keys?.parseRequestOptionsFromJSON || !navigator.credentials) return;
  const all = (sel) => [...document.querySelectorAll(sel)];
  all("[data-passkeys]").forEach((part) => { part.hidden = false; });
  all("[data-passkeys-none]").forEach((part) => { part.hidden = true; });

  // What a form asks for: an address that has it, or itself. It is an address where the page is
  // the same for everybody, or stays open for long.
  const asked = async (form) => {
    const { options } = form.dataset;
    if (options.startsWith("{")) return JSON.parse(options);
    const answer = await fetch(options, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  };
  const prompts = {
    get: async (form, more) => navigator.credentials.get({ publicKey: keys.parseRequestOptionsFromJSON(await asked(form)), ...more }),
    create: async (form, more) => navigator.credentials.create({ publicKey: keys.parseCreationOptionsFromJSON(await asked(form)), ...more }),
  };
  const send = (form, credential) => {
    form.querySelector("[data-answer]").value = JSON.stringify(credential);
    form.submit();
  };

  // One prompt at a time: what waits for autofill ends before a button asks, in this tab. Other
  // tabs have prompts of their own.
  let waiting = null;
  const stop = () => { waiting?.abort(); waiting = null; };

  // What went wrong is a sentence below the button, which is read aloud. The form stays.
  const say = (form, error) => {
    const note = form.querySelector("[data-problem]");
    const which = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "there" }[error.name];
    note.lastElementChild.textContent = note.dataset[which] || note.dataset.failed;
    note.hidden = false;
  };
  for (const button of all("[data-prompt]")) {
    const form = button.form;
    let busy = false;
    button.addEventListener("click", async () => {
      if (busy) return;
      busy = true;
      stop();
      form.querySelector("[data-problem]").hidden = true;
      try {
        send(form, await prompts[button.dataset.prompt](form, {}));
      } catch (error) {
        say(form, error);
        autofill();
      }
      busy = false;
    });
  }

  // Autofill offers passkeys in the field for the username. What it answers must be fresh, so it is
  // asked for again every few minutes, and when somebody comes back to the page.
  const form = document.querySelector("form[data-autofill]");
  const often = 4 * 60 * 1000;
  let since = 0;
  const autofill = async () => {
    if (!form || !await keys.isConditionalMediationAvailable?.()) return;
    stop();
    const mine = waiting = new AbortController();
    since = performance.now();
    try {
      const credential = await prompts.get(form, { mediation: "conditional", signal: mine.signal });
      if (waiting === mine && credential) send(form, credential);
    } catch { /* nobody has asked for anything */ }
  };
  if (form) {
    autofill();
    setInterval(() => { if (waiting) autofill(); }, often);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && waiting && performance.now() - since > often) autofill();
    });
  }

  // Signals for those who keep passkeys: which ones there are, what the user is called, and which
  // one is not known here. What they do with that, nobody is told (WebAuthn 5.1.10).
  const signal = (name, what) => keys[name]?.(what).catch(() => {});
  for (const part of all("[data-passkeys-known]")) {
    const { rpId, userId, allAcceptedCredentialIds, name, displayName } = JSON.parse(part.dataset.passkeysKnown);
    signal("signalAllAcceptedCredentials", { rpId, userId, allAcceptedCredentialIds });
    signal("signalCurrentUserDetails", { rpId, userId, name, displayName });
  }
  for (const part of all("[data-passkey-unknown]")) {
    signal("signalUnknownCredential", { rpId: part.dataset.rp, credentialId: part.dataset.passkeyUnknown });
  }

  // After a sign-in with the password, there is an offer, if this device could keep a passkey; and
  // the browser may make one by itself, where it does such things. Some never say that they do
  // not, so nothing waits for them, and what they make long afterwards surprises nobody.
  const offer = document.querySelector("[data-passkey-offer]");
  if (offer) (async () => {
    offer.hidden = !await keys.isUserVerifyingPlatformAuthenticatorAvailable?.();
    const can = await keys.getClientCapabilities?.().catch(() => null);
    if (!can?.conditionalCreate) return;
    const own = offer.querySelector("form[data-options]");
    const made = await prompts.create(own, { mediation: "conditional", signal: AbortSignal.timeout(10000) }).catch(() => null);
    if (made) send(own, made);
  })();
})();
