"use strict";
// A model's page: an address like #prompts opens the folded part that it names, and an opened part names the address.
(() => {
  const folds = [...document.querySelectorAll("details.fold[id]")];

  function openNamed() {
    const named = folds.find((fold) => `#${fold.id}` === location.hash);
    if (!named) return;
    named.open = true;
    named.scrollIntoView();
  }

  for (const fold of folds) {
    fold.addEventListener("toggle", () => {
      if (fold.open) history.replaceState(null, "", `#${fold.id}`);
      else if (location.hash === `#${fold.id}`) history.replaceState(null, "", location.pathname + location.search);
    });
  }
  // Paper has no folds: all is printed, and folded again.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = folds.filter((fold) => !fold.open);
    for (const fold of folded) fold.open = true;
  });
  window.addEventListener("afterprint", () => folded.forEach((fold) => (fold.open = false)));
  window.addEventListener("hashchange", openNamed);
  openNamed();
  document.documentElement.dataset.ready = "";
})();
