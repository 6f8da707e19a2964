// The demo's inbox: new mails appear without a reload. Without this file the page
// shows them when it is loaded again. What mails hold is only ever put in as text.
(() => {
  "use strict";
  const list = document.querySelector("[data-inbox]");
  const row = document.querySelector("[data-inbox-row]");
  if (!list || !row) return;
  const empty = document.querySelector("[data-inbox-empty]");
  const status = document.querySelector("[data-inbox-new]");
  const every = 2000;
  let newest = list.dataset.inbox;
  let wait = every;

  const address = (path, query) => {
    const url = new URL(path, location.origin);
    for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
    return url;
  };

  const add = (mail) => {
    const li = row.content.firstElementChild.cloneNode(true);
    const at = new Date(mail.at);
    li.querySelector("a").href = address("/inbox", { message: mail.id, to: list.dataset.to });
    li.querySelector("strong").textContent = mail.subject || list.dataset.noSubject;
    li.querySelector("bdi").textContent = mail.to;
    li.querySelector("time").dateTime = mail.at;
    li.querySelector("time").textContent = at.toLocaleString(list.dataset.lang, { dateStyle: "medium", timeStyle: "short" });
    list.prepend(li);
    empty.hidden = true;
    status.textContent = status.dataset.inboxNew;
  };

  const poll = async () => {
    try {
      const answer = await fetch(address("/inbox/messages", { after: newest, to: list.dataset.to }), { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.status);
      const mails = await answer.json();
      for (const mail of mails.reverse()) { add(mail); newest = mail.id; }   // newest first comes in, newest on top goes out
      wait = every;
    } catch {
      wait = Math.min(wait * 2, 60000);
    }
    setTimeout(poll, document.hidden ? 10000 : wait);
  };
  setTimeout(poll, every);
})();
