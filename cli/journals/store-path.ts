/** Where the stores of a machine of this box are: for what is done to them without their node. */
import { openMachineFolder } from '../../agents/node/machine/machine-folder.js';
import type { Store } from './store-option.js';

/** @throws MeshError CONFIG_INVALID when the folder cannot be used */
export function storePathOf(home: string, machine: string, store: Store): string {
  const { journal, meshLog } = openMachineFolder(home, machine);
  return store === 'journal' ? journal : meshLog;
}
