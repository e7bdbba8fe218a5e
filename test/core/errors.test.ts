/** The table of failures, and errors on their way through a boundary. */
import { expect } from 'chai';
import {
  type ErrorCode,
  errorTable,
  isErrorCode,
  MeshError,
  messageOf,
  systemCodeOf,
  toMeshError,
} from '../../common/core/errors.js';

const codes = Object.keys(errorTable) as ErrorCode[];

describe('the table of errors', () => {
  for (const code of codes) {
    it(`${code} has a sentence, an HTTP status and an exit code that fit each other`, () => {
      const { sentence, httpStatus, exitCode } = errorTable[code];
      expect(sentence).to.match(/^[a-z][^.]+$/);
      expect(httpStatus).to.be.within(400, 599);
      expect([1, 2, 3, 4, 5, 6, 7, 124, 130]).to.include(exitCode);
    });
  }

  it('calls nothing retryable that may have run', () => {
    for (const code of ['TIMED_OUT', 'CONNECTION_LOST', 'AGENT_CRASHED', 'ACTION_FAILED'] as const)
      expect(errorTable[code].retryable, code).to.equal(false);
  });

  it('knows its own codes and no others', () => {
    for (const code of codes) expect(isErrorCode(code)).to.equal(true);
    for (const other of ['toString', '__proto__', 'constructor', '', 'bad_frame', 7, null])
      expect(isErrorCode(other), String(other)).to.equal(false);
  });
});

describe('an error of the mesh', () => {
  it('travels as a body and comes back the same', () => {
    for (const code of codes) {
      const error = new MeshError(code, 'what', { hint: 'do this', details: { path: '/a' }, cause: new Error('why') });
      const back = MeshError.fromBody(error.toBody() as Parameters<typeof MeshError.fromBody>[0]);
      expect(back.toBody()).to.deep.equal({ code, message: 'what', hint: 'do this', details: { path: '/a' } });
      expect(back.retryable).to.equal(errorTable[code].retryable);
    }
  });

  it('says the sentence of its code when it has no words of its own', () =>
    expect(new MeshError('CLOSED').toBody()).to.deep.equal({ code: 'CLOSED', message: 'it has been closed' }));

  it('keeps a code that is unknown here in its message', () =>
    expect(MeshError.fromBody({ code: 'FROM_LATER', message: 'x' }).toBody()).to.deep.equal({
      code: 'INTERNAL',
      message: 'FROM_LATER: x',
    }));

  it('does not let the text of a foreign error out', () => {
    const foreign = new Error('secret path');
    const error = toMeshError(foreign);
    expect(JSON.stringify(error.toBody())).not.to.contain('secret');
    expect(error.cause).to.equal(foreign);
    expect(toMeshError(error)).to.equal(error);
  });
});

describe('the text of a thrown value', () => {
  const odd = Object.assign(new Error('x'), { message: { not: 'a string' } });
  const rows: readonly [string, unknown, string][] = [
    ['an error', new Error('broke'), 'broke'],
    ['a string', 'broke', 'broke'],
    ['undefined', undefined, 'undefined'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an error whose message is no text', odd, '[object Object]'],
    ['an object without a prototype', Object.create(null), 'a value of type object that cannot be shown'],
  ];
  for (const [title, thrown, text] of rows)
    it(`can be had of ${title}`, () => expect(messageOf(thrown)).to.equal(text));

  it('has the system code where there is one', () => {
    expect(systemCodeOf(Object.assign(new Error('x'), { code: 'ENOENT' }))).to.equal('ENOENT');
    for (const none of [new Error('x'), { code: 7 }, null, 'ENOENT', undefined])
      expect(systemCodeOf(none)).to.equal(undefined);
  });
});

describe('an error of another copy of the SDK', () => {
  it('is a MeshError too, and nothing else is', async () => {
    const copy: typeof import('../../common/core/errors.js') = await import(
      new URL('../../common/core/errors.js?copy', import.meta.url).href
    );
    expect(copy.MeshError).to.not.equal(MeshError);
    const theirs: unknown = new copy.MeshError('QUEUE_FULL', 'full');
    expect(theirs).to.be.instanceOf(MeshError);
    expect(toMeshError(theirs)).to.equal(theirs);
    for (const other of [new Error('x'), { code: 'QUEUE_FULL', message: 'x' }, 'x', null])
      expect(other instanceof MeshError).to.equal(false);
  });
});
