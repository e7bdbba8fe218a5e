/**
 * A caller with real connections to real servers, over a registry that the test writes: what agents there are, in which
 * states, is said with `tell`, and heard by the caller as a node would say it.
 */
import { CallRouter } from '../../../agents/sdk/calls/call-router.js';
import { Policies } from '../../../agents/sdk/calls/policies/policies.js';
import type { RegistryUpdate } from '../../../agents/sdk/registry-client.js';
import type { PolicyRule } from '../../../common/protocol/call-policy.js';
import { instanceOf } from '../../../common/protocol/name.js';
import type { AgentView, RegistryChange } from '../../../common/protocol/registry-entry.js';
import { type Action, MethodTable } from '../../../common/wire/answering/method-table.js';
import { RequestServer } from '../../../common/wire/answering/request-server.js';
import { until } from '../../support/wait-for.js';

export type Actions = Readonly<Record<string, Action>>;

/** A row as the registry has it; `agent` and `machine` are taken from the instance's name. */
export function viewOf(instance: string, rest: Partial<AgentView> = {}): AgentView {
  const [agent = '', machine = ''] = instance.split('@');
  return {
    agent,
    machine,
    instance: instanceOf(agent, machine),
    epoch: 1,
    state: 'ready',
    sinceMs: 0,
    pid: 1,
    version: '1.0.0',
    capabilities: [],
    actions: ['say'],
    control: 'tcp://127.0.0.1:1',
    reachable: true,
    ageMs: 0,
    ...rest,
  };
}

/** What the registry has, and its changes as they are made. */
class FakeRegistry {
  readonly views = new Map<string, AgentView>();
  readonly #changes: RegistryChange[] = [];
  #changed: () => void = () => undefined;
  #isWatched = false;
  /** All that was said has been heard. */
  isHeard = true;

  put(view: AgentView): void {
    this.views.set(view.instance, view);
    this.#say({ revision: 1, agent: view });
  }

  remove(instance: string): void {
    this.views.delete(instance);
    this.#say({ revision: 1, gone: instance });
  }

  async *watch(signal: AbortSignal): AsyncGenerator<RegistryUpdate> {
    this.#isWatched = true;
    yield { epoch: 1, revision: 1, snapshot: { machines: [], agents: [...this.views.values()] } };
    while (!signal.aborted) {
      const changes = this.#changes.splice(0);
      if (changes.length > 0) yield { epoch: 1, revision: 1, changes };
      else await this.#nextChange(signal);
    }
  }

  #say(change: RegistryChange): void {
    if (!this.#isWatched) return;
    this.isHeard = false;
    this.#changes.push(change);
    this.#changed();
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    this.isHeard = true;
    return new Promise((resolve) => {
      this.#changed = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

export class CallWorld {
  readonly registry = new FakeRegistry();
  readonly policies = new Policies();
  readonly router: CallRouter;
  readonly #servers: RequestServer[] = [];

  /** @param random in [0, 1); what the choice depends on. */
  constructor(random: () => number = Math.random) {
    this.router = new CallRouter(this.registry, { instance: 'caller@main', machine: 'main' }, this.policies, random);
  }

  /** An instance that serves `actions`, and whose row says so. */
  async serve(instance: string, actions: Actions, rest: Partial<AgentView> = {}): Promise<RequestServer> {
    const table = new MethodTable();
    for (const [name, action] of Object.entries(actions)) table.add(name, action);
    const server = new RequestServer({
      endpoint: 'tcp://127.0.0.1:0',
      purpose: instance,
      frameBytesMax: 1_048_576,
      handle: table.handle,
      onBug: () => undefined,
    });
    await server.open();
    this.#servers.push(server);
    this.tell(instance, { control: server.endpoint, actions: Object.keys(actions), ...rest });
    return server;
  }

  /** What the registry says of an instance from now on. */
  tell(instance: string, rest: Partial<AgentView> = {}): void {
    this.registry.put({ ...(this.registry.views.get(instance) ?? viewOf(instance)), ...rest });
  }

  /** Its row is gone. */
  remove(instance: string): void {
    this.registry.remove(instance);
  }

  /** Resolves when the caller has heard all that was told. */
  async heard(): Promise<void> {
    await until(() => this.registry.isHeard);
  }

  rule(...rules: PolicyRule[]): void {
    this.policies.replace({ revision: String(Math.random()), rules });
  }

  async close(): Promise<void> {
    this.router.close();
    for (const server of this.#servers) await server.close();
  }
}
