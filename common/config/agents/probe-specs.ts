/** Probes as people write them, resolved and checked: each asks one thing, of a place that can be. Pure. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { messageOf } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { isReachable } from '../machines/addresses.js';
import type { ProbeEntry } from '../schemas.js';
import { type Issue, issueAt } from '../source/issues.js';
import { type Origin, originAt, type Path, type Tree } from '../source/tree.js';
import type { ProbeCheck, ProbeSpec } from './agent-specs.js';

export const probeKinds = ['tcp', 'http', 'log', 'exec', 'file'] as const;

/** Undefined where `checkProbe` finds that it asks nothing. */
export function probeOf(entry: ProbeEntry | undefined, cwd: string): ProbeSpec | undefined {
  const check = entry === undefined ? undefined : checkOf(entry, cwd);
  if (entry === undefined || check === undefined) return undefined;
  return {
    check,
    intervalMs: entry.intervalMs ?? limits.probeIntervalMs,
    timeoutMs: entry.timeoutMs ?? limits.probeTimeoutMs,
    failures: entry.failures ?? limits.probeFailures,
  };
}

function checkOf({ tcp, http, log, exec, file }: ProbeEntry, cwd: string): ProbeCheck | undefined {
  if (tcp !== undefined) return { kind: 'tcp', ...(addressOf(tcp) ?? { host: '', port: 0 }) };
  if (http !== undefined) return { kind: 'http', url: http };
  if (log !== undefined) return { kind: 'log', pattern: log };
  if (exec !== undefined) return { kind: 'exec', argv: exec };
  return file === undefined ? undefined : { kind: 'file', path: resolve(cwd, file) };
}

/** `host:port`, of an IPv6 address `[::1]:port`. */
function addressOf(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const port = Number(digits);
  const isHost = bracketed === undefined ? isReachable(host) : isIP(host) === 6;
  return isHost && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

/** @param path of the probe in `tree`, its last step `ready` or `alive`. */
export function checkProbe(entry: ProbeEntry, tree: Tree, path: Path): Issue[] {
  const subject = path.join('.');
  const kinds = probeKinds.filter((kind) => entry[kind] !== undefined);
  const [kind, second] = kinds;
  const listed = probeKinds.join(', ');
  if (kind === undefined)
    return [issueAt(originAt(tree, path), `\`${subject}\` asks nothing`, `give it one of ${listed}`)];
  if (second !== undefined) {
    const what = `\`${subject}\` has ${kinds.join(' and ')}: a probe asks one thing`;
    return [issueAt(originAt(tree, [...path, second]), what, 'keep one of them')];
  }
  const place = originAt(tree, [...path, kind]);
  const written = `\`${subject}.${kind}\``;
  if (kind === 'log' && path.at(-1) === 'alive') {
    const what = `${written}: a line of output shows that a program became ready, not that it still is`;
    return [issueAt(place, what, 'ask by tcp, http, exec or file')];
  }
  const fault = faultOf(entry, written, place);
  return fault === undefined ? [] : [fault];
}

function faultOf({ tcp, http, log }: ProbeEntry, written: string, place: Origin): Issue | undefined {
  // A reference that is left stands for an address that is at fault itself.
  if ((tcp ?? http)?.includes('${')) return undefined;
  if (tcp !== undefined && addressOf(tcp) === undefined)
    return issueAt(place, `${written} must be host:port, not ${tcp}`, 'as in 127.0.0.1:8080, or [::1]:8080');
  if (http !== undefined && !isWebAddress(http))
    return issueAt(place, `${written} must be an http or https URL, not ${http}`, 'as in http://127.0.0.1:8080/health');
  const refusal = log === undefined ? undefined : refusalOfPattern(log);
  if (refusal === undefined) return undefined;
  return issueAt(place, `${written} is no regular expression: ${refusal}`, 'escape . ( ) [ ] { } + * ? with \\');
}

const isWebAddress = (text: string): boolean =>
  URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);

function refusalOfPattern(pattern: string): string | undefined {
  try {
    new RegExp(pattern);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
