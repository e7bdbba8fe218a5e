/** How each rule stands, for people. Pure. */
import { type Static, Type } from '../../common/protocol/type.js';
import type { AlertBook } from './alert-book.js';

const closed = { additionalProperties: false } as const;

export const AlertStandings = Type.Object(
  {
    rules: Type.Array(
      Type.Object(
        {
          rule: Type.String(),
          state: Type.Enum(['firing', 'quiet']),
          firing: Type.Integer({ minimum: 0, description: 'things of which it holds now' }),
          heldBack: Type.Integer({ minimum: 0, description: 'what happened since the last notice about it' }),
          titles: Type.Array(Type.String(), { description: 'the first of those that it holds of' }),
          lastMs: Type.Number({ description: 'when it last told something; 0 for never' }),
          lastState: Type.String(),
          lastTitle: Type.String(),
        },
        closed,
      ),
    ),
    waiting: Type.Integer({ minimum: 0, description: 'notices that are on their way to a route' }),
  },
  closed,
);
export type AlertStandings = Static<typeof AlertStandings>;

export function standingsOf({ book, waitingCount }: { book: AlertBook; waitingCount: number }): AlertStandings {
  const rules = book.standings().map(({ rule, standing, entries }) => {
    const firing = entries.filter(({ holds }) => holds);
    const { lastMs, lastState, lastTitle } = standing;
    return {
      rule: rule.name,
      state: firing.length > 0 ? ('firing' as const) : ('quiet' as const),
      firing: firing.length,
      heldBack: entries.reduce((sum, { held }) => sum + held, 0),
      titles: firing.slice(0, TITLES_SHOWN).map(({ title }) => title),
      lastMs,
      lastState,
      lastTitle,
    };
  });
  return { rules, waiting: waitingCount };
}

const TITLES_SHOWN = 5;
