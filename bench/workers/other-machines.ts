/**
 * Machines that are only told of: their nodes' words in the registry, each second, in the protocol. Where a fleet of
 * hundreds does not fit the box, this is what a caller knows of one. Arguments: the node, how many instances are to be
 * known with the callee that is really there. One agent of each machine is an instance of the called service, stopped.
 */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { delay, systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import type { MachineTable } from '../../common/protocol/registry-entry.js';
import { digestOf } from '../../common/registry/digest.js';
import { argumentAt, numberAt, serveTasks } from '../work/worker-channel.js';

const AGENTS_A_MACHINE = 74;
const CALLEE = 'bench-callee';
const REVISION = 1;

const mesh = await MeshClient.connect({ node: argumentAt(0), name: 'bench-other-machines' });
const known = numberAt(1);
const epoch = systemClock.wallMs();

function tableOf(number: number, agentCount: number): MachineTable {
  const machine = `other-${number}`;
  const agents = Array.from({ length: agentCount }, (_, i) => ({
    agent: i === 0 ? CALLEE : `other-${i}`,
    machine,
    epoch,
    state: i === 0 ? ('stopped' as const) : ('ready' as const),
    sinceMs: epoch,
    pid: 0,
    version: '1.0.0',
    capabilities: ['echo'],
    actions: ['echo'],
    control: '',
  }));
  return { machine, role: 'secondary', epoch, revision: REVISION, node: '', agents };
}

const tables: MachineTable[] = [];
for (let left = known - 1; left > 0; left -= AGENTS_A_MACHINE) {
  tables.push(tableOf(tables.length + 1, Math.min(left, AGENTS_A_MACHINE)));
}

async function vouch(table: MachineTable): Promise<void> {
  const { machine } = table;
  const word = { machine, epoch, revision: REVISION, digest: digestOf(table) };
  const answer = await mesh.request('registry', 'registry.heartbeat', word);
  if (!answer.known) await mesh.request('registry', 'registry.sync', table);
}

const vouchForAll = () => Promise.all(tables.map(vouch));
/** An answer that fails is asked again with the next word. */
setInterval(() => void vouchForAll().catch(() => undefined), limits.heartbeatIntervalMs);

serveTasks({
  /** Resolves when the node's copy of the registry has them all. @throws when there are others beside them */
  known: async () => {
    for (;;) {
      await vouchForAll();
      const { agents } = await mesh.registry.list();
      if (agents.length === known) return;
      if (agents.length > known) throw new Error(`${agents.length} instances are known, not ${known}`);
      await delay(LOOK_MS);
    }
  },
});

const LOOK_MS = 20;
