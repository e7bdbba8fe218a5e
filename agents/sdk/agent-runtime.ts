/**
 * Brings a definition to life: one agent, one process.
 *
 * The order is the promise. The control socket is bound before the node hears of it; `onStart` has returned before the
 * agent is ready; on the way down the node is told first, `onDrain` runs, calls in hand are answered, `onStop` runs, what
 * was emitted is stored, and the process ends within its grace time whatever hangs.
 */

import { systemClock, within } from '../../common/core/clock.js';
import { MeshError, messageOf } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { type AgentLog, openLog } from '../../common/log/log.js';
import { ERRORS_STREAM } from '../../common/protocol/errors/error-report.js';
import { PROTOCOL_VERSION } from '../../common/protocol/frames/envelope.js';
import { instanceOf } from '../../common/protocol/name.js';
import { compile } from '../../common/protocol/schema.js';
import { Type } from '../../common/protocol/type.js';
import { MethodTable } from '../../common/wire/answering/method-table.js';
import { type ProcessMethodsOptions, processMethods } from '../../common/wire/answering/process-methods.js';
import { RequestServer } from '../../common/wire/answering/request-server.js';
import type { RequestClient } from '../../common/wire/asking/request-client.js';
import { ActionTable, describeActions } from './actions/action-table.js';
import { HealthWatch } from './actions/health-watch.js';
import { bindContext } from './agent-context.js';
import type { AgentSurroundings } from './agent-environment.js';
import { AgentHooks } from './agent-hooks.js';
import { PolicyLink } from './calls/policies/policy-link.js';
import type { AgentContext, AgentDefinition } from './define-agent.js';
import { connectToNode, MeshClient } from './mesh-client.js';
import { NodeSession, type OwnHealth } from './node-session.js';

export class AgentRuntime {
  readonly log: AgentLog;
  readonly #startedMs = systemClock.wallMs();
  readonly #ending = new AbortController();
  readonly #node: RequestClient;
  readonly #control: RequestServer;
  readonly #hooks: AgentHooks;
  readonly #actions: ActionTable;
  readonly #wellbeing = new HealthWatch();
  #mesh: MeshClient | undefined;
  #session: NodeSession | undefined;
  #context: AgentContext | undefined;
  #state: 'starting' | 'ready' | 'draining' = 'starting';
  #actionFailureCount = 0;

