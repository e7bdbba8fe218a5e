/** Bodies that are files: taken whole or not at all, given as they were, by their hash and by nothing else. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { BodyKeeper } from '../../../agents/node/records/body-keeper.js';
import { limits } from '../../../common/core/limits.js';
import { BodyStore } from '../../../common/journal/bodies/body-store.js';
import { bodyMessages } from '../../../common/protocol/messages/body-messages.js';
import { compile } from '../../../common/protocol/schema.js';
import { expectRejection } from '../../support/expect-error.js';
import { World } from '../world.js';

const CHUNK = limits.bodyChunkBytes;

/** Bytes that are not the same twice. */
const bodyOf = (size: number, seed = 1): Buffer =>
  Buffer.alloc(size, createHash('sha256').update(String(seed)).digest());
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('the bodies of a machine', () => {
  let world: World;
  let nowMs = 0;
  const clock = { monotonicMs: () => nowMs, wallMs: () => 1_700_000_000_000 + nowMs };
  const open = async (bytesMax?: number): Promise<BodyStore> => {
    const store = new BodyStore(world.path('bodies'), clock, bytesMax);
    await store.open();
    world.finally(() => void store.close());
    return store;
  };
  const pathOf = (hash: string): string => join(world.path('bodies'), hash.slice(0, 2), hash);

  beforeEach(() => {
    world = new World();
    nowMs = 0;
  });
  afterEach(() => world.remove());

  const chunk = (bytes: Uint8Array, offset: number, size = CHUNK, agent = 'echo') => ({
    agent,
    hash: hashOf(bytes),
    size: bytes.byteLength,
    offset,
    bytes: bytes.subarray(offset, offset + size),
  });

  async function send(store: BodyStore, bytes: Uint8Array, agent = 'echo'): Promise<string> {
    for (let held = 0; held < bytes.byteLength; ) ({ held } = await store.put(chunk(bytes, held, CHUNK, agent)));
    return hashOf(bytes);
  }

  async function fetch(store: BodyStore, hash: string): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for (let offset = 0, size = 1; offset < size; ) {
      const part = await store.get({ hash, offset });
      size = part.size;
      offset += part.bytes.byteLength;
      parts.push(part.bytes);
    }
    return Buffer.concat(parts);
  }

  it('are given as they were taken, chunk by chunk, also by the next process', async () => {
    const bytes = bodyOf(2 * CHUNK + 7);
    const hash = await send(await open(), bytes);
    expect(await fetch(await open(), hash)).to.deep.equal(bytes);
    expect((await open()).figures.bodyBytes).to.equal(bytes.byteLength);
  });

  it('are not there before their last byte, and what is half sent is gone with its process', async () => {
    const store = await open();
    const bytes = bodyOf(2 * CHUNK);
    expect(await store.put(chunk(bytes, 0))).to.deep.equal({ held: CHUNK });
    await expectRejection('NOT_FOUND', store.get({ hash: hashOf(bytes), offset: 0 }));
    await expectRejection('NOT_FOUND', store.assertHeld(`${hashOf(bytes)}/${bytes.byteLength}`));
    await open();
    expect(readdirSync(join(world.path('bodies'), 'incoming'))).to.deep.equal([]);
  });

  it('take a chunk that comes twice, or out of turn, for a question', async () => {
    const store = await open();
    const bytes = bodyOf(3 * CHUNK);
    const asked = await Promise.all([store.put(chunk(bytes, 0)), store.put(chunk(bytes, 0))]);
    expect(asked).to.deep.equal([{ held: CHUNK }, { held: CHUNK }]);
    expect(await store.put(chunk(bytes, 2 * CHUNK))).to.deep.equal({ held: CHUNK });
    expect(await store.put({ ...chunk(bytes, 0), bytes: new Uint8Array() })).to.deep.equal({ held: CHUNK });
    await store.put(chunk(bytes, CHUNK));
    await store.put(chunk(bytes, 2 * CHUNK));
    expect(await fetch(store, hashOf(bytes))).to.deep.equal(bytes);
  });

  it('are stored once, whoever sends them, and one that is damaged is replaced', async () => {
    const store = await open();
    const bytes = bodyOf(CHUNK + 1);
    const hash = await send(store, bytes);
    expect(await store.put({ ...chunk(bytes, 0, CHUNK, 'other'), bytes: new Uint8Array() })).to.deep.equal({
      held: bytes.byteLength,
    });
    expect(store.counters.bodiesStored).to.equal(1);
    writeFileSync(pathOf(hash), bodyOf(CHUNK + 1, 2));
    expect(await store.put({ ...chunk(bytes, 0), bytes: new Uint8Array() })).to.deep.equal({ held: 0 });
    await send(store, bytes);
    expect(await fetch(store, hash)).to.deep.equal(bytes);
    expect(store.figures.bodyBytes).to.equal(bytes.byteLength);
  });

  it('are counted once when several send the same one at the same time', async () => {
    const store = await open();
    const bytes = bodyOf(2 * CHUNK);
    const senders = ['a', 'b', 'c', 'd'];
    for (const agent of senders) await store.put(chunk(bytes, 0, CHUNK, agent));
    await Promise.all(senders.map((agent) => store.put(chunk(bytes, CHUNK, CHUNK, agent))));
    expect(store.figures.bodyBytes).to.equal(bytes.byteLength);
    expect(await fetch(store, hashOf(bytes))).to.deep.equal(bytes);
  });

  it('are refused when they are not what their hash says, and that disturbs nobody else’s', async () => {
    const store = await open();
    const bytes = bodyOf(2 * CHUNK);
    const lie = { ...chunk(bodyOf(2 * CHUNK, 2), 0, CHUNK, 'liar'), hash: hashOf(bytes) };
    await store.put(lie);
    await store.put(chunk(bytes, 0));
    await expectRejection('INVALID_INPUT', store.put({ ...lie, offset: CHUNK }));
    await store.put(chunk(bytes, CHUNK));
    expect(await fetch(store, hashOf(bytes))).to.deep.equal(bytes);
    await expectRejection('INVALID_INPUT', store.put({ ...chunk(bodyOf(9, 3), 0), size: 4 }));
  });

  it('are bounded in number on their way, in time, and in sum', async () => {
    const store = await open(3 * CHUNK);
    await send(store, bodyOf(CHUNK));
    await store.put(chunk(bodyOf(2 * CHUNK, 2), 0));
    await expectRejection('QUEUE_FULL', store.put(chunk(bodyOf(1, 3), 0)));
    nowMs = limits.bodyUploadIdleMs + 1;
    await send(store, bodyOf(2 * CHUNK, 4));
    await expectRejection('QUEUE_FULL', store.put(chunk(bodyOf(1, 5), 0)));

    const wide = new BodyStore(world.path('wide'), clock);
    await wide.open();
    for (let n = 0; n < limits.bodyUploadsMax; n++) await wide.put(chunk(bodyOf(10, n), 0, 5));
    await expectRejection('QUEUE_FULL', wide.put(chunk(bodyOf(10, 1_000), 0)));
    await wide.close();
    expect(readdirSync(join(world.path('wide'), 'incoming'))).to.deep.equal([]);
  });

  it('are named by a hash and nothing else: no byte from outside of the folder is ever read', async () => {
    const store = await open();
    const secret = world.path('secret');
    writeFileSync(secret, 'not for anybody');
    const names = [
      '../../secret',
      '../../etc/passwd',
      '/etc/passwd',
      secret,
      '%2e%2e/%2e%2e/secret',
      `${'a'.repeat(63)}\0`,
      `${'a'.repeat(64)}/../../../secret`,
      `${'A'.repeat(64)}`,
      '',
      'incoming',
    ];
    const get = compile(bodyMessages['body.get'].input);
    for (const hash of names) {
      expect(get.accepts({ hash, offset: 0 }), hash).to.equal(false);
      await expectRejection('INVALID_INPUT', store.get({ hash, offset: 0 }));
      await expectRejection('INVALID_INPUT', store.put({ ...chunk(bodyOf(3), 0), hash }));
    }
    const linked = 'ab'.repeat(32);
    mkdirSync(dirname(pathOf(linked)), { recursive: true });
    symlinkSync(secret, pathOf(linked));
    await expectRejection('JOURNAL_DAMAGED', store.get({ hash: linked, offset: 0 }));
    const shelved = 'cd'.repeat(32);
    mkdirSync(world.path('elsewhere'));
    writeFileSync(join(world.path('elsewhere'), shelved), 'not for anybody');
    symlinkSync(world.path('elsewhere'), join(world.path('bodies'), 'cd'));
    await expectRejection('JOURNAL_DAMAGED', store.get({ hash: shelved, offset: 0 }));
    const folder = 'ef'.repeat(32);
    mkdirSync(pathOf(folder), { recursive: true });
    await expectRejection('JOURNAL_DAMAGED', store.get({ hash: folder, offset: 0 }));
  });

  it('are named so that only whoever may see the machine’s data sees them', async () => {
    const hash = await send(await open(), bodyOf(5));
    expect(statSync(pathOf(hash)).mode & 0o007).to.equal(0);
    expect(readFileSync(pathOf(hash))).to.deep.equal(bodyOf(5));
  });

  describe('that nobody refers to', () => {
    const inJournal = new Set<string>();
    let onMain: (refs: readonly string[]) => Promise<readonly string[]>;
    beforeEach(() => {
      inJournal.clear();
      onMain = async () => [];
    });

    const keeperOf = (store: BodyStore) =>
      new BodyKeeper({
        store,
        clock,
        inJournal: async (refs) => refs.filter((ref) => inJournal.has(ref)),
        onMain: (refs) => onMain(refs),
      });
    const refOf = (bytes: Uint8Array) => `${hashOf(bytes)}/${bytes.byteLength}`;
    const makeOld = (hash: string) => utimesSync(pathOf(hash), 1, 1);

    it('go when they are old; those of the journal and of main stay', async () => {
      const store = await open();
      const [lost, kept, young, held] = [bodyOf(4, 1), bodyOf(5, 2), bodyOf(6, 3), bodyOf(7, 4)];
      for (const bytes of [lost, kept, young, held]) await send(store, bytes);
      inJournal.add(refOf(kept));
      onMain = async (refs) => refs.filter((ref) => ref === refOf(held));
      for (const bytes of [lost, kept, held]) makeOld(hashOf(bytes));
      utimesSync(pathOf(hashOf(young)), clock.wallMs() / 1_000, clock.wallMs() / 1_000);
      await keeperOf(store).look(256);
      expect([lost, kept, young, held].map((bytes) => existsSync(pathOf(hashOf(bytes))))).to.deep.equal([
        false,
        true,
        true,
        true,
      ]);
      expect(store.figures.bodyBytes).to.equal(5 + 6 + 7);
    });

    it('stay for a week when a log or a journal that may have referred to them was put aside, and the file is there', async () => {
      const store = await open();
      const bytes = bodyOf(4);
      const hash = await send(store, bytes);
      makeOld(hash);
      const look = async () => {
        const wallMs = clock.wallMs();
        const log = world.log({ wallMs });
        const { store: journal } = world.journal('journal.db', wallMs);
        await new BodyKeeper({
          store,
          clock,
          inJournal: async (refs) => journal.heldRefs({ refs, wallMs }),
          onMain: async (refs) => log.heldRefs({ machine: 'pc2', refs, wallMs }),
        }).look(256);
        log.close();
        journal.close();
        return existsSync(pathOf(hash));
      };
      for (const name of ['mesh.db', 'journal.db']) {
        nowMs = 0;
        writeFileSync(world.path(name), 'this is no database');
        expect(await look(), name).to.equal(true);
        nowMs = limits.bodyAsideMs - 1;
        expect(await look(), name).to.equal(true);
        nowMs = 0;
        const aside = readdirSync(world.folder).filter((file) => file.startsWith(`${name}.damaged-`));
        for (const file of aside) rmSync(world.path(file));
      }
      writeFileSync(world.path(`mesh.db.replaced-${clock.wallMs()}`), '');
      expect(await look()).to.equal(true);
      nowMs = limits.bodyAsideMs + 1;
      expect(await look()).to.equal(false);
    });

    it('stay while main cannot be asked, and when they are sent again at that very moment', async () => {
      const store = await open();
      const bytes = bodyOf(4);
      const hash = await send(store, bytes);
      makeOld(hash);
      onMain = () => Promise.reject(new Error('out of reach'));
      await keeperOf(store)
        .look(256)
        .catch(() => undefined);
      expect(existsSync(pathOf(hash))).to.equal(true);
      onMain = async () => {
        await send(store, bytes);
        return [];
      };
      await keeperOf(store).look(256);
      expect(existsSync(pathOf(hash)), 'it is new').to.equal(true);
    });
  });
});
