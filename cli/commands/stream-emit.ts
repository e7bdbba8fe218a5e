import type { EmitOptions, Receipt } from '../../agents/sdk/mesh.js';
import { MeshError } from '../../common/core/errors.js';
import { ERRORS_STREAM } from '../../common/protocol/errors/error-report.js';
import type { Command } from '../command/command.js';
import { readJson } from '../command/json-input.js';
import type { Arguments } from '../line/arguments.js';

const STREAM = /^[a-z][a-z0-9-]*(\.[a-z0-9-]+){0,7}$/;

export const command: Command = {
  details:
    'Printed once the record is on the disk of the asked machine: from then on it reaches the log of main exactly once.',
  operands: [
    { syntax: '<stream>', description: 'as in notes or lines.app' },
    { syntax: '<json>', description: 'the body: JSON, @FILE, or - for standard input' },
  ],
  options: [
    { flags: '--key <text>', description: 'what the record is about, as in order-17' },
    { flags: '--dedupe-key <text>', description: 'of all records of the stream with it the machine stores the first' },
  ],
  examples: [
    {
      line: `mesh stream emit notes '"hi"' --dedupe-key hi-1`,
      explains: 'stored once, however often it is run',
    },
    { line: `mesh stream emit notes '{"text":"hi"}'`, explains: 'one record' },
    {
      line: `mesh stream emit notes '"hi"' --machine pc2 --json`,
      explains: 'into the journal of pc2; its receipt as JSON',
    },
  ],
  async run(context, args) {
    const stream = args.operand(0);
    if (!STREAM.test(stream)) {
      throw new MeshError('USAGE', `"${stream.slice(0, 100)}" is not the name of a stream`, {
        hint: 'use up to 8 dot-separated words of lower-case letters, digits and hyphens, as in lines.app',
      });
    }
    const body = await readJson(args.operand(1), context.surroundings);
    const mesh = await (await context.access()).mesh();
    const isReport = stream === ERRORS_STREAM;
    if (isReport && !hasMessage(body)) {
      throw new MeshError('USAGE', `a record of ${ERRORS_STREAM} is an error report and needs a "message"`, {
        hint: `mesh stream emit errors '{"message":"the disk is full","severity":"error"}'`,
      });
    }
    const keys = keysOf(args);
    if (isReport && Object.keys(keys).length > 0) {
      throw new MeshError('USAGE', `a record of ${ERRORS_STREAM} has no key: it is known by what it says`, {
        hint: 'leave --key and --dedupe-key out',
      });
    }
    const stored: Receipt = isReport ? await mesh.report(body) : await mesh.emit(stream, body, keys);
    const { journalId, seq, hash, repeated } = stored;
    const receipt = {
      stream,
      machine: mesh.machine,
      journalId,
      seq,
      hash: Buffer.from(hash).toString('hex'),
      ...(repeated ? { repeated } : {}),
    };
    await context.output.value(
      receipt,
      () => `${repeated ? 'was stored before, as' : 'stored as'} ${seq} of journal ${journalId} on ${mesh.machine}`,
      () => `${journalId}:${seq}`,
    );
  },
};

function keysOf(args: Arguments): EmitOptions {
  const [key, dedupeKey] = [args.text('key'), args.text('dedupeKey')];
  return { ...(key === undefined ? {} : { key }), ...(dedupeKey === undefined ? {} : { dedupeKey }) };
}

const hasMessage = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string';
