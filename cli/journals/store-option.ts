/** Which stores a command about journals is for: the journals of the machines asked, main's log, or both. */
import type { MachineConfig } from '../../common/config/fleet-config.js';
import { toMeshError } from '../../common/core/errors.js';
import type { Output as Answer, MethodName } from '../../common/protocol/catalogue.js';
import type { Context } from '../command/context.js';
import type { MachineAnswer } from '../fleet/fleet-access.js';
import type { Arguments } from '../line/arguments.js';
import type { OptionSpec } from '../line/option-spec.js';

export type Store = 'journal' | 'log';

export interface StorePlace {
  readonly machine: MachineConfig;
  readonly store: Store;
}

export const logOption: OptionSpec = { flags: '--log', description: "main's log instead of a journal" };

/** `journal of pc2`, `log of main`. */
export const storeWord = (machine: string, store: Store): string => `${store} of ${machine}`;

/** The journals of the machines asked and, where main is one of them, the log; with --log that alone. */
export async function allStores(context: Context, args: Arguments): Promise<StorePlace[]> {
  const { main } = await context.running();
  if (args.flag('log')) return [{ machine: main, store: 'log' }];
  const machines = await context.machinesAsked();
  const journals = machines.map((machine): StorePlace => ({ machine, store: 'journal' }));
  return machines.some(({ name }) => name === main.name) ? [...journals, { machine: main, store: 'log' }] : journals;
}

/** The journals of the machines asked; with --log main's log alone. */
export async function storesAsked(context: Context, args: Arguments): Promise<StorePlace[]> {
  return (await allStores(context, args)).filter(({ store }) => args.flag('log') || store === 'journal');
}

export type StoreAnswer<M extends MethodName> = MachineAnswer<Answer<M>> & { readonly store: Store };

/** The same question about several stores at once. */
export async function askStores<M extends MethodName>(
  context: Context,
  places: readonly StorePlace[],
  ask: (place: StorePlace) => Promise<Answer<M>>,
): Promise<StoreAnswer<M>[]> {
  await context.access();
  return Promise.all(
    places.map(async (place) => {
      try {
        return { ...place, body: await ask(place) };
      } catch (error) {
        return { ...place, error: toMeshError(error) };
      }
    }),
  );
}
