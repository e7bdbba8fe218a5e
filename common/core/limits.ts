/**
 * Every bound of the mesh in one place, each with its reason and with what happens at the limit. Values are checked
 * against each other when this module is loaded: a mesh that contradicts itself does not start.
 */
const KIB = 1024;
const MIB = 1024 * KIB;

export const limits = {
  // --- frames and envelopes -------------------------------------------------------------------------------------
  /** A writer closes a frame at this size and starts the next: large enough to amortise the cost per message, small
   *  enough that a call does not wait behind a megabyte of events. */
  frameTargetBytes: 64 * KIB,
  /** Largest frame on the call and event planes; libzmq disconnects a peer that sends more. */
  callFrameBytesMax: 8 * MIB,
  /** Largest frame on registry and node sockets: a full table of `agentsPerMachineMax` agents must fit. */
  controlFrameBytesMax: 2 * MIB,
  /** Largest frame between journal and log: one batch of records with its hashes. */
  logFrameBytesMax: 8 * MIB,
  /** Parts of one ZeroMQ message: identity, delimiter, payload; an event has topic and payload. More is refused. */
  framePartsMax: 3,
  /** Envelopes in one frame: bounds the work that one message can cause. More is refused as BAD_FRAME. */
  frameEnvelopesMax: 16_384,
  /** Maps, arrays and keys in one frame: these cost a decoder far more than their bytes, and this many some tens of
   *  milliseconds. More is refused as BAD_FRAME; larger tables travel as binary data. */
  frameItemsMax: 131_072,
  /** Maps and arrays within each other: far below the depth at which a recursive reader runs out of stack. */
  frameDepthMax: 256,

  // --- queues ----------------------------------------------------------------------------------------------------
  /** Bytes waiting for one peer in our own queue. At the limit a request is refused with QUEUE_FULL, a reply is
   *  dropped and counted (the requester times out), an event is dropped and counted (the sequence shows the gap). */
  peerQueueBytesMax: 32 * MIB,
  /** Frames of events that libzmq may hold for one peer. At the limit the proxy drops for that subscriber, which its
   *  sequence numbers show. */
  socketHighWaterMark: 1_000,
  /** Frames of requests or replies that libzmq may hold for one peer, each up to the frame limit of its plane: small,
   *  because what waits beyond it waits in a queue that is bounded in bytes (`peerQueueBytesMax`). */
  requestHighWaterMark: 128,
  /** Requests in flight of one client; the next is refused with QUEUE_FULL. */
  pendingRequestsMax: 65_536,
  /** Long polls (watch, read) that one server holds open; the next is answered at once as if its wait were 0. */
  waitersMax: 4_096,
  /** Events that wait for a handler, where a subscription has a queue and does not say how many. */
  subscriptionQueueDefault: 1_024,
  /** The most that it may say. What happens at its bound is the subscription's policy. */
  subscriptionQueueMax: 100_000,
  /** Bytes of those events, about: large ones fill a queue sooner. */
  subscriptionQueueBytesMax: 32 * MIB,
  /** Subscriptions of one process that block: each has a socket of its own, so that it holds up nobody else. The next is
   *  refused with QUEUE_FULL. */
  blockingSubscriptionsMax: 32,
  /** Frames of events that libzmq holds for one of those: what it does not take, the proxy's high-water mark drops. */
  blockingHighWaterMark: 16,
  /** Subscriptions that one answer to mesh.health tells of, those in trouble first. */
  subscriptionsShown: 64,
  /** Messages a receive loop handles before it lets other work of the process run (finding Z25). */
  receiveBurstMax: 128,
  /** The same in time: a message may carry thousands of envelopes, and heartbeats must not wait behind them. */
  receiveBurstMs: 10,

  // --- streams ---------------------------------------------------------------------------------------------------
  /** Items that a stream may have on their way and unread, unless its reader says otherwise: enough that a quick reader
   *  never waits for a round trip, few enough that a reader who leaves in the middle has let little be made in vain. */
  streamWindow: 64,
  /** More credit than this is taken for this much: what a reader lets come it also holds. */
  streamCreditMax: 1_024,
  /** Bytes of a stream that are on their way and unread; then its sender waits, however much credit it has. */
  streamBytesMax: 1 * MIB,
  /** What may be said to a stream's callee before it has read it. */
  streamInboxWindow: 16,
  /** Values of one stream that wait for credit at its sender, each with somebody who waits for that; the next is refused. */
  streamWaitingMax: 64,
  /** How often the callee of a stream that has nothing to send shows that it is still there. */
  streamSignMs: 10_000,
  /** A stream whose callee shows no sign for so long has failed: three signs missed. */
  streamSilenceMs: 35_000,
  /** A stream whose reader lets nothing come for so long, while something waits to, was forgotten by it, and is ended: far
   *  longer than a step of work that takes its time. */
  streamIdleMs: 300_000,
  /** Requests given up whose late answers are told from stray ones; the oldest is forgotten. */
  lateAnswersKept: 65_536,
  /** Cancels that a server remembers for requests that may still ask whether they were cancelled; the oldest is forgotten. */
  cancelsKept: 4_096,

  // --- calls -----------------------------------------------------------------------------------------------------
  /** Repeats of a call that did not run or may run twice, when nobody says how many: one for an instance that has just
   *  gone, one for bad luck. */
  callRetries: 2,
  /** Wait before a call goes once more to the instance that could not take it; doubled each time. */
  callRepeatFirstMs: 20,
  callRepeatMaxMs: 1_000,
  /** Repeats that a process may make of one service's calls: one in ten calls and some per second, saved up for so many
   *  seconds, so that an instance that dies with its hands full is made up for, and a service that is down is left alone. */
  retryBudgetPercent: 10,
  retryBudgetPerSecond: 10,
  retryBudgetSavedSeconds: 100,
  /** Calls of a process that wait for an instance to serve or for their next attempt; the next is refused with QUEUE_FULL. */
  callsWaitingMax: 10_000,
  /** A connection broke: so long the registry may take to say that its agent died before the link alone is blamed. */
  linkVerdictMs: 150,
  /** An instance that refused for now is not preferred for so long, when it does not say how long itself. */
  refusalAvoidedMs: 100,
  /** Connections to instances that were not called for this long are closed. */
  connectionIdleMs: 60_000,
  /** An instance is left alone after so many failures without an answer in between … */
  breakerFailures: 5,
  /** … or when so many of its calls failed within the window, if there were enough to say so … */
  breakerFailurePercent: 50,
  breakerWindowMs: 10_000,
  breakerCallsMin: 20,
  /** … for so long, doubled each time one call that tries it fails. */
  breakerOpenMs: 1_000,
  breakerOpenMsMax: 30_000,
  /** An instance of the own machine is preferred until it is so many times as expensive as one elsewhere: about what the
   *  way through a network costs a quick call. */
  localityWeight: 3,

  // --- policies of calls -----------------------------------------------------------------------------------------
  /** Rules of a fleet: each call that is made for the first time looks at all of them. */
  policyRulesMax: 256,
  /** All rules with the values that they fall back to, as JSON: every agent holds them. */
  policyBytesMax: 256 * KIB,
  /** The longest time that a policy may name: an hour. */
  callMsMax: 3_600_000,
  /** More than this many repeats of one call only make a bad moment longer. */
  callRetriesMax: 10,
  /** Calls under a policy that a process remembers for `mesh policy test`; the oldest is forgotten. */
  callTrailKept: 100,

  // --- actions ---------------------------------------------------------------------------------------------------
  /** Calls that wait for an action with `concurrency`, unless it says otherwise; one more is refused with OVERLOADED. */
  actionQueueMax: 1_000,
  /** What one step of priority is worth in waiting: within the five seconds that a call usually has, the better priority
   *  is always first, and whoever has more time than that is reached at last. */
  actionPriorityStepMs: 1_000,
  /** How often a queue is looked through for calls that wait in vain. */
  actionSweepMs: 50,
  /** When a refused caller is told to ask again: not so soon that asking is a load of its own, and not so late that a queue
   *  which has emptied meanwhile stands idle. */
  retryAfterMsMin: 20,
  retryAfterMsMax: 30_000,
  /** A call with an idempotency key is remembered for so long after it ended; then a repeat runs anew. Longer than any
   *  caller repeats by itself, short enough that a busy agent holds what fits the bounds below. */
  idempotencyWindowMs: 300_000,
  /** Calls with a key that one agent remembers, and the bytes of their answers: the oldest answer is forgotten for the
   *  next. When all of them still run the next is refused with QUEUE_FULL. */
  idempotencyKeysMax: 10_000,
  idempotencyBytesMax: 32 * MIB,
  /** All who asked for a run with a key have given it up: so long it goes on for one who asks again after its connection
   *  broke. */
  keyedGraceMs: 1_000,
  /** Items of a generator that are collected for a caller who did not ask for a stream; one more, and it gets TOO_LARGE. */
  streamItemsCollected: 10_000,

  // --- names -----------------------------------------------------------------------------------------------------
  nameLengthMax: 64,
  topicLengthMax: 255,
  topicTokensMax: 16,
  methodLengthMax: 128,
  /** An idempotency key: a UUID, a hash in hex, or a few words of the caller's own. A longer one is not heeded. */
  idempotencyKeyLengthMax: 128,
  /** A traceparent has 55 characters today; its later versions may append some. */
  traceLengthMax: 128,
  /** Distinct topics of one publisher: each needs a sequence counter. The next is refused with TOO_LARGE. */
  publisherTopicsMax: 10_000,
  /** (publisher, topic) pairs whose sequence a subscriber follows; the oldest is forgotten and counted. */
  subscriberTracksMax: 100_000,
  /** Topics whose last value a broker keeps, and their bytes: far more than states that people look at. At the limit the
   *  value that was not renewed longest makes room, and that is counted. */
  keptTopicsMax: 10_000,
  keptBytesMax: 64 * MIB,
  /** One kept value: several fit a frame of the broker's control socket. A larger one is refused with TOO_LARGE. */
  keptValueBytesMax: 256 * KIB,
  /** A publisher tells its broker at once what to keep, and then at most this often: of a topic that changes all the time
   *  only the newest value is told. */
  keepIntervalMs: 20,
  /** A late joiner asks for the kept values again after this: by then its subscription has reached every publisher, and what
   *  was published meanwhile is not missed. */
  lastValueSettleMs: 500,
  /** Subscription prefixes of one process: libzmq drops a burst of more than a thousand (finding Z9). */
  subscriptionsMax: 900,

  // --- registry --------------------------------------------------------------------------------------------------
  machinesMax: 256,
  agentsPerMachineMax: 256,
  actionsPerAgentMax: 128,
  /** Changes kept for watchers; one that is further behind gets a snapshot instead. */
  registryChangesKept: 4_096,
  /** The node's word to the registry, and the agent's word to its node. */
  heartbeatIntervalMs: 1_000,
  /** A machine (or agent) that was silent this long is out of reach (or busy): three words missed and some jitter. */
  heartbeatTimeoutMs: 3_500,
  /** Reasons of one instance's health: more than there are signs that can cost something. */
  healthReasonsMax: 8,
  /** Longest a watch or read is held open before it is answered with nothing new. */
  longPollMsMax: 30_000,

  // --- records ---------------------------------------------------------------------------------------------------
  /** Rules of streams; a stream that is met for the first time is held against all of them. */
  streamRulesMax: 256,
  /** Patterns of agents that may write one stream. */
  streamWritersMax: 256,
  /** Streams whose rule a process remembers; one more, and it forgets them all and looks them up again. */
  streamRulesRemembered: 10_000,
  /** Records that one step of a stream's retention deletes: bounds how long appends wait behind it. */
  streamPruneRowsMax: 2_000,
  recordBodyBytesMax: 256 * KIB,
  /** Records of one emit request, and of one batch to the log; also bounded by `recordBatchBytesMax`. */
  recordBatchMax: 1_000,
  recordBatchBytesMax: 1 * MIB,
  /** From one batch to main to the next, at least; so late may be what is emitted right behind another record. Each batch costs
   *  two commits and a dozen turns of threads: one for each record that is emitted alone would make the next one wait. Even so
   *  100,000 records or 100 MiB pass in a second. */
  forwardGatherMs: 10,
  /** Records of one agent that are in line for the journal, and their bytes. Beyond it an emit waits for room … */
  emitQueueMax: 20_000,
  emitQueueBytesMax: 64 * MIB,
  /** … so many emits, with as many bytes again, for so long: then they are refused with QUEUE_FULL, and stored nowhere. Longer
   *  than a disk stalls now and then, shorter than whoever waits would take for an end. */
  emitWaitersMax: 1_000,
  emitWaitMs: 10_000,
  /** A body of more than `recordBodyBytesMax` is a file of its machine, up to this size: larger things are no records. */
  bodyBytesMax: 64 * MIB,
  /** Of such a body, in one message: several fit a frame of the node. */
  bodyChunkBytes: 512 * KIB,
  /** All of a machine's. Beyond it a body is refused with QUEUE_FULL, and its emitter waits and tries again. */
  bodiesBytesMax: 16_384 * MIB,
  /** Bodies on their way into a node; the next is refused with QUEUE_FULL. One that says nothing for so long has been given
   *  up by its sender. */
  bodyUploadsMax: 64,
  bodyUploadIdleMs: 60_000,
  /** A body that no record refers to is kept for so long: it is sent before its record. */
  bodyOrphanMs: 3_600_000,
  /** References that are asked for at once, whether any record has them. */
  bodyRefsAsked: 500,
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
  /** Text by which a record is found, or known again: as long as any number of an order, and no place for a body. */
  recordKeyLengthMax: 128,
  /** How long a journal knows a record by its `dedupeKey`: whoever repeats does so after an outage, and the longest that
   *  nobody looks at is a weekend. */
  dedupeKeptMs: 3 * 86_400_000,
  /** And how many of them: about 40 MiB of the file. The oldest go first. */
  dedupeKeysKept: 100_000,
  checkpointBytesMax: 64 * KIB,
  checkpointsPerAgentMax: 256,
  /** Acknowledged records that a journal keeps for `stream tail` and audits; older ones are pruned. Never others. */
  journalAckedKept: 100_000,
  /** Records that the log on main keeps; the oldest are pruned. */
  logRecordsKept: 10_000_000,
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
  /** Reports of one kind that a machine tells in full at once, and how often one more: beyond that they are counted. Enough
   *  to see how they differ; what fails less often than that is always told in full. */
  foldBurst: 5,
  foldRefillMs: 10_000,
  /** A count is told after this, then after twice as long, up to the longest: a flood of a minute is a dozen records. */
  foldIntervalMsMin: 1_000,
  foldIntervalMsMax: 30_000,
  /** Counts that are due within this are told together: floods of many kinds at once are as few messages as one. */
  foldAlignMs: 250,
  /** Kinds of errors that a machine tells apart at a time, all together and of one agent; further ones count together. As
   *  many counts by kind and agent. What the machine itself has to tell has room of its own: a few kinds for each agent. */
  foldKindsMax: 2_048,
  foldAgentKindsMax: 128,
  foldMachineKindsMax: 1_024,
  /** Counts beyond those, for agents whose errors have no other room left. */
  foldReserve: 1_024,
  /** Different reports that a reporter sends at once, and that wait in it while a batch is under way. Further ones are counted
   *  with those that come from the same place of the program, and beyond as many places by severity. */
  reportBatchMax: 256,
  /** What those that wait hold in memory, about. */
  reportsWaitingBytesMax: 4 * MIB,
  /** What is kept of a report that is counted, to tell the count with; of a longer one the facts and the end of the stack are
   *  left out. Those that were told in full before have it. */
  foldBodyBytesMax: 16 * KIB,
  /** Latest records shown with an error group. */
  errorOccurrencesShown: 16,
  errorGroupsMax: 10_000,
  /** Agents of machines that one group is counted for; what comes from further ones is counted together. */
  errorSourcesMax: 256,
  /** Calls that one group tells apart by their trace ids: up to here its impact is exact, beyond it is "at least". */
  errorTracesMax: 1_000,
  /** Occurrences that one report can stand for: more than happen in the time that is folded, and few enough that no sum of
   *  them leaves the numbers that are exact. */
  errorCountMax: 1_000_000_000,
  /** Rules of a fleet about its errors: each group that is listed looks at all of them. */
  errorRulesMax: 256,
  /** The longest mute, a year: what nobody ever wants to hear of is no error, and is better not reported. */
  errorMuteMsMax: 365 * 86_400_000,
  /** Frames of a stack that tell one error from another: deeper ones are more often about who called than about what failed. */
  errorFramesMax: 6,
  errorTextMax: 8 * KIB,
  errorStackMax: 32 * KIB,
  errorContextBytesMax: 32 * KIB,
  /** Facts beside one error; later ones are left out. */
  errorContextKeysMax: 64,

  /** Room that a store keeps on its disk for when that is full: what the mesh has to tell then, and checkpoints, are some
   *  kilobytes each. */
  diskReserveBytes: 1 * MIB,
  /** So much more must be free before records are taken again: else the first of them would fill it anew. */
  diskRoomBytes: 256 * KIB,
  /** How often a store that cannot be written is tried, and the size of the write-ahead logs is looked at. */
  storeLookMs: 1_000,

  // --- looking for records --------------------------------------------------------------------------------------
  /** Combinations of machine, stream and agent that main's log keeps apart in its index; those beyond it are looked through
   *  together. */
  logSourcesMax: 65_536,
  /** Rows that one page of a search looks at: some tens of milliseconds. Then it says where to go on. */
  findRowsMax: 100_000,
  /** How often what was appended is indexed: until then it is looked through row by row. */
  logIndexIntervalMs: 1_000,

  // --- care of journal and log ------------------------------------------------------------------------------------
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

  // --- processes -------------------------------------------------------------------------------------------------
  /** From SIGTERM to SIGKILL of an agent's process group. */
  stopGraceMs: 5_000,
  readyTimeoutMs: 20_000,
  lastWordsBytesMax: 64 * KIB,
  lastLogLines: 20,
  /** An agent's log begins anew at this size, … */
  agentLogBytesMax: 16 * MIB,
  /** … or at this age, so that what happened on one day is found in one file. */
  agentLogAgeMsMax: 86_400_000,
  /** All logs of a machine with their history; the oldest history goes first. A disk that everybody has to spare. */
  machineLogBytesMax: 1_024 * MIB,
  /** One answer to a question for log lines, and one block of compressed history: what a reader holds at once. */
  logChunkBytesMax: 256 * KIB,
  /** Lines of one answer, and the most that can be asked for from the end; the reader asks again. */
  logLinesMax: 10_000,
  /** How far a log is searched for the place to begin at: lines before that are not shown. */
  logScanBytesMax: 64 * MIB,
  /** Times kept of one log; a full list becomes coarser in its older half. */
  logTimesMax: 4_096,

  /** Arguments of one command, and the length of each: the kernel takes more, a set that needs more is a mistake. */
  commandArgumentsMax: 256,
  commandArgumentMax: 4_096,
  /** Agents that may be starting at once, for each processor: a starting process waits for the disk half of the time. */
  launchPerCore: 2,
  /** Restart budget: more starts than this within the window, and the agent is quarantined with one error. */
  restartStarts: 5,
  restartStartsMax: 1_000,
  restartWindowMs: 60_000,
  restartFirstMs: 200,
  restartMaxMs: 30_000,
  /** An incarnation that lived this long has proven itself: the next crash begins the backoff anew. */
  restartStableMs: 30_000,
  /** What a process leaves behind is killed and looked for again for this long; then it is said that it stays. */
  remainsMs: 5_000,
  /** A process that began to start so recently takes part in the rush that "launch.parallel" bounds; one that takes longer
   *  waits for something, and must not keep the others from starting. */
  launchRushMs: 5_000,
  /** Wait before a broker that crashed is started again, at most: its whole machine waits for it. */
  brokerRestartMaxMs: 2_000,
  /** How often a process that an earlier node started is looked at, because no event tells of its end. */
  adoptedLookMs: 50,
  /** How long an agent must go on serving in a rollout before the next one is touched: what ends at its first real work
   *  ends within that. */
  rolloutStableMs: 1_000,
  /** A hook that takes longer is killed; the turn of life that it belongs to goes on. */
  hookTimeoutMs: 10_000,
  /** Users that no file of the machine names are asked of its directory service; a start waits this long for it. */
  userLookUpMs: 1_000,
  probeIntervalMs: 1_000,
  probeTimeoutMs: 1_000,
  probeFailures: 3,
  /** Characters of a line that a pattern of the configuration is tried on: what is behind them is not looked at, so that
   *  a pattern that backtracks costs a bounded time. */
  probeLineMax: 2_048,
  /** A ready probe is asked again after this, then after twice as long, up to its interval: a quick start is seen at once,
   *  a slow one costs little. */
  probeEagerMs: 50,
  /** One look at the resources of every agent, and how many looks are kept: an hour. */
  usageIntervalMs: 5_000,
  usageSamplesKept: 720,
  /** Points per agent of an answer about all agents: with every one of them it must fit a control frame. */
  usagePointsMax: 120,
  /** One look at those that have a limit of memory or files: two looks over it and they are drained. */
  limitIntervalMs: 1_000,
  /** What the kernel allows, of an agent's limit of memory: room for two looks and a drain before it kills. */
  kernelMemoryPercent: 125,

  // --- programs that are wrapped ---------------------------------------------------------------------------------
  /** Lines of standard error that come closer together than this may belong together; then what was begun is told. */
  wrapQuietMs: 100,
  /** A block is told this long after its first line at the latest: a program that never pauses is heard all the same. */
  wrapQuantumMs: 1_000,
  /** Characters of a line that are looked at; the rest of it is passed on unread. */
  wrapLineMax: 4 * KIB,
  /** Lines of a block that are told; the rest is counted. A deep recursion has thousands. */
  wrapBlockLinesMax: 200,
  /** Reports that a program may bring forth at once, and how often one more; what is beyond that is told as a number. */
  wrapReportsBurst: 20,
  wrapReportIntervalMs: 1_000,
  /** How often what was counted is told, and how many different messages are counted one by one. */
  wrapFoldMs: 5_000,
  wrapFoldKeysMax: 16,
  /** Reports that wait for a mesh that does not answer; the next is counted as untold. */
  wrapReportsWaitingMax: 200,
  /** After the end of the program: for the rest of its standard error, which a child of it may hold open for ever. */
  wrapRestMs: 250,

  // --- configuration ---------------------------------------------------------------------------------------------
  /** One file of config/ or ports.json: hundreds of agents with room to spare; a larger one is refused unread. */
  configFileBytesMax: 512 * KIB,
  /** Values in one file after its aliases are expanded: a small file of nested anchors cannot fill the memory. */
  configValuesMax: 50_000,
  configAliasesMax: 100,
  configDepthMax: 32,
  configTextMax: 4_096,
  /** Faults of a configuration that are listed at once; the others are counted. */
  configIssuesMax: 20,

  // --- consumers -------------------------------------------------------------------------------------------------
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
  /** How far behind a group is counted; beyond that it is told as more. */
  groupLagCounted: 100_000,

  // --- alerts ----------------------------------------------------------------------------------------------------
  alertRulesMax: 64,
  alertRoutesMax: 32,
  /** Headers of a webhook, and variables of a command. */
  alertHeadersMax: 32,
  /** After a notice of a rule about one thing the next about the same thing waits for so long. */
  alertThrottleMs: 900_000,
  /** An error that was silent for so long is over. */
  alertQuietMs: 600_000,
  /** A machine that is started again is back by then. */
  alertUnreachableMs: 30_000,
  /** A throttle that is longer forgets nothing, but nobody waits for what it holds back. */
  alertSpanMsMax: 30 * 86_400_000,
  /** Things (groups of errors, machines, agents) that an alerter has in mind at once, for all of its rules: its memory has
   *  to fit a checkpoint. What is beyond is told as one. */
  alertEntriesMax: 150,
  /** Notices of one rule at once, and how often one more: what is beyond is told in one. */
  alertBurst: 8,
  alertRefillMs: 10_000,
  /** Characters of what a notice says of the thing that it is about. */
  alertTitleMax: 120,
  /** Of what an alerter remembers, compressed; the other half of a checkpoint is what it has still to tell. */
  alertMemoryBytesMax: 40 * KIB,
  /** Notices that wait for their routes; when there are more the oldest is given up, and that is told. */
  alertOutboxMax: 24,
  /** Tries to deliver a notice, with the waits in between about a quarter of an hour. */
  alertAttemptsMax: 10,
  alertRetryFirstMs: 2_000,
  alertRetryMaxMs: 180_000,
  /** How long a webhook or a command may take when its route does not say. */
  alertTimeoutMs: 10_000,
  alertTimeoutMsMax: 60_000,
  /** Bytes of an answer or of an output that are looked at; the rest is not waited for. */
  alertAnswerBytesMax: 16 * KIB,
  /** What cannot be stored by then is told all the same: a full disk is what an alert may be about. */
  alertStoreMs: 5_000,
  /** How often an alerter looks whether something is due, and at the machines. */
  alertTickMs: 500,
  alertSightMs: 2_000,
  /** Records of errors that an alerter has in hand, and the ids of those that it has done: all that may come again. */
  alertInFlight: 200,
  alertIdsKept: 1_000,
  /** Groups of errors whose standing an alerter remembers; the one that it asked for longest ago is asked for again. */
  alertStandingsKept: 2_000,

  // --- time ------------------------------------------------------------------------------------------------------
  requestTimeoutMs: 5_000,
  /** How long the command line waits for a node or broker before it says that it is out of reach: with the start of the
   *  process on a busy box that is under two seconds. */
  cliConnectTimeoutMs: 1_000,
  closeTimeoutMs: 2_000,
} as const;

