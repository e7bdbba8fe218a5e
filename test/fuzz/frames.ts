/** `npm run fuzz -- --seed N --frames M`: the fuzzer for as long as one likes. Prints the seed first: it repeats the run. */
import { commandLine, count, seedOption } from '../support/command-line.js';
import { fuzz } from './fuzz-run.js';

const { seed, frames: frameCount } = commandLine({
  command: 'npm run fuzz',
  what: 'Hostile frames against a server at work.',
  options: { seed: seedOption, frames: count('frames that are sent', 1_000_000) },
});
process.stdout.write(`seed ${seed}, ${frameCount} frames\n`);
const startMs = performance.now();
const outcome = await fuzz(seed, frameCount);
process.stdout.write(`${JSON.stringify({ seed, ...outcome, elapsedMs: Math.round(performance.now() - startMs) })}\n`);
