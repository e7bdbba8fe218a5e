/**
 * Loaded into every process of a profiled bench (`--profile FOLDER`): writes a CPU profile of each of its threads when it ends, which
 * Chrome's developer tools and speedscope open. NODE_OPTIONS takes no --cpu-prof, and agents are started by their node,
 * which hands on NODE_OPTIONS alone: so the folder is in the module's own address.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { basename, join } from 'node:path';
import { threadId } from 'node:worker_threads';

const folder = new URL(import.meta.url).searchParams.get('folder');

if (folder !== null) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  process.on('exit', () => {
    session.post('Profiler.stop', (_error, { profile }) => {
      // By its name where it has one: all agents are the same program. Read here, so that nothing of ours is loaded with it.
      const agent = process.env['MESH_AGENT'] ?? [];
      const program = [agent, basename(process.argv[1] ?? 'node', '.js')].flat().join('-');
      writeFileSync(
        join(folder, `${program}-${process.pid}${threadId === 0 ? '' : `.${threadId}`}.cpuprofile`),
        JSON.stringify(profile),
      );
    });
  });
}

/** NODE_OPTIONS with which a process and its children are profiled into the folder. */
export const profiling = (into: string): string =>
  `--import ${new URL(`./profiler.js?folder=${encodeURIComponent(into)}`, import.meta.url).href}`;
