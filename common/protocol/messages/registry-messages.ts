/** What the registry answers; the reading part is answered by every node from its own copy. */
import { Count, closed, method, Nothing, RegistryFilter, WaitMs } from '../message-parts.js';
import { AgentView, Epoch, MachineEntry, MachineTable, Name, RegistryChange } from '../registry-entry.js';
import { Type } from '../type.js';

export const registryMessages = {
  'registry.list': method(
    ['registry', 'node'],
    'Every machine and every agent, with the age of that knowledge.',
    Nothing,
    closed({ epoch: Epoch, revision: Count, machines: Type.Array(MachineEntry), agents: Type.Array(AgentView) }),
  ),
  'registry.find': method(
    ['registry', 'node'],
    'Agents by name, machine, capability, action or state.',
    closed(RegistryFilter),
    closed({ agents: Type.Array(AgentView) }),
  ),
  'registry.watch': method(
    ['registry', 'node'],
    'Changes after a revision, or a snapshot when there is none, it is another epoch, or it is too long ago.',
    closed({ epoch: Type.Optional(Epoch), revision: Type.Optional(Count), waitMs: WaitMs }),
    closed({
      epoch: Epoch,
      revision: Count,
      snapshot: Type.Optional(closed({ machines: Type.Array(MachineEntry), agents: Type.Array(AgentView) })),
      changes: Type.Optional(Type.Array(RegistryChange)),
    }),
  ),
  'registry.sync': method(
    'registry',
    "A node's whole table, sent when it changed or when the registry says it does not know it.",
    MachineTable,
    closed({ revision: Count }),
  ),
  'registry.heartbeat': method(
    'registry',
    "The machine's word, every second, with the mark of its table; `known: false` asks for the table.",
    closed({ machine: Name, epoch: Epoch, revision: Count, digest: Type.String({ maxLength: 64 }) }),
    closed({ known: Type.Boolean() }),
  ),
} as const;
