/**
 * The same instance for the same key, whoever asks: only there is it known what came of the key. Each candidate draws a
 * number from its name and the key, and the highest wins (rendezvous hashing), so that an instance that comes or goes
 * moves only its own keys. Place, health and load do not count: they look different from everywhere.
 */
import { type Candidate, pick } from './strategy.js';

export function chooseByKey<C extends Candidate>(candidates: readonly C[], key: string): C {
  let best = pick(candidates, () => 0);
  let highest = draw(best.instance, key);
  for (const candidate of candidates) {
    const number = draw(candidate.instance, key);
    if (number > highest) [best, highest] = [candidate, number];
  }
  return best;
}

/** FNV-1a of both, then stirred: names that differ in one character draw numbers that have nothing to do with each other. */
function draw(instance: string, key: string): number {
  let hash = 0x811c9dc5;
  for (const text of [instance, '\n', key]) {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
