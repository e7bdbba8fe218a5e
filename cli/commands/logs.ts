import type { MachineConfig } from '../../common/config/fleet-config.js';
import { delay } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { machinesWith, parseAgentReference } from '../agent-reference.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';

interface LogLine {
  readonly machine: string;
  readonly agent: string;
  readonly line: string;
}

const LINES_MAX = 10_000;
const LINES_DEFAULT = 100;

export const command: Command = {
  details:
    'Without @MACHINE: of every machine that has the agent. `node` and `broker` name the parts of the mesh itself.',
  operands: [{ syntax: '<agent[@machine]>', description: 'whose output', completes: 'agent' }],
  options: [
    { flags: '-f, --follow', description: 'go on with new lines as they come' },
    { flags: '-n, --lines <count>', description: `the last lines, up to ${LINES_MAX}; default ${LINES_DEFAULT}` },
  ],
  examples: [
    { line: 'mesh logs echo@pc2', explains: 'the last lines of one agent' },
    { line: 'mesh logs host-monitor -n 20', explains: 'of both machines, each line with its origin' },
    { line: 'mesh logs node@main -f', explains: 'the daemon of main, as it writes', follows: true },
  ],
  async run(context, args) {
    const reference = parseAgentReference(args.operand(0));
    const last = args.count('lines', { max: LINES_MAX }) ?? LINES_DEFAULT;
    const machine = reference.machine ?? context.flags.machine;
    const machines = machinesWith({ ...reference, machine }, await context.fleet());
    const sources = machines.map((machine) => new LogSource(context, machine, reference.agent, machines.length > 1));
    // One after another first, so that the last lines of two machines are not shuffled.
    const failures: unknown[] = [];
    for (const source of sources) await source.printLast(last).catch((error: unknown) => failures.push(error));
    if (failures.length === sources.length) throw failures[0];
    for (const failure of failures) if (failure instanceof MeshError) context.output.warn(failure.message);
    if (!args.flag('follow')) return failures.length === 0 ? 0 : 7;
    await Promise.all(sources.map((source) => source.follow()));
    return 0;
  },
};

/** The output of one agent on one machine, read on from where the last answer ended. */
class LogSource {
  #place: { readonly offset: number; readonly file: string } | undefined;
  #silent = false;

  constructor(
    private readonly context: Context,
    private readonly machine: MachineConfig,
    private readonly agent: string,
    private readonly showsOrigin: boolean,
  ) {}

  async printLast(last: number): Promise<void> {
    const node = await (await this.context.access()).node(this.machine);
    const { agent } = this;
    await this.#print(await node.request('node.logs', { agent, last }, { signal: this.context.signal }));
  }

  /** Waits out a node that is away: its agents' output goes on into the same file. */
  async follow(): Promise<void> {
    const { signal, output } = this.context;
    while (!signal.aborted) {
      try {
        const node = await (await this.context.access()).node(this.machine);
        const waitMs = limits.longPollMsMax / 3;
        const timeoutMs = waitMs + limits.requestTimeoutMs;
        const body = { agent: this.agent, ...(this.#place ?? { last: 0 }), waitMs };
        await this.#print(await node.request('node.logs', body, { signal, timeoutMs }));
        this.#silent = false;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof MeshError) || !WAITED_OUT.includes(error.code)) throw error;
        if (!this.#silent) output.warn(`${error.message}; going on when it is back`);
        this.#silent = true;
        await delay(limits.heartbeatIntervalMs, signal).catch(() => undefined);
      }
    }
  }

  async #print({ file, nextOffset, lines }: { file: string; nextOffset: number; lines: string[] }): Promise<void> {
    this.#place = { file, offset: nextOffset };
    const { machine, agent, showsOrigin } = this;
    for (const line of lines) {
      const item: LogLine = { machine: machine.name, agent, line };
      const origin = showsOrigin ? `${this.context.output.colors.cyan(`${agent}@${machine.name}`)} | ` : '';
      await this.context.output.item(
        item,
        () => `${origin}${line}`,
        () => line,
      );
    }
  }
}

const WAITED_OUT: readonly string[] = ['UNREACHABLE', 'CONNECTION_LOST', 'TIMED_OUT', 'CLOSED'];
