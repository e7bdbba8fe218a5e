/**
 * How properties run everywhere: one that does not hold says why, and `FC_SEED=N` runs it again. Mocha loads this (`require`
 * in .mocharc.json) into each of its processes.
 */
import fc from 'fast-check';

const seed = process.env['FC_SEED'];

fc.configureGlobal({
  // What was thrown is the cause of the library's own error, and a cause does not come through to the process that reports
  // what the others ran; in the message it does.
  includeErrorInReport: true,
  ...(seed === undefined ? {} : { seed: Number(seed) }),
});
