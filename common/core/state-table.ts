/**
 * A state machine as data. A cell says what an event does in a state; a cell that is missing means the event is
 * refused there, and the caller hears of it: nothing is ignored by accident. `'ignore'` is written where it is meant.
 */
export type StateTable<State extends string, Event extends string> = {
  readonly [S in State]: { readonly [E in Event]?: State | 'ignore' };
};

export type Transition<State extends string> =
  | { readonly kind: 'moved'; readonly from: State; readonly to: State }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'refused' };

/** What `event` does in `state`. Pure; the caller keeps the state. */
export function transition<State extends string, Event extends string>(
  table: StateTable<State, Event>,
  state: State,
  event: Event,
): Transition<State> {
  const to = table[state][event];
  if (to === undefined) return { kind: 'refused' };
  if (to === 'ignore') return { kind: 'ignored' };
  return { kind: 'moved', from: state, to: to as State };
}
