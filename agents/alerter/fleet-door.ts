/** The ways of an alerter into the fleet beside those of any agent: main's log, and the node of each machine. */

import { limits } from '../../common/core/limits.js';
import type { AlerterConfig } from '../../common/protocol/alert-rule.js';
import { RequestClient } from '../../common/wire/asking/request-client.js';
import type { AgentContext } from '../sdk/define-agent.js';
import { MeshClient } from '../sdk/mesh-client.js';
import type { Trouble } from './alert-events.js';
import { askGroupOf, ErrorIntake } from './error-intake.js';
import { ASK_MS, FleetSight } from './fleet-sight.js';

const KINDS: readonly Trouble['kind'][] = ['machine-unreachable', 'quarantine', 'journal-degraded'];

export class FleetDoor {
  readonly intake: ErrorIntake;
  readonly sight: FleetSight;
  readonly #nodes = new Map<string, RequestClient>();
  readonly #node: string;
  #mesh: Promise<MeshClient> | undefined;

  constructor(
    private readonly context: AgentContext<AlerterConfig>,
    env: NodeJS.ProcessEnv,
  ) {
    this.#node = env['MESH_NODE'] ?? '';
    const { rules, machines, errorRules } = context.config;
    this.intake = new ErrorIntake(
      errorRules,
      askGroupOf(async (fingerprint) =>
        (await this.#client()).request('log', 'log.error', { fingerprint }, { timeoutMs: ASK_MS }),
      ),
    );
    this.sight = new FleetSight({
      machines,
      kinds: KINDS.filter((kind) => rules.some(({ when }) => when.kind === kind)),
      list: () => context.registry.list(),
      journal: async (endpoint) =>
        (await this.#nodeAt(endpoint).request('journal.status', {}, { timeoutMs: ASK_MS })).degraded,
      log: async () => (await (await this.#client()).request('log', 'log.status', {}, { timeoutMs: ASK_MS })).degraded,
      onProblem: (reason) => context.log.warn({ reason }, 'the registry cannot be asked'),
    });
  }

  async close(): Promise<void> {
    for (const node of this.#nodes.values()) node.close();
    await (await this.#mesh?.catch(() => undefined))?.close();
  }

  #client(): Promise<MeshClient> {
    this.#mesh ??= MeshClient.connect({ node: this.#node, name: this.context.agent }).catch((error: unknown) => {
      this.#mesh = undefined;
      throw error;
    });
    return this.#mesh;
  }

  /** Machines keep their addresses: there are no more of these than machines. */
  #nodeAt(endpoint: string): RequestClient {
    let client = this.#nodes.get(endpoint);
    if (client === undefined) {
      const { instance: name } = this.context;
      client = new RequestClient({ endpoint, name, peer: 'a node', frameBytesMax: limits.controlFrameBytesMax });
      this.#nodes.set(endpoint, client);
    }
    return client;
  }
}
