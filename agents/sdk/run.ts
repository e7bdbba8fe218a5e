/**
 * The process of an agent: `node run.js MODULE`. Loads the module, runs its definition, and sees to it that the process
 * ends when it should, with its last words written when it ends as it should not.
 */
import { pathToFileURL } from 'node:url';
import { MeshError, messageOf } from '../../common/core/errors.js';
import { installLastWords } from '../../common/log/last-words.js';
import { readSurroundings } from './agent-environment.js';
import { AgentRuntime } from './agent-runtime.js';
import type { AgentDefinition } from './define-agent.js';

async function loadDefinition(path: string | undefined): Promise<AgentDefinition> {
  if (path === undefined) throw new MeshError('USAGE', 'which module? usage: node run.js MODULE');
  const loaded: unknown = await import(pathToFileURL(path).href);
  const definition = typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : undefined;
  if (typeof definition !== 'object' || definition === null || !('name' in definition)) {
    throw new MeshError('CONFIG_INVALID', `${path} has no agent as its default export`, {
      hint: 'write: export default defineAgent({ name: … })',
    });
  }
  return definition as AgentDefinition;
}

async function main(): Promise<void> {
  const surroundings = readSurroundings(process.env);
  const definition = await loadDefinition(process.argv[2]);
  const runtime = new AgentRuntime(definition, surroundings, () => void stop());
  onUncaught = (error) => runtime.onUncaught(error);
  const stop = async () => {
    // Whatever hangs, the process ends within its grace time, before the node has to kill it.
    setTimeout(() => process.exit(0), surroundings.stopGraceMs * 0.9).unref();
    await runtime.stop();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
  await runtime.start().catch((error: unknown) => {
    runtime.log.error({ err: error }, `cannot start: ${messageOf(error)}`);
    throw error;
  });
}

let onUncaught: (error: unknown) => void = () => undefined;
installLastWords(process.env['MESH_LAST_WORDS'], undefined, (error) => onUncaught(error));
await main();
