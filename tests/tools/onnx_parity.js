// What ONNX Runtime makes of an exported model: writes score,label[,p_value] of every sample.
//
//   SVDD_ONNXRUNTIME=FOLDER node onnx_parity.js MODEL.onnx INPUT ROWS SHAPE OUTPUT.csv
//
// FOLDER holds node_modules/onnxruntime-node. INPUT: little-endian numbers in C order, of the type that the model's input
// has; SHAPE of one sample, such as 1x28x28. Samples go in batches of 1000, and the last in one of its own size.
const fs = require('fs');
const path = require('path');
const ort = require(path.join(process.env.SVDD_ONNXRUNTIME, 'node_modules', 'onnxruntime-node'));

async function main() {
  const [model, input, rowsText, shapeText, output] = process.argv.slice(2);
  const session = await ort.InferenceSession.create(model, {intraOpNumThreads: 1, interOpNumThreads: 1});
  const type = session.inputMetadata ? session.inputMetadata[0].type : 'float32';
  const rows = Number(rowsText), shape = shapeText.split('x').map(Number), size = shape.reduce((a, b) => a * b, 1);
  const bytes = fs.readFileSync(input);
  const aligned = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const values = type === 'float64' ? new Float64Array(aligned) : new Float32Array(aligned);
  if (values.length !== rows * size) throw new Error(`${values.length} numbers are not ${rows} samples of ${size}`);
  const lines = [];
  for (let first = 0; first < rows; first += 1000) {
    const count = Math.min(1000, rows - first);
    const batch = new ort.Tensor(type, values.slice(first * size, (first + count) * size), [count, ...shape]);
    const results = await session.run({input: batch});
    for (let i = 0; i < count; ++i) {
      const p = results.p_value ? `,${results.p_value.data[i]}` : '';
      lines.push(`${results.pred_score.data[i]},${results.pred_label.data[i]}${p}`);
    }
  }
  fs.writeFileSync(output, lines.join('\n') + '\n');
}

main().catch((error) => {
  console.error(String(error.message || error));
  process.exit(1);
});
