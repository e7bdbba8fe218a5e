/**
 * What kind of place an IP address is: somewhere in the world, inside of somebody's house, or none that a request may ever go
 * to. An IPv4 address that is wrapped in an IPv6 one is what it wraps, in each of the forms in which a network would unwrap
 * it. Pure; asks no name server.
 */
import { isIPv4, isIPv6 } from 'node:net';

/**
 * public: anywhere in the world · private: this box, its house or its provider's · forbidden: link-local (where clouds keep
 * their metadata and the keys in it), multicast, reserved, and what is no address at all
 */
export type AddressClass = 'public' | 'private' | 'forbidden';

/** First address, bits of the prefix, class: the first that holds decides. IANA's special-purpose registries. */
type Range = readonly [string, number, AddressClass];
const ranges4: readonly Range[] = [
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['127.0.0.0', 8, 'private'],
  ['172.16.0.0', 12, 'private'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'private'],
  ['0.0.0.0', 8, 'forbidden'],
  ['169.254.0.0', 16, 'forbidden'],
  ['192.0.0.0', 24, 'forbidden'],
  ['192.0.2.0', 24, 'forbidden'],
  ['192.88.99.0', 24, 'forbidden'],
  ['198.51.100.0', 24, 'forbidden'],
  ['203.0.113.0', 24, 'forbidden'],
  ['224.0.0.0', 3, 'forbidden'],
];
/** Clouds that keep their metadata within a private range: no host of a house. */
const metadata = new Set(['fd00:ec2:0:0:0:0:0:254', '100.100.100.200']);
/** Of IPv6 only 2000::/3 is given out to the world. */
const ranges6: readonly Range[] = [
  ['::1', 128, 'private'],
  ['fc00::', 7, 'private'],
  ['2001::', 23, 'forbidden'],
  ['2001:db8::', 32, 'forbidden'],
  ['3fff::', 20, 'forbidden'],
  ['2000::', 3, 'public'],
];
/** Prefixes behind which an IPv4 address stands, and the word of eight at which it begins. */
const wrappers: readonly (readonly [string, number, number])[] = [
  ['::', 96, 6],
  ['::ffff:0:0', 96, 6],
  ['::ffff:0:0:0', 96, 6],
  ['64:ff9b::', 96, 6],
  ['64:ff9b:1::', 96, 6],
  ['2002::', 16, 1],
];

export function addressClass(address: string): AddressClass {
  if (isIPv4(address)) return classOf4(words4(address));
  if (!isIPv6(address) || address.includes('%')) return 'forbidden';
  const words = words6(address);
  if (metadata.has(textOf6(words))) return 'forbidden';
  if (textOf6(words) === '0:0:0:0:0:0:0:1') return 'private';
  const wrapper = wrappers.find(([start, bits]) => isWithin(words, words6(start), bits));
  if (wrapper !== undefined) return classOf4(words.slice(wrapper[2], wrapper[2] + 2));
  return ranges6.find(([start, bits]) => isWithin(words, words6(start), bits))?.[2] ?? 'forbidden';
}

function classOf4(words: readonly number[]): AddressClass {
  const text = words.flatMap((word) => [word >> 8, word & 255]).join('.');
  if (metadata.has(text)) return 'forbidden';
  return ranges4.find(([start, bits]) => isWithin(words, words4(start), bits))?.[2] ?? 'public';
}

/** Words of 16 bits. */
function isWithin(words: readonly number[], start: readonly number[], bits: number): boolean {
  return start.every((word, index) => {
    const own = Math.min(16, Math.max(0, bits - 16 * index));
    const mask = (0xffff << (16 - own)) & 0xffff;
    return ((words[index] ?? 0) & mask) === (word & mask);
  });
}

function words4(address: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return [(a << 8) | b, (c << 8) | d];
}

/** Of any form that is an IPv6 address: with `::`, and with an IPv4 address at its end. */
function words6(address: string): number[] {
  const [front = [], back = []] = address.split('::').map(wordsOfPart);
  return [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
}

const wordsOfPart = (part: string): number[] =>
  part === ''
    ? []
    : part.split(':').flatMap((word) => (word.includes('.') ? words4(word) : [Number.parseInt(word, 16)]));

const textOf6 = (words: readonly number[]): string => words.map((word) => word.toString(16)).join(':');
