/** Any value that MessagePack can bring, as JSON: what JSON has no word for becomes text, never an exception. */

/** @param indent spaces per level; none puts the value on one line. */
export function jsonText(value: unknown, indent?: number): string {
  return (JSON.stringify(value, replacer, indent) ?? 'null').replace(OBEYED, escaped);
}

/** What JSON leaves as it is and a terminal obeys; only texts can hold it, and it means the same when it is escaped. */
const OBEYED = /[\u{7f}-\u{9f}\u{202a}-\u{202e}\u{2066}-\u{2069}]/gu;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

function replacer(this: unknown, _key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') };
  // A Buffer has turned itself into { type, data } before the replacer sees it.
  if (isBufferJson(value)) return { base64: Buffer.from(value.data).toString('base64') };
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}

function isBufferJson(value: unknown): value is { readonly data: number[] } {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('data' in value)) return false;
  return value.type === 'Buffer' && Array.isArray(value.data) && Object.keys(value).length === 2;
}
