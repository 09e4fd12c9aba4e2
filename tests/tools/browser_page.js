// Opens the page of tools/browser in a headless Chromium, lets it train as the address says, and prints what it found:
// a line "NAME VALUE" for state, weights_sha256, scores_sha256, auc, seconds_an_epoch, alarm and command.
//   node browser_page.js CHROMIUM PAGE_FOLDER 'normal=3&ae-epochs=2&epochs=2&train' [WIDTHxHEIGHT[-dark] PICTURE.png]
// Exit status 1 where the training does not end well within ten minutes.
'use strict';
const {spawn} = require('child_process');
const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');

const [chromium, folder, settings, look, picture] = process.argv.slice(2);
const kinds = {'.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm'};

const server = http.createServer((request, response) => {
  const name = path.basename(new URL(request.url, 'http://localhost').pathname) || 'index.html';
  const file = path.join(folder, name);
  if (!fs.existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, {'Content-Type': kinds[path.extname(name)] || 'application/octet-stream'});
  response.end(fs.readFileSync(file));
});

// The browser's own protocol over pipes: JSON, each message ended by a zero byte.
class Browser {
  constructor() {
    this.profile = fs.mkdtempSync(path.join(os.tmpdir(), 'svdd-browser-'));
    this.process = spawn(chromium, ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe',
      '--disable-dev-shm-usage', '--no-first-run', '--user-data-dir=' + this.profile, 'about:blank'],
                         {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
    this.process.on('error', error => fail('chromium does not start: ' + error.message));
    this.process.on('exit', () => this.closing || fail('chromium has ended'));
    this.waiting = new Map();
    this.last = 0;
    let text = '';
    this.process.stdio[4].setEncoding('utf8').on('data', part => {
      const messages = (text + part).split('\0');
      text = messages.pop();
      for (const {id, result, error} of messages.map(m => JSON.parse(m))) {
        if (!this.waiting.has(id)) continue;
        if (error) fail(error.message);
        this.waiting.get(id)(result);
        this.waiting.delete(id);
      }
    });
  }
  ask(method, params = {}, sessionId) {
    const id = ++this.last;
    this.process.stdio[3].write(JSON.stringify({id, method, params, sessionId}) + '\0');
    return new Promise(resolve => this.waiting.set(id, resolve));
  }
  close() {
    this.closing = true;
    this.process.kill('SIGKILL');
  }
}

let browser;
function fail(text) {
  console.error(text);
  if (browser) browser.close();
  process.exit(1);
}

async function main() {
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  browser = new Browser();
  const {targetId} = await browser.ask('Target.createTarget', {url: 'about:blank'});
  const {sessionId} = await browser.ask('Target.attachToTarget', {targetId, flatten: true});
  const ask = (method, params) => browser.ask(method, params, sessionId);
  const evaluate = async expression =>
    (await ask('Runtime.evaluate', {expression, returnByValue: true, awaitPromise: true})).result.value;

  if (look) {
    const [, width, height, dark] = /^(\d+)x(\d+)(-dark)?$/.exec(look);
    await ask('Emulation.setDeviceMetricsOverride', {width: +width, height: +height, deviceScaleFactor: 1, mobile: false});
    await ask('Emulation.setEmulatedMedia', {features: [{name: 'prefers-color-scheme', value: dark ? 'dark' : 'light'}]});
  }
  await ask('Page.navigate', {url: `http://127.0.0.1:${server.address().port}/index.html#${settings}`});
  const end = Date.now() + 600e3;
  let state;
  do {
    await new Promise(resolve => setTimeout(resolve, 300));
    state = await evaluate('document.body && document.body.dataset.state');
  } while (state !== 'done' && state !== 'failed' && Date.now() < end);

  const found = await evaluate(`(() => {
    const text = id => document.getElementById(id).textContent.trim();
    return {weights_sha256: text('weights_sha256'), scores_sha256: text('scores_sha256'), auc: text('auc'),
            seconds_an_epoch: document.body.dataset.secondsAnEpoch, alarm: text('alarm'), said: text('status'), command: text('command')};
  })()`);
  console.log('state ' + state);
  for (const [name, value] of Object.entries(found)) console.log(name + ' ' + value);
  if (picture) {
    if (process.env.SVDD_PAGE_DOES) {
      await evaluate(process.env.SVDD_PAGE_DOES);
      await new Promise(resolve => setTimeout(resolve, 800));
    }
    const height = await evaluate('document.documentElement.scrollHeight'), width = +look.split('x')[0];
    const {data} = await ask('Page.captureScreenshot',
                             {captureBeyondViewport: true, clip: {x: 0, y: 0, width, height, scale: 1}});
    fs.writeFileSync(picture, Buffer.from(data, 'base64'));
    console.log('overflow ' + await evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'));
  }
  browser.close();
  server.close();
  setTimeout(() => {
    fs.rmSync(browser.profile, {recursive: true, force: true, maxRetries: 5});
    process.exit(state === 'done' ? 0 : 1);
  }, 300);
}

main().catch(error => fail(error.stack));
