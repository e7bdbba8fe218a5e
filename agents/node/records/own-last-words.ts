/** What an earlier node of this machine could write down when it died, and not tell any more. */
import { readLastWords } from '../../../common/log/last-words.js';
import { Incident, NODE_AGENT } from './incident.js';

/** Read once: they are gone from the disk afterwards. */
export function ownLastWords(folder: { lastWordsOf(agent: string, epoch: number): string }): Incident[] {
  const words = readLastWords(folder.lastWordsOf(NODE_AGENT, 0));
  return words === undefined ? [] : [new Incident({ ...words.report, component: 'node' })];
}
