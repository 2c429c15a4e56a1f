// Charts in SVG, drawn by hand.

const add = (list) => list.reduce((sum, value) => sum + value, 0);

// Sums of `size` neighbours, counted from the end.
function grouped(list, size) {
  const groups = [];
  for (let end = list.length; end > 0; end -= size) groups.unshift(add(list.slice(Math.max(0, end - size), end)));
  return groups;
}

// A round number that is not below the value.
function roof(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value) * power;
}

// Lines over the last ten minutes: {values, style} each, in the same unit; `text` writes a value.
function timeChart(label, lines, text) {
  const [width, height, left, bottom] = [420, 140, 44, 16];
  const top = roof(Math.max(...lines.flatMap(({ values }) => values)));
  const svg = shape('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
  for (const part of [0, 0.5, 1]) {
    const y = 6 + (1 - part) * (height - bottom - 6);
    svg.append(shape('line', { class: 'grid', x1: left, x2: width, y1: y, y2: y }));
    svg.append(shape('text', { x: left - 6, y: y + 4, 'text-anchor': 'end' }, text(top * part)));
  }
  for (const { values, style } of lines) {
    const points = values.map((value, n) => {
      const x = left + (n / Math.max(1, values.length - 1)) * (width - left);
      return `${x.toFixed(1)},${(6 + (1 - value / top) * (height - bottom - 6)).toFixed(1)}`;
    });
    const floor = height - bottom;
    svg.append(
      shape('polygon', {
        class: `area fill${style}`,
        points: `${left},${floor} ${points.join(' ')} ${width},${floor}`,
      }),
    );
    svg.append(shape('polyline', { class: `line stroke${style}`, points: points.join(' ') }));
  }
  for (const [x, words, anchor] of [
    [left, '10 min ago', 'start'],
    [width, 'now', 'end'],
  ])
    svg.append(shape('text', { x, y: height - 2, 'text-anchor': anchor }, words));
  return svg;
}

// A column for each day, in parts: `days` are names, `parts` have {name, style, values}, a value for each day.
function columnChart(label, days, parts, text) {
  const [width, height, left, bottom] = [640, 190, 52, 18];
  const top = roof(Math.max(...days.map((_, day) => add(parts.map(({ values }) => values[day])))));
  const svg = shape('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
  const room = height - bottom - 6;
  for (const part of [0, 0.5, 1]) {
    const y = 6 + (1 - part) * room;
    svg.append(shape('line', { class: 'grid', x1: left, x2: width, y1: y, y2: y }));
    svg.append(shape('text', { x: left - 6, y: y + 4, 'text-anchor': 'end' }, text(top * part)));
  }
  const step = (width - left) / days.length;
  days.forEach((day, n) => {
    let y = height - bottom;
    for (const { name, style, values } of parts) {
      const size = (values[n] / top) * room;
      if (size <= 0) continue;
      y -= size;
      const box = {
        class: `fill${style}`,
        x: left + n * step + step * 0.18,
        y,
        width: step * 0.64,
        height: Math.max(size - 1, 0.5),
        rx: 1.5,
      };
      svg.append(shape('rect', box, shape('title', {}, `${day}, ${name}: ${text(values[n])}`)));
    }
    if (n % 2 === (days.length - 1) % 2)
      svg.append(shape('text', { x: left + (n + 0.5) * step, y: height - 3, 'text-anchor': 'middle' }, day.slice(5)));
  });
  return svg;
}

function legend(parts, text) {
  const entries = parts.map(({ name, style, values }) =>
    element(
      'li',
      {},
      element('i', { class: `fill${style}` }),
      `${name} `,
      element('span', { class: 'quiet' }, text(add(values))),
    ),
  );
  return element('ul', { class: 'legend' }, ...entries);
}

// Part of a bar; its width may not stand in an attribute here.
function slice(style, share) {
  const node = element('span', { class: style });
  node.style.width = `${Math.min(100, Math.max(0, share * 100))}%`;
  return node;
}
