/**
 * The process of an agent: loads its module, runs its definition, and sees to it that the process ends when it should, with
 * its last words written when it ends as it should not.
 */
import { pathToFileURL } from 'node:url';
import { MeshError, messageOf } from '../../common/core/errors.js';
import { installLastWords } from '../../common/log/last-words.js';
import { readSurroundings } from './agent-environment.js';
import { AgentRuntime } from './agent-runtime.js';
import type { AgentDefinition } from './define-agent.js';

/** Loads a module by its URL. */
export type ModuleLoader = (url: string) => Promise<unknown>;

async function loadDefinition(path: string | undefined, load: ModuleLoader): Promise<AgentDefinition> {
  if (path === undefined) throw new MeshError('USAGE', 'which module? usage: node run.js MODULE');
  const loaded = await load(pathToFileURL(path).href);
  const definition = typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : undefined;
  if (typeof definition !== 'object' || definition === null || !('name' in definition)) {
    throw new MeshError('CONFIG_INVALID', `${path} has no agent as its default export`, {
      hint: 'write: export default defineAgent({ name: … })',
    });
  }
  return definition as AgentDefinition;
}

/** Resolves when the agent is ready. @throws whatever kept it from it */
export async function runAgent(path: string | undefined, load: ModuleLoader): Promise<void> {
  let onUncaught: (error: unknown) => void = () => undefined;
  installLastWords(process.env['MESH_LAST_WORDS'], undefined, (error) => onUncaught(error));
  const surroundings = readSurroundings(process.env);
  const definition = await loadDefinition(path, load);
  const runtime = new AgentRuntime(definition, surroundings, () => void stop());
  onUncaught = (error) => runtime.onUncaught(error);
  let isStopping = false;
  const stop = async () => {
    isStopping = true;
    // Whatever hangs, the process ends within its grace time, before the node has to kill it.
    setTimeout(() => process.exit(0), surroundings.stopGraceMs * 0.9).unref();
    await runtime.stop();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
  await runtime.start().catch((error: unknown) => {
    // Asked to end before it knew that it is ready: the start is given up, the stop goes on to its end.
    if (isStopping) return;
    runtime.log.error({ err: error }, `cannot start: ${messageOf(error)}`);
    throw error;
  });
}
