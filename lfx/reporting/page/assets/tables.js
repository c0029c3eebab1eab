"use strict";
// Sorting of tables by their columns' keys; the original order comes back on the third press.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const isNumber = head.classList.contains("number");
    head.querySelector("button").addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      const first = isNumber ? "descending" : "ascending";
      const second = isNumber ? "ascending" : "descending";
      const now = before === first ? second : before === second ? "none" : first;
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", now);
      const key = (row) => row.cells[column].dataset.key;
      const compare = (a, b) => {
        const [one, other] = [key(a), key(b)];
        if (one === "" || other === "") return (one === "") - (other === "");
        const order = isNumber ? Number(one) - Number(other) : one.localeCompare(other);
        return now === "descending" ? -order : order;
      };
      body.append(...(now === "none" ? original : [...original].sort(compare)));
    });
  });
}
