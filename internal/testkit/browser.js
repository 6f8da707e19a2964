// One function, run in the page for every step of a test: it finds what a person
// would find and says where it is. It answers {value} or {problem}.
(verb, what, value) => {
  const clean = s => (s || "").replace(/\s+/g, " ").trim();
  const visible = e => e.checkVisibility({ visibilityProperty: true }) && [...e.getClientRects()].some(r => r.width > 1 && r.height > 1);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // What is read out for an element.
  const named = e => (e.getAttribute("aria-labelledby") || "").split(/\s+/).map(id => id && document.getElementById(id)?.textContent).filter(Boolean).join(" ");
  const spoken = e => [...e.childNodes].map(n => n.nodeType === 3 ? n.data : n.nodeType !== 1 || n.getAttribute("aria-hidden") === "true" ? "" : n.tagName === "IMG" ? n.alt : (n.tagName.toLowerCase() === "svg" ? n.getAttribute("aria-label") || "" : spoken(n))).join(" ");
  const labelsOf = e => [named(e), e.getAttribute("aria-label"), ...[...(e.labels || [])].map(l => spoken(l)), e.placeholder, e.title].map(clean).filter(Boolean);
  const textsOf = e => [named(e), e.getAttribute("aria-label"), e.tagName === "INPUT" ? e.value || (e.type === "submit" ? "Submit" : e.alt) : "", e.innerText, spoken(e), e.title].map(clean).filter(Boolean);

  const same = (a, b) => a.toLowerCase() === b.toLowerCase();
  const has = (a, b) => a.toLowerCase().includes(b.toLowerCase());
  // One of the candidates: by its exact name, by a key in the page's source, or
  // the only one whose name contains the text.
  const pick = (kind, candidates, names, keys) => {
    const wanted = clean(what);
    for (const found of [
      candidates.filter(e => names(e).some(n => n === wanted)),
      candidates.filter(e => keys(e).includes(what)),
      candidates.filter(e => names(e).some(n => same(n, wanted))),
      candidates.filter(e => names(e).some(n => has(n, wanted))),
    ]) {
      if (found.length === 1) return found[0];
      if (found.length > 1) {
        // The same name twice: a form in which something was filled in or has the
        // focus, or nothing to go by.
        const enabled = found.filter(e => !e.disabled);
        if (enabled.length === 1) return enabled[0];
        throw `there are ${found.length} ${kind}s "${what}": ${found.map(e => e.outerHTML.slice(0, 100)).join(" / ")}`;
      }
    }
    throw `there is no ${kind} "${what}"; there are: ${candidates.map(e => JSON.stringify(names(e)[0] || keys(e)[0] || "?")).join(", ") || "none"}`;
  };
  const keysOf = e => [e.name, e.id].filter(Boolean);

  const isBox = e => e.type === "checkbox" || e.type === "radio" || ["checkbox", "radio", "switch"].includes(e.getAttribute("role"));
  const labelShown = e => [...(e.labels || [])].some(visible);
  const field = () => pick("field", all("input,textarea,select,[contenteditable=true]").filter(e => e.type !== "hidden" && !["submit", "button", "reset", "image"].includes(e.type)
    && (visible(e) || (isBox(e) || e.type === "file") && labelShown(e))), labelsOf, keysOf);
  const button = () => pick("button", all("button,input[type=submit],input[type=button],input[type=image],input[type=reset],[role=button],[role=tab],[role=menuitem],summary").filter(visible), textsOf, keysOf);
  const link = () => pick("link", all("a[href],area[href]").filter(visible), textsOf, () => []);

  // Where to click an element: a place of it that nothing else covers.
  const place = e => {
    if (document.fonts.status === "loading") throw "the fonts still load, and what they bring moves everything";
    if (e.disabled || e.getAttribute("aria-disabled") === "true") throw `"${what}" is disabled`;
    e.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    let over;
    for (const r of e.getClientRects()) {
      const x = r.x + r.width / 2, y = r.y + r.height / 2;
      over = document.elementFromPoint(x, y);
      if (over && (e.contains(over) || over.contains(e) && over.tagName === "LABEL" || over.closest("label")?.control === e)) return { x, y };
    }
    throw `"${what}" is covered by ${over ? over.outerHTML.slice(0, 100) : "nothing that can be clicked"}`;
  };
  const tick = wanted => {
    const e = field();
    if (!isBox(e)) throw `"${what}" is not a box to tick`;
    const ticked = "checked" in e ? e.checked : e.getAttribute("aria-checked") === "true";
    if (ticked === wanted) return { done: true };
    return place(visible(e) ? e : [...e.labels].find(visible));
  };

  const visibleText = () => clean(document.body?.innerText);
  const verbs = {
    press: () => place(button()),
    follow: () => place(link()),
    click: () => {
      const e = all(what).find(visible);
      if (!e) throw `nothing visible is ${what}`;
      return place(e);
    },
    check: () => tick(true),
    uncheck: () => tick(false),
    attach: () => {
      const e = field();
      if (e.type !== "file") throw `"${what}" takes no file`;
      return e;
    },
    // The answer is true if all is done, false if the text is still to be typed.
    fill: () => {
      const e = field();
      if (e.disabled || e.readOnly) throw `"${what}" cannot be changed`;
      if (isBox(e)) throw `"${what}" is to be ticked, not filled`;
      const set = () => {
        e.focus();
        e.dispatchEvent(new Event("input", { bubbles: true }));
        e.dispatchEvent(new Event("change", { bubbles: true }));
        return true;
      };
      if (e.tagName === "SELECT") {
        const options = [...e.options].filter(o => !o.disabled);
        const option = options.find(o => clean(o.text) === clean(value)) || options.find(o => o.value === value);
        if (!option) throw `"${what}" has no option "${value}"; it has: ${options.map(o => clean(o.text)).join(", ")}`;
        option.selected = true;
        return set();
      }
      if (["date", "time", "datetime-local", "month", "week", "color", "range"].includes(e.type)) {
        e.value = value;
        return set();
      }
      e.scrollIntoView({ block: "center", behavior: "instant" });
      e.focus();
      if (document.activeElement !== e) throw `"${what}" does not take the focus`;
      if (e.select) e.select(); else getSelection().selectAllChildren(e);
      return false;
    },
    value: () => {
      const e = field();
      return isBox(e) ? String(e.checked) : e.value;
    },
    text: () => {
      const e = all(what).find(visible);
      if (!e) throw `nothing visible is ${what}`;
      return clean(e.innerText);
    },
    texts: () => all(what).filter(visible).map(e => clean(e.innerText)),
    has: () => has(visibleText(), clean(what)),
    page: () => ({ url: location.href, title: document.title, text: (document.body?.innerText || "").replace(/\n\s*\n+/g, "\n").trim().slice(0, 4000) }),
  };
  try {
    const answer = verbs[verb]();
    return verb === "attach" ? answer : { value: answer };
  } catch (problem) {
    return verb === "attach" ? undefined : { problem: String(problem) };
  }
}
