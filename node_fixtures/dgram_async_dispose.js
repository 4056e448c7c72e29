// The Node half of dgram_close/async_dispose: Python's `async with` is Node's `await using`, which the subset does not have.
function main(t) {
  const socket = t.watch('socket', t.dgram.createSocket('udp4'));
  async function use() {
    {
      await using used = socket;
      used.bindSync();
      t.note('inside', null);
    }
    t.note('left', null);
    t.attempt('address', () => socket.address());
    await socket[Symbol.asyncDispose]();
    t.note('disposed again', null);
  }
  t.spawn(use());
  t.nextTick(() => t.note('tick', null));
  t.microtask(() => t.note('microtask', null));
  t.immediate(() => t.note('immediate', null));
}
