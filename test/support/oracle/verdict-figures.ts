/** What the oracle found, as figures of which each must be 0. */
import type { Figures, Measure } from './figures.js';
import type { Verdict } from './oracle.js';

const none = (what: string): Measure => ({ what, unit: '', of: 'sum', atMost: 0 });
const LOST = none('accepted, and not on main');
const DUPLICATED = none('on main twice');
const PHANTOM = none('on main, and never attempted');
const DISORDERED = none('on main in the wrong order');
const MISMATCHED = none('on main in another place than its producer was told');

export function countVerdict(figures: Figures, verdict: Verdict): void {
  figures.count(LOST, verdict.lost);
  figures.count(DUPLICATED, verdict.duplicated);
  figures.count(PHANTOM, verdict.phantom);
  figures.count(DISORDERED, verdict.disordered);
  figures.count(MISMATCHED, verdict.mismatched);
}
