// The Node half of stream/readable_from/generators: a generator that is not async is one of the things the subset does not have.
function main(t) {
  function clock(name) {
    let turns = 0;
    function count() {
      turns += 1;
      const turn = turns;
      t.nextTick(() => t.note(`${name}: tick`, turn));
      if (turns < 8) t.microtask(count);
    }
    return { start: () => t.microtask(count), now: () => turns };
  }

  function* values(name, time, swallows) {
    try {
      yield 'a';
      yield 'b';
      yield 'c';
    } catch (error) {
      t.note(`${name}: thrown into`, [error, time.now()]);
      if (!swallows) throw error;
    } finally {
      t.note(`${name}: closed`, time.now());
    }
  }

  function read(name, error, swallows) {
    const time = clock(name);
    const source = t.watch(name, t.stream.Readable.from(values(name, time, swallows)));
    t.override(source, '_destroy', (self, original, failure, callback) =>
      original(failure, (...rest) => {
        t.note(`${name}: called back`, rest.length);
        callback(...rest);
      }));
    source.on('error', t.callback(`${name}: error`));
    source.once('data', () => {
      time.start();
      source.destroy(error);
    });
  }

  function write(name) {
    const time = clock(name);
    const sink = t.stream.Writable({ write: (chunk, encoding, callback) => callback() });
    t.override(sink, 'write', () => {
      time.start();
      throw t.error('full');
    });
    t.stream.pipeline(values(name, time, false), sink, t.callback(`${name}: over`));
  }

  read('left', null, false);
  read('failed', t.error('enough'), false);
  read('swallowed', t.error('enough'), true);
  write('written');
}
