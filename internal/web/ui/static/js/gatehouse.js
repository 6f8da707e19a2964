// Gatehouse: progressive enhancement only. Every page works without this file.
// It holds no words: those that it writes come from data- attributes.
(() => {
  "use strict";
  const all = (sel, root = document) => [...root.querySelectorAll(sel)];
  const byId = (id) => document.getElementById(id);

  // After an error, the summary takes the focus, or else the first wrong field.
  (document.querySelector("[data-focus]") || document.querySelector("[aria-invalid=true]"))?.focus();

  // A page that the browser kept whole and shows again (the back button after signing
  // out on a shared computer) is asked for anew before anybody can read it.
  addEventListener("pageshow", (e) => {
    if (!e.persisted) return;
    document.documentElement.hidden = true;
    location.reload();
  });

  // Show or hide a password. It is hidden again before it is sent.
  for (const btn of all("[data-reveal]")) {
    const input = byId(btn.dataset.reveal);
    const set = (on) => {
      input.type = on ? "text" : "password";
      btn.setAttribute("aria-pressed", on);
      btn.textContent = on ? btn.dataset.hide : btn.dataset.show;
      btn.setAttribute("aria-label", on ? btn.dataset.hideLabel : btn.dataset.showLabel);
    };
    btn.hidden = false;
    btn.addEventListener("click", () => set(input.type === "password"));
    input.form?.addEventListener("submit", () => set(false));
  }

  // Caps Lock hint.
  for (const hint of all("[data-caps]")) {
    const input = byId(hint.dataset.caps);
    const test = (e) => { if (e.getModifierState) hint.hidden = !e.getModifierState("CapsLock"); };
    input.addEventListener("keydown", test);
    input.addEventListener("keyup", test);
    input.addEventListener("blur", () => { hint.hidden = true; });
  }

  // What a new password needs, ticked while somebody types. The server decides.
  const fold = (s) => s.normalize("NFKC").toLowerCase();
  for (const list of all("[data-reqs]")) {
    const { reqs, repeat, old, min, banned, yes, no } = list.dataset;
    const input = byId(reqs), again = byId(repeat), present = old && byId(old);
    const parts = (banned || "").split("\n").filter(Boolean);
    const rules = {
      length: (v) => [...v].length >= Number(min),
      upper: (v) => /\p{Lu}/u.test(v),
      lower: (v) => /\p{Ll}/u.test(v),
      digit: (v) => /\p{Nd}/u.test(v),
      username: (v) => v !== "" && !parts.some((part) => fold(v).includes(part)),
      same: (v) => v !== "" && v !== present.value,
      match: (v) => v !== "" && v === again.value,
    };
    const run = () => all("[data-rule]", list).forEach((li) => {
      const met = rules[li.dataset.rule](input.value);
      li.toggleAttribute("data-met", met);
      li.querySelector(".sr").textContent = met ? yes : no;
    });
    for (const box of [input, again, present]) box?.addEventListener("input", run);
    run();
  }

  // A field that only one choice of another one asks for.
  for (const part of all("[data-when]")) {
    const choice = byId(part.dataset.when);
    const show = () => { part.hidden = choice.value !== part.dataset.is; };
    choice.addEventListener("change", show);
    show();
  }

  // Menus: one open at a time; Escape and a click outside close.
  const menus = () => all("details.menu[open]");
  document.addEventListener("click", (e) => menus().forEach((m) => { if (!m.contains(e.target)) m.open = false; }));
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    menus().forEach((m) => { m.open = false; m.querySelector("summary").focus(); });
  });

  // Dialogs: a link or a button names one by its id. Without this file the link leads to
  // a page with the same words.
  for (const opener of all("[data-dialog]")) {
    opener.addEventListener("click", (e) => {
      e.preventDefault();
      byId(opener.dataset.dialog).showModal();
    });
  }
  all("[data-close]").forEach((b) => b.addEventListener("click", () => b.closest("dialog").close()));

  // A table that a phone shows as blocks is none for browsers that go by the look, unless
  // each part says what it is. HTML itself forbids to say so twice, so this file does.
  const parts = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
  for (const part of all(".table-stack, .table-stack :is(thead, tbody, tr, th, td)")) {
    part.setAttribute("role", parts[part.tagName] || (part.scope === "row" ? "rowheader" : "columnheader"));
  }

  // Copy a reference, a username or a command; the last element of the button says so.
  for (const btn of all("[data-copy]")) {
    if (!navigator.clipboard) continue;
    btn.hidden = false;
    btn.addEventListener("click", async () => {
      await navigator.clipboard.writeText(byId(btn.dataset.copy).textContent.trim());
      btn.lastElementChild.textContent = btn.dataset.copied;
      btn.toggleAttribute("data-done", true);
    });
  }
})();
