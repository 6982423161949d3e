"use strict";
// Hides whatever doesn't match. An item is anything with a name and a text of its own: a section, a row of a table. It is shown if
// its own text has every word, if something in it is shown, or if the name of what it stands in has every word.
{
  const field = document.getElementById("search");
  const found = document.getElementById("found");
  const entries = [...document.querySelectorAll(".contents a")];

  const own = (element, wanted) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) => {
      if (node.nodeType === Node.TEXT_NODE) return NodeFilter.FILTER_ACCEPT;
      return node.matches("[data-item], [data-quiet], .permalink, thead, caption") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
    });
    let text = "";
    while (walker.nextNode()) {
      if (!wanted || walker.currentNode.parentElement.closest(wanted)) text += walker.currentNode.data + " ";
    }
    return text.toLowerCase().replace(/\s+/g, " ");
  };

  const items = [...document.querySelectorAll("[data-item]")].map((element) => ({
    element,
    name: own(element, "[data-name]"),
    text: own(element),
  }));
  const byElement = new Map(items.map((item) => [item.element, item]));
  for (const item of items) item.parent = byElement.get(item.element.parentElement.closest("[data-item]"));

  const search = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const all = (text) => words.every((word) => text.includes(word));
    let matches = 0;
    for (const item of items) {
      item.named = all(item.name) || Boolean(item.parent?.named);
      item.shown = item.named;
      if (!all(item.text)) continue;
      matches += 1;
      for (let above = item; above; above = above.parent) above.shown = true;
    }
    for (const item of items) item.element.hidden = !item.shown;
    for (const entry of entries) {
      const target = document.getElementById(entry.hash.slice(1));
      const line = entry.closest("li");
      if (line) line.hidden = Boolean(target?.hidden);
    }
    if (words.length === 0) found.textContent = "";
    else if (matches === 0) found.textContent = `Nothing matches “${field.value.trim()}”.`;
    else found.textContent = matches === 1 ? "1 match" : `${matches} matches`;
  };

  const clear = () => {
    field.value = "";
    search();
  };

  // A link leads somewhere, whatever is being searched for.
  const reveal = (hash) => {
    const target = document.getElementById(hash.slice(1));
    if (target?.closest("[hidden]")) clear();
    return target;
  };

  field.addEventListener("input", search);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (!link) return;
    reveal(link.hash);
    // On a small screen the open contents would cover what they lead to.
    const contents = link.closest(".contents");
    if (contents) contents.open = false;
  });
  window.addEventListener("hashchange", () => reveal(location.hash)?.scrollIntoView());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && event.target !== field) {
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === "Escape" && field.value !== "") {
      clear();
    }
  });

  document.querySelector("search").hidden = false;
  // A browser may bring back what was typed before the page was left.
  if (field.value) search();
}
