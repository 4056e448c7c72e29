"""Time to encode, decode and measure a text in each of Node's encodings: nodesock, and the reference Node beside it.

Each job takes 2,000,000 characters or bytes: plain ones, ones that no fast case covers (lone surrogates, foreign
digits, broken UTF-8), and a StringDecoder fed in pieces of 64 KiB less one byte. Both sides run every job `--rounds`
times in one process and report the fastest, so start-up and V8's compilers do not count.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable

from conformance.play.subjects import binaries
from nodesock.encodings import byte_length, decode, encode, make_decoder

SIZE = 2_000_000
ENCODINGS = ("utf8", "utf16le", "latin1", "ascii", "base64", "base64url", "hex")
#: piece that a text is made of, by name; as JSON, which both sides read
TEXTS = {"plain": "0123456789abcdef", "accents": "0a\u00e9\u0159", "astral": "ab\U0001f600", "odd": "ab \ud83d="}
#: the same of bytes, in hex
BYTES = {"plain": "30313233", "binary": "00ff80c3a9e28ef0", "characters": "c3a9e282acf09f9880"}
#: what a StringDecoder is given at a time
PIECE = 65535

NODE_JOBS = """
const { StringDecoder } = require('string_decoder');
const [size, piece, encodings, texts, bytes, rounds] = JSON.parse(require('fs').readFileSync(0));
const times = {};
function job(name, run) {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    run();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e6);
  }
  times[name] = best;
}
for (const encoding of encodings) {
  for (const [name, part] of Object.entries(texts)) {
    const text = Buffer.from(part.repeat(size / part.length), 'utf16le').toString('utf16le');
    job(`${encoding} encode ${name}`, () => Buffer.from(text, encoding));
    job(`${encoding} measure ${name}`, () => Buffer.byteLength(text, encoding));
  }
  for (const [name, part] of Object.entries(bytes)) {
    const data = Buffer.from(part, 'hex');
    const all = Buffer.alloc(size, data);
    job(`${encoding} decode ${name}`, () => all.toString(encoding));
    job(`${encoding} pieces ${name}`, () => {
      const decoder = new StringDecoder(encoding);
      for (let at = 0; at < size; at += piece) decoder.write(all.subarray(at, at + piece));
      decoder.end();
    });
  }
}
console.log(JSON.stringify(times));
"""


def node_times(node: str, rounds: int) -> dict[str, float]:
    """Milliseconds per job in Node."""
    jobs = json.dumps([SIZE, PIECE, ENCODINGS, TEXTS, BYTES, rounds])
    done = subprocess.run([node, "-e", NODE_JOBS], input=jobs, capture_output=True, text=True, check=True)
    times: dict[str, float] = json.loads(done.stdout)
    return times


def our_times(rounds: int) -> dict[str, float]:
    """Milliseconds per job in nodesock."""
    times: dict[str, float] = {}

    def job(name: str, run: Callable[[], object]) -> None:
        best = float("inf")
        for _ in range(rounds):
            start = time.perf_counter()
            run()
            best = min(best, time.perf_counter() - start)
        times[name] = best * 1e3

    for encoding in ENCODINGS:
        for name, part in TEXTS.items():
            units = len(part.encode("utf-16-le", "surrogatepass")) // 2
            text = part * (SIZE // units)
            job(f"{encoding} encode {name}", lambda e=encoding, t=text: encode(t, e))  # type: ignore[misc]
            job(f"{encoding} measure {name}", lambda e=encoding, t=text: byte_length(t, e))  # type: ignore[misc]
        for name, part in BYTES.items():
            piece = bytes.fromhex(part)
            data = (piece * (SIZE // len(piece) + 1))[:SIZE]
            job(f"{encoding} decode {name}", lambda e=encoding, d=data: decode(d, e))  # type: ignore[misc]
            job(f"{encoding} pieces {name}", lambda e=encoding, d=data: feed(e, d))  # type: ignore[misc]
    return times


def feed(encoding: str, data: bytes) -> None:
    """Give the data to a StringDecoder piece by piece."""
    decoder = make_decoder(encoding)
    for at in range(0, len(data), PIECE):
        decoder.write(data[at : at + PIECE])
    decoder.end()


def main() -> int:
    """Print the time of every job on both sides. Exit code 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--node", default="24", help="version of the Node beside it (default 24)")
    options = parser.parse_args()
    node = str(binaries.obtain(binaries.resolve(options.node)))
    theirs = node_times(node, options.rounds)
    for name, mine in our_times(options.rounds).items():
        other = theirs[name]
        ratio = f"ratio {mine / other:.1f}" if other >= 0.01 else "which does not look at the text"
        print(f"{name:28} nodesock {mine:7.2f} ms, node {other:7.2f} ms, {ratio}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
