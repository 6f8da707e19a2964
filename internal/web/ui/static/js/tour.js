// The demo's tour: the codes of the authenticator apps change without a reload. Without this
// file the page has a link that shows the next ones.
(() => {
  "use strict";
  const next = document.querySelector("[data-app-next]");
  if (!next) return;
  const soonest = 1000;
  const texts = "[data-app-code], [data-app-until]";

  const refresh = async () => {
    let left = 5000; // if the server is away
    try {
      const answer = await fetch("/", { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const here = document.querySelectorAll(texts);
      const there = page.querySelectorAll(texts);
      if (here.length !== there.length) return location.reload(); // an app has come or gone
      here.forEach((element, i) => { element.textContent = there[i].textContent; });
      left = Number(page.querySelector("[data-app-next]").dataset.appNext);
    } catch { /* once more */ }
    setTimeout(refresh, Math.max(left + 50, soonest));
  };
  setTimeout(refresh, Math.max(Number(next.dataset.appNext) + 50, soonest));
})();
