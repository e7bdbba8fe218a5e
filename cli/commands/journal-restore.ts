import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { openMachineFolder } from '../../agents/node/machine/machine-folder.js';
import { incidents } from '../../agents/node/records/incident.js';
import type { MachineConfig } from '../../common/config/fleet-config.js';
import { isLocalAddress } from '../../common/config/machines/local-machine.js';
import { systemClock } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { findProcesses, tokenOf } from '../../common/core/process-scan.js';
import type { Restored } from '../../common/journal/care/restore.js';
import { acquireLock } from '../../common/journal/sqlite/exclusive-lock.js';
import type { Command } from '../command/command.js';
import type { Context } from '../command/context.js';
import { logOption, type Store, storeWord } from '../journals/store-option.js';
import { counted } from '../terminal/quantity.js';

export const command: Command = {
  details:
    'Only while the machine is down, on its own box. What is there is put aside under another name, never deleted. What main does not have yet of the present journal goes along. The restored journal begins a new chain, main keeps what it has, and one incident tells of it. A backup that is damaged or of another machine is refused.',
  operands: [
    { syntax: '<backup>', description: 'a name of `mesh journal backups`, or a file; `latest` for the newest' },
  ],
  options: [
    { ...logOption, description: "main's log; the journals send again what they still hold" },
    { flags: '--dry-run', description: 'only check the backup and say what would be done' },
  ],
  examples: [
    { line: 'mesh journal restore latest --machine pc2 --dry-run', explains: 'what it would do', needs: 'stopped' },
    { line: 'mesh journal restore latest --machine pc2', explains: 'the newest backup of a machine', needs: 'stopped' },
    { line: 'mesh journal restore latest --log', explains: "main's log", needs: 'stopped' },
  ],
  async run(context, args) {
    const store: Store = args.flag('log') ? 'log' : 'journal';
    const isDryRun = args.flag('dryRun');
    const machine = await machineOf(context, store);
    const { home } = await context.fleet();
    const folder = openMachineFolder(home, machine.name);
    const [{ restore }, { listBackups }] = await Promise.all([
      import('../../common/journal/care/restore.js'),
      import('../../common/journal/care/backup-folder.js'),
    ]);
    const newest = () => listBackups(folder.backups, systemClock.wallMs()).find(({ kind }) => kind === store)?.name;
    const archive = archiveOf(context, args.operand(0), folder.backups, newest);
    const lock = acquireLock(folder.lock, `the node of ${machine.name} in ${home}`);
    try {
      assertDown(home, machine.name);
      const restored = await restore({
        archive,
        file: store === 'journal' ? folder.journal : folder.meshLog,
        kind: store,
        machine: machine.name,
        wallMs: systemClock.wallMs(),
        isDryRun,
        incidentOf: (carriedCount, countedAgain) =>
          incidents.restored(basename(archive), carriedCount, countedAgain).toRecord(),
      });
      await tell(context, { machine: machine.name, store, backup: archive, isDryRun, ...restored });
    } finally {
      lock.release();
    }
  },
};

async function machineOf(context: Context, store: Store): Promise<MachineConfig> {
  const fleet = await context.fleet();
  const asked = store === 'log' ? fleet.main.name : (context.flags.machine ?? fleet.main.name);
  const machine = await context.machine(asked);
  if (isLocalAddress(machine.address)) return machine;
  throw new MeshError('USAGE', `${machine.name} is not this box`, { hint: `run the command on ${machine.address}` });
}

/** @throws NOT_FOUND */
function archiveOf(context: Context, named: string, folder: string, newest: () => string | undefined): string {
  const name = named === 'latest' ? newest() : named;
  if (name === undefined)
    throw new MeshError('NOT_FOUND', `there is no backup in ${folder}`, {
      hint: 'make one with "mesh journal backup"',
    });
  const places = [resolve(context.surroundings.cwd, name), join(folder, name)];
  const found = (named === 'latest' ? places.slice(1) : places).find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new MeshError('NOT_FOUND', `there is no backup ${name}, neither here nor in ${folder}`, {
    hint: 'see "mesh journal backups"',
  });
}

/** The broker and the agents outlive their node, and the broker writes the log. @throws ALREADY_RUNNING */
function assertDown(home: string, machine: string): void {
  const [first] = findProcesses(tokenOf(home, machine)).filter(({ env }) => env['MESH_AGENT'] !== undefined);
  if (first === undefined) return;
  throw new MeshError('ALREADY_RUNNING', `${first.env['MESH_AGENT']} of ${machine} runs (pid ${first.pid})`, {
    hint: `stop the machine with "mesh down ${machine}"`,
  });
}

type Outcome = Restored & {
  readonly machine: string;
  readonly store: Store;
  readonly backup: string;
  readonly isDryRun: boolean;
};

async function tell({ output }: Context, outcome: Outcome): Promise<void> {
  const { machine, store, backup, isDryRun, verdict, replaced, carriedCount, countedAgain } = outcome;
  const row = {
    machine,
    store,
    backup,
    dryRun: isDryRun,
    records: verdict.checkedCount,
    replaced: replaced ?? null,
    carried: carriedCount ?? null,
    countedAgain,
  };
  const [was, is] = isDryRun ? ['would be', 'would be'] : ['was', 'is'];
  const lines = [
    `the ${storeWord(machine, store)} ${was} restored from ${backup} with ${counted(verdict.checkedCount, 'record')}`,
    ...(carriedCount
      ? [`with it ${isDryRun ? 'would go' : 'went'} ${counted(carriedCount, 'record')} that main does not have yet`]
      : []),
    ...(replaced === undefined ? [] : [`what was there ${is} kept as ${replaced}`]),
  ];
  await output.value(
    row,
    () => lines.join('\n'),
    () => backup,
  );
  if (carriedCount === undefined)
    output.warn('what is there cannot be read: what main does not have of it stays in that file');
  if (countedAgain > 0)
    output.warn(
      `${counted(countedAgain, 'error')} that the backup had counted and not told yet are told, maybe once more`,
    );
  if (!isDryRun) output.note(`next: mesh up ${machine}`);
}
