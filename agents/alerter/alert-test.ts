/** Tries the way to somebody with a notice that says it is a test. No more often than a rule may tell something. */
import { systemClock } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { nearest } from '../../common/core/nearest.js';
import type { AlerterConfig } from '../../common/protocol/alert-rule.js';
import { type Static, Type } from '../../common/protocol/type.js';
import type { Notice } from './notice.js';
import type { Teller } from './routes/teller.js';
import { newRuleStanding, refilled } from './rule-standing.js';

const closed = { additionalProperties: false } as const;

export const AlertTestInput = Type.Object(
  {
    name: Type.String({ maxLength: limits.nameLengthMax, description: 'a rule, or a route' }),
    route: Type.Optional(Type.String({ maxLength: limits.nameLengthMax, description: 'this one of a rule only' })),
    dryRun: Type.Optional(Type.Boolean({ description: 'tell nobody, and say who would be told what' })),
  },
  closed,
);
export type AlertTestInput = Static<typeof AlertTestInput>;

export const AlertTestOutput = Type.Object(
  {
    notice: Type.Record(Type.String(), Type.Unknown()),
    results: Type.Array(
      Type.Object(
        { route: Type.String(), ok: Type.Boolean(), said: Type.String(), tookMs: Type.Number({ minimum: 0 }) },
        closed,
      ),
    ),
  },
  closed,
);
export type AlertTestOutput = Static<typeof AlertTestOutput>;

export class AlertTest {
  readonly #budget = newRuleStanding('test');

  constructor(
    private readonly config: AlerterConfig,
    private readonly teller: Teller,
    private readonly nextId: () => string,
  ) {}

  /** @throws NOT_FOUND with a near name, OVERLOADED */
  async run({ name, route, dryRun = false }: AlertTestInput): Promise<AlertTestOutput> {
    const routes = this.#routesOf(name, route);
    const atMs = systemClock.wallMs();
    const notice = testNotice(this.nextId(), name, atMs);
    if (dryRun) {
      return {
        notice: { ...notice },
        results: routes.map((each) => ({ route: each, ok: true, said: 'not told', tookMs: 0 })),
      };
    }
    if (refilled(this.#budget, atMs) <= 0) {
      throw new MeshError('OVERLOADED', 'too many tests in a row', { hint: 'wait for ten seconds' });
    }
    this.#budget.tokens--;
    const results = routes.map(async (each) => {
      const startedMs = systemClock.monotonicMs();
      const { ok, said } = await this.teller.tell(each, notice);
      return { route: each, ok, said, tookMs: Math.round(systemClock.monotonicMs() - startedMs) };
    });
    return { notice: { ...notice }, results: await Promise.all(results) };
  }

  #routesOf(name: string, only: string | undefined): readonly string[] {
    const { rules, routes } = this.config;
    const rule = rules.find((each) => each.name === name);
    const names = rule?.routes ?? (this.teller.has(name) ? [name] : undefined);
    if (names === undefined) {
      throw notFound(
        `there is no rule and no route "${name}"`,
        name,
        [...rules, ...routes].map((each) => each.name),
      );
    }
    if (only === undefined || names.includes(only)) return only === undefined ? names : [only];
    throw notFound(`the rule "${name}" has no route "${only}"`, only, names);
  }
}

function notFound(message: string, name: string, known: readonly string[]): MeshError {
  const near = nearest(name, known);
  const hint = `there are: ${known.join(', ')}`;
  return new MeshError('NOT_FOUND', message, {
    hint,
    ...(near === undefined ? {} : { details: { didYouMean: near } }),
  });
}

const testNotice = (id: string, rule: string, atMs: number): Notice => ({
  id,
  rule,
  state: 'test',
  text: `${rule}, a test: nothing is wrong, somebody tries whether this is heard`,
  subject: '',
  title: 'a test',
  machine: '',
  agent: '',
  severity: 'info',
  count: 0,
  total: 0,
  subjects: 0,
  sinceMs: atMs,
  atMs,
});
