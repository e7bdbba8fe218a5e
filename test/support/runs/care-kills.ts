/**
 * A backup and a restore as real processes that are killed at every step, one after the other. After each kill it is looked
 * at what there is. Of a backup: whatever is listed is whole, the journal is what it was and its writer goes on. Of a
 * restore: there is the store of before or the one that was restored, and main gets all that was acknowledged, each once.
 * Then the same is done again, to its end, and leaves nothing half done.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backUp } from '../../../common/journal/care/backup.js';
import { listBackups } from '../../../common/journal/care/backup-folder.js';
import { restore } from '../../../common/journal/care/restore.js';
import { type StoreKind, storeKinds } from '../../../common/journal/care/store-file.js';
import { isSound } from '../../../common/journal/care/store-verdict.js';
import { verifyStore } from '../../../common/journal/care/verify-store.js';
import { LogStore } from '../../../common/journal/log/log-store.js';
import { JournalStore } from '../../../common/journal/machine/journal-store.js';
import { append, recordOf, recordsOf, textOf } from '../../journal/world.js';
import { diesAtCall, type Errand, isKilled } from '../processes/strace.js';
import { driveOutbox } from './drive-outbox.js';

export interface CareKills {
  /** How often it was killed in each way. */
  readonly kills: ReadonlyMap<string, number>;
  /** What was not as promised, a sentence each. */
  readonly faults: readonly string[];
}

/** Runs it until it is killed; false when it came to its end. */
export type Way = (pass: number, errand: Errand) => boolean;

export type Ways = ReadonlyMap<string, Way>;

/** Before each step that the program itself takes, or each second or third one. */
export const atSteps = (every = 1): Ways =>
  new Map([
    [
      'step',
      (pass, { argv, input }) => {
        const env = { PATH: process.env['PATH'], DIE_AT_STEP: String(pass * every) };
        return isKilled(spawnSync(process.execPath, ['--import', DIE_AT_STEP, ...argv], { input, env }));
      },
    ],
  ]);
/** In place of each system call that changes a file: also in the middle of what SQLite and zlib do. Needs strace. */
export const atCalls: Ways = new Map(
  ['write', 'pwrite64', 'ftruncate', 'fsync', 'fdatasync', 'close', 'link', 'rename', 'unlink'].map((call) => [
    call,
    (pass, errand) => diesAtCall(call, pass, errand),
  ]),
);

const programOf = (path: string): string => fileURLToPath(new URL(`../../../${path}.js`, import.meta.url));
const CARE = programOf('common/journal/care/care-process');
const RESTORE = programOf('test/fixtures/restoring-store');
const DIE_AT_STEP = programOf('test/fixtures/die-at-step');
const MACHINE = 'pc2';
const T0 = Date.UTC(2026, 10, 21);
/** The clock of `restoring-store`. */
const REPLACED_MS = 2_000;
const BACKUPS = 'backups';
const RESTORED = 'restored';
const FILE = { journal: 'journal.db', log: 'mesh.db' } as const;
/** In the log before the backup, after it, and in the journal alone. */
const BEFORE = recordsOf(6, 'before');
const LATER = recordsOf(2, 'later');
const PENDING = recordsOf(2, 'pending');
const everyText = [...BEFORE, ...LATER, ...PENDING].map(textOf).sort();
const WORK = 'metrics';
/** More often than anything is done. */
const PASSES_MAX = 1_000;
const FAULTS_MAX = 10;

interface Victim {
  readonly errand: Errand;
  /** After its death: what there is, and what becomes of it when all is done again. @throws what is not as promised */
  look(): Promise<void>;
  close(): void;
}

export const killBackups = (ways: Ways): Promise<CareKills> => killAll(ways, (folder) => new SavedJournal(folder));

export async function killRestores(kind: StoreKind, ways: Ways): Promise<CareKills> {
  const template = newFolder();
  try {
    await fill(template, kind);
    return await killAll(ways, (folder) => {
      cpSync(template, folder, { recursive: true });
      return new RestoredStore(folder, kind);
    });
  } finally {
    rmSync(template, { recursive: true, force: true });
  }
}

async function killAll(ways: Ways, make: (folder: string) => Victim): Promise<CareKills> {
  const kills = new Map<string, number>();
  const faults: string[] = [];
  const isStruck = async (name: string, way: Way, pass: number): Promise<boolean> => {
    const folder = newFolder();
    const victim = make(folder);
    try {
      if (!way(pass, victim.errand)) return false;
      kills.set(name, pass);
      await victim.look();
    } catch (error) {
      faults.push(`killed at ${name} ${pass}: ${String(error)}`);
    } finally {
      victim.close();
      rmSync(folder, { recursive: true, force: true });
    }
    // What goes wrong each time is no news.
    return faults.length < FAULTS_MAX;
  };
  for (const [name, way] of ways) {
    for (let pass = 1; pass <= PASSES_MAX; pass++) if (!(await isStruck(name, way, pass))) break;
  }
  return { kills, faults };
}

/** A journal whose writer goes on while it is saved. */
class SavedJournal implements Victim {
  readonly errand: Errand;
  readonly #file: string;
  readonly #backups: string;
  readonly #store: JournalStore;

