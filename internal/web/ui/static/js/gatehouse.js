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

  // Menus: one open at a time; Escape and a click outside close.
  const menus = () => all("details.menu[open]");
  document.addEventListener("click", (e) => menus().forEach((m) => { if (!m.contains(e.target)) m.open = false; }));
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    menus().forEach((m) => { m.open = false; m.querySelector("summary").focus(); });
  });

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
