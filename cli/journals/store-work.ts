/**
 * The same work on all the stores that a command means, at once: how far it is while it lasts, a row for each store that
 * answered, the silence of the others said, and an exit code that tells a script which of the two it was.
 */
import type { Output as Answer, MethodName } from '../../common/protocol/catalogue.js';
import type { Context } from '../command/context.js';
import { sortAnswers } from '../fleet/machine-answers.js';
import type { Arguments } from '../line/arguments.js';
import { withProgress } from './care-progress.js';
import { allStores, askStores, type Store, type StorePlace } from './store-option.js';

export type StoreRow<M extends MethodName> = { readonly machine: string; readonly store: Store } & Answer<M>;

export interface StoreWork<M extends MethodName> {
  readonly rows: readonly StoreRow<M>[];
  readonly exitCode: number;
}

/** @throws MeshError when no store answered */
export async function workOnStores<M extends MethodName>(
  context: Context,
  args: Arguments,
  work: (place: StorePlace) => Promise<Answer<M>>,
): Promise<StoreWork<M>> {
  const places = await allStores(context, args);
  const machines = [...new Set(places.map(({ machine }) => machine))];
  const answers = await withProgress(context, machines, askStores<M>(context, places, work));
  const { exitCode } = sortAnswers(answers, context.output);
  const rows = answers.flatMap(({ store, ...answer }) =>
    'body' in answer ? [{ machine: answer.machine.name, store, ...answer.body }] : [],
  );
  return { rows, exitCode };
}
