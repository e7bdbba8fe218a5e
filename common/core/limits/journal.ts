/** Bounds of the two stores of records, a machine's journal and main's log, and of the care for their files. */
import { KIB, MIB } from './units.js';

export const journal = {
  /** Rows the journal's writer commits together: bounds how long the first of them waits. */
  groupCommitRowsMax: 2_000,
  /** Batches waiting for the journal's writer; the next is refused with QUEUE_FULL. */
  journalQueueMax: 4_096,
  /** Bytes of those batches; the next is refused with QUEUE_FULL. */
  journalQueueBytesMax: 64 * MIB,
  /** What a journal has stored last and keeps at hand for whoever sends it on, and main's log for whoever follows it. */
  recentBytesMax: 4 * MIB,
  /** How long a store waits for another process (a backup, a reader that recovers the WAL) before JOURNAL_FAILED. */
  journalBusyMs: 200,
  /** How long whoever closes a store waits for what it was asked before: beyond that its disk does not answer, and the process
   *  would else never end. */
  storeCloseMs: 5_000,
  /** Pages of 4 KiB after which the write-ahead log is moved into the file: fewer moves write hot pages fewer times,
   *  more of them mean a longer recovery. */
  journalWalPages: 4_000,
  /** The write-ahead log is cut to this size after a checkpoint, so that one burst does not keep the disk for ever. */
  journalWalBytesKept: 64 * MIB,
  /** From this size on a write-ahead log is told of: somebody reads for long, and keeps it from being begun anew. */
  walBytesWarned: 256 * MIB,
  /** Then what the mesh itself reads is ended; a stranger's reading is told with who it is. */
  walBytesMax: 512 * MIB,
  /** A larger file is not walked when it is opened (about a second per GiB); its damage shows when rows are read. */
  quickCheckBytesMax: 1_024 * MIB,
  /** Rows that one prune deletes: bounds how long appends wait behind it. */
  pruneRowsMax: 10_000,
  /** Emitters whose last batch the journal remembers, so that a repeat is answered and not stored again; the one that
   *  was silent longest is forgotten. Far more than incarnations that can be alive at once. */
  journalProducersKept: 4_096,
  checkpointBytesMax: 64 * KIB,
  checkpointsPerAgentMax: 256,
  /** Acknowledged records that a journal keeps for `stream tail` and audits; older ones are pruned. Never others. */
  journalAckedKept: 100_000,
  /** Records that the log on main keeps; the oldest are pruned. */
  logRecordsKept: 10_000_000,
  /** Openings of the log's file in which records were stored: whoever reads by id and was away for more of them goes by the
   *  oldest that is known. */
  logOpeningsKept: 1_024,
  /** Chains of each machine that the log knows though it holds nothing of them any more: a journal makes one with each
   *  opening. One that is further back would be stored once more if a backup brought it back. */
  logChainsKept: 1_024,
  logReadMax: 1_000,
  /** Bodies of one read: the answer must fit a frame of the log. A larger one is cut, the reader asks again. */
  logReadBytesMax: 4 * MIB,
  /** Records of one read that does not say how many: a page that a terminal can show. */
  logReadDefault: 200,
  /** Reads that wait for records are woken at most this often, so that a stream of commits costs each of them one look
   *  at the file per interval and not one per commit. */
  logWakeIntervalMs: 5,
  /** How often the log is brought back to `logRecordsKept`: what it may be over the bound is what arrives meanwhile. */
  logPruneIntervalMs: 60_000,
  /** Room that a store keeps on its disk for when that is full: what the mesh has to tell then, and checkpoints, are some
   *  kilobytes each. */
  diskReserveBytes: 1 * MIB,
  /** So much more must be free before records are taken again: else the first of them would fill it anew. */
  diskRoomBytes: 256 * KIB,
  /** How often a store that cannot be written is tried, and the size of the write-ahead logs is looked at. */
  storeLookMs: 1_000,
  /** Combinations of machine, stream and agent that main's log keeps apart in its index; those beyond it are looked through
   *  together. */
  logSourcesMax: 65_536,
  /** Rows that one page of a search looks at: some tens of milliseconds. Then it says where to go on. */
  findRowsMax: 100_000,
  /** How often what was appended is indexed: until then it is looked through row by row. */
  logIndexIntervalMs: 1_000,
  /** Questions in SQL that a node answers at once, each in a process; one more is refused with QUEUE_FULL. */
  queriesMax: 4,
  /** A backup or a walk over all hashes is ended after this; ten million records take minutes. */
  careJobMsMax: 3_600_000,
  /** Memory of such a process: far more than it needs by itself, and what a question may cost. Then it is ended. */
  careMemoryBytesMax: 512 * MIB,
  /** How often it says how far it is. */
  careProgressMs: 250,
  /** Damaged or missing records that a walk tells in words; all are counted. */
  careFindingsMax: 100,
  /** A question is ended after this, unless it says otherwise, … */
  queryMsDefault: 5_000,
  /** … and it may say so much: as long as it runs, no new write-ahead log is begun. */
  queryMsMax: 60_000,
  queryRowsDefault: 1_000,
  queryRowsMax: 10_000,
  /** Cells of one answer: it must fit a frame of the node. Then the answer is cut, and says so. */
  queryBytesMax: 1 * MIB,
  /** The text of a question. */
  queryTextMax: 16 * KIB,
  /** Room that a backup leaves to what it is a backup of, beside its own. */
  backupRoomBytes: 64 * MIB,
  backupsKept: 7,
  backupsKeptMax: 1_000,
  /** Wait before a backup on schedule that failed is tried again: it may read gigabytes before it fails. */
  backupRetryMs: 900_000,
  /** Ids that a restored log passes over where nobody can tell any more which were given out: more than a log takes in
   *  while a consumer is behind, far fewer than it keeps. */
  restoredIdsSkipped: 100_000,
} as const;
