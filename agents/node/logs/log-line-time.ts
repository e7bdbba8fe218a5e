/** The time that a line tells of itself: `"time"` of a JSON line, or an ISO 8601 time with its zone at the beginning. Pure. */

/** Loggers put the time first; a megabyte of JSON is not searched for it. */
const SEARCHED_CHARACTERS = 512;
const IN_JSON = /"time":(?:"([^"]{20,40})"|(\d{13})[,}])/;
const ISO = /^\[?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)/;

/** Undefined when it tells none, and for a time without a zone: whose clock that was nobody knows. */
export function timeInLine(line: string): number | undefined {
  const head = line.slice(0, SEARCHED_CHARACTERS);
  if (!head.startsWith('{')) return isoTime(head);
  const [, text, digits] = IN_JSON.exec(head) ?? [];
  if (digits !== undefined) return Number(digits);
  return text === undefined ? undefined : isoTime(text);
}

function isoTime(text: string): number | undefined {
  const [, date, time, fraction = '0', zone] = ISO.exec(text) ?? [];
  if (date === undefined) return undefined;
  const zoneText = zone === 'Z' || zone?.includes(':') ? zone : `${zone?.slice(0, 3)}:${zone?.slice(3)}`;
  const wallMs = Date.parse(`${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${zoneText}`);
  return Number.isNaN(wallMs) || wallMs < 0 ? undefined : wallMs;
}
