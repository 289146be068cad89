/** An element with a class and what is in it. Text is only ever text: nothing here reads HTML. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...content: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...content);
  return element;
}

/** An element of the page itself. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new Error(`the page has no ${id}`);
}

/** A table with a row of headings; the first cell of each row is its heading. */
export function table(
  caption: string,
  headings: readonly string[],
  rows: readonly (readonly (Node | string)[])[],
): HTMLElement {
  const head = el('tr', '');
  for (const heading of headings) {
    const cell = el('th', '', heading);
    cell.scope = 'col';
    head.append(cell);
  }
  const body = el('tbody', '');
  for (const row of rows) {
    const line = el('tr', '');
    for (const [index, content] of row.entries()) {
      const cell = el(index === 0 ? 'th' : 'td', '', content);
      if (cell instanceof HTMLTableCellElement && index === 0) cell.scope = 'row';
      cell.dataset.label = headings[index] ?? '';
      line.append(cell);
    }
    body.append(line);
  }
  return el('table', '', el('caption', '', caption), el('thead', '', head), body);
}
