import { writeFile } from 'node:fs/promises';
import { MeshError } from '../../common/core/errors.js';
import type { Command } from '../command/command.js';
import { jsonText } from '../terminal/json-text.js';

export const command: Command = {
  details:
    'Of a record of main’s log, by its ID in "mesh stream tail". A large body is fetched from the machine that emitted it and held against its hash. Bytes are written as they are, everything else as JSON.',
  operands: [{ syntax: '<id>', description: 'of the record, on main' }],
  options: [{ flags: '--out <file>', description: 'write it there, and print nothing' }],
  examples: [
    { line: 'mesh stream body 1', explains: 'what the first record holds' },
    { line: 'mesh stream body 1 --out body.json', explains: 'into a file' },
  ],
  async run(context, args) {
    const operand = args.operand(0);
    const id = Number(operand);
    if (!Number.isSafeInteger(id) || id < 1) {
      throw new MeshError('USAGE', `"${operand.slice(0, 100)}" is not the id of a record`, {
        hint: 'take the number at the beginning of a line of "mesh stream tail"',
      });
    }
    const access = await context.access();
    const { records } = await (await access.log()).request('log.read', { afterId: id - 1, limit: 1 });
    const [record] = records;
    if (record?.id !== id) {
      throw new MeshError('NOT_FOUND', `main’s log has no record ${id}`, {
        hint: 'it is not kept any more, or has not come yet: see "mesh stream ls"',
      });
    }
    const body = await (await access.mesh()).body(record);
    const out = args.text('out');
    if (out !== undefined) {
      await writeFile(out, body instanceof Uint8Array ? body : `${jsonText(body)}\n`);
      return;
    }
    const { output } = context;
    if (body instanceof Uint8Array && output.isHuman) output.stdout.write(body);
    else
      await output.value(
        body,
        () => jsonText(body),
        () => String(id),
      );
  },
};
