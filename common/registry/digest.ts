/**
 * The mark of a machine's table: two ends that hold the same table compute the same one. Canonical form: a JSON array of
 * the fields in the order below, agents by name; the mark is the first 16 hexadecimal digits of its SHA-256. Pure.
 */
import { createHash } from 'node:crypto';
import type { MachineTable } from '../protocol/registry-entry.js';

export function digestOf({ machine, role, epoch, revision, node, agents }: MachineTable): string {
  const rows = [...agents]
    .sort((a, b) => (a.agent < b.agent ? -1 : 1))
    .map((entry) => [
      entry.agent,
      entry.epoch,
      entry.state,
      entry.sinceMs,
      entry.pid,
      entry.version,
      entry.capabilities,
      entry.actions,
      entry.control,
      // Where there is none the row is as it was before there was any.
      ...(entry.ipc === undefined ? [] : [{ ipc: entry.ipc }]),
      ...(entry.idempotent === undefined ? [] : [{ idempotent: entry.idempotent }]),
      ...(entry.health === undefined ? [] : [entry.health.score ?? null, entry.health.reasons]),
    ]);
  const canonical = JSON.stringify([machine, role, epoch, revision, node, rows]);
  return createHash('sha256').update(canonical).digest('hex').slice(0, 16);
}
