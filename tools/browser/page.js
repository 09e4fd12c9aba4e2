// The page: its settings become the options of `svdd train`, a worker (worker.js) fits, and what it tells is shown.
// The part of the address behind # sets the settings by the options' names, and `train` begins at once:
//   index.html#normal=3&ae-epochs=2&epochs=2&train
'use strict';

const $ = id => document.getElementById(id);
const form = $('settings'), field = name => form.elements[name];
const pixels = 28 * 28, testsShown = 300;  // as page.cc has it

let worker = null, busy = false;
let testImages = null, testClasses = null;  // bytes, and the digit of each image
let run = null;    // what is known of the fit that is under way, or done
let drawn = null;  // the image in the pad
const bitmaps = new Map();

const bitmapOf = i => {
  if (!bitmaps.has(i)) bitmaps.set(i, digitBitmap(testImages.subarray(i * pixels, (i + 1) * pixels)));
  return bitmaps.get(i);
};
const isNormal = i => run.normal.includes(testClasses[i]);
const seconds = s => s < 10 ? s.toFixed(2) + ' s' : s.toFixed(0) + ' s';

// ---- from settings to a fit

function settings() {
  const value = name => field(name).value;
  const normal = [...form.querySelectorAll('#normal input:checked')].map(box => +box.value);
  const options = [['ae-epochs', value('ae-epochs')], ['epochs', value('epochs')], ['lr', value('lr')],
                   ['ae-lr', value('lr')], ['batch-size', value('batch-size')], ['ae-batch-size', value('batch-size')]];
  if (value('objective') !== 'one-class')
    options.push(['objective', value('objective')],
                 ['warm-up-epochs', String(Math.min(10, Math.floor(value('epochs') / 3)))]);
  if (field('weight-decay').selectedIndex > 0) options.push(['weight-decay', value('weight-decay')]);
  options.push(['seed', String(Math.trunc(Math.abs(+value('seed') || 0)))]);
  return {normal, options, limit: +value('limit'), zeroCentre: field('zero-centre').checked,
          biasTerms: field('bias-terms').checked};
}

function commandLine({normal, options, limit}) {
  const all = [['data', 'strokes'], ['normal', normal.join(',')], ...(limit ? [['limit', limit]] : []), ...options,
               ['out', 'runs/digits-' + normal.join('-')]];
  return 'svdd train' + all.map(([name, value]) => ` --${name} ${value}`).join('');
}

const breaksTheory = s => s.zeroCentre || s.biasTerms;

function showCommand() {
  const s = settings();
  for (const range of form.querySelectorAll('[type=range]')) range.parentNode.querySelector('output').value = range.value;
  $('command').textContent = commandLine(s);
  $('same').textContent = breaksTheory(s)
    ? 'The command has no option for what breaks the theory, and so no such receipt; without that it would be:'
    : 'The command gives the same two hashes, on any machine:';
  $('train').disabled = busy || !testImages || !s.normal.length;
  if (testImages && !s.normal.length) $('status').textContent = 'Choose at least one digit to be normal.';
}

function train() {
  const s = settings();
  run = {...s, history: [], representations: null, scores: null, threshold: 0, radius: 0, axes: null, firstEdge: 0,
         total: +field('ae-epochs').value + +field('epochs').value, epochSeconds: [], begun: performance.now()};
  busy = true;
  document.body.dataset.state = 'training';
  for (const id of ['weights_sha256', 'scores_sha256']) $(id).textContent = 'after the training';
  $('auc').textContent = '–';
  $('alarm').hidden = true;
  $('stop').disabled = false;
  $('progress').value = 0;
  $('status').textContent = 'Training begins…';
  for (const id of ['accepted', 'refused']) $(id).style.height = '1px';
  showCommand();
  worker.postMessage({fit: {...s, options: s.options.flat().join(' ')}});
}

function ended(text) {
  busy = false;
  $('stop').disabled = true;
  $('status').textContent = text;
  showCommand();
}

function begin() {
  worker = new Worker('worker.js');
  worker.onmessage = ({data}) => told[data.name] && told[data.name](data.value);
  worker.onerror = event => told.error(event.message || 'worker.js did not load');
}

// ---- what the worker tells

