/** A record of the log as it travels: the fields that have a place in the protocol, and its marks where it has any. */
import type { LogRecord } from '../common/journal/log/log-reader.js';
import type { LogRecordBody } from '../common/protocol/catalogue.js';
import { marksOf } from '../common/protocol/record-marks.js';

export function recordBodyOf(record: LogRecord): LogRecordBody {
  const { id, journalId, machine, integrity, seq, tsMs, stream, agent, epoch, body, hash, trace, ref, key } = record;
  const fields = { id, stream, machine, agent, epoch, tsMs, journalId, seq, hash, body, integrity };
  return trace === '' && ref === '' && key === '' ? fields : { ...fields, ...marksOf({ trace, ref, key }) };
}
