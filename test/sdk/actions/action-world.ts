/** Actions behind a real control socket, and clients that ask them; all closed when the test ends. */
import { Dealer, Request } from 'zeromq';
import type { NestedCalls } from '../../../agents/sdk/actions/action-call.js';
import { ActionTable } from '../../../agents/sdk/actions/action-table.js';
import type { AgentDefinition } from '../../../agents/sdk/define-agent.js';
import type { Receipt } from '../../../agents/sdk/mesh.js';
import type { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { RequestMeta } from '../../../common/protocol/request-meta.js';
import { MethodTable } from '../../../common/wire/answering/method-table.js';
import { RequestServer } from '../../../common/wire/answering/request-server.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';
import { FakeContext } from '../../support/fakes/fake-context.js';

/** What a test holds back until it says so. */
export class Gates {
  readonly #waiting: { readonly name: unknown; readonly open: () => void }[] = [];

  /** In the order they came. */
  get names(): unknown[] {
    return this.#waiting.map(({ name }) => name);
  }

  hold(name: unknown): Promise<void> {
    return new Promise((open) => this.#waiting.push({ name, open }));
  }

  /** Lets the oldest go, or the one with this name. */
  open(name: unknown = this.#waiting[0]?.name): void {
    const index = this.#waiting.findIndex((waiting) => waiting.name === name);
    if (index === -1) throw new Error(`nobody waits as ${String(name)}`);
    for (const { open } of this.#waiting.splice(index, 1)) open();
  }

  openAll(): void {
    for (const { open } of this.#waiting.splice(0)) open();
  }
}

export class ActionWorld {
  readonly gates = new Gates();
  readonly context = new FakeContext({ config: {} });
  readonly failures: unknown[] = [];
  /** What the actions asked of other agents. */
  readonly nested: Parameters<NestedCalls['call']>[] = [];
  /** The streams that they emitted to, and under which trace. */
  readonly emitted: { readonly streams: readonly string[]; readonly trace: string | undefined }[] = [];
  readonly table: ActionTable;
  readonly server: RequestServer;
  readonly #closers: (() => unknown)[] = [];

  static async open(actions: NonNullable<AgentDefinition['actions']>, telemetry = true): Promise<ActionWorld> {
    const world = new ActionWorld(actions, telemetry);
    await world.server.open();
    return world;
  }

  private constructor(actions: NonNullable<AgentDefinition['actions']>, telemetry: boolean) {
    this.table = new ActionTable({
      agent: 'tester',
      actions,
      telemetry,
      assertReady: () => undefined,
      onFailure: (error) => this.failures.push(error),
    });
    this.table.open(this.context, {
      call: async (...call) => this.nested.push(call),
      stream: () => {
        throw new Error('no streams here');
      },
      emit: async (stream, _, __, { trace }) => this.#onEmitted([stream], trace),
      emitBatch: async (records, _, { trace }) => [
        this.#onEmitted(
          records.map(({ stream }) => stream),
          trace,
        ),
      ],
      report: async (_, __, { trace }) => ({ ...this.#onEmitted(['errors'], trace), folded: false }),
    });
    const methods = new MethodTable();
    for (const [name, method] of this.table.methods) methods.add(name, method);
    this.server = new RequestServer({
      endpoint: 'tcp://127.0.0.1:0',
      purpose: 'the agent of the test',
      frameBytesMax: limits.callFrameBytesMax,
      handle: methods.handle,
      onBug: (error) => this.failures.push(error),
    });
  }

  #onEmitted(streams: readonly string[], trace: string | undefined): Receipt {
    this.emitted.push({ streams, trace });
    return { journalId: '0123456789abcdefghjk', seq: this.emitted.length, hash: Buffer.alloc(32) };
  }

  client(): RequestClient {
    const { endpoint } = this.server;
    const client = new RequestClient({
      endpoint,
      name: 'caller@main',
      peer: 'the agent',
      frameBytesMax: limits.callFrameBytesMax,
    });
    this.#closers.push(() => client.close());
    return client;
  }

  /** One request whose options travel in its meta. */
  ask(client: RequestClient, action: string, input: unknown = {}, meta: RequestMeta = {}): Promise<unknown> {
    const timeoutMs = meta.timeoutMs ?? limits.requestTimeoutMs;
    return client.send(action, input, { timeoutMs }, meta);
  }

  requester(): Request {
    const socket = new Request({ linger: 0, receiveTimeout: 10_000 });
    socket.connect(this.server.endpoint);
    this.#closers.push(() => socket.close());
    return socket;
  }

  dealer(): Dealer {
    const socket = new Dealer({ linger: 0, receiveTimeout: 10_000 });
    socket.connect(this.server.endpoint);
    this.#closers.push(() => socket.close());
    return socket;
  }

  async close(): Promise<void> {
    this.gates.openAll();
    for (const close of this.#closers.splice(0).reverse()) close();
    await this.server.close();
    this.table.close();
  }
}

/** What each promise came to: `ok`, or the code of its error. */
export const outcomes = async (promises: readonly Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(promises)).map((result) =>
    result.status === 'fulfilled' ? 'ok' : (result.reason as MeshError).code,
  );
