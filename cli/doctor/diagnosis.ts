/** Every check, in the order in which a person would look. A new one is a file in checks/ and a word here. Pure. */
import { agents } from './checks/agents.js';
import { brokers } from './checks/brokers.js';
import { clocks } from './checks/clocks.js';
import { consumers } from './checks/consumers.js';
import { health } from './checks/health.js';
import { journals } from './checks/journals.js';
import { machines } from './checks/machines.js';
import { ports } from './checks/ports.js';
import { silence } from './checks/silence.js';
import { subscribers } from './checks/subscribers.js';
import { versions } from './checks/versions.js';
import type { Check, Examination, Finding } from './examination.js';

export const checks: readonly Check[] = [
  machines,
  ports,
  agents,
  silence,
  journals,
  subscribers,
  consumers,
  brokers,
  health,
  versions,
  clocks,
];

/** Problems first. */
export function diagnose(examination: Examination): Finding[] {
  const findings = checks.flatMap(({ name, look }) => look(examination).map((found) => ({ check: name, ...found })));
  return findings.sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
}
