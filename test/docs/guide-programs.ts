/** The programs that stand in a guide, put beside a running fleet and run as a reader would run them. */
import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_ROOT } from '../cli/mesh-process.js';
import { mainPorts, type TestFleet } from '../support/fleet/test-fleet.js';

const run = promisify(execFile);

export interface GuideProgram {
  readonly name: string;
  readonly code: string;
  /** What the block of output behind it shows, where there is one. */
  readonly output: string | undefined;
}

/** The blocks of code that begin with the name of their file. */
export const programsOf = (guide: string): GuideProgram[] =>
  [...guide.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```(?:\n\n```text\n([\s\S]*?)```)?/g)].map(
    ([, name = '', code = '', output]) => ({ name, code, output }),
  );

/** In the folder of a fleet, where they find the package as an install of it would bring it. */
export function install(programs: readonly GuideProgram[], home: string): void {
  mkdirSync(join(home, 'node_modules'));
  symlinkSync(PACKAGE_ROOT, join(home, 'node_modules/agent-mesh'));
  writeFileSync(join(home, 'package.json'), '{"type": "module"}');
  for (const { name, code } of programs) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), code);
  }
}

/** What one of them prints. */
export async function printed({ name }: GuideProgram, fleet: TestFleet): Promise<string> {
  const env = { PATH: process.env['PATH'], MESH_NODE: `tcp://${fleet.places.main.own}:${mainPorts.node}` };
  const { stdout } = await run(process.execPath, [join(fleet.main.home, name)], { env });
  return stdout;
}