const told = {
  test_images: bytes => testImages = bytes,
  test_classes: classes => testClasses = classes,
  ready() {
    if (!$('normal').querySelector('canvas')) offerDigits();
    if (document.body.dataset.state === 'loading') {
      document.body.dataset.state = 'ready';
      $('status').textContent = 'Ready: 10 000 digits to learn from, 2000 to test with, drawn by a formula.';
      if (new URLSearchParams(location.hash.slice(1)).has('train')) train();
    }
    showCommand();
  },
  note: text => run.note = text,
  phase: name => run.phase = name,
  untrained_auc: auc => run.untrainedAuc = auc,
  epoch([epoch, epochs, loss, radius, took]) {
    run.history.push({phase: run.phase, loss});
    run.radius = radius;
    run.epochSeconds.push(took);
    $('progress').value = run.history.length / run.total;
    $('status').textContent = `${run.phase === 'autoencoder' ? 'Pretraining' : 'Training'}, epoch ${epoch + 1} of ${epochs}: ` +
      `loss ${short(loss)}, ${seconds(took)} an epoch`;
    drawLoss($('loss'), run.history, run.total);
  },
  standing_threshold: threshold => run.threshold = threshold,
  standing_representations: z => run.representations = z,
  standing_scores(scores) {
    run.shown = scores;
    showStanding();
  },
  scores: scores => run.scores = scores,
  threshold: threshold => run.threshold = threshold,
  auc: auc => run.auc = auc,
  collapse: warning => run.collapse = warning,
  seconds_of_training: s => run.seconds = s,
  weights_sha256: hash => $('weights_sha256').textContent = hash,
  scores_sha256: hash => $('scores_sha256').textContent = hash,
  done() {
    const per = run.epochSeconds.filter((_, i) => run.history[i].phase !== 'autoencoder');
    const mean = per.reduce((a, b) => a + b, 0) / per.length;
    const refused = run.scores.filter((s, i) => s > run.threshold);
    ended(`Done: ${per.length} epochs of ${seconds(mean)}; ${refused.length} of ${run.scores.length} test digits are refused.`);
    $('auc').textContent = run.auc === undefined ? 'none: every digit is normal'
      : (100 * run.auc).toFixed(2) + ' %' + (run.untrainedAuc === undefined ? '' : ` (untrained ${(100 * run.untrainedAuc).toFixed(2)} %)`);
    if (run.collapse) {
      $('alarm').textContent = 'Alarm: ' + run.collapse;
      $('alarm').hidden = false;
    }
    document.body.dataset.secondsAnEpoch = mean.toFixed(4);
    showStanding();
    showDigits();
    if (drawn) ask();
    document.body.dataset.state = 'done';
  },
  drawn: z => run.drawnZ = z,
  drawn_score(score) {
    run.drawnScore = score;
    const refused = score > run.threshold;
    $('verdict').innerHTML = '';
    const verdict = document.createElement('strong');
    verdict.textContent = refused ? 'Refused' : 'Accepted';
    $('verdict').append(verdict, `: score ${short(score)}, threshold ${short(run.threshold)}.`);
    showStanding();
  },
  error(text) {
    ended(text);
    $('alarm').textContent = text;
    $('alarm').hidden = false;
    document.body.dataset.state = 'failed';
  },
};

// ---- pictures

// Distances, whatever the objective: scores are d, or d − R² under the soft boundary.
const distanceOf = score => Math.sqrt(Math.max(0, score + run.radius ** 2));

function showStanding() {
  const z = run.representations, n = run.shown.length, p = z.length / n;
  if (!run.axes) run.axes = mainAxes(z, p);
  // Angles are about the mean of what was trained on, which is near the centre.
  const mean = new Float64Array(p);
  for (let i = testsShown; i < n; ++i) for (let j = 0; j < p; ++j) mean[j] += z[i * p + j] / (n - testsShown);
  const angle = (rows, i) => {
    const along = run.axes.map(axis => axis.reduce((sum, a, j) => sum + a * (rows[i * p + j] - mean[j]), 0));
    return Math.atan2(along[1], along[0]);
  };
  const points = Array.from(run.shown, (score, i) => ({distance: distanceOf(score), angle: angle(z, i),
    kind: i >= testsShown ? 'trained' : isNormal(i) ? 'normal' : 'anomalous'}));
  points.sort((a, b) => (a.kind === 'trained') - (b.kind === 'trained') || (a.kind === 'normal') - (b.kind === 'normal'));
  const farthest = quantile(points.map(point => point.distance), 0.97);
  run.firstEdge = run.firstEdge || farthest;
  if (run.drawnZ && !busy) points.push({distance: distanceOf(run.drawnScore), angle: angle(run.drawnZ, 0), kind: 'drawn'});
  const radius = distanceOf(run.threshold);
  // All that is left of a collapse is a point: the picture follows the digits inwards no further than this.
  const edge = Math.max(farthest, 0.05 * run.firstEdge);
  drawSphere($('sphere'), {points, radius, edge});
  $('sphere').setAttribute('aria-label', `Digits about the centre; the sphere's radius is ${short(radius)}`);
  const scores = run.scores && !busy ? run.scores : run.shown.subarray(0, testsShown);
  drawHistogram($('histogram'), Array.from(scores, distanceOf), Array.from(scores, (_, i) => isNormal(i)), radius);
}

