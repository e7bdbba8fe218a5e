/**
 * Which errors are the same error: version 2 of the fingerprint. The same everywhere, because it is a function of the report
 * and of who reported. It is made of the first of these that a report has, and its first letter says which:
 *
 * e  an explicit fingerprint: that alone, whoever reports
 * s  a stack with frames of the program itself: those frames and the code; neither lines, nor the message, nor the agent
 * m  the message with all that varies replaced by marks, with code, component and agent
 *
 * The digit behind the letter is the version: a group of an earlier one keeps its name, and is not added to any more.
 */
import { hash } from 'node:crypto';
import { decode } from '../frames/codec.js';
import { compile } from '../schema.js';
import { Type } from '../type.js';
import { ErrorReport } from './error-report.js';
import { type Marked, normalisedMessage } from './normalised-message.js';
import { type JudgedFrame, judgedFrames } from './stack-frames.js';

export interface ErrorGroupKey {
  readonly fingerprint: string;
  readonly report: ErrorReport;
}

export const fingerprintKinds = { explicit: 'e', stack: 's', message: 'm' } as const;
export type FingerprintKind = keyof typeof fingerprintKinds;

/** One thing that the fingerprint is made of. */
export interface FingerprintPart {
  readonly name: 'fingerprint' | 'code' | 'frame' | 'component' | 'agent' | 'message';
  readonly value: string;
}

/** How a fingerprint came about. */
export interface FingerprintExplanation {
  readonly fingerprint: string;
  readonly kind: FingerprintKind;
  readonly version: number;
  /** In the order in which they are hashed. */
  readonly parts: readonly FingerprintPart[];
  /** Every frame of the stack, taken or not; empty when there is no stack. */
  readonly frames: readonly JudgedFrame[];
  /** The message as it would be compared, whether it counts here or not. */
  readonly message: string;
  readonly marks: readonly Marked[];
}

const VERSION = 2;
/** 64 bits: two causes among ten thousand never meet by chance. */
const HASH_LENGTH = 16;

/** A report of a later version has fields that are not known here; it is an error all the same. */
const validate = compile<ErrorReport>(Type.Object(ErrorReport.properties));

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
  const { kind, parts } = basisOf(report, agent);
  return hashOf(kind, parts);
}

/** The same with all that led to it. */
export function explainFingerprint(report: ErrorReport, agent: string): FingerprintExplanation {
  const { kind, parts, frames } = basisOf(report, agent);
  const marks: Marked[] = [];
  const message = normalisedMessage(report.message, (marked) => marks.push(marked));
  const shownFrames = kind === 'explicit' ? judgedFrames(report.stack ?? '', report.message) : frames;
  return { fingerprint: hashOf(kind, parts), kind, version: VERSION, parts, frames: shownFrames, message, marks };
}

interface Basis {
  readonly kind: FingerprintKind;
  readonly parts: readonly FingerprintPart[];
  readonly frames: readonly JudgedFrame[];
}

function basisOf({ fingerprint, stack, code, component, message }: ErrorReport, agent: string): Basis {
  if (fingerprint !== undefined) {
    return { kind: 'explicit', parts: [{ name: 'fingerprint', value: fingerprint }], frames: [] };
  }
  const frames = stack === undefined ? [] : judgedFrames(stack, message);
  const places = frames.flatMap(({ verdict, key }): FingerprintPart[] =>
    verdict === 'taken' ? [{ name: 'frame', value: key }] : [],
  );
  if (places.length > 0) return { kind: 'stack', parts: [{ name: 'code', value: code }, ...places], frames };
  const parts: FingerprintPart[] = [
    { name: 'code', value: code },
    { name: 'component', value: component },
    { name: 'agent', value: agent },
    { name: 'message', value: normalisedMessage(message) },
  ];
  return { kind: 'message', parts, frames };
}

function hashOf(kind: FingerprintKind, parts: readonly FingerprintPart[]): string {
  const mark = `${fingerprintKinds[kind]}${VERSION}`;
  const text = [mark, ...parts.map(({ value }) => value)].join('\0');
  return `${mark}-${hash('sha256', text, 'hex').slice(0, HASH_LENGTH)}`;
}
