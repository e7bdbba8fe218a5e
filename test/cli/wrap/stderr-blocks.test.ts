/** Standard error as the runtimes of this world really write it: what belongs together becomes one block. */
import { expect } from 'chai';
import { type StderrBlock, StderrBlocks } from '../../../cli/wrap/stderr-blocks.js';
import { blockReport } from '../../../cli/wrap/stderr-report.js';
import { limits } from '../../../common/core/limits.js';

function blocksOf(text: string): StderrBlock[] {
  const blocks = new StderrBlocks();
  const found = text.split('\n').map((line) => blocks.take(line, 0));
  return [...found, blocks.end()].filter((block) => block !== undefined);
}
const messagesOf = (text: string) => blocksOf(text).map(({ message }) => message);

const python = `Traceback (most recent call last):
  File "/opt/job.py", line 8, in load
    return json.loads(text)
           ^^^^^^^^^^^^^^^^
json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/opt/job.py", line 12, in <module>
    load("")
  File "/opt/job.py", line 10, in load
    raise ValueError("no input") from error
ValueError: no input`;

const pythonLogging = `ERROR:worker:task 7 failed
Traceback (most recent call last):
  File "/opt/job.py", line 3, in <module>
    1 / 0
    ~~^~~
ZeroDivisionError: division by zero
INFO:worker:going on`;

const java = `Exception in thread "main" java.lang.IllegalStateException: cannot start
\tat com.example.App.run(App.java:20)
\tat com.example.App.main(App.java:9)
Caused by: java.io.FileNotFoundException: /etc/app.conf (No such file or directory)
\tat java.base/java.io.FileInputStream.open0(Native Method)
\tSuppressed: java.io.IOException: closed
\t\tat com.example.App.close(App.java:31)
\t... 2 more
Caused by: java.lang.NullPointerException
\t... 9 more`;

const node = `/srv/app.js:3
throw new TypeError('x is not a function');
^

TypeError: x is not a function
    at Object.<anonymous> (/srv/app.js:3:7)
    at Module._compile (node:internal/modules/cjs/loader:1554:14) {
  code: 'ERR_X'
}

Node.js v20.20.2`;

const nodeRejection = `node:internal/process/promises:394
      triggerUncaughtException(err, true /* fromPromise */);
      ^

[UnhandledPromiseRejection: This error originated either by throwing inside of an async function] {
  code: 'ERR_UNHANDLED_REJECTION'
}

Node.js v20.20.2`;

const go = `panic: runtime error: index out of range [5] with length 3
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x480e96]

goroutine 1 [running]:
main.work(...)
\t/src/main.go:8
main.main()
\t/src/main.go:12 +0x1d

goroutine 18 [select]:
net/http.(*Transport).getConn(0xc0001a6000, 0xc00011a0c0)
\t/usr/local/go/src/net/http/transport.go:1382 +0x5c9
created by main.main in goroutine 1
\t/src/main.go:11 +0x45
exit status 2`;

const rust = `thread 'main' panicked at src/main.rs:4:5:
index out of bounds: the len is 3 but the index is 99
stack backtrace:
   0: rust_begin_unwind
             at /rustc/std/src/panicking.rs:645:5
note: run with \`RUST_BACKTRACE=full\` for a verbose backtrace`;

const ruby = `/srv/app.rb:2:in 'Object#load': no such thing (ArgumentError)
\tfrom /srv/app.rb:5:in '<main>'`;

const dotnet = `Unhandled exception. System.InvalidOperationException: nothing to do
   at App.Main() in /src/App.cs:line 5
   --- End of inner exception stack trace ---
   at App.Run()`;

const php = `PHP Fatal error:  Uncaught Exception: no such user in /srv/a.php:3
Stack trace:
#0 /srv/a.php(7): find()
#1 {main}
  thrown in /srv/a.php on line 3`;