let digitAt = {};
function showDigits() {
  const order = [...run.scores.keys()].filter(i => i < testsShown).sort((a, b) => run.scores[a] - run.scores[b]);
  const accepted = order.filter(i => run.scores[i] <= run.threshold), refused = order.filter(i => run.scores[i] > run.threshold);
  const count = (of, normal) => of.filter(i => isNormal(i) === normal).length;
  const title = (name, of) => {
    const text = `${of.length} digits: ${count(of, true)} normal, ${count(of, false)} others`;
    $(name + '-title').textContent = (name === 'accepted' ? 'Accepted, ' : 'Refused, ') + text;
    $(name).setAttribute('aria-label', text);
    digitAt[name] = drawDigits($(name), of, bitmapOf, isNormal);
  };
  title('accepted', accepted);
  title('refused', refused);
  $('digits-says').textContent = `The first ${testsShown} of ${run.scores.length} test digits, the lowest score first. ` +
    `What lies above the threshold, ${short(run.threshold)}, is refused.`;
}

function showAll() {
  if (!run || !run.history.length) return;
  drawLoss($('loss'), run.history, run.total);
  if (run.shown) showStanding();
  if (!busy && run.scores) showDigits();
}

// ---- controls

function offerDigits() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const normal = (wanted.get('normal') || '3').split(',');
  for (let k = 0; k < 10; ++k) {
    const label = document.createElement('label'), box = document.createElement('input');
    box.type = 'checkbox', box.value = k, box.defaultChecked = normal.includes(String(k));
    const place = testClasses.indexOf(k), picture = bitmapOf(place);
    const tile = document.createElement('canvas');
    tile.width = tile.height = 28;
    tile.getContext('2d').drawImage(picture, 0, 0);
    label.append(tile, box, String(k));
    $('normal').append(label);
    const pick = document.createElement('button');
    pick.type = 'button', pick.textContent = k;
    pick.setAttribute('aria-label', `Put a test digit ${k} into the pad`);
    pick.onclick = () => showTest(k);
    $('picks').append(pick);
  }
}

function showTest(k) {
  const places = [...testClasses.keys()].filter(i => testClasses[i] === k);
  const place = places[Math.floor(Math.random() * places.length)];
  pad.show(testImages.subarray(place * pixels, (place + 1) * pixels));
}

function ask() {
  if (run && run.scores && !busy) worker.postMessage({image: drawn});
  else $('verdict').textContent = 'Its score comes after a training.';
}

const pad = makePad($('pad'), image => {
  drawn = image;
  if (image) return ask();
  if (run) run.drawnZ = null;
  $('verdict').textContent = 'Mouse or finger; or pick a test digit by its key, 0 to 9. Its score comes after a training.';
  if (run && run.shown && !busy) showStanding();
});
$('pad').addEventListener('keydown', event => {
  if (testClasses && /^[0-9]$/.test(event.key)) showTest(+event.key);
});
$('clear').onclick = pad.clear;

form.onsubmit = event => {
  event.preventDefault();
  train();
};
form.oninput = showCommand;
form.onreset = () => setTimeout(showCommand);
$('stop').onclick = () => {
  worker.terminate();
  begin();
  run.scores = null;
  ended('Stopped.');
  document.body.dataset.state = 'stopped';
};
$('collapse').onclick = () => {
  field('zero-centre').checked = field('bias-terms').checked = true;
  field('weight-decay').value = '3';
  field('lr').value = '0.01';
  field('batch-size').value = '50';
  field('epochs').value = Math.max(20, field('epochs').value);
  showCommand();
  if (!$('train').disabled) train();
};
$('copy').onclick = () => navigator.clipboard && navigator.clipboard.writeText($('command').textContent);
for (const name of ['accepted', 'refused'])
  $(name).onmousemove = event => {
    const i = digitAt[name] && digitAt[name](event.offsetX, event.offsetY);
    $('pointed').textContent = i === undefined ? '' : `a ${testClasses[i]}: score ${short(run.scores[i])}`;
  };
let resized;
window.addEventListener('resize', () => {
  clearTimeout(resized);
  resized = setTimeout(showAll, 150);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', showAll);

for (const [name, value] of new URLSearchParams(location.hash.slice(1)))
  if (field(name) && 'value' in field(name)) field(name).type === 'checkbox' ? field(name).checked = true : field(name).value = value;
document.body.dataset.state = 'loading';
showCommand();
begin();
