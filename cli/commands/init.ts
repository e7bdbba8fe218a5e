import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MeshError, messageOf } from '../../common/core/errors.js';
import type { Command } from '../command/command.js';

/** The fleet that comes with the package: beside dist/, in a clone as in an install. */
const PACKAGE_ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PARTS = ['config', 'ports.json'];
/** Whole fleets of their own, to be read and run where they are. */
const EXAMPLE_FLEETS = join(PACKAGE_ROOT, 'config/fleets');

export const command: Command = {
  details:
    'Two machines side by side on this box, with agents that do real work. Nothing is overwritten: a folder that has a config/ or a ports.json is refused.',
  operands: [{ syntax: '[dir]', description: 'where; default this folder' }],
  options: [{ flags: '--dry-run', description: 'only say what would be written' }],
  examples: [
    { line: 'mesh init', explains: 'into this folder', needs: 'empty' },
    { line: 'mesh init fleet', explains: 'into a folder that is made for it', needs: 'empty' },
  ],
  async run(context, args) {
    const home = resolve(context.surroundings.cwd, args.optionalOperand(0) ?? context.flags.mesh ?? '.');
    const there = PARTS.filter((part) => existsSync(join(home, part)));
    if (there.length > 0) {
      throw new MeshError('CONFLICT', `${home} has a ${there.join(' and a ')} already; nothing was written`, {
        hint: 'choose another folder, as in "mesh init fleet", or check this one with "mesh config validate"',
      });
    }
    const isDry = args.flag('dryRun');
    if (!isDry) writeFleet(home);
    const files = PARTS.map((part) => join(home, part));
    const { output, surroundings } = context;
    await output.value(
      { home, files, written: !isDry },
      () => `${isDry ? 'would write' : 'wrote'} ${files.join(' and ')}`,
      () => home,
    );
    if (isDry || !output.isHuman) return;
    const folder = relative(surroundings.cwd, home);
    output.note(`${output.noteColors.cyan('next:')} ${folder === '' ? '' : `cd ${folder} && `}mesh up --all`);
  },
};

function writeFleet(home: string): void {
  try {
    mkdirSync(home, { recursive: true });
    for (const part of PARTS) {
      cpSync(join(PACKAGE_ROOT, part), join(home, part), {
        recursive: true,
        errorOnExist: true,
        force: false,
        filter: (source) => source !== EXAMPLE_FLEETS,
      });
    }
  } catch (error) {
    throw new MeshError('START_FAILED', `the fleet cannot be written into ${home}: ${messageOf(error)}`, {
      hint: 'choose a folder that you may write to',
    });
  }
}
