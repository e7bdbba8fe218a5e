/**
 * `npm run simulate -- [--seed N] [--calls N]`: drives the balancer, the breakers, the budget, the queue and the window of
 * results through storms on a virtual clock. Prints its seed, what came of the calls, and every invariant that was broken;
 * ends with 1 when one was. The same seed gives the same run.
 */
import { parseArgs } from 'node:util';
import { simulate } from './simulation.js';

const { values } = parseArgs({ options: { seed: { type: 'string' }, calls: { type: 'string', default: '1000000' } } });
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const callCount = Number(values.calls);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(callCount) || callCount < 1) {
  console.error('usage: npm run simulate -- [--seed N] [--calls N]');
  process.exit(2);
}

console.log(`seed ${seed}: ${callCount} calls`);
const startedMs = performance.now();
const { ledger, simulatedMs } = simulate({ seed, callCount });
const tookMs = performance.now() - startedMs;
console.log(`${(simulatedMs / 1_000).toFixed(0)} s of virtual time in ${(tookMs / 1_000).toFixed(1)} s`);
console.log('outcomes', ledger.outcomes);
console.log('breakers', ledger.turns);
console.log(`${ledger.repeats} repeats; ${ledger.reruns} keys ran again because the process that knew them had died`);
for (const [what, told] of ledger.faults) console.log(`FAIL ${what}\n     ${told.join('\n     ')}`);
console.log(ledger.faultCount === 0 ? `seed ${seed}: every invariant held` : `seed ${seed}: invariants were broken`);
process.exit(ledger.faultCount === 0 ? 0 : 1);
