/** `npm run fuzz -- --seed N --frames M`: the fuzzer for as long as one likes. Prints the seed first: it repeats the run. */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz-run.js';

const { values } = parseArgs({ options: { seed: { type: 'string' }, frames: { type: 'string', default: '1000000' } } });
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const frameCount = Number(values.frames);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(frameCount) || frameCount < 1) {
  process.stderr.write('usage: npm run fuzz -- [--seed N] [--frames M]\n');
  process.exit(2);
}
process.stdout.write(`seed ${seed}, ${frameCount} frames\n`);
const startMs = performance.now();
const outcome = await fuzz(seed, frameCount);
process.stdout.write(`${JSON.stringify({ seed, ...outcome, elapsedMs: Math.round(performance.now() - startMs) })}\n`);
