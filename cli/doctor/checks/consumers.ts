import { counted } from '../../terminal/quantity.js';
import type { Check, Finding } from '../examination.js';

/** Consumer groups get on with their streams, and lose nothing. */
export const consumers: Check = {
  name: 'consumers',
  look: ({ groups }) => groups.flatMap(findingsOf),
};

type Group = Parameters<Check['look']>[0]['groups'][number];

function findingsOf({ group, stream, dead, lost, pending, members }: Group): Omit<Finding, 'check'>[] {
  const at = { severity: 'warning', machine: 'main', subject: `group ${group}` } as const;
  const findings: Omit<Finding, 'check'>[] = [];
  if (dead > 0) {
    const what = `has ${counted(dead, 'dead letter')} of ${stream}`;
    findings.push({ ...at, what, next: `mesh stream dead ls ${group}` });
  }
  if (lost > 0) {
    const what = `lost ${counted(lost, 'record')} of ${stream} to the bound of main's log before they were settled`;
    findings.push({ ...at, what, next: 'let more members join it, or keep more records' });
  }
  if (pending > 0 && members.length === 0) {
    const what = `has ${counted(pending, 'record')} of ${stream} to handle and no member: main keeps them for it`;
    findings.push({ ...at, what, next: `start who consumes it, or "mesh stream group rm ${group}"` });
  }
  return findings;
}
