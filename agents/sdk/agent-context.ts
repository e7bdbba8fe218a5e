/** What an agent gets to work with, made of its connection to the mesh and of what it is told about itself. */
import type { AgentContext } from './define-agent.js';
import type { Mesh } from './mesh.js';
import type { MeshClient } from './mesh-client.js';

/** The context is the mesh with the agent's own facts beside it: a plain object, so that its functions can be taken out. */
export function bindContext(mesh: MeshClient, facts: Omit<AgentContext, keyof Mesh>): AgentContext {
  return {
    ...facts,
    machine: mesh.machine,
    registry: mesh.registry,
    call: (target, input, options) => mesh.call(target, input, options),
    stream: (target, input, options) => mesh.stream(target, input, options),
    publish: mesh.publish.bind(mesh),
    subscribe: mesh.subscribe.bind(mesh),
    emit: mesh.emit.bind(mesh),
    emitBatch: mesh.emitBatch.bind(mesh),
    checkpoint: mesh.checkpoint.bind(mesh),
    consume: mesh.consume.bind(mesh),
    report: mesh.report.bind(mesh),
  };
}
