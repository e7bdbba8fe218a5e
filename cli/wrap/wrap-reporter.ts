/**
 * What a wrapped program says and how it ends, told to the mesh. Loaded when there is something to tell, because a program
 * that is silent is not to wait for it.
 */
import { systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import { LAST_WORDS_VARIABLE, leaveLastWords } from '../../common/log/last-words.js';
import { completeReport, type ErrorReport } from '../../common/protocol/errors/error-report.js';
import type { Severity } from '../../common/protocol/errors/severity.js';
import type { Context } from '../command/context.js';
import { ReportOutbox, type ReportTaker, type Untold } from './report-outbox.js';
import { StderrTeller } from './stderr-teller.js';
import type { WrappedEnd } from './wrapped-process.js';

export interface WrapReporterOptions {
  readonly context: Context;
  /** In whose name. */
  readonly name: string;
  readonly program: string;
  /** Of a line that does not name its own. */
  readonly severity: Severity;
  /** It is the agent that runs here whose name this is: its node tells of its end. */
  readonly isAgent: boolean;
}

export class WrapReporter {
  readonly #outbox: ReportOutbox;
  readonly #teller: StderrTeller;

  constructor(private readonly options: WrapReporterOptions) {
    const { context, name, program, severity } = options;
    this.#outbox = new ReportOutbox(() => connect(context, name));
    const tell = this.#outbox.tell.bind(this.#outbox);
    this.#teller = new StderrTeller({ severity, program, clock: systemClock, tell });
  }

  take(chunk: Buffer): void {
    this.#teller.take(chunk);
  }

  /** Nothing more will come. Resolves when all is told that can be. */
  async end(end: WrappedEnd, ranMs: number): Promise<Untold> {
    this.#teller.end();
    const report = endReport(end, this.options, { ranMs, lastLines: this.#teller.lastLines });
    if (report !== undefined && !this.#isLeftToTheNode(report)) this.#outbox.tell(report);
    return this.#outbox.close();
  }

  /** A node tells of the end of its agents itself: these words make its report whole, and no second one is told. */
  #isLeftToTheNode(report: ErrorReport): boolean {
    const file = this.options.context.surroundings.env[LAST_WORDS_VARIABLE];
    return this.options.isAgent && file !== undefined && leaveLastWords(file, report);
  }
}

async function connect(context: Context, name: string): Promise<ReportTaker> {
  const { MeshClient } = await import('../../agents/sdk/mesh-client.js');
  return MeshClient.connect({ node: await nodeOf(context), name, timeoutMs: limits.cliConnectTimeoutMs });
}

/** Of the agent that it runs in, unless another one is asked for. */
async function nodeOf(context: Context): Promise<string> {
  const { flags, surroundings } = context;
  const told = surroundings.env['MESH_NODE'];
  if (told !== undefined && flags.mesh === undefined && flags.machine === undefined) return told;
  const [fleet, settings] = await Promise.all([context.fleet(), context.settings()]);
  return (await context.machine(settings.machine ?? fleet.main.name)).endpoints.node;
}

/** What is told of its end; nothing of one that went well, or that somebody asked for. */
function endReport(
  { exitCode, signal, refusal, askedBy }: WrappedEnd,
  { name, program }: WrapReporterOptions,
  facts: { readonly ranMs: number; readonly lastLines: readonly string[] },
): ErrorReport | undefined {
  if (exitCode === 0 || askedBy !== undefined) return undefined;
  const exit = refusal ?? (signal === undefined ? `exit code ${exitCode}` : `killed by ${signal}`);
  return completeReport({
    code: refusal === undefined ? 'AGENT_CRASHED' : 'START_FAILED',
    message: `${name}: ${program} ended unexpectedly: ${exit}`,
    severity: 'critical',
    component: 'process',
    context: {
      exit,
      exitCode,
      ...(signal === undefined ? {} : { signal }),
      program,
      ranMs: Math.round(facts.ranMs),
      lastLogLines: [...facts.lastLines],
    },
  });
}
