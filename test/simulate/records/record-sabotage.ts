/** Rules that a simulation of records breaks on purpose, and what the judge must say to each: one that does not proves nothing. */
export const recordSabotages = {
  'a log that answers before it commits': 'accepted, and not on main',
  'a journal that answers before it commits': 'accepted, and not on main',
  'a journal that prunes before main has it': 'accepted, and not on main',
  'a log that compares no hashes': 'on main, and never emitted',
  'an outbox that does not compare': 'accepted, and not on main',
  'an emitter that numbers its repeats anew': 'on main twice',
  'a group that settles older deliveries': 'an older delivery was settled',
  'a count of errors that begins anew untold': 'errors that nobody was told of',
} as const;
export type RecordSabotage = keyof typeof recordSabotages;
export const allRecordSabotages = Object.keys(recordSabotages) as RecordSabotage[];
