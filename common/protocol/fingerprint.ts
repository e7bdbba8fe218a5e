/**
 * Which errors are the same error. Version 1 of the fingerprint: code, component and agent, and the message with all that
 * varies from one occurrence to the next (numbers, hexadecimal ids, quoted text, paths) replaced by a mark.
 */
import { createHash } from 'node:crypto';
import { decode } from './codec.js';
import { ErrorReport } from './error-report.js';
import { compile } from './schema.js';

export interface ErrorGroupKey {
  readonly fingerprint: string;
  readonly report: ErrorReport;
}

const validate = compile<ErrorReport>(ErrorReport);

/** The group an error record belongs to; undefined when `body` is not an error report. */
export function groupOf(body: Uint8Array, agent: string): ErrorGroupKey | undefined {
  let report: unknown;
  try {
    report = decode(body);
  } catch {
    return undefined;
  }
  return validate.accepts(report) ? { fingerprint: fingerprintOf(report, agent), report } : undefined;
}

export function fingerprintOf(report: ErrorReport, agent: string): string {
  const parts = ['1', report.code, report.component, agent, normalisedMessage(report.message)];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);
}

/** The part of a message that stays the same: `cannot open /a/b.txt after 3 tries` → `cannot open <path> after <n> tries`. */
export function normalisedMessage(message: string): string {
  return message
    .slice(0, 1_000)
    .replace(/"[^"]{0,200}"|(?<!\w)'[^']{0,200}'(?!\w)/g, '<text>')
    .replace(/(?:\/[\w.@-]+){2,}/g, '<path>')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '<id>')
    .replace(/\b0x[0-9a-f]+\b|\b[0-9a-f]{8,}\b/gi, '<id>')
    .replace(/\b[0-9a-z]{16,}\b/gi, (word) => (/\d/.test(word) ? '<id>' : word))
    .replace(/\d+(?:\.\d+)?/g, '<n>');
}
