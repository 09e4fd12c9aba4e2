// What the page draws: each function fills a canvas from numbers, in the colours of page.css. Normal and other digits
// differ in shape or place too, for those who do not see the colours apart.
'use strict';

const colour = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const quantile = (values, q) => {
  const sorted = Float64Array.from(values).sort();
  return sorted.length ? sorted[Math.round(q * (sorted.length - 1))] : 0;
};
const short = x => x === 0 ? '0' : Math.abs(x) >= 1e4 || Math.abs(x) < 1e-2 ? x.toExponential(1) : String(+x.toPrecision(3));

// The canvas at the screen's own resolution: its context, width and height in CSS pixels.
function cleared(canvas, cssHeight) {
  if (cssHeight !== undefined) canvas.style.height = cssHeight + 'px';
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const c = canvas.getContext('2d');
  c.scale(ratio, ratio);
  c.font = '12px system-ui, sans-serif';
  return {c, width, height};
}

// An image of 28 x 28 bytes as something that drawImage takes.
function digitBitmap(bytes) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 28;
  const c = canvas.getContext('2d'), pixels = c.createImageData(28, 28);
  bytes.forEach((b, i) => pixels.data.set([b, b, b, 255], 4 * i));
  c.putImageData(pixels, 0, 0);
  return canvas;
}

// Two orthogonal axes along which rows of p numbers vary most, about their mean: power iteration.
function mainAxes(rows, p) {
  const n = rows.length / p, mean = new Float64Array(p);
  for (let i = 0; i < rows.length; ++i) mean[i % p] += rows[i] / n;
  const axes = [];
  for (let a = 0; a < 2; ++a) {
    let axis = Float64Array.from({length: p}, (_, j) => 1 + ((j * 7 + a * 3) % 5));
    for (let round = 0; round < 40; ++round) {
      const next = new Float64Array(p);
      for (let i = 0; i < n; ++i) {
        let along = 0;
        for (let j = 0; j < p; ++j) along += (rows[i * p + j] - mean[j]) * axis[j];
        for (let j = 0; j < p; ++j) next[j] += along * (rows[i * p + j] - mean[j]);
      }
      for (const other of axes) {
        const along = next.reduce((sum, x, j) => sum + x * other[j], 0);
        other.forEach((x, j) => next[j] -= along * x);
      }
      const length = Math.hypot(...next) || 1;
      axis = next.map(x => x / length);
    }
    axes.push(axis);
  }
  return axes;
}

// The digits about the centre. `points`: {distance, angle, kind}, kind 'normal', 'anomalous', 'trained' or 'drawn'; the
// sphere's radius; and the distance that the edge stands for.
function drawSphere(canvas, {points, radius, edge}) {
  const {c, width, height} = cleared(canvas), x0 = width / 2, y0 = height / 2, unit = 0.94 * Math.min(x0, y0) / (edge || 1);
  const most = 0.97 * Math.min(x0, y0);
  c.fillStyle = colour('normal');
  c.globalAlpha = 0.1;
  c.beginPath();
  c.arc(x0, y0, Math.min(radius * unit, 2 * most), 0, 2 * Math.PI);
  c.fill();
  c.globalAlpha = 1;
  c.strokeStyle = colour('normal');
  c.lineWidth = 1.5;
  c.stroke();
  c.fillStyle = colour('ink');
  c.fillRect(x0 - 4, y0 - 0.75, 8, 1.5);
  c.fillRect(x0 - 0.75, y0 - 4, 1.5, 8);
  for (const {distance, angle, kind} of points) {
    const r = Math.min(distance * unit, most), x = x0 + r * Math.cos(angle), y = y0 + r * Math.sin(angle);
    c.beginPath();
    if (kind === 'anomalous') {
      c.moveTo(x, y - 4), c.lineTo(x + 3.6, y + 2.8), c.lineTo(x - 3.6, y + 2.8), c.closePath();
    } else if (kind === 'drawn') {
      c.moveTo(x, y - 9), c.lineTo(x + 9, y), c.lineTo(x, y + 9), c.lineTo(x - 9, y), c.closePath();
    } else {
      c.arc(x, y, kind === 'trained' ? 1.8 : 3.6, 0, 2 * Math.PI);
    }
    if (kind === 'drawn') {
      c.strokeStyle = colour('ink'), c.lineWidth = 3, c.stroke();
    } else {
      c.globalAlpha = kind === 'trained' ? 0.7 : 0.75;
      c.fillStyle = colour(kind), c.fill();
      c.globalAlpha = 1;
    }
  }
  c.fillStyle = colour('muted');
  c.fillText('radius ' + short(radius), 4, height - 6);
}

