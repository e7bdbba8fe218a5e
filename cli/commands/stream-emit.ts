import { MeshError } from '../../common/core/errors.js';
import { ERRORS_STREAM } from '../../common/protocol/error-report.js';
import type { Command } from '../command.js';
import { readJson } from '../json-input.js';

const STREAM = /^[a-z][a-z0-9-]*(\.[a-z0-9-]+){0,7}$/;

export const command: Command = {
  details:
    'Printed once the record is on the disk of the asked machine: from then on it reaches the log of main exactly once.',
  operands: [
    { syntax: '<stream>', description: 'as in notes or lines.app' },
    { syntax: '<json>', description: 'the body: JSON, @FILE, or - for standard input' },
  ],
  examples: [
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
    const { journalId, seq, hash } = isReport ? await mesh.report(body) : await mesh.emit(stream, body);
    const receipt = { stream, machine: mesh.machine, journalId, seq, hash: Buffer.from(hash).toString('hex') };
    await context.output.value(
      receipt,
      () => `stored as ${seq} of journal ${journalId} on ${mesh.machine}`,
      () => `${journalId}:${seq}`,
    );
  },
};

const hasMessage = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string';