  /** @param onStopRequest somebody asked over the control socket: the owner of the process decides how it ends. */
  constructor(
    private readonly definition: AgentDefinition,
    private readonly surroundings: AgentSurroundings,
    private readonly onStopRequest: () => void,
  ) {
    const { agent, machine, epoch, logLevel, listen, ipc, node, telemetry } = surroundings;
    this.log = openLog({ agent, machine, epoch }, logLevel);
    this.#hooks = new AgentHooks(definition, this.log);
    this.#actions = new ActionTable({
      agent,
      actions: definition.actions ?? {},
      telemetry,
      assertReady: () => this.#assertReady(),
      onFailure: (error, action) => this.#onActionFailure(error, action),
    });
    this.#node = connectToNode(node, instanceOf(agent, machine), (up) => {
      if (up) this.#session?.onNodeBack();
    });
    this.#control = new RequestServer({
      endpoint: listen,
      ipc,
      purpose: `the control socket of ${agent}@${machine}`,
      frameBytesMax: limits.callFrameBytesMax,
      handle: this.#methods().handle,
      onBug: (error, method) => this.log.error({ err: error, method }, 'a control method failed unexpectedly'),
      onWithoutIpc: (error) =>
        this.log.warn({ err: error, ipc }, 'no socket file: others on this machine use the port'),
    });
  }

  /** Resolves when the agent is ready. @throws whatever kept it from it */
  async start(): Promise<void> {
    const { agent, machine, epoch, address, home } = this.surroundings;
    await this.#control.open();
    const policies = new PolicyLink(this.#node);
    const session = new NodeSession(
      this.#node,
      this.#attachment(),
      (error) => this.log.warn({ err: error }, 'the node refuses this agent'),
      { attached: (answer) => policies.take(answer.policies), beaten: (answer) => policies.hear(answer.policies) },
      this.#ownHealth(),
    );
    this.#session = session;
    const {
      config,
      policies: _,
      ...welcome
    } = await within(
      session.attach(this.#ending.signal),
      limits.readyTimeoutMs,
      () =>
        new MeshError(
          'UNREACHABLE',
          `the node at ${this.surroundings.node} did not let ${agent} attach within ${limits.readyTimeoutMs} ms`,
        ),
    );
    this.#mesh = new MeshClient(
      {
        node: this.surroundings.node,
        name: agent,
        epoch,
        onHandlerError: (error, topic) => this.#onHandlerError(error, topic),
        release: this.definition.version,
        onConsumerError: (error, stream) => this.#onConsumerError(error, stream),
      },
      this.#node,
      welcome,
      policies,
    );
    const facts = {
      agent,
      instance: instanceOf(agent, machine),
      epoch,
      config: this.#checkConfig(config),
      log: this.log,
      signal: this.#ending.signal,
      home,
    };
    this.#context = bindContext(this.#mesh, facts);
    this.#actions.open(this.#context, this.#mesh);
    await this.definition.onStart?.(this.#context as AgentContext<never>);
    await session.ready(this.#ending.signal);
    // It may have been asked to end while the node's word was on its way.
    if (this.#state !== 'starting') return;
    this.#state = 'ready';
    this.log.info({ control: this.#control.endpoint, address }, 'ready');
    void this.#hooks.ready(this.#context);
  }

  /** Ends in the order above. Idempotent; never throws. */
  async stop(): Promise<void> {
    if (this.#state === 'draining') return;
    this.#state = 'draining';
    await this.#session?.draining();
    // Beside the author's own end: what is handled is settled, and nothing more is taken.
    const consumed = this.#mesh?.closeConsumers();
    if (this.#context !== undefined) await this.#hooks.drain(this.#context, this.#drainMs);
    await consumed;
    const reason = new MeshError('INTERRUPTED', `${this.definition.name} is stopping`);
    this.#ending.abort(reason);
    this.#actions.abort(reason);
    await this.#control.close();
    this.#actions.close();
    if (this.#context !== undefined) await this.#runOnStop(this.#context);
    await this.#mesh?.close();
    this.#node.close();
  }

  /** The error that ends the process, once it is written down. */
  onUncaught(error: unknown): void {
    if (this.#context !== undefined) this.#hooks.error(error, this.#context);
  }

  /** The rest of the grace time belongs to the calls in hand and to `onStop`. */
  get #drainMs(): number {
    return Math.min(limits.closeTimeoutMs, this.surroundings.stopGraceMs / 3);
  }

  async #runOnStop(context: AgentContext): Promise<void> {
    try {
      await this.definition.onStop?.(context as AgentContext<never>);
    } catch (error) {
      this.log.error({ err: error }, 'onStop failed');
      this.#hooks.error(error, context);
      await within(context.report(error), limits.requestTimeoutMs, () => new MeshError('TIMED_OUT')).catch(
        () => undefined,
      );
    }
  }

  #attachment() {
    const { agent, epoch, address } = this.surroundings;
    const { version = '0.0.0', capabilities = [], actions = {} } = this.definition;
    const port = this.#control.endpoint.slice(this.#control.endpoint.lastIndexOf(':') + 1);
    return {
      protocol: PROTOCOL_VERSION,
      agent,
      epoch,
      pid: process.pid,
      control: `tcp://${address}:${port}`,
      version,
      capabilities: [...capabilities],
      actions: Object.keys(actions),
      ...(this.#control.ipc === '' ? {} : { ipc: this.#control.ipc }),
      ...idempotentOf(actions),
    };
  }

  #checkConfig(config: unknown): unknown {
    const schema = this.definition.config ?? Type.Object({}, { additionalProperties: false });
    return compile<unknown>(schema).assert(
      config ?? {},
      `the configuration of ${this.surroundings.agent}`,
      'CONFIG_INVALID',
    );
  }

  #methods(): MethodTable {
    const { agent, machine, epoch } = this.surroundings;
    const common = processMethods({
      name: agent,
      machine,
      epoch,
      clock: systemClock,
      info: () => ({
        version: this.definition.version ?? '0.0.0',
        startedMs: this.#startedMs,
        capabilities: [...(this.definition.capabilities ?? [])],
        actions: describeActions(this.definition),
      }),
      health: () => this.#health(),
      onStop: this.onStopRequest,
    });
    const table = new MethodTable().serve({
      ...common,
      'mesh.calls': (filter) => this.#mesh?.callsUnderPolicy(filter) ?? { policies: '', calls: [] },
    });
    for (const [name, method] of this.#actions.methods) table.add(name, method);
    return table;
  }

  #health(): ReturnType<ProcessMethodsOptions['health']> {
    return {
      state: this.#state,
      loopLagMs: this.#session?.loopLagMs ?? 0,
      counters: {
        ...this.#control.counters,
        ...this.#mesh?.counters,
        ...this.#actions.counters,
        actionFailures: this.#actionFailureCount,
      },
      health: { ...this.#wellbeing.current, reasons: [...this.#wellbeing.current.reasons] },
      actions: this.#actions.figures,
      subscriptions: this.#mesh?.subscriptions ?? [],
    };
  }

  #ownHealth(): OwnHealth {
    const health = this.#wellbeing;
    return {
      get current() {
        return health.current;
      },
      onBeat: (lagMs, nowMs) => {
        this.#actions.onBeat(nowMs, lagMs);
        return health.look({ lagMs, ...this.#actions.totals, queueAgeMs: this.#actions.queueAgeMs(nowMs) }, nowMs);
      },
      told: (word, nowMs) => health.told(word, nowMs),
    };
  }

  #assertReady(): void {
    if (this.#state === 'ready') return;
    throw new MeshError('UNREACHABLE', `${this.surroundings.agent} is ${this.#state}`, {
      hint: 'ask again in a moment, or another instance',
    });
  }

  #onActionFailure(error: unknown, action: string): void {
    this.#actionFailureCount++;
    this.log.warn({ err: error, action }, `action ${action} failed: ${messageOf(error)}`);
    if (this.#context !== undefined) this.#hooks.error(error, this.#context);
  }

  /** A report about the stream of errors would come back to its consumer: it is logged, and main counts it. */
  #onConsumerError(error: unknown, stream: string): void {
    this.log.error({ err: error, stream }, 'a consumer of records failed');
    if (this.#context !== undefined) this.#hooks.error(error, this.#context);
    if (stream === ERRORS_STREAM) return;
    void this.#mesh?.report(error, { component: 'consumer', context: { stream } }).catch(() => undefined);
  }

  #onHandlerError(error: unknown, topic: string): void {
    this.log.error({ err: error, topic }, 'a handler of an event failed');
    if (this.#context !== undefined) this.#hooks.error(error, this.#context);
    void this.#mesh?.report(error, { component: 'handler', context: { topic } }).catch(() => undefined);
  }
}

/** Said only where there is something to say: most agents have none. */
function idempotentOf(actions: NonNullable<AgentDefinition['actions']>): { idempotent?: string[] } {
  const idempotent = Object.keys(actions).filter((name) => actions[name]?.idempotent === true);
  return idempotent.length === 0 ? {} : { idempotent };
}