  constructor(private readonly folder: string) {
    this.#file = join(folder, FILE.journal);
    this.#backups = join(folder, BACKUPS);
    this.#store = openJournal(folder).store;
    append(this.#store, { records: BEFORE });
    const partial = ['.partial-journal.db', '.partial-journal.db-journal', '.partial-journal.gz'];
    const bounds = { timeoutMs: 60_000, memoryBytesMax: 1024 ** 3, parentPid: process.pid };
    this.errand = {
      argv: [CARE],
      input: `${JSON.stringify({ kind: 'backup', options: this.#order(T0), ...bounds })}\n`,
      files: [this.#backups, ...partial.map((name) => join(this.#backups, name))],
    };
  }

  async look(): Promise<void> {
    await this.#lookAtBackups();
    append(this.#store, { records: recordsOf(1, 'beside') });
    if (!isSound(verifyStore(this.#file, 'journal', () => undefined))) throw new Error('the journal is not sound');
    const { name } = await backUp(this.#order(T0 + 1_000), () => undefined);
    const listed = await this.#lookAtBackups();
    if (listed[0] !== name) throw new Error(`the next one is not the newest of ${listed.join()}`);
    const names = readdirSync(this.#backups);
    if (names.length > listed.length) throw new Error(`something is left behind: ${names.join()}`);
  }

  close(): void {
    this.#store.close();
  }

  /** Each must be whole. @returns their names */
  async #lookAtBackups(): Promise<string[]> {
    const names = listBackups(this.#backups, T0 + 2_000).map(({ name }) => name);
    for (const name of names) {
      const file = join(this.folder, RESTORED, FILE.journal);
      mkdirSync(join(this.folder, RESTORED));
      await restore(restoreOptions(join(this.#backups, name), file, 'journal'));
      const { store } = JournalStore.open({ file, machine: MACHINE, wallMs: 3_000 });
      const texts = store.tail({ afterPosition: 0, limit: 100 }).map(textOf);
      store.close();
      rmSync(join(this.folder, RESTORED), { recursive: true });
      if (!BEFORE.every((record) => texts.includes(textOf(record))))
        throw new Error(`${name} passes for a backup and holds ${texts.join()}`);
    }
    return names;
  }

  #order(wallMs: number) {
    return { file: this.#file, kind: 'journal' as const, machine: MACHINE, folder: this.#backups, wallMs };
  }
}

/** A store that is to be replaced by its backup, while nobody has it open. */
class RestoredStore implements Victim {
  readonly errand: Errand;
  readonly #archive: string;
  readonly #file: string;

  constructor(
    private readonly folder: string,
    private readonly kind: StoreKind,
  ) {
    const [name = ''] = readdirSync(join(folder, BACKUPS));
    this.#archive = join(folder, BACKUPS, name);
    this.#file = join(folder, FILE[kind]);
    const names = [this.#file, `${this.#file}.restoring`, `${this.#file}.replaced-${REPLACED_MS}`];
    this.errand = {
      argv: [RESTORE, this.#archive, this.#file, kind],
      input: '',
      files: [folder, ...names.flatMap((file) => ['', '-wal', '-shm', '-journal'].map((suffix) => file + suffix))],
    };
  }

  async look(): Promise<void> {
    this.#lookAtStores();
    await restore(restoreOptions(this.#archive, this.#file, this.kind));
    this.#lookAtStores();
    const left = readdirSync(this.folder).filter((name) => name.includes('restoring'));
    if (left.length > 0) throw new Error(`something is left behind: ${left.join()}`);
  }

  close(): void {
    // Nobody has it open.
  }

  /** As the machine finds them when it starts now. */
  #lookAtStores(): void {
    const { store, findings } = openJournal(this.folder);
    const log = openLog(this.folder);
    try {
      if (findings.length > 0) throw new Error(`the journal was ruined: ${JSON.stringify(findings)}`);
      driveOutbox(store, log);
      const texts = log.read({ stream: WORK }).records.map(textOf).sort();
      if (texts.join() !== everyText.join()) throw new Error(`main has ${texts.join()}`);
    } finally {
      store.close();
      log.close();
    }
    for (const kind of storeKinds)
      if (!isSound(verifyStore(join(this.folder, FILE[kind]), kind, () => undefined)))
        throw new Error(`the ${kind} is not sound`);
  }
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'mesh-care-'));

const openJournal = (folder: string) =>
  JournalStore.open({ file: join(folder, FILE.journal), machine: MACHINE, wallMs: 1_000 });

const openLog = (folder: string): LogStore =>
  LogStore.open({ file: join(folder, FILE.log), wallMs: 1_000, errorStream: '', groupOf: () => undefined }).store;

const restoreOptions = (archive: string, file: string, kind: StoreKind) => ({
  ...{ archive, file, kind, machine: MACHINE, wallMs: REPLACED_MS, isDryRun: false },
  incidentOf: (carriedCount: number | undefined) => recordOf(`restored ${carriedCount}`, 'incidents'),
});

/** A journal of which main has a part, a backup of it or of main's log, and what came later. */
async function fill(folder: string, kind: StoreKind): Promise<void> {
  const { store } = openJournal(folder);
  const log = openLog(folder);
  append(store, { records: BEFORE });
  driveOutbox(store, log);
  const options = { file: join(folder, FILE[kind]), kind, machine: MACHINE, folder: join(folder, BACKUPS), wallMs: T0 };
  await backUp(options, () => undefined);
  append(store, { records: LATER });
  driveOutbox(store, log);
  append(store, { records: PENDING });
  store.close();
  log.close();
}
