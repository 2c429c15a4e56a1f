'use strict';
// Making elements and texts. What comes from outside is set as text, never as markup.

const $ = (id) => document.getElementById(id);

// element('p', {class: 'quiet'}, 'text', element(...))
function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function shape(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== undefined && child !== ''));
  return node;
}

// Rows of cells; a column is [heading, class].
function table(caption, columns, rows) {
  const heading = ([name, style = '']) => element('th', { scope: 'col', class: style }, name);
  const cell = (value, n) => {
    const made = element('td', { class: columns[n][1] ?? '' }, value);
    made.title = made.textContent; // where it is cut
    return made;
  };
  const head = element('thead', {}, element('tr', {}, ...columns.map(heading)));
  const body = element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map(cell))));
  const whole = element('table', { 'aria-label': caption }, head, body);
  return element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption }, whole);
}

const quiet = (text) => element('p', { class: 'quiet' }, text);

// Puts new children into a place, and keeps how far it was scrolled.
function show(id, ...children) {
  const place = $(id);
  const before = place.querySelector('.scroll');
  const [top, left] = [before?.scrollTop ?? 0, before?.scrollLeft ?? 0];
  const focused = before !== null && document.activeElement === before;
  place.replaceChildren(...children);
  const after = place.querySelector('.scroll');
  if (!after) return;
  after.scrollTo(left, top);
  if (focused) after.focus({ preventScroll: true });
}

const number = (value) => (value < 10_000 ? value.toLocaleString('en') : short(value));

function short(value) {
  for (const [size, unit] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ])
    if (value >= size) return `${(value / size).toPrecision(3)} ${unit}`;
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toPrecision(2);
}

// Billionths of a US dollar.
function money(nano) {
  const usd = nano / 1e9;
  if (usd === 0) return '$0';
  if (usd < 0.01) return `$${usd.toPrecision(2)}`;
  return `$${usd.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

function age(ms) {
  if (ms < 1000) return `${ms} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${(ms / 1000).toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return seconds < 172_800
    ? `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
    : `${Math.floor(seconds / 86_400)} days`;
}

const clock = (time) => new Date(time).toLocaleTimeString('en-GB');
