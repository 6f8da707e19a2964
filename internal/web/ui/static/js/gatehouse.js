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

  // A code: what is pasted or typed with blanks, dashes or words, or in digits of another
  // script, is made digits. The server reads it in the same way.
  const isDigit = (n) => /\p{Nd}/u.test(String.fromCodePoint(n));
  const digit = (c) => {
    const n = c.codePointAt(0);
    let zero = n;
    while (n - zero < 9 && isDigit(zero - 1)) zero--;
    return n - zero;
  };
  for (const input of all("[data-digits]")) {
    const clean = () => {
      const digits = input.value.normalize("NFKC").replace(/\p{Nd}/gu, digit).replace(/\D/g, "");
      if (digits !== input.value) input.value = digits;
    };
    input.addEventListener("input", (e) => { if (!e.isComposing) clean(); });
    input.addEventListener("compositionend", clean);
  }

  // Cool-down of a button. The server keeps to the same time.
  for (const btn of all("[data-wait]")) {
    const note = byId(btn.getAttribute("aria-describedby"));
    const { waitText, waitDone } = note.dataset;
    const end = performance.now() + Number(btn.dataset.wait) * 1000;
    const left = () => Math.max(0, Math.ceil((end - performance.now()) / 1000));
    const tick = () => {
      const n = left();
      btn.setAttribute("aria-disabled", n > 0);
      if (n === 0) note.textContent = waitDone;
      else if (waitText) note.textContent = waitText.replace("{wait}", `${Math.floor(n / 60)}:${String(n % 60).padStart(2, "0")}`);
      if (n > 0) setTimeout(tick, 500);
    };
    btn.addEventListener("click", (e) => { if (left() > 0) e.preventDefault(); });
    tick();
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

  // A dialog that a page begins with. Closed with the keyboard, it leads where it says.
  for (const dialog of all("dialog[data-open]")) {
    dialog.removeAttribute("open");
    dialog.showModal();
    dialog.addEventListener("close", () => location.assign(dialog.dataset.open));
  }

  // A form whose choice has a dialog that asks first. Without this file a page asks.
  for (const choice of all("[data-asks]")) {
    choice.form.addEventListener("submit", (e) => {
      if (!choice.checked) return;
      e.preventDefault();
      byId(choice.dataset.asks).showModal();
    });
  }

  // How far something is: the server says so as it goes on. Where its events do not come
  // through, the page itself is asked for. The last word stays until it is closed, which
  // then leads to what it has come to.
  for (const live of all("[data-live]")) {
    const put = (name, text) => all(`[data-put="${name}"]`, live).forEach((e) => {
      if (e.textContent !== text) e.textContent = text; // else it is read aloud again
    });
    const show = (done, close) => {
      live.querySelector("progress").value = done;
      live.dataset.open = close;
      live.querySelector("[data-leaves]").href = close;
    };
    const poll = async () => {
      const page = await fetch(live.dataset.page).then((r) => r.ok ? r.text() : "", () => null);
      if (page !== null) {
        const now = new DOMParser().parseFromString(page, "text/html").querySelector("[data-open]");
        if (!now) return location.reload();
        all("[data-put]", now).forEach((e) => put(e.dataset.put, e.textContent));
        show(now.querySelector("progress").value, now.dataset.open);
        if (!now.dataset.live) return;
      }
      setTimeout(poll, 3000);
    };
    const events = new EventSource(live.dataset.live);
    events.addEventListener("message", (e) => {
      const { done, over, close, words } = JSON.parse(e.data);
      Object.entries(words).forEach(([name, text]) => put(name, text));
      show(done, close);
      if (over) events.close();
    });
    events.addEventListener("error", () => { if (events.readyState === EventSource.CLOSED) poll(); });
  }

  // A part of a page that waits for something asks for itself again, for as long as it says
  // where. What it becomes another page for is gone to.
  const again = (part) => setTimeout(async () => {
    const { again: at } = part.dataset;
    const page = await fetch(at, { redirect: "manual" }).then((r) => r.text(), () => "");
    const next = new DOMParser().parseFromString(page, "text/html").querySelector("[data-part]");
    if (!next) return location.replace(at);
    all("[data-put]", next).forEach((e, i) => {
      const now = all("[data-put]", part)[i];
      if (now && now.innerHTML !== e.innerHTML) now.replaceChildren(...e.childNodes);
    });
    part.dataset.again = next.dataset.again || "";
    if (next.dataset.again) again(part);
  }, 1000);
  all("[data-part][data-again]").forEach(again);

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
      await navigator.clipboard.writeText(byId(btn.dataset.copy).innerText.trim());
      btn.lastElementChild.textContent = btn.dataset.copied;
      btn.toggleAttribute("data-done", true);
    });
  }

  // Save a list as a file: what it holds is at no address, so that no server has it.
  for (const btn of all("[data-save]")) {
    btn.hidden = false;
    btn.addEventListener("click", () => {
      const lines = [...byId(btn.dataset.save).children].map((li) => li.textContent.trim());
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([[btn.dataset.title, "", ...lines, ""].join("\n")], { type: "text/plain" }));
      link.download = btn.dataset.file;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }
  for (const btn of all("[data-print]")) {
    btn.hidden = false;
    btn.addEventListener("click", () => window.print());
  }

  // Users ticked in a list, kept while its pages are turned: in the addresses of its pages, in
  // the part that no server gets. Without this, those of one page can be ticked, or all that
  // were found.
  for (const form of all("[data-bulk]")) {
    const boxes = all(`input[name=user][form=${form.id}]`), head = byId(form.dataset.bulk), found = form.elements.all;
    const links = all('a[href^="/company/users?"]');
    const kept = new Set(location.hash.match(/\busr_[0-9a-f]{32}\b/g));
    const show = () => {
      const here = boxes.filter((b) => b.checked).length;
      head.checked = here > 0 && here === boxes.length;
      head.indeterminate = here > 0 && here < boxes.length;
      form.querySelector("[data-count]").textContent = kept.size;
      form.querySelector("[data-clear]").hidden = kept.size === 0;
      const hash = kept.size ? "#" + [...kept].join(",") : "";
      links.forEach((a) => { a.hash = hash; });
      history.replaceState(null, "", location.pathname + location.search + hash);
    };
    const tick = (box, on) => { box.checked = on; kept[on ? "add" : "delete"](box.value); };
    boxes.forEach((b) => { b.checked = kept.has(b.value); b.addEventListener("change", () => { tick(b, b.checked); show(); }); });
    head.closest("[hidden]")?.removeAttribute("hidden");
    head.addEventListener("change", () => { boxes.forEach((b) => tick(b, head.checked)); show(); });
    form.querySelector("[data-selected]").hidden = false;
    form.querySelector("[data-clear]").addEventListener("click", () => { kept.clear(); boxes.forEach((b) => tick(b, false)); show(); });
    form.addEventListener("submit", () => {
      const here = new Set(boxes.map((b) => b.value));
      if (!found?.checked) [...kept].filter((id) => !here.has(id)).forEach((id) => {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "user", value: id }));
      });
    });
    show();
  }

  // A second click while a form is on its way is a slip. The server bears it, too; after a
  // few seconds a click means that somebody has waited long enough.
  for (const form of all("form[method=post]")) {
    let sent = -Infinity;
    form.addEventListener("submit", (e) => {
      if (e.defaultPrevented) return;
      if (performance.now() - sent < 3000) e.preventDefault();
      else sent = performance.now();
    });
  }
})();
