import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const LOADER = fileURLToPath(new URL('../../common/launch/bundle.cjs', import.meta.url));

describe('a bundle', () => {
  let dist: string;

  beforeEach(() => {
    dist = mkdtempSync(join(tmpdir(), 'mesh-bundle-'));
    mkdirSync(join(dist, 'common/launch'), { recursive: true });
    mkdirSync(join(dist, 'bundles'));
    cpSync(LOADER, join(dist, 'common/launch/bundle.cjs'));
    writeFileSync(join(dist, 'package.json'), '{}');
    writeFileSync(join(dist, 'main.cjs'), "require('./common/launch/bundle.cjs').loadBundle('word');");
    write('one');
  });
  afterEach(() => rmSync(dist, { recursive: true, force: true }));

  const write = (word: string) =>
    writeFileSync(
      join(dist, 'bundles/word.cjs'),
      `(function (exports, require, module, __filename, __dirname) { const say = () => '${word}';\nprocess.stdout.write(say());\n})`,
    );
  const run = (...flags: string[]) => execFileSync(process.execPath, [...flags, join(dist, 'main.cjs')]).toString();
  const caches = () => readdirSync(join(dist, 'bundles')).filter((name) => name.endsWith('.cache'));
  const cacheFile = () => join(dist, 'bundles', caches()[0] ?? '');

  it('leaves what was compiled of it for the next process, and no draft of it', () => {
    expect(run()).to.equal('one');
    expect(readdirSync(join(dist, 'bundles'))).to.have.length(2);
    const first = readFileSync(cacheFile());
    expect(run()).to.equal('one');
    expect(readFileSync(cacheFile()).equals(first)).to.equal(true);
  });

  it('says what it says now, though the last one of the same length was compiled', () => {
    run();
    write('two');
    expect(run()).to.equal('two');
    expect(run()).to.equal('two');
  });

  it('runs with a cache that is damaged anywhere, empty or cut off, and mends it', () => {
    run();
    const whole = readFileSync(cacheFile());
    const damaged = [0, 5, 9, Math.floor(whole.length / 2), whole.length - 1].map((at) => {
      const copy = Buffer.from(whole);
      copy.writeUInt8(copy.readUInt8(at) ^ 0x10, at);
      return copy;
    });
    for (const bytes of [...damaged, Buffer.alloc(0), whole.subarray(0, 6), whole.subarray(0, whole.length / 2)]) {
      writeFileSync(cacheFile(), bytes);
      expect(run()).to.equal('one');
      expect(readFileSync(cacheFile()).readUInt32LE(0)).to.equal(whole.readUInt32LE(0));
      expect(readFileSync(cacheFile()).equals(bytes)).to.equal(false);
    }
  });

  it('keeps one for each way to run the engine', () => {
    run();
    run('--optimize-for-size');
    expect(caches()).to.have.length(2);
  });

  it('runs where nothing can be written', () => {
    // A folder in the place of the cache: root writes to a folder that is read-only.
    run();
    const file = cacheFile();
    rmSync(file);
    mkdirSync(file);
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(dist, 'main.cjs')]);
    expect([status, stdout.toString(), stderr.toString()]).to.deep.equal([0, 'one', '']);
    expect(readdirSync(join(dist, 'bundles'))).to.have.length(2);
  });
});
