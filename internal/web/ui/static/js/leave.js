// The page that posts an answer to an application: it goes at once. Without this file the
// button does it.
(() => {
  "use strict";
  document.querySelector("form[data-leaves]")?.submit();
})();
