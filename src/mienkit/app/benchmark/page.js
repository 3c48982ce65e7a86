for (const table of document.querySelectorAll('table.sorts')) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0], first = [...body.rows];
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button'; button.title = 'sort by this column';
    button.append(...head.childNodes); head.append(button);
    button.addEventListener('click', () => {
      const was = head.getAttribute('aria-sort'), down = head.dataset.better !== 'lower' && column > 0;
      const now = was === null ? (down ? 'descending' : 'ascending')
        : was === (down ? 'descending' : 'ascending') ? (down ? 'ascending' : 'descending') : null;
      heads.forEach(other => other.removeAttribute('aria-sort'));
      if (now === null) { body.append(...first); return; }
      head.setAttribute('aria-sort', now);
      const of = row => { const cell = row.cells[column], v = cell.dataset.v;
        return v === undefined ? cell.textContent.trim() : v === '' ? null : Number(v); };
      const sign = now === 'ascending' ? 1 : -1;
      body.append(...[...first].sort((a, b) => { const x = of(a), y = of(b);
        if (x === null || y === null) return (x === null) - (y === null);
        return sign * (x < y ? -1 : x > y ? 1 : 0); }));
    });
  });
}
