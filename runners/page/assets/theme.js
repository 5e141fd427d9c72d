"use strict";
// Before anything is painted: the theme that the reader chose the last time.
try {
  const chosen = localStorage.getItem("piq-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be forbidden: the system's theme it is.
}
