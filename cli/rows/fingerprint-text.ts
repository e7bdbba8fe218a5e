/** How a fingerprint came about, as `error explain` shows it. Pure. */
import type { FingerprintExplanation } from '../../common/protocol/errors/fingerprint.js';
import type { FrameVerdict } from '../../common/protocol/errors/stack-frames.js';
import type { Colors } from '../terminal/output.js';

const because: Record<FingerprintExplanation['kind'], string> = {
  explicit: 'by the fingerprint that the report says itself; nothing else counts',
  stack: "by code and the program's own frames; neither lines, nor the message, nor the agent count",
  message:
    'by code, component, agent and the message without what varies: there is no stack with frames of the program',
};

const leftOut: Record<Exclude<FrameVerdict, 'taken'>, string> = {
  runtime: 'left out: of the runtime',
  library: 'left out: of a library',
  mesh: 'left out: of the mesh',
  nowhere: 'left out: has no file',
  repeated: 'left out: the same place again',
  further: 'left out: further away than counts',
};

export function explanationText(explanation: FingerprintExplanation, { bold, dim, green }: Colors): string {
  const { fingerprint, kind, parts, frames, message, marks } = explanation;
  const width = Math.max(...parts.map(({ name }) => name.length));
  return [
    `${bold(fingerprint)} ${because[kind]}`,
    '',
    'made of:',
    ...parts.map(({ name, value }) => `  ${name.padEnd(width)}  ${value}`),
    ...section(
      'frames of the stack, innermost first:',
      frames.map(({ text, verdict, key }) =>
        verdict === 'taken' ? `${green('taken')} ${key}\n         ${dim(text)}` : dim(`${text}  ${leftOut[verdict]}`),
      ),
    ),
    '',
    kind === 'message' ? 'message as it counts:' : 'message, which does not count here:',
    `  ${message}`,
    ...section(
      'what its marks stand for:',
      marks.map(({ mark, text }) => `${mark} ${text}`),
    ),
  ].join('\n');
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
