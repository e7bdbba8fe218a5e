import { expect } from 'chai';
import { jsonText } from '../../../cli/terminal/json-text.js';

describe('JSON text', () => {
  const values: readonly [unknown, string][] = [
    [undefined, 'null'],
    [{ a: 1n, b: 2n ** 60n }, '{"a":1,"b":"1152921504606846976"}'],
    [[Number.NaN, Number.POSITIVE_INFINITY], '["NaN","Infinity"]'],
    [Buffer.from('hi'), '{"base64":"aGk="}'],
    [{ body: new Uint8Array([1, 2]) }, '{"body":{"base64":"AQI="}}'],
    [new Map([['a', 1]]), '{"a":1}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ];
  for (const [value, text] of values) it(`writes ${text}`, () => expect(jsonText(value)).to.equal(text));
});