// Losses of every epoch, a line a phase, on a logarithmic axis. `history`: {phase, loss}.
function drawLoss(canvas, history, total) {
  const {c, width, height} = cleared(canvas), left = 52, bottom = 20, top = 8;
  const losses = history.map(h => Math.max(h.loss, 1e-30));
  if (!losses.length) return;
  let low = Math.log10(Math.min(...losses)), high = Math.log10(Math.max(...losses));
  if (high - low < 0.3) low -= 0.15, high += 0.15;
  const x = i => left + (total > 1 ? i / (total - 1) : 0.5) * (width - left - 8);
  const y = loss => top + (high - Math.log10(Math.max(loss, 1e-30))) / (high - low) * (height - top - bottom);
  c.fillStyle = colour('muted');
  c.strokeStyle = colour('line');
  for (const t of [low, (low + high) / 2, high]) {
    const at = y(10 ** t);
    c.beginPath(), c.moveTo(left, at), c.lineTo(width - 8, at), c.stroke();
    c.textAlign = 'right', c.fillText(short(10 ** t), left - 6, at + 4);
  }
  let first = 0;
  for (const phase of new Set(history.map(h => h.phase))) {
    const of = history.map((h, i) => ({...h, i})).filter(h => h.phase === phase);
    c.strokeStyle = colour(phase === 'autoencoder' ? 'muted' : 'accent');
    c.setLineDash(phase === 'autoencoder' ? [5, 4] : []);
    c.lineWidth = 2;
    c.beginPath();
    for (const h of of) c.lineTo(x(h.i), y(h.loss));
    c.stroke();
    const last = of[of.length - 1];
    c.beginPath(), c.arc(x(last.i), y(last.loss), 3, 0, 2 * Math.PI), c.fillStyle = c.strokeStyle, c.fill();
    c.textAlign = 'left';
    c.fillText(phase === 'autoencoder' ? 'pretraining' : 'training', Math.min(x(first), width - 80), height - 5);
    first += of.length;
  }
  c.setLineDash([]);
}

// How many normal (upwards) and other digits (downwards) have which distance.
function drawHistogram(canvas, distances, isNormal, threshold) {
  const {c, width, height} = cleared(canvas), bins = 36, left = 8, bottom = 18;
  const edge = Math.max(quantile(distances, 0.99), threshold * 1.05) || 1;
  const up = new Array(bins).fill(0), down = new Array(bins).fill(0);
  distances.forEach((d, i) => ++(isNormal[i] ? up : down)[Math.min(bins - 1, Math.floor(d / edge * bins))]);
  const all = [up, down].map(of => of.reduce((a, b) => a + b, 0) || 1);
  const most = Math.max(...up.map(n => n / all[0]), ...down.map(n => n / all[1])) || 1;
  const middle = (height - bottom) / 2, w = (width - 2 * left) / bins;
  [[up, 'normal', -1, all[0]], [down, 'anomalous', 1, all[1]]].forEach(([counts, name, way, of]) => {
    c.fillStyle = colour(name);
    counts.forEach((n, b) => {
      const h = n / of / most * (middle - 4);
      c.fillRect(left + b * w, way < 0 ? middle - h : middle, Math.max(1, w - 1), h);
    });
  });
  c.strokeStyle = c.fillStyle = colour('ink');
  c.lineWidth = 1;
  c.beginPath(), c.moveTo(left, middle), c.lineTo(width - left, middle), c.stroke();
  const at = left + Math.min(1, threshold / edge) * (width - 2 * left);
  c.lineWidth = 2;
  c.beginPath(), c.moveTo(at, 0), c.lineTo(at, height - bottom), c.stroke();
  c.textAlign = at > width / 2 ? 'right' : 'left';
  c.fillText('threshold ' + short(threshold), at, height - 4);
}

// Digits in rows, in the order given: `places` are numbers of test digits. A line under each says what it is: one under
// a normal digit, two under another. Returns which digit lies at a point of the canvas.
function drawDigits(canvas, places, bitmapOf, isNormal) {
  const side = 32, columns = Math.max(1, Math.floor(canvas.clientWidth / side));
  const {c} = cleared(canvas, Math.ceil(places.length / columns) * (side + 7) || 1);
  places.forEach((place, i) => {
    const x = i % columns * side, y = Math.floor(i / columns) * (side + 7);
    c.drawImage(bitmapOf(place), x + 1, y, side - 2, side - 2);
    c.fillStyle = colour(isNormal(place) ? 'normal' : 'anomalous');
    c.fillRect(x + 1, y + side - 1, side - 2, isNormal(place) ? 4 : 1.7);
    if (!isNormal(place)) c.fillRect(x + 1, y + side + 2, side - 2, 1.7);
  });
  return (x, y) => {
    const column = Math.floor(x / side);
    return column < columns ? places[Math.floor(y / (side + 7)) * columns + column] : undefined;
  };
}
