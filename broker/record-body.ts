/** A record of the log as it travels: the fields that have a place in the protocol, and its marks where it has any. */
import type { LogRecord } from '../common/journal/log/log-reader.js';
import type { LogRecordBody } from '../common/protocol/catalogue.js';
import { marksOf } from '../common/protocol/record-marks.js';

export function recordBodyOf({ trace, ref, ...record }: LogRecord): LogRecordBody {
  return trace === '' && ref === '' ? record : { ...record, ...marksOf({ trace, ref }) };
}