function assertLimit(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`limits contradict each other: ${rule}`);
}

assertLimit(limits.frameTargetBytes <= limits.controlFrameBytesMax, 'a coalesced frame fits every plane');
assertLimit(
  limits.recordBatchBytesMax * 2 <= limits.logFrameBytesMax,
  'a batch of records fits a frame with its hashes',
);
assertLimit(limits.logReadBytesMax * 2 <= limits.logFrameBytesMax, 'a read fits a frame of the log');
assertLimit(
  limits.errorOccurrencesShown * limits.recordBodyBytesMax <= limits.logReadBytesMax,
  'the occurrences of an error fit a read',
);
assertLimit(limits.recordBodyBytesMax <= limits.recordBatchBytesMax, 'a record fits a batch');
assertLimit(limits.bodyBytesMax <= limits.emitQueueBytesMax, 'a large body may wait for the journal');
assertLimit(limits.bodyChunkBytes <= limits.controlFrameBytesMax / 2, 'a chunk of a body fits a frame of the node');
assertLimit(limits.recordBodyBytesMax <= limits.controlFrameBytesMax / 2, 'an emit fits a frame of the node');
assertLimit(limits.recordBatchBytesMax <= limits.controlFrameBytesMax, 'a batch of emits fits a frame of the node');
assertLimit(limits.agentLogBytesMax < limits.machineLogBytesMax, "a log fits the bound of its machine's logs");
assertLimit(
  limits.agentsPerMachineMax * limits.usagePointsMax * 4 * 9 <= limits.controlFrameBytesMax / 1.5,
  'four figures of each agent fit a frame of the node, at nine bytes a number',
);
assertLimit(limits.usageIntervalMs % limits.limitIntervalMs === 0, 'a sample falls on a look');
assertLimit(limits.streamSilenceMs > 3 * limits.streamSignMs, 'three signs of a stream may be late');
assertLimit(limits.streamWindow <= limits.streamCreditMax, 'a stream may have its window');
assertLimit(limits.streamBytesMax <= limits.callFrameBytesMax, 'what a stream has on its way fits a frame');
assertLimit(limits.keptValueBytesMax * 4 <= limits.controlFrameBytesMax, 'kept values fit a frame of the broker');
assertLimit(limits.policyBytesMax * 4 <= limits.controlFrameBytesMax, 'the rules for calls fit an answer of the node');
assertLimit(limits.groupFetchMax <= limits.groupWindowMax, 'what a member may have fits the window of its group');
assertLimit(limits.consumerInFlightMax <= limits.groupFetchMax, 'a member can fetch as much as it may have in hand');
assertLimit(
  limits.queryBytesMax * 2 <= limits.controlFrameBytesMax,
  'an answer to a question fits a frame of the node',
);
assertLimit(limits.restoredIdsSkipped * 10 <= limits.logRecordsKept, 'the ids that are passed over prune little');
assertLimit(limits.heartbeatTimeoutMs >= 3 * limits.heartbeatIntervalMs, 'three heartbeats may be late');
assertLimit(
  limits.errorTextMax + limits.errorStackMax + limits.errorContextBytesMax < limits.recordBodyBytesMax,
  'an error fits a record',
);
