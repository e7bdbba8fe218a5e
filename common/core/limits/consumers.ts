/** Bounds of consumers of streams and of their groups. */
export const consumers = {
  /** Consumer groups of a mesh: each holds a window in the memory of the log. The next is refused with QUEUE_FULL. */
  groupsMax: 256,
  groupMembersMax: 256,
  /** Records of a group that one which is not settled holds back from being forgotten: behind so many the group waits for
   *  it. A few megabytes at most. */
  groupWindowMax: 10_000,
  /** Records of one answer to a member, also bounded by `logReadBytesMax`. */
  groupFetchMax: 1_000,
  /** Ids that are looked through for a group's records in one go: bounds how long appends wait behind it. */
  groupScanIds: 20_000,
  /** The floor of a group that found nothing is stored once it has moved so far: what is looked through again after a
   *  crash. */
  groupIdleStep: 20_000,
  /** A member that said nothing for so long has gone: its next words are three times as frequent. Long enough for a
   *  handler that keeps the processor to itself for a while. */
  groupLeaseMs: 10_000,
  /** A record that a group's member has not settled by then is delivered again. */
  groupAckWaitMs: 30_000,
  groupAckWaitMsMax: 3_600_000,
  /** Deliveries after which a record is a dead letter: with the waits in between about four minutes. */
  groupDeliveries: 10,
  groupDeliveriesMax: 1_000,
  /** Wait before a record is delivered again; doubled each time. */
  groupBackoffFirstMs: 1_000,
  groupBackoffMaxMs: 60_000,
  /** Dead letters of a group, each with a copy of its record. When there are so many the next one is tried on until
   *  somebody replayed or dropped some: a group whose work cannot be done at all stands still, and loses nothing. */
  groupDeadMax: 1_000,
  /** Numbers of deliveries that are reserved on the disk at once: an opening of the log begins behind them. */
  groupNumbersReserved: 1_000_000,
  /** Records that a member of a group has in hand at once, when it does not say. */
  consumerInFlight: 16,
  consumerInFlightMax: 1_000,
  /** How far behind a group is counted, `groupScanIds` at a time; beyond that it is told as more. */
  groupLagCounted: 100_000,
} as const;
