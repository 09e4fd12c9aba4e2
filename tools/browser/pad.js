// Where one draws a digit: a canvas of 28 x 28 cells' worth, white on black as the stroke digits are. After every stroke
// `changed` gets the image that the network is asked about, 784 numbers from 0 to 1, or null for an empty pad.
'use strict';

function makePad(canvas, changed) {
  const c = canvas.getContext('2d', {willReadFrequently: true}), side = canvas.width;
  let last = null;

  const clear = () => {
    c.fillStyle = '#000';
    c.fillRect(0, 0, side, side);
    changed(null);
  };
  const at = event => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * side / box.width, (event.clientY - box.top) * side / box.height];
  };
  const line = (from, to) => {
    c.strokeStyle = '#fff';
    c.lineWidth = side / 28 * 2.3;
    c.lineCap = c.lineJoin = 'round';
    c.beginPath(), c.moveTo(...from), c.lineTo(to[0] + 0.01, to[1]), c.stroke();
  };

  // The drawing in the middle, its longer side 20 of 28 pixels, as the digits of MNIST are.
  const image = () => {
    const pixels = c.getImageData(0, 0, side, side).data;
    let [left, right, top, bottom] = [side, -1, side, -1];
    for (let i = 0; i < side * side; ++i) {
      if (pixels[4 * i] < 60) continue;
      const x = i % side, y = Math.floor(i / side);
      left = Math.min(left, x), right = Math.max(right, x), top = Math.min(top, y), bottom = Math.max(bottom, y);
    }
    if (right < 0) return null;
    const extent = Math.max(right - left, bottom - top) + 1, scale = Math.min(20 / extent, 1.6 * 28 / side);
    const small = document.createElement('canvas');
    small.width = small.height = 28;
    const s = small.getContext('2d');
    s.fillStyle = '#000', s.fillRect(0, 0, 28, 28);
    s.imageSmoothingQuality = 'high';
    s.drawImage(canvas, 14 - scale * (left + right + 1) / 2, 14 - scale * (top + bottom + 1) / 2, scale * side, scale * side);
    const found = s.getImageData(0, 0, 28, 28).data;
    return Float32Array.from({length: 784}, (_, i) => found[4 * i] / 255);
  };

  canvas.addEventListener('pointerdown', event => {
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    line(last, last);
    event.preventDefault();
    canvas.focus({preventScroll: true});
  });
  canvas.addEventListener('pointermove', event => {
    if (!last) return;
    const to = at(event);
    line(last, to);
    last = to;
  });
  for (const end of ['pointerup', 'pointercancel'])
    canvas.addEventListener(end, () => {
      if (last) changed(image());
      last = null;
    });
  canvas.addEventListener('keydown', event => {
    if (event.key === 'Delete' || event.key === 'Backspace') clear(), event.preventDefault();
  });
  clear();

  return {
    clear,
    // A test digit, 784 bytes: asked about as it is.
    show(bytes) {
      c.imageSmoothingEnabled = false;
      c.drawImage(digitBitmap(bytes), 0, 0, side, side);
      changed(Float32Array.from(bytes, b => Math.fround(b / 255)));
    },
  };
}