describe('standard error', () => {
  for (const [what, text, message, code] of [
    ['a Python traceback with its cause', python, 'ValueError: no input', 'ValueError'],
    ['a Java stack with its causes', java, java.split('\n')[0], 'IllegalStateException'],
    ['an error that Node did not catch', node, 'TypeError: x is not a function', 'TypeError'],
    ['a rejection that Node did not catch', nodeRejection, nodeRejection.split('\n')[4], 'STDERR'],
    ['a Go panic with all goroutines', go, go.split('\n')[0], 'panic'],
    ['a Rust panic', rust, `${rust.split('\n').slice(0, 2).join(' ')}`, 'STDERR'],
    ['a Ruby error', ruby, ruby.split('\n')[0], 'STDERR'],
    ['an exception of .NET', dotnet, dotnet.split('\n')[0], 'InvalidOperationException'],
    ['an error of PHP', php, php.split('\n')[0], 'STDERR'],
  ] as const) {
    it(`with ${what} is one block, and says what it is about`, () => {
      const blocks = blocksOf(`starting\n\n${text}\nServer stopped.`);
      expect(blocks.map((block) => block.message)).to.deep.equal(['starting', message, 'Server stopped.']);
      const [, block] = blocks;
      if (block === undefined) throw new Error('there is no block');
      expect(block.lines.filter((line) => line !== '')).to.deep.equal(text.split('\n').filter((line) => line !== ''));
      const report = blockReport(block, { severity: 'warning', program: 'app' });
      expect(report).to.include({ code, stack: block.lines.join('\n'), component: 'stderr' });
    });
  }

  it('with a traceback under a line of a logger is one block, and the next line is another', () => {
    expect(messagesOf(pythonLogging)).to.deep.equal(['ZeroDivisionError: division by zero', 'INFO:worker:going on']);
  });

  it('with plain lines is a block each', () => {
    expect(messagesOf('one\ntwo\n\nthree\n')).to.deep.equal(['one', 'two', 'three']);
  });

  it('with indented lines under a plain one is one block', () => {
    expect(messagesOf('config:\n  a: 1\n  b: 2\nnext')).to.deep.equal(['config:', 'next']);
  });

  it('with a path and a number at the end of a line is no error of Node by that alone', () => {
    expect(messagesOf('/srv/app.conf:3\nunknown key\nignored\nserving')).to.include('serving');
  });

  it('of nothing but blank lines is nothing', () => {
    expect(blocksOf('\n \n\t\n')).to.deep.equal([]);
  });

  it('counts every line of a block, keeps a bounded number, and finds what it is about behind them', () => {
    const frames = Array.from({ length: 5_000 }, (_, n) => `  File "/opt/job.py", line ${n}, in f`);
    const [block] = blocksOf(['Traceback (most recent call last):', ...frames, 'RecursionError: too deep'].join('\n'));
    expect(block).to.include({ message: 'RecursionError: too deep', lineCount: 5_002 });
    expect(block?.lines).to.have.length(limits.wrapBlockLinesMax);
    const { stack = '' } = block === undefined ? {} : blockReport(block, { severity: 'error', program: 'job' });
    expect(stack.endsWith(`… ${5_002 - limits.wrapBlockLinesMax} more lines`)).to.equal(true);
  });

  describe('in time', () => {
    it('ends a block after a quiet moment, and not before', () => {
      const blocks = new StderrBlocks();
      blocks.take('one', 1_000);
      expect(blocks.closesAtMs).to.equal(1_000 + limits.wrapQuietMs);
      expect(blocks.close(1_000 + limits.wrapQuietMs - 1)).to.equal(undefined);
      expect(blocks.close(1_000 + limits.wrapQuietMs)?.message).to.equal('one');
      expect(blocks.closesAtMs).to.equal(undefined);
    });

    it('ends a block that never pauses when its time is over', () => {
      const blocks = new StderrBlocks();
      blocks.take('one', 0);
      for (let ms = 50; ms < limits.wrapQuantumMs; ms += 50) {
        expect(blocks.close(ms)).to.equal(undefined);
        blocks.take('  more', ms);
      }
      expect(blocks.close(limits.wrapQuantumMs)?.lineCount).to.equal(limits.wrapQuantumMs / 50);
    });
  });
});

describe('the severity of a block', () => {
  const severityOf = (text: string) => {
    const [block] = blocksOf(text);
    return block === undefined ? undefined : blockReport(block, { severity: 'error', program: 'app' }).severity;
  };
  for (const [text, severity] of [
    ['nothing is said', 'error'],
    ['2026-01-01 12:00:00 INFO started', 'info'],
    ['DEBUG:root:WARN is a word in here', 'info'],
    ['time=12:00 level=warn msg="slow"', 'warning'],
    ['{"level":"error","msg":"no"}', 'error'],
    ['main.c:3: warning: unused variable', 'warning'],
    ['WARNING: 3 errors', 'warning'],
    ['CRITICAL:root:gone', 'critical'],
    ['panic: no', 'critical'],
    ['fatal: not a git repository', 'critical'],
    ['please give more information', 'error'],
  ] as const) {
    it(`is ${severity} for "${text}"`, () => expect(severityOf(text)).to.equal(severity));
  }
});
