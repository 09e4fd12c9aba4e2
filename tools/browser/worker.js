// The library in a thread of its own: one fit takes this thread until it ends, and the page ends the worker to stop it.
// Comes in: {fit: {...}} and {image: 784 numbers from 0 to 1}. Goes out: {name, value}, as page.cc tells.
'use strict';

const tell = (name, value) => postMessage({name, value});
const failed = error => tell('error', String(error && error.message || error));

let library;
try {
  importScripts('svdd.js');
  library = makeSvdd({tell}).then(svdd => {
    svdd.ccall('page_load', null, [], []);
    tell('ready', true);
    return svdd;
  });
  library.catch(error => failed('WebAssembly with SIMD is needed, which browsers have had since 2021-2023 (' +
                                (error && error.message || error) + ')'));
} catch (error) {
  failed(error);
}

onmessage = async ({data}) => {
  const svdd = await library;
  try {
    if (data.fit) {
      const {normal, options, limit, zeroCentre, biasTerms} = data.fit;
      svdd.ccall('page_fit', null, ['string', 'string', 'number', 'number', 'number'],
                 [normal.join(' '), options, limit, zeroCentre ? 1 : 0, biasTerms ? 1 : 0]);
    } else {
      const at = svdd._malloc(4 * data.image.length);
      svdd.HEAPF32.set(data.image, at >> 2);
      svdd.ccall('page_look_at', null, ['number'], [at]);
      svdd._free(at);
    }
  } catch (error) {  // such as memory that has run out
    failed(error);
  }
};
